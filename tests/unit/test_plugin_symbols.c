/*
 * What no call can show: a plugin exports one symbol, calls pure functions of
 * the C library only, and keeps no variable of its own. Looked up with nm and
 * size in the plugins of this program's build folder.
 */
#include <glob.h>
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

static char folder[PATH_MAX]; /* build/plugins */

static FILE *
tool(const char *command, const char *path)
{
	char line[2 * PATH_MAX];
	FILE *f;

	(void)snprintf(line, sizeof(line), "%s '%s'", command, path);
	f = popen(line, "r"); /* NOLINT: our own paths */
	assert_non_null(f);
	return f;
}

static int
allowed(const char *name)
{
	static const char *const names[] = {"memcpy", "memset", "memmove",
	    "memcmp", "strlen", "strnlen", "strcmp", "strncmp", "fmod", "pow",
	    "exp", "log", "log10", "sqrt", "floor", "ceil", "round", "trunc",
	    "rint", "nearbyint", "lround", "ldexp", "fabs", "__stack_chk_fail",
	    "__cxa_finalize", "__gmon_start__"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return 1;
	return strncmp(name, "_ITM_", 5) == 0;
}

/* 1: it was built with sanitizers, which add symbols and data of theirs. */
static int
check_symbols(const char *path)
{
	FILE *f = tool("nm -D", path);
	char line[512], kind, name[400];
	int shown = 0, sanitized = 0, wrong = 0;

	while (fgets(line, sizeof(line), f)) {
		char *at = line + strspn(line, "0123456789abcdef");
		if (sscanf(at, " %c %399[^@\n]", &kind, name) != 2)
			continue;
		if (strstr(name, "asan") || strstr(name, "ubsan"))
			sanitized = 1;
		else if (strchr("Uwv", kind) && !allowed(name))
			wrong += printf("# %s calls %s\n", path, name) > 0;
		else if (!strchr("Uwv", kind) &&
			 strcmp(name, "gw_device_type") == 0)
			shown++;
		else if (!strchr("Uwv", kind))
			wrong += printf("# %s shows %s\n", path, name) > 0;
	}
	assert_int_equal(pclose(f), 0);
	if (sanitized)
		return 1;
	assert_int_equal(wrong, 0);
	assert_int_equal(shown, 1);
	return 0;
}

/* Beyond the word that the compiler's own start-up code has in each. */
static void
check_sections(const char *path)
{
	FILE *f = tool("size -A -d", path);
	char line[512], name[64];
	unsigned long size;
	int sections = 0;

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %lu", name, &size) != 2)
			continue;
		sections++;
		if (strcmp(name, ".data") == 0 || strcmp(name, ".bss") == 0)
			assert_in_range(size, 0, 2 * sizeof(void *) - 1);
	}
	assert_int_equal(pclose(f), 0);
	assert_true(sections > 5);
}

static void
test_plugins_are_pure(void **state)
{
	char pattern[PATH_MAX + 8];
	glob_t found;

	(void)state;
	(void)snprintf(pattern, sizeof(pattern), "%s/*.so", folder);
	if (glob(pattern, 0, NULL, &found) != 0)
		fail_msg("no plugins in %s; build them first", folder);
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (!check_symbols(found.gl_pathv[i]))
			check_sections(found.gl_pathv[i]);
	globfree(&found);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plugins_are_pure),
	};
	/* build/tests/unit/test_plugin_symbols */
	char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

	(void)snprintf(folder, sizeof(folder), "%.*s/../../plugins",
	    slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("plugin symbols", tests, NULL, NULL);
}
