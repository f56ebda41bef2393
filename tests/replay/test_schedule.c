/*
 * Whose turn it is, on played lines: every point keeps its period while the
 * line can, nobody starves when it cannot, and the dead cost the living next to
 * nothing (cases C21, C52).
 */
#include <malloc.h>

#include "played_types.h"

/* ---- a line that can keep its periods ---- */

/* 80 % of the line: 10 devices every 5 s (60 %), 40 reads a minute (20 %). */
static void
assert_periods_kept(uint32_t nfast, int64_t t0)
{
	for (uint32_t s = 0; s < nseries; s++) {
		bool fast = s < nfast;
		int64_t every = fast ? 5 * SECOND : MINUTE;
		struct pace p = pace_of(s, t0 + MINUTE);

		assert_int_equal(p.bad, 0);
		assert_in_range(
		    p.n, 9 * MINUTE / every - 1, 9 * MINUTE / every + 1);
		/* Read within each period, wherever in it. */
		assert_in_range(p.most, every, 2 * every - 1);
	}
	assert_int_equal(heard.line.overruns, 0);
	assert_in_range(heard.line.use, 780, 820);
}

static void
test_periods_are_kept_by_devices_of_one_line(void **state)
{
	int64_t t0;

	(void)state;
	site_begin();
	for (size_t i = 0; i < 10; i++)
		(void)site_add(type(0, 1, 125), 5 * SECOND, SECOND);
	(void)site_add(type(1, 40, 1), MINUTE, SECOND);
	for (size_t i = 0; i <= 10; i++)
		unit_of(i)->takes_ms = 300;
	t0 = field.now;
	site_start();
	until(t0 + 10 * MINUTE + 500);
	assert_periods_kept(10, t0);
	site_end();
}

/* The same in one device, the slow points at the lower addresses or the fast
 * ones. */
static void
one_device(uint16_t first_fast)
{
	int64_t t0;

	site_begin();
	(void)type(0, 50, 1);
	for (size_t p = 0; p < 50; p++) {
		pool[0][p].every_ms = p < 10 ? 5 * SECOND : MINUTE;
		pool[0][p].addr = (uint16_t)((p + first_fast) % 50);
	}
	(void)site_add(&types[0], MINUTE, SECOND);
	unit_of(0)->takes_ms = 300;
	t0 = field.now;
	site_start();
	until(t0 + 10 * MINUTE + 500);
	assert_periods_kept(10, t0);
	site_end();
}

static void
test_periods_are_kept_by_points_of_one_device(void **state)
{
	(void)state;
	one_device(0);
	one_device(40);
}

/* Periods that are multiples fall due together and are read together. */
static void
test_periods_meet_in_one_read(void **state)
{
	size_t alone = 0, both = 0;
	int64_t t0;

	(void)state;
	site_begin();
	(void)type(0, 2, 125);
	pool[0][0].every_ms = SECOND;
	pool[0][1].every_ms = 10 * SECOND;
	(void)site_add(&types[0], SECOND, SECOND);
	t0 = field.now;
	site_start();
	until(t0 + 10 * MINUTE - 500);
	for (size_t i = 0; i < field.nlog; i++) {
		assert_int_equal(field.log[i].addr, 0);
		alone += field.log[i].count == 1;
		both += field.log[i].count == 2;
	}
	assert_int_equal(both, 60);
	assert_int_equal(alone, 540);
	site_end();
}

/* ---- a line that cannot ---- */

/* C52: forty reads of 700 ms, asked for every 10 s, for an hour. */
static void
test_polls_that_come_faster_than_they_can_be_served(void **state)
{
	size_t before = 0;
	int64_t t0;

	(void)state;
	site_begin();
	(void)type(0, 40, 125);
	for (size_t p = 0; p < 40; p++)
		pool[0][p].addr = (uint16_t)(3 * p);
	(void)site_add(&types[0], 10 * SECOND, SECOND);
	unit_of(0)->takes_ms = 700;
	t0 = field.now;
	site_start();
	until(t0 + 5 * MINUTE);
	before = mallinfo2().uordblks;
	until(t0 + 60 * MINUTE);
	assert_int_equal(mallinfo2().uordblks, before);
	for (uint32_t s = 0; s < 40; s++) {
		struct pace p = pace_of(s, t0);

		assert_int_equal(p.bad, 0);
		assert_in_range(p.least, 27 * SECOND, 29 * SECOND);
		assert_in_range(p.most, 27 * SECOND, 29 * SECOND);
	}
	/* The time of the read itself. */
	for (size_t i = 0; i < heard.nr && i < field.nlog; i++)
		assert_int_equal(heard.r[i].boot_ms, field.log[i].done);
	/* Two of three periods go by unread; that is said once an hour. */
	assert_in_range(heard.line.overruns, 200, 300);
	assert_int_equal(events(EVENT_LINE, "polls were due"), 1);
	assert_in_range(heard.line.use, 980, 1000);
	site_end();
}

