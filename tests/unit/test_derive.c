/*
 * From reads to readings: formulas over points of one and of several periods,
 * and what makes a value doubtful.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "derive.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { A, B, SUM, TWICE, POINTS };

static const struct formula_step a_plus_b[] = {
    {.op = F_POINT, .point = A}, {.op = F_POINT, .point = B}, {.op = F_ADD}};
static const struct formula_step sum_times_2[] = {{.op = F_POINT, .point = SUM},
    {.op = F_NUMBER, .number = 2}, {.op = F_MULTIPLY}};
static const struct formula_step a_by_b[] = {
    {.op = F_POINT, .point = A}, {.op = F_POINT, .point = B}, {.op = F_DIVIDE}};
static const struct formula_step b_at_most_0[] = {{.op = F_POINT, .point = B},
    {.op = F_NUMBER, .number = 0}, {.op = F_LESS_EQUAL}};

static struct formula sum, twice, frost;
static struct point_type types[POINTS];
static struct point points[POINTS];
static struct device_type type;
static struct device device;
static struct derive *d;
static struct derived out[POINTS];
static size_t n;

/* a and b are read, sum = a + b, twice = sum * 2. */
static int
begin(void **state)
{
	(void)state;
	sum = (struct formula){a_plus_b, COUNT(a_plus_b), {A, B}, 2};
	twice = (struct formula){sum_times_2, COUNT(sum_times_2), {SUM}, 1};
	frost = (struct formula){b_at_most_0, COUNT(b_at_most_0), {B}, 1};
	memset(types, 0, sizeof(types));
	for (size_t i = 0; i < POINTS; i++) {
		types[i].name = "p";
		types[i].type = REG_INT16;
		types[i].count = 1;
		types[i].mul = types[i].div = 1;
		points[i] = (struct point){
		    .type = &types[i], .every_ms = 1000, .slope = 1};
	}
	types[SUM].formula = &sum;
	types[TWICE].formula = &twice;
	type = (struct device_type){
	    .name = "t", .points = types, .npoints = POINTS};
	device = (struct device){.type = &type, .points = points};
	d = NULL;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	d = derive_free(d);
	return 0;
}

static void
took(uint16_t point, struct decoded v, uint8_t detail, int64_t now)
{
	if (d == NULL)
		d = derive_new(&device);
	assert_non_null(d);
	n = derive_took(d, point, &v, detail, now, out);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(out[i].d.quality == QUALITY_BAD,
		    out[i].d.value.type == VALUE_NONE);
}

static void
good(uint16_t point, double v, int64_t now)
{
	took(point, (struct decoded){.value = value_real(v)}, 0, now);
}

static void
bad(uint16_t point, enum reason reason, uint8_t detail, int64_t now)
{
	struct decoded v;

	decoded_bad(&v, reason);
	took(point, v, detail, now);
}

static void
expect(size_t i, uint16_t point, double v)
{
	assert_true(i < n);
	assert_int_equal(out[i].point, point);
	assert_int_equal(out[i].d.quality, QUALITY_GOOD);
	assert_int_equal(out[i].d.reason, REASON_NONE);
	if (value_number(&out[i].d.value) != v)
		fail_msg(
		    "%.17g is not %.17g", value_number(&out[i].d.value), v);
}

static void
expect_doubt(size_t i, uint16_t point, enum quality q, enum reason reason)
{
	assert_true(i < n);
	assert_int_equal(out[i].point, point);
	assert_int_equal(out[i].d.quality, q);
	assert_int_equal(out[i].d.reason, reason);
}

/* ---- formulas ---- */

static void
test_formula_over_formula(void **state)
{
	(void)state;
	good(A, 1, 0);
	assert_int_equal(n, 1);
	expect(0, A, 1);
	good(B, 2, 0);
	assert_int_equal(n, 3);
	expect(0, B, 2);
	expect(1, SUM, 3);
	expect(2, TWICE, 6);
	/* In the other order, and once for both. */
	good(B, 20, 1000);
	assert_int_equal(n, 1);
	good(A, 10, 1000);
	assert_int_equal(n, 3);
	expect(1, SUM, 30);
	expect(2, TWICE, 60);
}

