/* The schedule and the health of a device, with the time passed in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "health.h"
#include "polling.h"

enum { POINTS = 4 };

static struct point_type types[POINTS];
static struct point points[POINTS];
static struct device_type type;
static struct device device;

static struct polling
begin(const uint32_t *every_ms, size_t n, int64_t first)
{
	struct polling p;

	type = (struct device_type){.points = types, .npoints = n};
	device = (struct device){.type = &type, .points = points};
	for (size_t i = 0; i < n; i++) {
		types[i] = (struct point_type){.name = "p", .count = 1};
		points[i] =
		    (struct point){.type = &types[i], .every_ms = every_ms[i]};
	}
	assert_int_equal(polling_init(&p, &device, first), 0);
	return p;
}

static void
read_all(struct polling *p, int64_t now)
{
	for (size_t i = 0; i < p->npoints; i++)
		polling_done(p, i, now, true);
}

/* Periods that are multiples meet, and keep the phase they began with. */
static void
test_periods_meet_and_keep_their_phase(void **state)
{
	static const uint32_t every[] = {1000, 3000, 1000};
	struct polling p = begin(every, 3, 100);

	(void)state;
	assert_int_equal(polling_next(&p), 100);
	assert_false(polling_arm(&p, 99));
	assert_true(polling_arm(&p, 130));
	assert_false(polling_arm(&p, 131)); /* pending once */
	assert_true(p.waits[0] && p.waits[1] && p.waits[2]);
	assert_int_equal(polling_deadline(&p), 1100);
	read_all(&p, 230);
	assert_int_equal(p.nwaiting, 0);
	assert_int_equal(polling_deadline(&p), INT64_MAX);
	assert_int_equal(polling_next(&p), 1100); /* not 1230 */
	assert_true(polling_arm(&p, 1100));
	assert_true(p.waits[0] && !p.waits[1] && p.waits[2]);
	read_all(&p, 1200);
	assert_true(polling_arm(&p, 2100));
	read_all(&p, 2200);
	assert_true(polling_arm(&p, 3100));
	assert_true(p.waits[0] && p.waits[1]);
	assert_int_equal(p.overruns, 0);
	polling_end(&p);
}

static void
test_missed_periods_are_counted_not_made_up_for(void **state)
{
	static const uint32_t every[] = {100};
	struct polling p = begin(every, 1, 0);

	(void)state;
	assert_true(polling_arm(&p, 0));
	read_all(&p, 350);
	assert_int_equal(p.overruns, 3);
	assert_int_equal(polling_next(&p), 400);
	assert_true(polling_arm(&p, 400));
	polling_drop(&p, 1000);
	assert_int_equal(p.overruns, 3);
	assert_int_equal(polling_next(&p), 1100);
	polling_end(&p);
}

/* C52: 4 reads of 700 ms, asked every second: the line does not idle. */
static void
test_reads_longer_than_the_period_go_on_at_once(void **state)
{
	static const uint32_t every[] = {1000, 1000, 1000, 1000};
	struct polling p = begin(every, 4, 0);
	int64_t now = 0;

	(void)state;
	for (int cycle = 0; cycle < 10; cycle++) {
		assert_int_equal(now, cycle * 2800);
		assert_true(polling_arm(&p, now));
		for (size_t i = 0; i < 4; i++)
			polling_done(&p, i, now += 700, true);
	}
	assert_true(p.overruns >= 18);
	polling_end(&p);
}

static void
test_all_waits_before_its_time(void **state)
{
	static const uint32_t every[] = {60000, 10000};
	struct polling p = begin(every, 2, 0);

	(void)state;
	polling_arm(&p, 0);
	read_all(&p, 10);
	polling_all(&p);
	assert_int_equal(p.nwaiting, 2);
	read_all(&p, 5000);
	/* A read before its period does not skip one. */
	assert_int_equal(polling_next(&p), 10000);
	polling_end(&p);
}

static void
test_points_written_only_never_wait(void **state)
{
	static const uint32_t every[] = {1000, 1000};
	struct polling p = begin(every, 2, 0);

	(void)state;
	polling_end(&p);
	types[0].write_only = true;
	assert_int_equal(polling_init(&p, &device, 0), 0);
	polling_arm(&p, 0);
	assert_int_equal(p.nwaiting, 1);
	assert_false(p.waits[0]);
	polling_end(&p);
	types[1].write_only = true;
	assert_int_equal(polling_init(&p, &device, 0), 0);
	assert_int_equal(polling_next(&p), INT64_MAX);
	polling_end(&p);
}

static void
test_lost_and_back(void **state)
{
	struct health h = {0};
	int64_t now = 1000;

	(void)state;
	assert_int_equal(health_ok(&h, now), HEALTH_FOUND);
	assert_int_equal(health_ok(&h, now), HEALTH_SAME);
	/* Three failures in a moment are not enough. */
	assert_int_equal(health_failed(&h, now, now, 300, false), HEALTH_SAME);
	assert_int_equal(h.gate.not_before, now + 1200);
	assert_int_equal(
	    health_failed(&h, now + 1, now + 1, 300, false), HEALTH_SAME);
	assert_int_equal(
	    health_failed(&h, now + 2, now + 2, 300, false), HEALTH_SAME);
	assert_int_equal(h.state, DEVICE_ONLINE);
	assert_true(h.gate.not_before <= now + 2 + REST_MAX_MS);
	now += 5000;
	assert_int_equal(health_failed(&h, now, now, 300, false), HEALTH_LOST);
	assert_true(h.gate.probe);
	/* Gaps of 1, 2, 4 ... 54.4 s. */
	int64_t gap = 1000;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(h.gate.not_before, now + gap);
		now = h.gate.not_before;
		assert_int_equal(
		    health_failed(&h, now, now, 300, false), HEALTH_SAME);
		gap = gap * 2 > 54400 ? 54400 : gap * 2;
	}
	assert_int_equal(health_ok(&h, now), HEALTH_BACK);
	assert_false(h.gate.probe);
	assert_int_equal(h.gate.not_before, 0);
	assert_int_equal(h.last_ok_ms, now);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_periods_meet_and_keep_their_phase),
	    cmocka_unit_test(test_missed_periods_are_counted_not_made_up_for),
	    cmocka_unit_test(test_reads_longer_than_the_period_go_on_at_once),
	    cmocka_unit_test(test_all_waits_before_its_time),
	    cmocka_unit_test(test_points_written_only_never_wait),
	    cmocka_unit_test(test_lost_and_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
