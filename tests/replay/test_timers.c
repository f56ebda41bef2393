/*
 * Outputs with a timer of the device's own, on a played line: what the gateway
 * opens closes even if the gateway is gone (case C44).
 */
#include "played_board.h"

static void
start_of(const struct device_type *t)
{
	site_begin();
	(void)site_add(t, 10 * SECOND, SECOND);
	(void)site_add(&probe, 10 * SECOND, SECOND);
	board_begin(unit_of(VALVES));
	site_start();
	until(field.now + SECOND);
}

static void
start(void)
{
	start_of(&timed);
}

static bool
is_open(void)
{
	board_lives(unit_of(VALVES));
	return unit_of(VALVES)->coils[0];
}

static void
opened(uint32_t for_ms)
{
	uint64_t id = command(RELAY_1, COMMAND_OPEN, 0, for_ms);

	until(field.now + SECOND);
	assert_result(id, RESULT_DONE, "confirmed by reading");
	assert_true(is_open());
}

/* ---- the usual ---- */

static void
test_ours_closes_first(void **state)
{
	int64_t t0;
	size_t from;

	(void)state;
	start();
	assert_int_equal(board.armed, 0);
	t0 = field.now;
	from = field.nlog;
	opened(30 * SECOND);
	/* A plain "on" is never sent. */
	assert_int_equal(coil_writes(from, 0, 1), 0);
	assert_int_equal(board.armed, 1);
	assert_in_range(board.off_at[0], t0 + 31300, t0 + 31400);
	until(t0 + 30 * SECOND - 1);
	assert_true(is_open());
	until(t0 + 30 * SECOND + 100);
	assert_int_equal(coil_writes(from, 0, 0), 1);
	assert_false(is_open());
	assert_int_equal(board.off_at[0], 0);
	assert_int_equal(events(EVENT_OUTPUT, "its time is over"), 1);
	assert_int_equal(latest(RELAY_1)->value.i, 0);
	/* Closed before its time, and opened again for longer or less. */
	opened(30 * SECOND);
	opened(50 * SECOND);
	assert_int_equal(board.for_ms, 51500);
	opened(10 * SECOND);
	assert_int_equal(board.for_ms, 11100);
	(void)command(RELAY_1, COMMAND_CLOSE, 0, 0);
	until(field.now + SECOND);
	assert_false(is_open());
	site_end();
}

/* C44: the line's process is killed, and nobody follows. */
static void
test_nobody_is_left_to_close_it(void **state)
{
	int64_t t0, over;

	(void)state;
	start();
	t0 = field.now;
	opened(30 * SECOND);
	until(t0 + 12 * SECOND);
	over = t0 + 30 * SECOND;
	assert_in_range(board.off_at[0], over + SECOND, over + 1400);
	field.now = over;
	assert_true(is_open());
	field.now = over + 1400;
	assert_false(is_open());
	site_end();
}

/* A successor closes it at once, by the plain way. */
static void
test_a_successor_closes_it(void **state)
{
	size_t from;

	(void)state;
	start();
	opened(30 * SECOND);
	run = run_free(run);
	from = field.nlog;
	site_start();
	until(field.now + SECOND);
	assert_true(is_coil_write(&field.log[from], 0, 0));
	assert_false(is_open());
	site_end();
}

static void
test_the_end_closes_it(void **state)
{
	(void)state;
	start();
	opened(30 * SECOND);
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	assert_false(is_open());
	site_end();
}

/* ---- longer than the device's timer ---- */

