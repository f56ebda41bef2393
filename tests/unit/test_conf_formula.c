/*
 * Formulas from text to steps: what binds how, what functions take, and the
 * promises that device/formula.h is built on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "library.h"

static const char *const op_words[FORMULA_OPS] = {
    [F_NEGATE] = "neg",
    [F_ADD] = "+",
    [F_SUBTRACT] = "-",
    [F_MULTIPLY] = "*",
    [F_DIVIDE] = "/",
    [F_POWER] = "^",
    [F_LESS] = "<",
    [F_LESS_EQUAL] = "<=",
    [F_GREATER] = ">",
    [F_GREATER_EQUAL] = ">=",
    [F_EQUAL] = "==",
    [F_UNEQUAL] = "!=",
    [F_AND] = "and",
    [F_OR] = "or",
    [F_NOT] = "not",
    [F_IF] = "if",
    [F_MIN] = "min",
    [F_MAX] = "max",
    [F_ABS] = "abs",
    [F_SQRT] = "sqrt",
    [F_EXP] = "exp",
    [F_LN] = "ln",
    [F_LOG10] = "log10",
    [F_FLOOR] = "floor",
    [F_DEW_POINT] = "dew_point",
};

/* The formula's steps as words, and of which points it is. */
static void
say(const struct device_type *t, const struct formula *f, FILE *to)
{
	for (size_t i = 0; i < f->nsteps; i++) {
		const struct formula_step *s = &f->steps[i];
		if (s->op == F_NUMBER)
			fprintf(to, "%g ", s->number);
		else if (s->op == F_POINT)
			fprintf(to, "%s ", t->points[s->point].name);
		else
			fprintf(to, "%s ", op_words[s->op]);
	}
	fprintf(to, "|");
	for (size_t i = 0; i < f->ninputs; i++)
		fprintf(to, " %s", t->points[f->inputs[i]].name);
}

/* Steps of the formula of `f`, or what is said of it. */
static void
check(const char *formula, const char *want)
{
	char text[1000], got[600] = "";
	struct library *l = library_open(NULL, 0);
	struct complaints *c = complaints_new();
	FILE *to = fmemopen(got, sizeof(got), "w");
	const struct device_type *t;

	assert_non_null(to);
	(void)snprintf(text, sizeof(text),
	    "profile: p\nmaker: m\nmodel: m\nsource: s\npoints:\n"
	    "  a: {holding: 0, type: uint16}\n  b: {holding: 1, type: int16}\n"
	    "  c: {holding: 2, type: bool}\n  min: {holding: 3, type: int16}\n"
	    "  f:\n    formula: %s\n",
	    formula);
	t = library_parse(l, "p", NULL, text, c);
	if (t)
		say(t, t->points[4].formula, to);
	else
		complaints_print(c, to);
	assert_int_equal(fclose(to), 0);
	if (strcmp(got, want) != 0)
		fail_msg("%s\ngives  %s\nwanted %s", formula, got, want);
	if (t)
		assert_string_equal(t->points[4].formula_text, formula);
	complaints_free(c);
	library_close(l);
}

static void
operators_bind_as_in_books(void **state)
{
	(void)state;
	check("a + b * 2", "a b 2 * + | a b");
	check("(a + b) * 2", "a b + 2 * | a b");
	check("a - b - 1", "a b - 1 - | a b");
	check("a / b / 2 * 3", "a b / 2 / 3 * | a b");
	check("a ^ 2 ^ 3", "a 2 3 ^ ^ | a");
	check("-a ^ 2", "a 2 ^ neg | a");
	check("a ^ -2", "a 2 neg ^ | a");
	check("2 * -a", "2 a neg * | a");
	check("a - -1", "a 1 neg - | a");
	check("a<b", "a b < | a b");
	check("a <= 2 and b >= 3 or not c == 1",
	    "a 2 <= b 3 >= and c 1 == not or | a b c");
	check("a or b and c", "a b c and or | a b c");
	check("not not c", "c not not | c");
	check("a + 1 > b * 2", "a 1 + b 2 * > | a b");
	check("a != b", "a b != | a b");
}

static void
functions_take_what_they_say(void **state)
{
	(void)state;
	check("if(a > 1, b, -b)", "a 1 > b b neg if | a b");
	check("max(a, b)", "a b max | a b");
	check("max(a, b, c, 4)", "a b max c max 4 max | a b c");
	check("min(a, min)", "a min min | a min");
	check("min + 1", "min 1 + | min");
	check("abs(a)+sqrt(a)+exp(a)+ln(a)+log10(a)+floor(a)",
	    "a abs a sqrt + a exp + a ln + a log10 + a floor + | a");
	check("dew_point(a / 10, b)", "a 10 / b dew_point | a b");
	check("abs( (a) )", "a abs | a");
}

static void
numbers_are_decimal(void **state)
{
	(void)state;
	check("a * 1.5e-3", "a 0.0015 * | a");
	check("a + .5", "a 0.5 + | a");
	check("a + 0x10", "p:11:18: `0x10` is no number; write 12.5\n");
	check("a + 1e999", "p:11:18: `1e999` is no number; write 12.5\n");
	check("a + 2e", "p:11:18: `2e` is no number; write 12.5\n");
}

/* Columns count characters of the file, also in quotes. */
static void
columns(void **state)
{
	(void)state;
	check("a + bb", "p:11:18: the formula names `bb`, which is no point "
			"here; did you mean `b`?\n");
	check("a +   (b", "p:11:22: the bracket of column 20 is not closed; "
			  "write `)`\n");
	check("ln(a, b)", "p:11:14: ln takes 1 value; here are 2\n");
	check("min(a)", "p:11:14: min takes at least 2 values; here is 1\n");
	check("a and or b", "p:11:20: `or` stands where a value should\n");
	check("a + \xC2\xB5", "p:11:18: `\xC2\xB5` means nothing here; write "
			      "numbers, points and + - * / ^\n");
	check("a = 1", "p:11:16: `=` means nothing here; write `==`\n");
}

static void
repeat(char *to, const char *piece, size_t n)
{
	while (n--)
		to = strcat(to, piece);
}

/* However long a formula is, it is refused before anything runs out. */
static void
bounds(void **state)
{
	char text[900] = "a";

	(void)state;
	repeat(text, "+a", 31);
	strcat(text, "-b");
	check(text, "p:11:79: the formula has more than 64 steps; make a point "
		    "of a piece of it, and use that\n");
	text[63] = '\0'; /* 32 times a */
	char right[400] = "a ";
	repeat(right, "a + ", 31);
	strcat(right, "| a");
	check(text, right);
	text[0] = '\0';
	repeat(text, "not ", 200);
	strcat(text, "a");
	check(text, "p:11:174: the formula is nested too deep; make a point of "
		    "a piece of it, and use that\n");
	strcpy(text, "a");
	repeat(text, "^a", 200);
	check(text, "p:11:47: the formula keeps more than 16 values at a time; "
		    "make a point of a piece of it, and use that\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(operators_bind_as_in_books),
	    cmocka_unit_test(functions_take_what_they_say),
	    cmocka_unit_test(numbers_are_decimal),
	    cmocka_unit_test(columns),
	    cmocka_unit_test(bounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
