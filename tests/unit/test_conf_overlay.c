/* Profiles laid over each other, and the library that they make. */
#include <math.h>

#include "profile_field.h"

#define BASE                                                                   \
	"profile: base\nmaker: base's\nmodel: one\nsource: base's\n"           \
	"status: reported\nchecks: [look]\n"                                   \
	"serial: {baud: 4800, unit: 3}\nsetup: [{holding: 9, value: 1}]\n"     \
	"variants: {old: {model: older}}\n"                                    \
	"points:\n  a: {holding: 0, type: uint16, scale: 0.1, unit: m}\n"      \
	"  b: {holding: 1, type: int16, range: [0, 5]}\n"                      \
	"  ph: {holding: 2, type: int16}\n"

static void
what_is_extended(void **state)
{
	struct fixture f;
	const struct device_type *t;

	(void)state;
	open_fixture(&f);
	put(&f, "base", BASE);
	put(&f, "middle",
	    "profile: middle\nextends: base\nsource: m\n"
	    "model: two\n");
	t = load(&f, NULL,
	    "profile: p\nextends: middle\nsource: own\nserial: {baud: 9600}\n"
	    "setup: [{holding: 7, value: 2}]\n"
	    "points:\n  ph: none\n  c: {input: 5, type: uint16}\n"
	    "  b: {range: none, order: BA}\n  a: {unit: mm}\n");
	assert_string_equal(t->name, "p");
	assert_string_equal(t->maker, "base's");
	assert_string_equal(t->model, "two");
	assert_string_equal(t->source, "own");
	assert_int_equal(t->status, STATUS_DOCUMENTED);
	assert_int_equal(t->nchecks, 0);
	assert_int_equal(t->nvariants, 0);
	assert_int_equal(t->baud, 9600);
	assert_int_equal(t->unit, 3);
	assert_int_equal(t->nsetup, 1);
	assert_int_equal(t->setup[0].addr, 7);
	assert_int_equal(t->npoints, 3);
	assert_string_equal(t->points[0].name, "a");
	assert_string_equal(t->points[0].unit, "mm");
	assert_true(fabs(t->points[0].div - 10) <= 0);
	assert_string_equal(t->points[1].name, "b");
	assert_false(t->points[1].has_range);
	assert_int_equal(t->points[1].order[0], 1);
	assert_string_equal(t->points[2].name, "c");
	close_fixture(&f);
}

/* A mistake is told where it stands, in whichever file that is. */
static void
places_in_several_files(void **state)
{
	struct fixture f;
	char want[300];

	(void)state;
	open_fixture(&f);
	put(&f, "base", BASE);
	refused(&f, NULL,
	    "profile: p\nextends: base\nsource: own\n"
	    "points:\n  b: {range: [5, 4]}\n",
	    "p:5:14: range runs from 5 down to 4; write the lower one "
	    "first\n");
	put(&f, "base", BASE "  bad: {holding: 3}\n");
	(void)snprintf(want, sizeof(want),
	    "%s/base.yaml:14:3: the point `bad` lacks `type`; add it (uint16, "
	    "int16, float32 ...)\n",
	    f.dir);
	refused(&f, NULL, "profile: p\nextends: base\nsource: own\n", want);
	put(&f, "base", "points: [\n");
	(void)snprintf(want, sizeof(want),
	    "%s/base.yaml:2:1: while parsing a flow node: did not find "
	    "expected node content; check indentation (spaces only), colons "
	    "and brackets here and in the line above\n",
	    f.dir);
	refused(&f, NULL, "profile: p\nextends: base\nsource: own\n", want);
	close_fixture(&f);
}

