/* Formulas: what each step does, and where there is no value. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "formula.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NUMBER(x)                                                              \
	{                                                                      \
		.op = F_NUMBER, .number = (x)                                  \
	}
#define INPUT(p)                                                               \
	{                                                                      \
		.op = F_POINT, .point = (p)                                    \
	}
#define OP(o)                                                                  \
	{                                                                      \
		.op = (o)                                                      \
	}

/* Of the points 10, 11 and 12, in that order. */
static bool
run(const struct formula_step *steps, size_t n, const double *values,
    double *out)
{
	struct formula f = {.steps = steps,
	    .nsteps = (uint16_t)n,
	    .inputs = {10, 11, 12},
	    .ninputs = 3};

	return formula_value(&f, values, out);
}

static double
one(enum formula_op op, double a)
{
	struct formula_step s[] = {INPUT(10), OP(op)};
	double out = -77;

	return run(s, COUNT(s), (double[]){a, 0, 0}, &out) ? out : NAN;
}

static double
two(enum formula_op op, double a, double b)
{
	struct formula_step s[] = {INPUT(11), INPUT(12), OP(op)};
	double out = -77;

	return run(s, COUNT(s), (double[]){0, a, b}, &out) ? out : NAN;
}

static void
is(double got, double want)
{
	if (!(fabs(got - want) <= 1e-12 * (1 + fabs(want))))
		fail_msg("%.17g is not %.17g", got, want);
}

static void
test_steps(void **state)
{
	(void)state;
	is(two(F_ADD, 2, 3), 5);
	is(two(F_SUBTRACT, 2, 3), -1);
	is(two(F_MULTIPLY, 2, 3), 6);
	is(two(F_DIVIDE, 2, 4), 0.5);
	is(two(F_POWER, 2, 10), 1024);
	is(two(F_MIN, 2, 3), 2);
	is(two(F_MAX, 2, 3), 3);
	is(one(F_NEGATE, 2), -2);
	is(one(F_ABS, -2), 2);
	is(one(F_SQRT, 9), 3);
	is(one(F_EXP, 0), 1);
	is(one(F_LN, exp(2)), 2);
	is(one(F_LOG10, 1000), 3);
	is(one(F_FLOOR, -1.5), -2);
}

static void
test_conditions(void **state)
{
	(void)state;
	is(two(F_LESS, 1, 2), 1);
	is(two(F_LESS, 2, 2), 0);
	is(two(F_LESS_EQUAL, 2, 2), 1);
	is(two(F_GREATER, 2, 1), 1);
	is(two(F_GREATER_EQUAL, 1, 2), 0);
	is(two(F_EQUAL, 2, 2), 1);
	is(two(F_UNEQUAL, 2, 2), 0);
	is(two(F_AND, 2, 3), 1);
	is(two(F_AND, 2, 0), 0);
	is(two(F_OR, 0, 0), 0);
	is(two(F_OR, 0, -1), 1);
	is(one(F_NOT, 0), 1);
	is(one(F_NOT, 7), 0);
}

static void
test_no_value(void **state)
{
	const struct formula_step zero_of_zero[] = {
	    NUMBER(1), NUMBER(1), NUMBER(0), OP(F_DIVIDE), OP(F_DIVIDE)};
	double out = 5;

	(void)state;
	assert_true(isnan(two(F_DIVIDE, 1, 0)));
	assert_true(isnan(two(F_DIVIDE, 0, 0)));
	assert_true(isnan(two(F_POWER, -1, 0.5)));
	assert_true(isnan(two(F_POWER, 0, -1)));
	assert_true(isnan(two(F_MULTIPLY, 1e308, 10)));
	assert_true(isnan(one(F_SQRT, -1)));
	assert_true(isnan(one(F_LN, 0)));
	assert_true(isnan(one(F_LOG10, -1)));
	assert_true(isnan(one(F_EXP, 1000)));
	/* Not 0, though 1 / infinity would be. */
	assert_false(
	    run(zero_of_zero, COUNT(zero_of_zero), (double[]){0, 0, 0}, &out));
	assert_true(out == 5);
}

