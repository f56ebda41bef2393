/*
 * Replays a corpus through one fuzz target, for `make test`: every file as it
 * is, cut off after each byte, and with each byte changed in a few ways. No
 * chance is involved: a failure repeats. `make fuzz` explores instead.
 *
 * usage: fuzz_NAME FOLDER|FILE...
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_MAX = 1 << 20, VARIED_MAX = 512, PATH_SIZE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct replay {
	unsigned n, failed;
};

/* A copy of exactly `size` bytes, so that reading past its end is seen. */
static void
try_bytes(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, bytes, size);
	(void)LLVMFuzzerTestOneInput(copy, size); /* always 0 */
	free(copy);
}

static void
try_variants(uint8_t *bytes, size_t size)
{
	static const uint8_t change[] = {0x01, 0x80, 0xff};

	try_bytes(bytes, size);
	for (size_t i = 0; i < size && i < VARIED_MAX; i++) {
		try_bytes(bytes, i);
		for (size_t k = 0; k < sizeof(change); k++) {
			bytes[i] ^= change[k];
			try_bytes(bytes, size);
			bytes[i] ^= change[k];
		}
	}
}

static void
replay_file(struct replay *r, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = malloc(INPUT_MAX);
	size_t size = 0;

	r->n++;
	if (f != NULL && bytes != NULL)
		size = fread(bytes, 1, INPUT_MAX, f);
	if (f == NULL || bytes == NULL || ferror(f)) {
		r->failed++;
		(void)printf("not ok %u - %s cannot be read: %s\n", r->n, path,
		    strerror(errno));
	} else {
		try_variants(bytes, size);
		(void)printf("ok %u - %s\n", r->n, path);
	}
	free(bytes);
	if (f != NULL)
		(void)fclose(f); /* it was only read */
}

static void
replay_path(struct replay *r, const char *path)
{
	struct dirent **entry = NULL;
	char file[PATH_SIZE];
	int n = scandir(path, &entry, NULL, alphasort);

	if (n < 0) {
		replay_file(r, path);
		return;
	}
	for (int i = 0; i < n; i++) {
		if (entry[i]->d_name[0] != '.') {
			(void)snprintf(file, sizeof(file), "%s/%s", path,
			    entry[i]->d_name);
			replay_file(r, file);
		}
		free(entry[i]);
	}
	free(entry);
}

int
main(int argc, char **argv)
{
	struct replay r = {0};

	try_bytes((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		replay_path(&r, argv[i]);
	(void)printf("1..%u\n", r.n);
	return r.failed > 0 || r.n == 0;
}
