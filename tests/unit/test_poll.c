/* The schedule and the health of a device, with the time passed in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "health.h"
#include "polling.h"

static void
test_earliest_first_and_phase_kept(void **state)
{
	struct poll *p = poll_new(3);
	struct gate gates[2] = {{0}, {0}};
	int64_t wake;

	(void)state;
	assert_true(poll_add(p, 0, 0, 1000, 100));
	assert_true(poll_add(p, 1, 0, 1000, 50));
	assert_true(poll_add(p, 0, 1, 5000, 70));
	assert_false(poll_add(p, 0, 2, 1000, 0));
	assert_int_equal(poll_next(p, gates, 40, &wake), -1);
	assert_int_equal(wake, 50);
	assert_int_equal(poll_next(p, gates, 200, &wake), 1);
	poll_done(p, 1, 230, true);
	assert_int_equal(p->tasks[1].due, 1050); /* not 1230 */
	assert_int_equal(poll_next(p, gates, 230, &wake), 2);
	poll_done(p, 2, 260, true);
	assert_int_equal(poll_next(p, gates, 260, &wake), 0);
	poll_done(p, 0, 290, true);
	assert_int_equal(poll_next(p, gates, 290, &wake), -1);
	assert_int_equal(wake, 1050);
	assert_int_equal(p->overruns, 0);
	p = poll_free(p);
}

static void
test_missed_periods_are_counted_not_made_up_for(void **state)
{
	struct poll *p = poll_new(1);
	struct gate gate = {0};
	int64_t wake;

	(void)state;
	assert_true(poll_add(p, 0, 0, 100, 0));
	poll_done(p, 0, 350, true);
	assert_int_equal(p->overruns, 3);
	assert_int_equal(p->tasks[0].due, 400);
	assert_int_equal(poll_next(p, &gate, 399, &wake), -1);
	poll_done(p, 0, 1000, false);
	assert_int_equal(p->overruns, 3);
	p = poll_free(p);
}

static void
test_probes_stand_back(void **state)
{
	struct poll *p = poll_new(2);
	struct gate gates[2] = {{.not_before = 500, .probe = true}, {0}};
	int64_t wake;

	(void)state;
	assert_true(poll_add(p, 0, 0, 10000, 0));
	assert_true(poll_add(p, 1, 0, 10000, 900));
	assert_int_equal(poll_next(p, gates, 400, &wake), -1);
	assert_int_equal(wake, 500);
	/* A living unit's block goes first, though due later. */
	assert_int_equal(poll_next(p, gates, 1000, &wake), 1);
	/* But a probe is not put off for ever. */
	p->tasks[1].at = 2600;
	assert_int_equal(poll_next(p, gates, 2600, &wake), 0);
	p = poll_free(p);
}

static void
test_retry_within_the_period(void **state)
{
	struct poll *p = poll_new(1);

	(void)state;
	assert_true(poll_add(p, 0, 0, 1000, 0));
	assert_true(poll_retry(p, 0, 400));
	assert_int_equal(p->tasks[0].tries, 1);
	assert_int_equal(p->tasks[0].at, 400);
	assert_false(poll_retry(p, 0, 1000));
	poll_done(p, 0, 450, true);
	assert_int_equal(p->tasks[0].due, 1000);
	assert_int_equal(p->tasks[0].tries, 0);
	/* A probe before its period does not skip one. */
	poll_sooner(p, 0, 600);
	poll_done(p, 0, 610, true);
	assert_int_equal(p->tasks[0].due, 1000);
	poll_device_now(p, 0, 700);
	assert_int_equal(p->tasks[0].at, 700);
	p = poll_free(p);
}

/* Every task of a line that keeps up is read once a period. */
static void
test_a_day(void **state)
{
	enum { TASKS = 40 };
	struct poll *p = poll_new(TASKS);
	struct gate gates[TASKS] = {{0}};
	unsigned reads[TASKS] = {0};
	int64_t now = 0, wake;

	(void)state;
	for (uint32_t i = 0; i < TASKS; i++)
		assert_true(poll_add(p, i, 0, 5000 * (1 + i % 4), i * 60));
	while (now < 86400000) {
		int t = poll_next(p, gates, now, &wake);
		if (t == -1) {
			now = wake;
			continue;
		}
		now += 60;
		reads[t]++;
		poll_done(p, t, now, true);
	}
	assert_int_equal(p->overruns, 0);
	for (uint32_t i = 0; i < TASKS; i++)
		assert_in_range(
		    reads[i], 17280 / (1 + i % 4) - 1, 17280 / (1 + i % 4) + 1);
	p = poll_free(p);
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
	assert_int_equal(health_failed(&h, now, now, 300), HEALTH_SAME);
	assert_int_equal(h.gate.not_before, now + 1200);
	assert_int_equal(health_failed(&h, now + 1, now + 1, 300), HEALTH_SAME);
	assert_int_equal(health_failed(&h, now + 2, now + 2, 300), HEALTH_SAME);
	assert_int_equal(h.state, DEVICE_ONLINE);
	assert_true(h.gate.not_before <= now + 2 + REST_MAX_MS);
	now += 5000;
	assert_int_equal(health_failed(&h, now, now, 300), HEALTH_LOST);
	assert_true(h.gate.probe);
	/* Gaps of 1, 2, 4 ... 30 s. */
	int64_t gap = 1000;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(h.gate.not_before, now + gap);
		now = h.gate.not_before;
		assert_int_equal(health_failed(&h, now, now, 300), HEALTH_SAME);
		gap = gap * 2 > 30000 ? 30000 : gap * 2;
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
	    cmocka_unit_test(test_earliest_first_and_phase_kept),
	    cmocka_unit_test(test_missed_periods_are_counted_not_made_up_for),
	    cmocka_unit_test(test_probes_stand_back),
	    cmocka_unit_test(test_retry_within_the_period),
	    cmocka_unit_test(test_a_day),
	    cmocka_unit_test(test_lost_and_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