/* What has no value spoils what makes use of it, and nothing else. */
static void
test_only_what_is_used(void **state)
{
	/* if(b > 0, a / b, 0) */
	const struct formula_step guarded[] = {INPUT(11), NUMBER(0),
	    OP(F_GREATER), INPUT(10), INPUT(11), OP(F_DIVIDE), NUMBER(0),
	    OP(F_IF)};
	/* b > 0 and a / b > 2 */
	const struct formula_step both[] = {INPUT(11), NUMBER(0), OP(F_GREATER),
	    INPUT(10), INPUT(11), OP(F_DIVIDE), NUMBER(2), OP(F_GREATER),
	    OP(F_AND)};
	/* if(a / b, 1, 2); max(a / b, 1); (a / b) ^ 0 */
	const struct formula_step condition[] = {
	    INPUT(10), INPUT(11), OP(F_DIVIDE), NUMBER(1), NUMBER(2), OP(F_IF)};
	const struct formula_step most[] = {
	    INPUT(10), INPUT(11), OP(F_DIVIDE), NUMBER(1), OP(F_MAX)};
	const struct formula_step power[] = {
	    INPUT(10), INPUT(11), OP(F_DIVIDE), NUMBER(0), OP(F_POWER)};
	const double zero[] = {6, 0, 0}, three[] = {6, 3, 0};
	double out = -1;

	(void)state;
	assert_true(run(guarded, COUNT(guarded), zero, &out));
	is(out, 0);
	assert_true(run(guarded, COUNT(guarded), three, &out));
	is(out, 2);
	assert_true(run(both, COUNT(both), zero, &out));
	is(out, 0);
	assert_false(run(condition, COUNT(condition), zero, &out));
	assert_false(run(most, COUNT(most), zero, &out));
	assert_false(run(power, COUNT(power), zero, &out));
}

/* Worked out by the same constants elsewhere: at 100 % it is the temperature;
 * WMO-No. 8's formula gives 9.26 at 20 Cel and 50 %. */
static void
test_dew_point(void **state)
{
	(void)state;
	is(two(F_DEW_POINT, 20, 100), 20);
	is(two(F_DEW_POINT, -10, 100), -10);
	assert_true(fabs(two(F_DEW_POINT, 20, 50) - 9.26) < 0.01);
	assert_true(fabs(two(F_DEW_POINT, 35, 30) - 14.83) < 0.02);
	assert_true(isnan(two(F_DEW_POINT, 20, 0)));
	assert_true(isnan(two(F_DEW_POINT, 20, -1)));
	assert_true(isnan(two(F_DEW_POINT, -300, 50)));
}

/* What conf/ would never let through must not hurt. */
static void
test_nonsense(void **state)
{
	const struct formula_step few[] = {NUMBER(1), OP(F_ADD)};
	const struct formula_step left[] = {NUMBER(1), NUMBER(2)};
	const struct formula_step stranger[] = {INPUT(3)};
	struct formula_step deep[FORMULA_DEPTH + 1];
	double out = 5;

	(void)state;
	for (size_t i = 0; i < COUNT(deep); i++)
		deep[i] = (struct formula_step)NUMBER(1);
	assert_false(run(NULL, 0, (double[]){0, 0, 0}, &out));
	assert_false(run(few, COUNT(few), (double[]){0, 0, 0}, &out));
	assert_false(run(left, COUNT(left), (double[]){0, 0, 0}, &out));
	assert_false(run(stranger, COUNT(stranger), (double[]){0, 0, 0}, &out));
	assert_false(run(deep, COUNT(deep), (double[]){0, 0, 0}, &out));
	assert_true(out == 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test(test_conditions),
	    cmocka_unit_test(test_no_value),
	    cmocka_unit_test(test_only_what_is_used),
	    cmocka_unit_test(test_dew_point),
	    cmocka_unit_test(test_nonsense),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
