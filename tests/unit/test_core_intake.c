/* Which readings are worth a row, and how a child's restarts are spaced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backoff.h"
#include "intake.h"

static int64_t clock_ms;

static int
take(struct intake *in, double value, double deadband)
{
	struct reading r = {.series = 0,
	    .boot_ms = clock_ms += 1000,
	    .value = value_real(value)};
	char why[64];

	return intake_take(in, &r, deadband, why, sizeof(why));
}

static int
take_bad(struct intake *in, enum reason reason, double deadband, char *why)
{
	struct reading r = {.boot_ms = clock_ms += 1000,
	    .quality = QUALITY_BAD,
	    .reason = reason,
	    .detail = 2};

	return intake_take(in, &r, deadband, why, 64);
}

static void
without_deadband(void **state)
{
	struct intake *in = intake_new(1);

	(void)state;
	assert_null(intake_latest(in, 0));
	for (int i = 0; i < 5; i++)
		assert_int_equal(take(in, 7, 0), INTAKE_STORE);
	assert_true(intake_latest(in, 0)->value.r == 7);
	in = intake_free(in);
}

/* Ten steps of 0.1 with a deadband of 0.25: each is small, their sum is not. */
static void
slow_drift(void **state)
{
	struct intake *in = intake_new(1);
	double value = 20, stored = 20;
	int rows = 0;

	(void)state;
	assert_int_equal(take(in, value, 0.25), INTAKE_STORE);
	for (int i = 0; i < 10; i++) {
		value += 0.1;
		if (take(in, value, 0.25) & INTAKE_STORE) {
			rows++;
			stored = value;
		}
		assert_true(value - stored < 0.25);
		assert_true(intake_latest(in, 0)->value.r == value);
	}
	assert_int_equal(rows, 3);
	in = intake_free(in);
}

static void
edges(void **state)
{
	struct intake *in = intake_new(1);
	char why[64];

	(void)state;
	assert_int_equal(take(in, 5, 1), INTAKE_STORE);
	assert_int_equal(
	    take_bad(in, REASON_TIMEOUT, 1, why), INTAKE_STORE | INTAKE_EVENT);
	assert_string_equal(why, "bad: timeout");
	assert_int_equal(take_bad(in, REASON_TIMEOUT, 1, why), 0);
	/* Still bad: no event, but the reason is worth a row. */
	assert_int_equal(take_bad(in, REASON_EXCEPTION, 1, why), INTAKE_STORE);
	assert_int_equal(take_bad(in, REASON_EXCEPTION, 0, why), INTAKE_STORE);
	/* The same value as before it became bad is news. */
	assert_int_equal(take(in, 5, 1), INTAKE_STORE | INTAKE_EVENT);
	assert_int_equal(take_bad(in, REASON_EXCEPTION, 1, why),
	    INTAKE_STORE | INTAKE_EVENT);
	assert_string_equal(why, "bad: exception 2");
	in = intake_free(in);
}

static void
bad_from_the_start(void **state)
{
	struct intake *in = intake_new(1);
	char why[64];

	(void)state;
	assert_int_equal(
	    take_bad(in, REASON_PORT, 0, why), INTAKE_STORE | INTAKE_EVENT);
	assert_int_equal(take(in, 1, 0), INTAKE_STORE | INTAKE_EVENT);
	in = intake_free(in);
}

static void
repeats(void **state)
{
	struct intake *in = intake_new(1);
	struct reading r = {.boot_ms = 5000, .value = value_int(1)};
	char why[64];

	(void)state;
	assert_int_equal(intake_take(in, &r, 0, why, sizeof(why)), 1);
	assert_int_equal(intake_take(in, &r, 0, why, sizeof(why)), 0);
	r.boot_ms = 4999;
	assert_int_equal(intake_take(in, &r, 0, why, sizeof(why)), 0);
	r.boot_ms = 5001;
	assert_int_equal(intake_take(in, &r, 0, why, sizeof(why)), 1);
	in = intake_free(in);
}

static void
texts(void **state)
{
	struct intake *in = intake_new(1);
	struct reading r = {.boot_ms = 1, .value = value_text("v1")};
	char why[64];

	(void)state;
	assert_int_equal(intake_take(in, &r, 0.5, why, sizeof(why)), 1);
	r.boot_ms++;
	assert_int_equal(intake_take(in, &r, 0.5, why, sizeof(why)), 0);
	r.boot_ms++;
	r.value = value_text("v2");
	assert_int_equal(intake_take(in, &r, 0.5, why, sizeof(why)), 1);
	in = intake_free(in);
}

static void
backoff(void **state)
{
	struct backoff b = {0};
	static const uint32_t want[] = {
	    200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(backoff_after(&b, 100), want[i]);
	assert_int_equal(backoff_after(&b, HEALTHY_MS - 1), 30000);
	assert_int_equal(backoff_after(&b, HEALTHY_MS), 200);
	assert_int_equal(backoff_after(&b, 0), 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_deadband),
	    cmocka_unit_test(slow_drift),
	    cmocka_unit_test(edges),
	    cmocka_unit_test(bad_from_the_start),
	    cmocka_unit_test(repeats),
	    cmocka_unit_test(texts),
	    cmocka_unit_test(backoff),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("core intake", tests, NULL, NULL);
}