static void
test_it_is_armed_again(void **state)
{
	int64_t t0;
	size_t from;

	(void)state;
	start();
	t0 = field.now;
	from = field.nlog;
	opened(3 * MINUTE);
	assert_int_equal(board.for_ms, LONGEST);
	heard.nr = 0;
	until(t0 + 29 * SECOND);
	assert_int_equal(board.armed, 1);
	until(t0 + 31 * SECOND);
	assert_int_equal(board.armed, 2);
	assert_int_equal(field.log[field.nlog - 1].function, FC_READ_COILS);
	for (int64_t t = t0 + 31 * SECOND; t < t0 + 3 * MINUTE - 1; t += 500) {
		until(t);
		assert_true(is_open());
		assert_true(board.off_at[0] > field.now + 20 * SECOND ||
			    board.off_at[0] > t0 + 3 * MINUTE + 1000);
	}
	/* 0, 30, 60, 90, 120 s: from there on it is enough. */
	assert_in_range(board.armed, 5, 6);
	assert_in_range(
	    board.off_at[0], t0 + 3 * MINUTE + 1000, t0 + 3 * MINUTE + 1700);
	until(t0 + 3 * MINUTE + 100);
	assert_false(is_open());
	assert_int_equal(coil_writes(from, 0, 1), 0);
	/* It was known to be open all along. */
	hear();
	for (size_t i = 0; i < heard.nr; i++)
		if (heard.r[i].series == RELAY_1 &&
		    heard.r[i].boot_ms < t0 + 3 * MINUTE)
			assert_int_equal(heard.r[i].value.i, 1);
	assert_int_equal(events(EVENT_OUTPUT, "alarm"), 0);
	site_end();
}

/* Killed in the middle: open for one time of the timer more, at most. */
static void
test_killed_between_two_armings(void **state)
{
	int64_t t0;

	(void)state;
	start();
	t0 = field.now;
	opened(10 * MINUTE);
	until(t0 + 100 * SECOND);
	assert_in_range(board.off_at[0], field.now, field.now + LONGEST);
	field.now += LONGEST;
	assert_false(is_open());
	site_end();
}

/* It went off by itself: told, and left so. */
static void
test_it_is_not_armed_again_when_it_is_off(void **state)
{
	int64_t t0;

	(void)state;
	/* Polled seldom: nothing but the look before the arming shows it. */
	site_begin();
	(void)site_add(&timed, 60 * MINUTE, SECOND);
	board_begin(unit_of(VALVES));
	site_start();
	until(field.now + SECOND);
	t0 = field.now;
	opened(3 * MINUTE);
	power_cut(unit_of(VALVES));
	until(t0 + 2 * MINUTE);
	assert_int_equal(board.armed, 1);
	assert_int_equal(events(EVENT_OUTPUT, "found off before its time"), 1);
	until(t0 + 4 * MINUTE);
	assert_int_equal(events(EVENT_OUTPUT, "its time is over"), 1);
	assert_int_equal(board.armed, 1);
	site_end();
}

/* Silent when it is to be armed again: tried until its timer has run out. */
static void
test_it_cannot_be_armed_again(void **state)
{
	int64_t t0;

	(void)state;
	start();
	t0 = field.now;
	opened(10 * MINUTE);
	unit_of(VALVES)->write_code = 6;
	until(t0 + 45 * SECOND);
	assert_true(is_open());
	unit_of(VALVES)->write_code = 0;
	until(t0 + 58 * SECOND);
	assert_int_equal(board.armed, 2);
	assert_true(is_open());
	/* And not at all. */
	board.refuses = 4;
	t0 = field.now;
	until(t0 + 2 * MINUTE);
	assert_false(is_open());
	assert_int_equal(
	    events(EVENT_OUTPUT, "timer could not be armed again"), 1);
	assert_int_equal(events(EVENT_OUTPUT, "coil 16 (exception 04)"), 1);
	assert_int_equal(run_left(run), 0);
	site_end();
}

/* The board lost its power: opened again for what is left, as any output. */
static void
test_a_power_cut(void **state)
{
	int64_t t0;

	(void)state;
	start();
	t0 = field.now;
	opened(10 * MINUTE);
	unit_of(VALVES)->dead = true;
	until(t0 + 2 * MINUTE);
	assert_int_equal(heard.device[VALVES].state, DEVICE_LOST);
	power_cut(unit_of(VALVES));
	unit_of(VALVES)->dead = false;
	until(t0 + 4 * MINUTE);
	/* Its timer had run out meanwhile: that was said, and it is closed. */
	assert_false(is_open());
	assert_int_equal(events(EVENT_OUTPUT, "closed before its time"), 1);
	/* One that is short of that. */
	t0 = field.now;
	opened(55 * SECOND);
	unit_of(VALVES)->dead = true;
	until(t0 + 20 * SECOND);
	power_cut(unit_of(VALVES));
	unit_of(VALVES)->dead = false;
	until(t0 + 50 * SECOND);
	assert_true(is_open());
	assert_in_range(board.off_at[0], t0 + 56 * SECOND, t0 + 58 * SECOND);
	until(t0 + 56 * SECOND);
	assert_false(is_open());
	site_end();
}