static void
variants(void **state)
{
	static const char text[] = HEAD
	    "variants:\n"
	    "  float: {model: newer, points: {a: {type: float32}}}\n"
	    "  short: {points: {b: none}}\n"
	    "examples:\n  - frames: [01 03 00 00 00 01 84 0A > 01 03 02 02 92 "
	    "38 89]\n    readings: {a: 658}\n"
	    "points:\n  a: {holding: 0, type: uint16}\n"
	    "  b: {holding: 4, type: uint16}\n";
	struct fixture f;
	const struct device_type *t;

	(void)state;
	open_fixture(&f);
	t = load(&f, NULL, text);
	assert_null(t->variant);
	assert_int_equal(t->nexamples, 1);
	assert_int_equal(t->nvariants, 2);
	assert_string_equal(t->variants[0], "float");
	assert_string_equal(t->variants[1], "short");
	t = load(&f, "float", text);
	assert_string_equal(t->name, "p");
	assert_string_equal(t->variant, "float");
	assert_string_equal(t->model, "newer");
	assert_string_equal(t->maker, "m");
	assert_int_equal(t->points[0].type, REG_FLOAT32);
	assert_int_equal(t->nexamples, 0);
	t = load(&f, "short", text);
	assert_int_equal(t->npoints, 1);
	refused(&f, "flaot", text,
	    "p: there is no variant `flaot`; did you mean `float`? (float or "
	    "short)\n");
	refused(&f, "x", text,
	    "p: there is no variant `x`; write float or short\n");
	refused(&f, "x", HEAD POINT,
	    "p: there is no variant `x`: p has none; leave it out\n");
	close_fixture(&f);
}

static void
the_library(void **state)
{
	struct fixture near, far;
	const char *dirs[] = {near.dir, "/nowhere", far.dir};
	struct library *l;
	const struct device_type *t;
	char want[120];

	(void)state;
	open_fixture(&near);
	open_fixture(&far);
	put(&near, "one", "profile: one\nextends: base\nsource: near\n");
	put(&far, "one", "wrong");
	put(&far, "base", BASE);
	put(&far, ".hidden", "");
	l = library_open(dirs, 3);
	assert_int_equal(l->n, 2);
	assert_string_equal(l->entries[0].name, "base");
	assert_string_equal(l->entries[1].name, "one");
	(void)snprintf(want, sizeof(want), "%s/one.yaml", near.dir);
	assert_string_equal(l->entries[1].path, want);
	t = library_load(l, "one", NULL, near.c);
	assert_non_null(t);
	assert_string_equal(t->source, "near");
	assert_null(library_load(l, "absent", NULL, near.c));
	assert_int_equal(complaints_errors(near.c), 1);
	assert_null(library_load(l, "../one", NULL, near.c));
	assert_int_equal(complaints_errors(near.c), 2);
	assert_null(library_close(l));
	assert_null(library_close(NULL));
	close_fixture(&near);
	close_fixture(&far);
}

/* The profile by which the README shows how one is written. */
static void
the_one_of_the_readme(void **state)
{
	static char text[40000];
	struct fixture f;
	FILE *from = fopen("config/profiles/README.md", "r");
	const struct device_type *t;
	char *begin, *end;
	size_t n;

	(void)state;
	assert_non_null(from);
	n = fread(text, 1, sizeof(text) - 1, from);
	text[n] = '\0';
	(void)fclose(from); /* was only read */
	assert_true(n < sizeof(text) - 1);
	begin = strstr(text, "```yaml\n");
	assert_non_null(begin);
	end = strstr(begin + 8, "```");
	assert_non_null(end);
	*end = '\0';
	open_fixture(&f);
	t = library_parse(f.l, "my-probe", NULL, begin + 8, f.c);
	complaints_print(f.c, stderr);
	assert_non_null(t);
	assert_int_equal(complaints_warnings(f.c), 0);
	assert_int_equal(t->npoints, 2);
	assert_int_equal(t->nexamples, 1);
	close_fixture(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_extended),
	    cmocka_unit_test(places_in_several_files),
	    cmocka_unit_test(variants),
	    cmocka_unit_test(the_library),
	    cmocka_unit_test(the_one_of_the_readme),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
