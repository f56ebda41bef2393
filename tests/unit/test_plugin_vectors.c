/*
 * The plugins shipped: their own vectors, and random calls. gatewayctl plugins
 * test does the same in a process of its own; here the sanitizers look on.
 */
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin_calls.h"
#include "plugin_vectors.h"

static glob_t found;

static int
setup(void **state)
{
	char exe[PATH_MAX] = "", pattern[PATH_MAX + 20];

	(void)state;
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) <= 0)
		return -1;
	(void)snprintf(pattern, sizeof(pattern), "%s/plugins/*.so",
	    dirname(dirname(dirname(exe))));
	return glob(pattern, 0, NULL, &found);
}

static int
teardown(void **state)
{
	(void)state;
	globfree(&found);
	return 0;
}

static struct plugin *
load(const char *path)
{
	char why[400] = "";
	struct plugin *p = plugin_load(path, why, sizeof(why));

	if (!p)
		fail_msg("%s: %s", path, why);
	return p;
}

/* From the root of the sources, where the tests are run. */
static void
test_vectors(void **state)
{
	(void)state;
	assert_in_range(found.gl_pathc, 5, 100);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct plugin *p = load(found.gl_pathv[i]);
		struct vectors_tally tally;
		char file[PATH_MAX];

		(void)snprintf(file, sizeof(file), "plugins/%s.vectors.yaml",
		    plugin_type(p)->name);
		assert_int_equal(vectors_play(p, file, stderr, &tally), 0);
		assert_int_equal(tally.wrong, 0);
		assert_in_range(tally.readings, 10, 1000);
		plugin_free(p);
	}
}

static void
test_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct plugin *p = load(found.gl_pathv[i]);
		struct calls c = {.seed = 2026, .want = 50000};

		if (calls_make(p, &c) != 0)
			fail_msg("%s, call %llu: %s", found.gl_pathv[i],
			    (unsigned long long)c.made, c.broke);
		assert_in_range(c.decodes, 10000, 50000);
		plugin_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_calls),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name(
	    "plugin vectors", tests, setup, teardown);
}
