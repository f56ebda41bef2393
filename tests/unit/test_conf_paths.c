/*
 * Where things are found: a copy of this program tells what it sees from the
 * bin folder of a prefix, and from a build folder.
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "paths.h"

enum { TEXT = 8000 };

static int
tell(void)
{
	struct paths p = {.nprofiles = 0};
	int r = paths_add_profiles(&p, "/mine");

	if (r == 0)
		r = paths_defaults(&p);
	for (size_t i = 0; i < p.nprofiles; i++)
		printf("profiles %s\n", p.profiles[i]);
	for (size_t i = 0; i < p.nplugins; i++)
		printf("plugins %s\n", p.plugins[i]);
	printf("line %s\n", p.line_program ? p.line_program : "-");
	printf("uplink %s\n", p.uplink_program ? p.uplink_program : "-");
	paths_done(&p);
	return r;
}

/* Runs a command in a folder. */
static void
shell(const char *dir, const char *what)
{
	char command[PATH_MAX];

	(void)snprintf(command, sizeof(command), "cd %s && %s", dir, what);
	assert_int_equal(system(command), 0); /* NOLINT: of this test */
}

/* What a copy of this program in DIR tells. */
static void
told(const char *dir, char *text)
{
	char self[PATH_MAX], command[PATH_MAX * 2 + 100];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	FILE *f;

	assert_true(n > 0);
	self[n] = '\0';
	(void)snprintf(command, sizeof(command),
	    "cp '%s' %s/self && exec %s/self --tell", self, dir, dir);
	f = popen(command, "r"); /* NOLINT: of this test */
	assert_non_null(f);
	text[fread(text, 1, TEXT - 1, f)] = '\0';
	assert_int_equal(pclose(f), 0);
}

/* The line "WHAT DIR/REST". */
static void
assert_tells(
    const char *text, const char *what, const char *dir, const char *rest)
{
	char line[PATH_MAX];

	(void)snprintf(line, sizeof(line), "\n%s %s%s\n", what, dir, rest);
	if (!strstr(text, line))
		fail_msg("`%s` is not in:\n%s", line, text);
}

static void
installed(void **state)
{
	char dir[] = "/tmp/test_conf.XXXXXX", bin[60], text[TEXT];

	(void)state;
	assert_non_null(mkdtemp(dir));
	shell(dir,
	    "mkdir -p bin libexec/gatewayd share/gatewayd/profiles "
	    "lib/gatewayd/plugins && touch libexec/gatewayd/gatewayd-line "
	    "bin/gatewayd-uplink && chmod 755 libexec/gatewayd/* "
	    "bin/gatewayd-uplink");
	(void)snprintf(bin, sizeof(bin), "%s/bin", dir);
	told(bin, text);
	shell(dir, "rm -r \"$PWD\"");
	assert_int_equal(strncmp(text, "profiles /mine\n", 15), 0);
	assert_tells(text, "profiles", bin, "/../share/gatewayd/profiles");
	assert_tells(text, "plugins", bin, "/../lib/gatewayd/plugins");
	assert_tells(text, "line", bin, "/../libexec/gatewayd/gatewayd-line");
	assert_tells(text, "uplink", bin, "/gatewayd-uplink");
}

static void
built(void **state)
{
	char dir[] = "/tmp/test_conf.XXXXXX", bin[60], text[TEXT];

	(void)state;
	assert_non_null(mkdtemp(dir));
	shell(dir, "mkdir -p build/plugins config/profiles && "
		   "touch build/gatewayd-line"); /* not to be run */
	(void)snprintf(bin, sizeof(bin), "%s/build", dir);
	told(bin, text);
	assert_tells(text, "profiles", bin, "/../config/profiles");
	assert_tells(text, "plugins", bin, "/plugins");
	assert_tells(text, "line", "-", "");
	assert_tells(text, "uplink", "-", "");
	shell(dir, "mkdir build/san");
	(void)snprintf(bin, sizeof(bin), "%s/build/san", dir);
	told(bin, text);
	shell(dir, "rm -r \"$PWD\"");
	assert_tells(text, "profiles", bin, "/../../config/profiles");
}

static void
too_many(void **state)
{
	struct paths p = {.nprofiles = 0};

	(void)state;
	for (int i = 0; i < PATHS_MAX; i++)
		assert_int_equal(paths_add_plugins(&p, "/x"), 0);
	assert_int_equal(paths_add_plugins(&p, "/x"), -E2BIG);
	paths_done(&p);
	paths_done(&p);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest test[] = {
	    cmocka_unit_test(installed),
	    cmocka_unit_test(built),
	    cmocka_unit_test(too_many),
	};

	if (argc == 2 && strcmp(argv[1], "--tell") == 0)
		return tell() != 0;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(test, NULL, NULL);
}
