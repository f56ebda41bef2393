/*
 * What no call can show: a plugin exports one symbol, calls pure functions of
 * the C library only, keeps no variable of its own and does not run when it is
 * loaded. Of the plugins of this program's build folder; and of files that are
 * damaged, which must harm nobody who looks at them.
 */
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin_symbols.h"

enum { DAMAGED = 1000, FILE_MAX = 1 << 20 };

static char build[PATH_MAX], file[64];

static const char *
path_of(const char *rest)
{
	static char path[PATH_MAX + 100];

	(void)snprintf(path, sizeof(path), "%s%s", build, rest);
	return path;
}

static void
test_shipped(void **state)
{
	struct plugin_symbols s;
	glob_t found;

	(void)state;
	assert_int_equal(glob(path_of("/plugins/*.so"), 0, NULL, &found), 0);
	assert_in_range(found.gl_pathc, 5, 100);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		assert_int_equal(plugin_symbols(found.gl_pathv[i], &s), 0);
		if (s.wrong[0])
			fail_msg("%s: %s", found.gl_pathv[i], s.wrong);
	}
	globfree(&found);
}

/* Those that misbehave are built without sanitizers, too. */
static void
said(const char *name, const char *words)
{
	struct plugin_symbols s;
	char rest[80];

	(void)snprintf(rest, sizeof(rest), "/tests/bad/%s.so", name);
	assert_int_equal(plugin_symbols(path_of(rest), &s), 0);
	if (!s.sanitized && !strstr(s.wrong, words))
		fail_msg("%s: \"%s\" lacks \"%s\"", name, s.wrong, words);
}

static void
test_wrong(void **state)
{
	(void)state;
	said("nosymbol", "it shows gw_something_else");
	said("segv", "it has a variable of its own: nowhere");
	said("ctor", "it runs code of its own when it is loaded");
	said("nan", "");
}

static size_t
slurp(const char *path, uint8_t *bytes)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(bytes, 1, FILE_MAX, f);
	assert_int_equal(fclose(f), 0);
	assert_in_range(n, 1000, FILE_MAX - 1);
	return n;
}

static int
look_at(const uint8_t *bytes, size_t n)
{
	struct plugin_symbols s;
	FILE *f = fopen(file, "wb");
	int r;

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	r = plugin_symbols(file, &s);
	assert_non_null(memchr(s.wrong, '\0', sizeof(s.wrong)));
	assert_non_null(memchr(s.calls, '\0', sizeof(s.calls)));
	return r;
}

static void
test_damaged(void **state)
{
	uint8_t *whole = malloc(FILE_MAX), *bytes = malloc(FILE_MAX);
	size_t n;

	(void)state;
	assert_true(whole && bytes);
	n = slurp(path_of("/tests/good/keeper.so"), whole);
	assert_int_equal(look_at(whole, n), 0);
	assert_int_equal(look_at(whole, 10), -ENOEXEC);
	assert_int_equal(look_at(whole, 0), -ENOEXEC);
	srandom(1);
	for (int i = 0; i < DAMAGED; i++) {
		size_t cut = (size_t)random() % n;

		memcpy(bytes, whole, n);
		/* Its head and its tables of sections and symbols. */
		for (int k = 0; k < 8; k++) {
			size_t at = k < 2 ? (size_t)random() % 64
					  : (size_t)random() % n;

			bytes[at] = (uint8_t)random();
		}
		(void)look_at(bytes, i % 4 ? n : cut);
	}
	free(whole);
	free(bytes);
}

static int
setup(void **state)
{
	char exe[PATH_MAX] = "";
	int fd;

	(void)state;
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) <= 0)
		return -1;
	(void)snprintf(
	    build, sizeof(build), "%s", dirname(dirname(dirname(exe))));
	(void)snprintf(file, sizeof(file), "/tmp/test_symbols.XXXXXX");
	fd = mkstemp(file);
	return fd < 0 ? -1 : close(fd);
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shipped),
	    cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_damaged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name(
	    "plugin symbols", tests, setup, teardown);
}
