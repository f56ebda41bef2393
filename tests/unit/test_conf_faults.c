/*
 * The profiles of tests/config/faulty: each has one mistake, and its first line
 * is what is said of it, place and remedy, behind "# ". With CONF_UPDATE set
 * the first lines are written anew, to be read before they are committed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "library.h"

enum { LINE = 800, LEAST = 50 };

static const char *const folders[] = {
    "tests/config/faulty", "tests/config/profiles"};

/* What is said of a profile; the caller frees. */
static char *
said_of(struct library *l, const char *name, bool *loaded)
{
	struct complaints *c = complaints_new();
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	*loaded = library_load(l, name, NULL, c) != NULL;
	complaints_print(c, to);
	assert_int_equal(fclose(to), 0);
	assert_int_equal(*loaded, complaints_errors(c) == 0);
	complaints_free(c);
	return text;
}

static void
put_first_line(const char *path, const char *first)
{
	static char rest[20000];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(rest, 1, sizeof(rest) - 1, f);
	rest[n] = '\0';
	assert_int_equal(fclose(f), 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "# %s%s", first, strchr(rest, '\n') + 1);
	assert_int_equal(fclose(f), 0);
}

static void
check_fault(struct library *l, const struct library_entry *e)
{
	char want[LINE] = "";
	bool loaded = false;
	char *said = said_of(l, e->name, &loaded);
	FILE *f = fopen(e->path, "r");

	assert_non_null(f);
	assert_non_null(fgets(want, sizeof(want), f));
	(void)fclose(f); /* was only read */
	if (loaded)
		fail_msg("%s is taken", e->path);
	if (strchr(said, '\n') != strrchr(said, '\n'))
		print_message("# %s says more than one thing\n", e->name);
	if (getenv("CONF_UPDATE"))
		put_first_line(e->path, said);
	else if (strncmp(want, "# ", 2) != 0 || strcmp(want + 2, said) != 0)
		fail_msg("%s says:\n%s", e->path, said);
	free(said);
}

static void
each_fault_is_told(void **state)
{
	struct library *l = library_open(folders, 2);
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < l->n; i++)
		if (strstr(l->entries[i].path, "/faulty/")) {
			check_fault(l, &l->entries[i]);
			n++;
		}
	assert_true(n >= LEAST);
	assert_null(library_close(l));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_fault_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
