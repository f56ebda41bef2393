/*
 * Any bytes of whoever dials in, against any registration texts: never read
 * past their end, never a guest whose text they do not begin with, and the same
 * decision wherever the stream was cut. The input: texts, each ended by a
 * newline, an empty one behind the last; then the bytes.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registration.h"

enum { GUESTS = 8, TEXT = 64, BYTES = 128 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	struct guest guests[GUESTS];
	char text[GUESTS][TEXT + 1];
	size_t n;
	const uint8_t *bytes;
	size_t len;
};

/* One that begins with a star stands for whoever dials in. */
static void
take_texts(struct input *in, const uint8_t *data, size_t size)
{
	const uint8_t *end;

	while (in->n < GUESTS && (end = memchr(data, '\n', size)) != NULL &&
	       end > data) {
		size_t len = (size_t)(end - data);

		memcpy(in->text[in->n], data, len < TEXT ? len : TEXT);
		in->guests[in->n].registration = in->text[in->n];
		in->guests[in->n].who = in->n;
		if (in->text[in->n][0] == '*')
			in->guests[in->n].registration = NULL;
		in->n++;
		size -= len + 1;
		data = end + 1;
	}
	in->bytes = data;
	in->len = size;
}

static bool
begins_with(const uint8_t *bytes, size_t len, const char *text)
{
	size_t size = text != NULL ? strlen(text) : 0;

	return size > 0 && size <= len && memcmp(bytes, text, size) == 0;
}

/* The decision on all of it, told the plain way. */
static void
check(const struct input *in, const uint8_t *bytes, size_t len,
    enum registration r, size_t index)
{
	size_t longest = 0;

	for (size_t i = 0; i < in->n; i++)
		if (begins_with(bytes, len, in->guests[i].registration) &&
		    strlen(in->text[i]) > longest)
			longest = strlen(in->text[i]);
	if (r == REGISTRATION_KNOWN || r == REGISTRATION_FITS) {
		if (index >= in->n || longest == 0 ||
		    !begins_with(bytes, len, in->guests[index].registration) ||
		    strlen(in->text[index]) != longest)
			abort();
	} else if (index != GUESTS || longest != 0) {
		abort();
	}
}

static void
check_shown(const uint8_t *bytes, size_t len)
{
	char shown[SHOWN_SIZE];

	registration_show(bytes, len, shown);
	if (strlen(shown) >= SHOWN_SIZE || shown[0] != '"')
		abort();
	for (const char *p = shown; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {0};
	enum registration decided = REGISTRATION_OPEN;
	size_t who = GUESTS;

	take_texts(&in, data, size);
	for (size_t len = 0; len <= in.len && len <= BYTES; len++) {
		/* A copy of the exact size, so that a byte too far is seen. */
		uint8_t *bytes = malloc(len + (len == 0));
		size_t index = GUESTS;

		if (bytes == NULL)
			return 0;
		if (len > 0)
			memcpy(bytes, in.bytes, len);
		enum registration r =
		    registration_match(in.guests, in.n, bytes, len, &index);
		check(&in, bytes, len, r, index);
		check_shown(bytes, len);
		free(bytes);
		if ((decided == REGISTRATION_KNOWN ||
			decided == REGISTRATION_STRANGE) &&
		    (r != decided || index != who))
			abort();
		if (r == REGISTRATION_OPEN && len >= TEXT)
			abort(); /* it would wait for nothing */
		decided = r;
		who = index;
	}
	return 0;
}
