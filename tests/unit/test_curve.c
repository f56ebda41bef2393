/* Calibration curves: polynomials such as Topp's, tables, and their ends. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "curve.h"
#include "exact.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static double
at(const struct curve *c, double x)
{
	double y = -77;

	return curve_value(c, x, &y) ? y : NAN;
}

/* G. C. Topp, J. L. Davis, A. P. Annan, Water Resources Research 16 (1980):
 * water content by volume of soil whose dielectric constant is x. */
static void
test_topp(void **state)
{
	const double k[] = {-5.3e-2, 2.92e-2, -5.5e-4, 4.3e-6};
	const struct curve c = {CURVE_POLYNOMIAL, k, COUNT(k)};

	(void)state;
	assert_true(at(&c, 0) == -0.053);
	assert_true(at(&c, 20) == 0.3454);
	assert_true(at(&c, 10) == 0.1883);
	assert_true(fabs(at(&c, 80) - 0.9646) < 1e-9);
}

static void
test_table(void **state)
{
	const double xy[] = {0, 0, 500, 1.2, 1000, 3};
	const struct curve c = {CURVE_TABLE, xy, COUNT(xy)};

	(void)state;
	assert_true(at(&c, 0) == 0);
	assert_true(at(&c, 250) == 0.6);
	assert_true(at(&c, 500) == 1.2);
	assert_true(at(&c, 750) == 2.1);
	assert_true(at(&c, 1000) == 3);
	assert_true(isnan(at(&c, -0.001)));
	assert_true(isnan(at(&c, 1000.001)));
	assert_true(isnan(at(&c, NAN)));
}

static void
test_odd(void **state)
{
	const double one[] = {4, 7}, big[] = {0, 0, 1e300};
	const struct curve none = {CURVE_NONE, NULL, 0};
	const struct curve single = {CURVE_TABLE, one, 2};
	const struct curve empty = {CURVE_TABLE, one, 0};
	const struct curve constant = {CURVE_POLYNOMIAL, one, 1};
	const struct curve huge = {CURVE_POLYNOMIAL, big, 3};

	(void)state;
	assert_true(at(&none, 1.25) == 1.25);
	assert_true(isnan(at(&none, INFINITY)));
	assert_true(at(&single, 4) == 7);
	assert_true(isnan(at(&single, 5)));
	assert_true(isnan(at(&empty, 4)));
	assert_true(at(&constant, 99) == 4);
	assert_true(isnan(at(&huge, 1e10)));
}

static void
test_decimals(void **state)
{
	(void)state;
	assert_true(exact_decimal(0.1 + 0.2) == 0.3);
	assert_true(exact_decimal(3 * 0.1) == 0.3);
	assert_true(exact_decimal(-(0.1 + 0.7)) == -0.8);
	assert_true(exact_decimal(1234567.1 + 0.2) == 1234567.3);
	assert_true(exact_decimal(9007199254740993.0) == 9007199254740993.0);
	assert_true(exact_decimal(0) == 0);
	assert_true(exact_decimal(1e-300) == 1e-300);
	assert_true(isnan(exact_decimal(NAN)));
	assert_true(isinf(exact_decimal(INFINITY)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_topp),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_odd),
	    cmocka_unit_test(test_decimals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
