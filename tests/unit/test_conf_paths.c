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

static void
shell(const char *format, const char *dir)
{
	char command[PATH_MAX];

	(void)snprintf(command, sizeof(command), format, dir);
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

static void
assert_tells(const char *text, const char *format, const char *dir)
{
	char line[PATH_MAX];

	(void)snprintf(line, sizeof(line), format, dir);
	if (!strstr(text, line))
		fail_msg("`%s` is not in:\n%s", line, text);
}

static void
installed(void **state)
{
	char dir[] = "/tmp/test_conf.XXXXXX", bin[60], text[TEXT];

	(void)state;
	assert_non_null(mkdtemp(dir));
	shell("cd %s && mkdir -p bin libexec/gatewayd share/gatewayd/profiles "
	      "lib/gatewayd/plugins && touch libexec/gatewayd/gatewayd-line "
	      "bin/gatewayd-uplink && chmod 755 libexec/gatewayd/* "
	      "bin/gatewayd-uplink",
	    dir);
	(void)snprintf(bin, sizeof(bin), "%s/bin", dir);
	told(bin, text);
	shell("rm -r %s", dir);
	assert_int_equal(strncmp(text, "profiles /mine\n", 15), 0);
	assert_tells(text, "\nprofiles %s/../share/gatewayd/profiles\n", bin);
	assert_tells(text, "\nplugins %s/../lib/gatewayd/plugins\n", bin);
	assert_tells(
	    text, "\nline %s/../libexec/gatewayd/gatewayd-line\n", bin);
	assert_tells(text, "\nuplink %s/gatewayd-uplink\n", bin);
}

static void
built(void **state)
{
	char dir[] = "/tmp/test_conf.XXXXXX", bin[60], text[TEXT];

	(void)state;
	assert_non_null(mkdtemp(dir));
	shell("cd %s && mkdir -p build/plugins config/profiles && "
	      "touch build/gatewayd-line",
	    dir); /* not to be run */
	(void)snprintf(bin, sizeof(bin), "%s/build", dir);
	told(bin, text);
	assert_tells(text, "\nprofiles %s/../config/profiles\n", bin);
	assert_tells(text, "\nplugins %s/plugins\n", bin);
	assert_tells(text, "\nline %s\n", "-");
	assert_tells(text, "\nuplink %s\n", "-");
	shell("mkdir %s/build/san", dir);
	(void)snprintf(bin, sizeof(bin), "%s/build/san", dir);
	told(bin, text);
	shell("rm -r %s", dir);
	assert_tells(text, "\nprofiles %s/../../config/profiles\n", bin);
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