/* ---- devices that will not ---- */

static void
test_a_device_without_the_timer(void **state)
{
	uint64_t id;
	size_t from;

	(void)state;
	start();
	board.refuses = 2;
	from = field.nlog;
	id = command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	until(field.now + 5 * SECOND);
	assert_result(id, RESULT_REFUSED,
	    "refused to arm its own timer, coil 16 (exception 02)");
	assert_int_equal(coil_writes(from, 0, 1), 0);
	assert_int_equal(coil_writes(from, 0, 0), 1);
	assert_false(is_open());
	assert_int_equal(run_left(run), 0);
	site_end();
}

/* It answered, and did nothing. */
static void
test_a_timer_that_does_nothing(void **state)
{
	uint64_t id;

	(void)state;
	start();
	unit_of(VALVES)->deaf = true;
	id = command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	until(field.now + 5 * SECOND);
	assert_result(id, RESULT_UNCERTAIN, "reads back differently");
	assert_false(is_open());
	site_end();
}

/* It acted and did not answer: armed once more, for that does no harm. */
static void
test_an_arming_without_an_answer(void **state)
{
	uint64_t id;

	(void)state;
	start();
	unit_of(VALVES)->mute = true;
	id = command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	until(field.now + 1500);
	unit_of(VALVES)->mute = false;
	until(field.now + 5 * SECOND);
	assert_result(id, RESULT_DONE, "");
	assert_int_equal(board.armed, 2);
	site_end();
}

/* ---- registers, and an output that cannot be read ---- */

static void
test_a_timer_in_registers(void **state)
{
	struct point_type t = timed_points[0];
	struct device_type type = timed;
	int64_t t0;

	(void)state;
	t.timer = (struct output_timer){.table = TABLE_HOLDING,
	    .addr = 3,
	    .nwords = 2,
	    .time_at = 1,
	    .words = {0x0004},
	    .step_ms = SECOND,
	    .longest_ms = 10 * MINUTE};
	t.write_only = true;
	type.points = &t;
	type.npoints = 1;
	start_of(&type);
	t0 = field.now;
	uint64_t id = command(RELAY_1, COMMAND_OPEN, 0, 30 * MINUTE);
	until(t0 + SECOND);
	assert_result(id, RESULT_SENT, "no way to read it back");
	assert_int_equal(unit_of(VALVES)->regs[3], 4);
	assert_int_equal(unit_of(VALVES)->regs[4], 600);
	assert_int_equal(field.log[field.nlog - 1].function, FC_WRITE_HOLDINGS);
	unit_of(VALVES)->regs[4] = 0;
	until(t0 + 5 * MINUTE + SECOND);
	assert_int_equal(unit_of(VALVES)->regs[4], 600);
	until(t0 + 29 * MINUTE);
	assert_in_range(unit_of(VALVES)->regs[4], 200, 600);
	until(t0 + 30 * MINUTE + SECOND);
	assert_int_equal(coil_writes(0, 0, 0), 2);
	site_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ours_closes_first),
	    cmocka_unit_test(test_nobody_is_left_to_close_it),
	    cmocka_unit_test(test_a_successor_closes_it),
	    cmocka_unit_test(test_the_end_closes_it),
	    cmocka_unit_test(test_it_is_armed_again),
	    cmocka_unit_test(test_killed_between_two_armings),
	    cmocka_unit_test(test_it_is_not_armed_again_when_it_is_off),
	    cmocka_unit_test(test_it_cannot_be_armed_again),
	    cmocka_unit_test(test_a_power_cut),
	    cmocka_unit_test(test_a_device_without_the_timer),
	    cmocka_unit_test(test_a_timer_that_does_nothing),
	    cmocka_unit_test(test_an_arming_without_an_answer),
	    cmocka_unit_test(test_a_timer_in_registers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
