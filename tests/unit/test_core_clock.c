/* The clock's rules, on clocks that the test turns (case C41). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"

enum { HOLD = 15 * 60 * 1000, BOOT = 20000, MINUTE = 60000 };
#define T INT64_C(1780000000000)

static struct clock_view
at(int64_t boot, int64_t wall, bool synchronised)
{
	return (struct clock_view){boot, wall, synchronised};
}

static void
trust_system(void **state)
{
	struct clock_view v = at(BOOT, T, false);
	struct clock c;

	(void)state;
	clock_init(&c, CLOCK_SYSTEM, HOLD, &v);
	assert_int_equal(c.state, EPOCH_KNOWN);
	assert_int_equal(c.offset_ms, T - BOOT);
}

/* Booted in 1970; at +180 s the time arrives: what was read at +60 s is from
 * T - 120 s. */
static void
boots_in_1970(void **state)
{
	struct clock_view v = at(BOOT, 20000, false);
	struct clock c;
	int64_t step, reading = BOOT + MINUTE;

	(void)state;
	clock_init(&c, CLOCK_SYNCHRONISED, HOLD, &v);
	assert_int_equal(c.state, EPOCH_UNKNOWN);
	for (int64_t ms = 1000; ms < 180000; ms += 1000) {
		v = at(BOOT + ms, 20000 + ms, false);
		assert_int_equal(clock_look(&c, &v, &step), CLOCK_SAME);
	}
	v = at(BOOT + 180000, T, true);
	assert_int_equal(clock_look(&c, &v, &step), CLOCK_LEARNT);
	assert_int_equal(c.state, EPOCH_KNOWN);
	assert_int_equal(reading + c.offset_ms, T - 120000);
	v = at(BOOT + 181000, T + 1000, true);
	assert_int_equal(clock_look(&c, &v, &step), CLOCK_SAME);
}

static void
hold_runs_out(void **state)
{
	struct clock_view v = at(BOOT, 20000, false);
	struct clock c;
	int64_t step;

	(void)state;
	clock_init(&c, CLOCK_SYNCHRONISED, HOLD, &v);
	v = at(BOOT + HOLD - 1, 20000 + HOLD - 1, false);
	assert_int_equal(clock_look(&c, &v, &step), CLOCK_SAME);
	v = at(BOOT + HOLD, 20000 + HOLD, false);
	assert_int_equal(clock_look(&c, &v, &step), CLOCK_RELEASED);
	/* What was sent is never moved: the time that comes begins an epoch. */
	v = at(BOOT + HOLD + MINUTE, T, true);
	assert_int_equal(clock_look(&c, &v, &step), CLOCK_STEPPED);
	assert_int_equal(c.state, EPOCH_KNOWN);
	assert_int_equal(c.offset_ms, T - BOOT - HOLD - MINUTE);
}

static void
steps_both_ways(void **state)
{
	struct clock_view v = at(BOOT, T, true);
	struct clock c;
	int64_t step;

	(void)state;
	clock_init(&c, CLOCK_SYNCHRONISED, HOLD, &v);
	v = at(BOOT + 1000, T + 1000 + CLOCK_STEP_MS, true);
	assert_int_equal(clock_look(&c, &v, &step), CLOCK_SAME);
	v = at(BOOT + 2000, T + 2000 + CLOCK_STEP_MS + 1, true);
	assert_int_equal(clock_look(&c, &v, &step), CLOCK_STEPPED);
	assert_int_equal(step, CLOCK_STEP_MS + 1);
	v = at(BOOT + 3000, T - 3600000, true);
	assert_int_equal(clock_look(&c, &v, &step), CLOCK_STEPPED);
	assert_true(step < -3600000);
	assert_int_equal(c.offset_ms, T - 3600000 - BOOT - 3000);
	/* Losing the source of time makes nothing unknown again. */
	v = at(BOOT + 4000, T - 3600000 + 1000, false);
	assert_int_equal(clock_look(&c, &v, &step), CLOCK_SAME);
	assert_int_equal(c.state, EPOCH_KNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(trust_system),
	    cmocka_unit_test(boots_in_1970),
	    cmocka_unit_test(hold_runs_out),
	    cmocka_unit_test(steps_both_ways),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("core clock", tests, NULL, NULL);
}