/* The order of the file is not the order of work. */
static void
test_any_order(void **state)
{
	(void)state;
	types[SUM].formula = &twice;
	types[TWICE].formula = &sum;
	twice.inputs[0] = TWICE;
	struct formula_step steps[] = {{.op = F_POINT, .point = TWICE},
	    {.op = F_NUMBER, .number = 2}, {.op = F_MULTIPLY}};
	twice.steps = steps;
	good(A, 1, 0);
	good(B, 2, 0);
	assert_int_equal(n, 3);
	expect(1, TWICE, 3);
	expect(2, SUM, 6);
}

static void
test_parts(void **state)
{
	(void)state;
	types[A].kind = types[B].kind = types[SUM].kind = KIND_PART;
	good(A, 1, 0);
	assert_int_equal(n, 0);
	good(B, 2, 0);
	assert_int_equal(n, 1);
	expect(0, TWICE, 6);
}

static void
test_decimals(void **state)
{
	(void)state;
	good(A, 0.1, 0);
	good(B, 0.2, 0);
	expect(1, SUM, 0.3);
}

/* b is read every ten seconds, a every one. */
static void
test_periods(void **state)
{
	(void)state;
	points[B].every_ms = 10000;
	good(A, 1, 0);
	assert_int_equal(n, 1);
	good(A, 2, 1000);
	assert_int_equal(n, 1); /* b has never been read */
	good(B, 10, 1500);
	assert_int_equal(n, 3);
	expect(1, SUM, 12);
	good(A, 3, 2000);
	assert_int_equal(n, 3);
	expect(1, SUM, 13);
	good(B, 20, 11500); /* waits for a */
	assert_int_equal(n, 1);
	good(A, 4, 12000);
	expect(1, SUM, 24);
	expect(2, TWICE, 48);
}

static void
test_bad_inputs(void **state)
{
	(void)state;
	bad(A, REASON_EXCEPTION, 4, 0);
	assert_int_equal(n, 1);
	assert_int_equal(out[0].detail, 4);
	good(B, 2, 0);
	assert_int_equal(n, 3);
	expect_doubt(1, SUM, QUALITY_BAD, REASON_EXCEPTION);
	assert_int_equal(out[1].detail, 4);
	expect_doubt(2, TWICE, QUALITY_BAD, REASON_EXCEPTION);
	assert_int_equal(out[2].detail, 4);
	/* And good again. */
	good(A, 1, 1000);
	good(B, 2, 1000);
	expect(1, SUM, 3);
	assert_int_equal(out[1].detail, 0);
	/* One that is read seldom makes it bad until it is read again. */
	d = derive_free(d);
	points[B].every_ms = 10000;
	bad(B, REASON_RANGE, 0, 0);
	good(A, 1, 0);
	expect_doubt(1, SUM, QUALITY_BAD, REASON_RANGE);
	good(A, 1, 1000);
	expect_doubt(1, SUM, QUALITY_BAD, REASON_RANGE);
	good(B, 2, 1500);
	good(A, 1, 2000);
	expect(1, SUM, 3);
}

static void
test_uncertain_inputs(void **state)
{
	(void)state;
	took(A,
	    (struct decoded){.value = value_int(1),
		.quality = QUALITY_UNCERTAIN,
		.reason = REASON_UNCONFIRMED},
	    0, 0);
	good(B, 2, 0);
	expect_doubt(1, SUM, QUALITY_UNCERTAIN, REASON_UNCONFIRMED);
	expect_doubt(2, TWICE, QUALITY_UNCERTAIN, REASON_UNCONFIRMED);
	assert_true(value_number(&out[1].d.value) == 3);
	/* Bad beats uncertain. */
	took(A,
	    (struct decoded){.value = value_int(1),
		.quality = QUALITY_UNCERTAIN,
		.reason = REASON_UNCONFIRMED},
	    0, 1000);
	bad(B, REASON_RANGE, 0, 1000);
	expect_doubt(1, SUM, QUALITY_BAD, REASON_RANGE);
}