static void
test_units_of_a_full_line_take_turns(void **state)
{
	size_t n = 0;
	int64_t t0;

	(void)state;
	site_begin();
	for (size_t i = 0; i < 20; i++)
		(void)site_add(type(0, 1, 125), 50, SECOND);
	t0 = field.now;
	site_start();
	until(t0 + 5 * SECOND);
	n = field.nlog;
	until(t0 + MINUTE);
	for (size_t i = n; i < field.nlog; i++)
		assert_int_equal(field.log[i].unit, field.log[i - 20].unit);
	for (uint32_t s = 0; s < 20; s++)
		assert_int_equal(pace_of(s, t0 + 5 * SECOND).most, 600);
	site_end();
}

/* ---- the dead ---- */

/* Living neighbours go first, for two seconds at most. */
static void
test_a_probe_waits_for_the_living(void **state)
{
	int64_t t0, due = 0;
	size_t probes = 0;

	(void)state;
	site_begin();
	for (size_t i = 0; i < 10; i++)
		(void)site_add(type(0, 1, 125), 50, SECOND);
	unit_of(3)->dead = true;
	t0 = field.now;
	site_start();
	until(t0 + 30 * SECOND);
	assert_int_equal(heard.device[3].state, DEVICE_LOST);
	size_t from = field.nlog;
	while (field.now < t0 + 10 * MINUTE) {
		due = run->devs[3].health.gate.not_before;
		size_t n = field.nlog;
		until(field.now + 10);
		for (; n < field.nlog; n++)
			if (field.log[n].unit == devices[3].unit) {
				assert_in_range(
				    field.log[n].at - due, 0, 2 * SECOND + 30);
				/* One timeout, no quiet wait. */
				assert_int_equal(
				    field.log[n].done - field.log[n].at,
				    SECOND);
				probes++;
			}
	}
	assert_in_range(probes, 10, 25);
	for (size_t i = from + 1; i < field.nlog; i++)
		assert_false(field.log[i].unit == devices[3].unit &&
			     field.log[i - 1].unit == devices[3].unit);
	site_end();
}

/* A point that the device does not have, tried again after ten minutes. */
static void
test_a_missing_point_costs_its_neighbours_nothing(void **state)
{
	size_t refused = 0, late = 0;
	int64_t t0;

	(void)state;
	site_begin();
	(void)type(0, 9, 125);
	(void)site_add(&types[0], 10 * SECOND, SECOND);
	unit_of(0)->missing[4] = true;
	t0 = field.now;
	site_start();
	until(t0 + 35 * MINUTE);
	for (size_t i = 0; i < field.nlog; i++)
		if (field.log[i].result == BUS_EXCEPTION) {
			refused++;
			late += field.log[i].at > t0 + 5 * SECOND;
			if (field.log[i].at > t0 + 5 * SECOND)
				assert_int_equal(field.log[i].count, 1);
		}
	assert_int_equal(late, 3);
	assert_in_range(refused, 4, 12);
	for (uint32_t s = 0; s < 9; s++)
		if (s != 4)
			assert_int_equal(pace_of(s, t0).n, 210);
	assert_int_equal(events(EVENT_POINT, "does not have it"), 1);
	/* It gets the point after all. */
	unit_of(0)->missing[4] = false;
	until(t0 + 46 * MINUTE);
	assert_true(pace_of(4, t0).n > 3);
	site_end();
}

/* ---- lanes ---- */

static void
test_connections_do_not_wait_for_each_other(void **state)
{
	int64_t t0;

	(void)state;
	site_begin();
	for (size_t i = 0; i < 30; i++) {
		size_t d = site_add(type(0, 1, 125), SECOND, 2 * SECOND);

		site_own_host(d);
		unit_of(d)->takes_ms = 800;
	}
	unit_of(11)->dead = unit_of(12)->dead = true;
	t0 = field.now;
	site_start();
	until(t0 + 5 * MINUTE);
	assert_int_equal(run->nlanes, 30);
	for (uint32_t s = 0; s < 30; s++) {
		struct pace p = pace_of(s, t0 + SECOND);

		if (s == 11 || s == 12)
			continue;
		assert_in_range(p.n, 298, 300);
		assert_int_equal(p.most, SECOND);
	}
	assert_int_equal(heard.device[11].state, DEVICE_LOST);
	assert_int_equal(heard.line.overruns, 0);
	site_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_periods_are_kept_by_devices_of_one_line),
	    cmocka_unit_test(test_periods_are_kept_by_points_of_one_device),
	    cmocka_unit_test(test_periods_meet_in_one_read),
	    cmocka_unit_test(
		test_polls_that_come_faster_than_they_can_be_served),
	    cmocka_unit_test(test_units_of_a_full_line_take_turns),
	    cmocka_unit_test(test_a_probe_waits_for_the_living),
	    cmocka_unit_test(test_a_missing_point_costs_its_neighbours_nothing),
	    cmocka_unit_test(test_connections_do_not_wait_for_each_other),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