static void
test_no_value(void **state)
{
	(void)state;
	sum.steps = a_by_b;
	good(A, 1, 0);
	good(B, 0, 0);
	expect_doubt(1, SUM, QUALITY_BAD, REASON_NO_DATA);
	expect_doubt(2, TWICE, QUALITY_BAD, REASON_NO_DATA);
	good(A, 1, 1000);
	good(B, 2, 1000);
	expect(1, SUM, 0.5);
	/* Outside its range, and of what is no number. */
	types[SUM].has_range = true;
	types[SUM].max = 10;
	good(A, 100, 2000);
	good(B, 2, 2000);
	expect_doubt(1, SUM, QUALITY_BAD, REASON_RANGE);
	took(A, (struct decoded){.value = value_text("x")}, 0, 3000);
	assert_int_equal(n, 1);
}

/* A calibration, and a condition as a state. */
static void
test_formula_kinds(void **state)
{
	const double line[] = {1, 10};

	(void)state;
	types[SUM].curve = (struct curve){CURVE_POLYNOMIAL, line, 2};
	points[SUM].slope = 2;
	points[SUM].off = 0.5;
	types[TWICE].kind = KIND_STATE;
	good(A, 1, 0);
	good(B, 2, 0);
	expect(1, SUM, 62.5);
	expect(2, TWICE, 1);
	assert_int_equal(out[2].d.value.type, VALUE_INT);
}

/* A lost device's old values make no formula when it is back. */
static void
test_lost(void **state)
{
	(void)state;
	points[B].every_ms = 10000;
	good(B, 1, 0);
	good(A, 1, 0);
	expect(1, SUM, 2);
	derive_lost(d);
	good(A, 5, 1000);
	assert_int_equal(n, 1);
	good(B, 6, 1000);
	expect(1, SUM, 11);
}

static void
test_circle(void **state)
{
	(void)state;
	sum.inputs[0] = TWICE;
	good(A, 1, 0);
	good(B, 1, 0);
	assert_int_equal(n, 1);
	good(POINTS, 1, 0);
	assert_int_equal(n, 0);
	good(SUM, 1, 0); /* never read */
	assert_int_equal(n, 0);
}

/* ---- doubts ---- */

static void
test_frozen(void **state)
{
	(void)state;
	types[A].frozen = &frost;
	good(A, 30, 0);
	expect(0, A, 30); /* nobody knows yet */
	good(B, 5, 0);
	assert_true(derive_later(d, A));
	assert_false(derive_later(d, B));
	good(B, -1, 1000);
	good(A, 12, 1000);
	expect_doubt(0, A, QUALITY_UNCERTAIN, REASON_FROZEN);
	assert_true(value_number(&out[0].d.value) == 12);
	expect_doubt(1, SUM, QUALITY_UNCERTAIN, REASON_FROZEN);
	/* The last good value counts. */
	bad(B, REASON_RANGE, 0, 2000);
	good(A, 12, 2000);
	expect_doubt(0, A, QUALITY_UNCERTAIN, REASON_FROZEN);
	bad(A, REASON_NO_DATA, 0, 3000);
	expect_doubt(0, A, QUALITY_BAD, REASON_NO_DATA);
	good(B, 0.1, 4000);
	good(A, 30, 4000);
	expect(0, A, 30);
}

/* A formula waits for what its own `frozen` needs. */
static void
test_frozen_formula(void **state)
{
	static const struct formula_step only_a[] = {
	    {.op = F_POINT, .point = A}};

	(void)state;
	sum = (struct formula){only_a, 1, {A}, 1};
	types[SUM].frozen = &frost;
	good(A, 3, 0);
	assert_int_equal(n, 1);
	good(B, -1, 0);
	expect_doubt(1, SUM, QUALITY_UNCERTAIN, REASON_FROZEN);
	good(A, 3, 1000);
	bad(B, REASON_NO_DATA, 0, 1000);
	expect_doubt(1, SUM, QUALITY_UNCERTAIN, REASON_FROZEN);
}

static void
test_stuck(void **state)
{
	(void)state;
	types[A].stuck_ms = 5000;
	good(A, 7, 100);
	good(A, 7, 5100);
	expect(0, A, 7);
	good(A, 7, 5101);
	expect_doubt(0, A, QUALITY_UNCERTAIN, REASON_STALE);
	bad(A, REASON_TIMEOUT, 0, 6000);
	good(A, 7, 7000);
	expect_doubt(0, A, QUALITY_UNCERTAIN, REASON_STALE);
	good(A, 7.5, 8000);
	expect(0, A, 7.5);
	good(A, 7, 9000);
	expect(0, A, 7);
	/* Of a formula. */
	types[SUM].stuck_ms = 1000;
	good(B, 1, 9000);
	expect(1, SUM, 8);
	good(A, 7, 11000);
	good(B, 1, 11000);
	expect_doubt(1, SUM, QUALITY_UNCERTAIN, REASON_STALE);
}

static void
test_warm_up(void **state)
{
	(void)state;
	d = derive_new(&device);
	derive_warm_up(d, 10000);
	types[A].frozen = &frost;
	good(B, -1, 9999);
	expect_doubt(0, B, QUALITY_UNCERTAIN, REASON_WARM_UP);
	good(A, 1, 9999);
	expect_doubt(0, A, QUALITY_UNCERTAIN, REASON_WARM_UP);
	expect_doubt(1, SUM, QUALITY_UNCERTAIN, REASON_WARM_UP);
	bad(A, REASON_RANGE, 0, 9999);
	expect_doubt(0, A, QUALITY_BAD, REASON_RANGE);
	types[B].kind = KIND_OUTPUT;
	good(B, 1, 9999);
	expect(0, B, 1);
	types[B].kind = KIND_GAUGE;
	good(B, 1, 10000);
	expect(0, B, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

/* Many a device shows zeros while it starts: that is no counter that was
 * cleared, however often it is read. */
static void
test_a_counter_warms_up(void **state)
{
	(void)state;
	types[A].accumulate = true;
	types[A].type = REG_UINT16;
	good(A, 500, 1000);
	expect(0, A, 500);
	derive_warm_up(d, 10000);
	good(A, 0, 2000);
	good(A, 0, 3000);
	good(A, 0, 9999);
	assert_int_equal(out[0].d.quality, QUALITY_UNCERTAIN);
	assert_true(value_number(&out[0].d.value) == 500);
	good(A, 501, 10001);
	expect(0, A, 501);
	/* It was cleared indeed. */
	derive_warm_up(d, 30000);
	good(A, 1, 29000);
	good(A, 2, 30000);
	expect(0, A, 503);
	/* One that was lost is read twice at once when it is back. */
	derive_lost(d);
	good(A, 0, 90000);
	good(A, 0, 90100);
	good(A, 0, 94999);
	good(A, 3, 96000);
	expect(0, A, 504);
	derive_lost(d);
	good(A, 0, 190000);
	good(A, 0, 190100);
	good(A, 1, 195000);
	expect(0, A, 505);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_formula_over_formula),
	    TEST(test_any_order),
	    TEST(test_parts),
	    TEST(test_decimals),
	    TEST(test_periods),
	    TEST(test_bad_inputs),
	    TEST(test_uncertain_inputs),
	    TEST(test_no_value),
	    TEST(test_formula_kinds),
	    TEST(test_lost),
	    TEST(test_circle),
	    TEST(test_frozen),
	    TEST(test_frozen_formula),
	    TEST(test_stuck),
	    TEST(test_warm_up),
	    TEST(test_a_counter_warms_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
