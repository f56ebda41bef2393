/*
 * Outputs that another point shows, on a played line: a drive that is only
 * written, and takes its time.
 */
#include "played_drive.h"

enum { DRIVE, SOIL };                /* devices */
enum { RUN, RUNNING, VALVE, MOIST }; /* series */

static void
start(uint32_t takes_ms)
{
	site_begin();
	(void)site_add(&drive_type, 10 * SECOND, SECOND);
	(void)site_add(&probe, SECOND, SECOND);
	drive_begin(unit_of(DRIVE), takes_ms);
	site_start();
	until(field.now + 5 * SECOND);
}

static size_t
told(size_t from, uint16_t word)
{
	size_t n = 0;

	for (size_t i = from; i < field.nlog; i++)
		n += field.log[i].function == FC_WRITE_HOLDING &&
		     field.log[i].addr == TOLD && field.log[i].word[0] == word;
	return n;
}

static size_t
asked(size_t from, uint16_t addr)
{
	size_t n = 0;

	for (size_t i = from; i < field.nlog; i++)
		n += field.log[i].function == FC_READ_HOLDING &&
		     field.log[i].addr == addr &&
		     field.log[i].unit == devices[DRIVE].unit;
	return n;
}

static size_t
good(uint32_t series, int64_t since)
{
	size_t n = 0;

	hear();
	for (size_t i = 0; i < heard.nr; i++)
		n += heard.r[i].series == series &&
		     heard.r[i].boot_ms >= since &&
		     heard.r[i].quality == QUALITY_GOOD;
	return n;
}

static void
assert_shown(uint32_t series, int64_t on)
{
	hear();
	assert_int_equal(latest(series)->quality, QUALITY_GOOD);
	assert_int_equal(latest(series)->value.i, on);
}

static uint64_t
opened(uint32_t for_ms)
{
	uint64_t id = command(RUN, COMMAND_OPEN, 0, for_ms);

	until(field.now + 6 * SECOND);
	assert_result(id, RESULT_DONE, "confirmed");
	assert_int_equal(unit_of(DRIVE)->regs[DOES], GOES);
	return id;
}

/* ---- what shows it counts ---- */

static void
test_a_drive_that_is_only_written_is_confirmed(void **state)
{
	(void)state;
	start(0);
	assert_true(told(0, 5) > 0);
	assert_int_equal(run_left(run), 0);
	assert_shown(RUN, 0);
	(void)opened(10 * MINUTE);
	assert_int_equal(told(0, 1), 1);
	assert_int_equal(asked(0, TOLD), 0);
	assert_shown(RUN, 1);
	/* And by each poll of what shows it. */
	size_t n = good(RUN, 0);
	until(field.now + 30 * SECOND);
	assert_true(good(RUN, 0) >= n + 3);
	assert_shown(RUN, 1);
	site_end();
}

/* No reading of it while nobody can read it, and one when that is over. */
static void
test_what_shows_it_is_bad(void **state)
{
	(void)state;
	start(0);
	(void)opened(10 * MINUTE);
	unit_of(DRIVE)->missing[DOES] = true;
	until(field.now + 20 * SECOND);
	assert_int_equal(latest(RUN)->quality, QUALITY_BAD);
	assert_int_equal(latest(RUN)->reason, REASON_EXCEPTION);
	unit_of(DRIVE)->missing[DOES] = false;
	until(field.now + 11 * MINUTE);
	assert_shown(RUN, 0);
	site_end();
}

/* It trips: told, and not started again. It starts by itself: stopped. */
static void
test_a_drive_that_does_as_it_likes(void **state)
{
	(void)state;
	start(0);
	(void)opened(10 * MINUTE);
	unit_of(DRIVE)->regs[DOES] = 4;
	until(field.now + 20 * SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "found off before its time"), 1);
	assert_int_equal(told(0, 1), 1);
	assert_shown(RUN, 0);
	uint64_t id = command(RUN, COMMAND_CLOSE, 0, 0);
	until(field.now + SECOND);
	assert_result(id, RESULT_DONE, "");
	unit_of(DRIVE)->regs[DOES] = 2;
	size_t from = field.nlog;
	until(field.now + 12 * SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "found on though"), 1);
	assert_int_equal(told(from, 5), 1);
	assert_int_equal(unit_of(DRIVE)->regs[DOES], RESTS);
	assert_shown(RUN, 0);
	site_end();
}

/* The opening got no answer: it is not repeated if the drive runs. A closing
 * is, whatever it does: that it does not run yet proves nothing. */
static void
test_only_an_opening_is_spared(void **state)
{
	uint64_t id;
	size_t from;

	(void)state;
	start(0);
	from = field.nlog;
	unit_of(DRIVE)->mute = true;
	id = command(RUN, COMMAND_OPEN, 0, 10 * MINUTE);
	until(field.now + 5 * SECOND);
	assert_result(id, RESULT_DONE, "");
	assert_int_equal(told(from, 1), 1);
	from = field.nlog;
	id = command(RUN, COMMAND_CLOSE, 0, 0);
	until(field.now + 9 * SECOND);
	assert_int_equal(unit_of(DRIVE)->regs[DOES], RESTS);
	assert_true(told(from, 5) > 1);
	unit_of(DRIVE)->mute = false;
	until(field.now + 16 * SECOND);
	assert_int_equal(run_left(run), 0);
	site_end();
}

/* ---- the time it takes ---- */

static void
test_it_may_take_its_time(void **state)
{
	uint64_t id;
	int64_t t0;
	size_t from, soil;

	(void)state;
	start(3 * SECOND);
	from = field.nlog;
	t0 = field.now;
	soil = good(MOIST, 0);
	id = command(RUN, COMMAND_OPEN, 0, MINUTE);
	until(t0 + 2 * SECOND);
	assert_null(result_of(id));
	assert_int_equal(latest(RUN)->reason, REASON_UNCONFIRMED);
	/* Others are polled meanwhile. */
	assert_true(good(MOIST, 0) >= soil + 2);
	until(t0 + 4 * SECOND);
	assert_result(id, RESULT_DONE, "confirmed");
	assert_int_equal(told(from, 1), 1);
	assert_in_range(asked(from, DOES), 5, 9);
	assert_shown(RUN, 1);
	until(t0 + MINUTE - 1);
	assert_int_equal(told(from, 5), 0);
	until(t0 + MINUTE + 4 * SECOND);
	assert_int_equal(told(from, 5), 1);
	assert_shown(RUN, 0);
	assert_int_equal(events(EVENT_OUTPUT, "alarm"), 0);
	site_end();
}

static void
test_an_opening_that_does_not_show_in_time(void **state)
{
	uint64_t id;
	int64_t t0;
	size_t from;

	(void)state;
	start(0);
	from = field.nlog;
	t0 = field.now;
	drive.stuck = true;
	id = command(RUN, COMMAND_OPEN, 0, 10 * MINUTE);
	until(t0 + 5 * SECOND - 100);
	assert_null(result_of(id));
	until(t0 + 6 * SECOND);
	assert_result(id, RESULT_UNCERTAIN,
	    "running does not show that it is on after 5 s");
	/* Told once to run, and then to stop, which it does. */
	assert_int_equal(told(from, 1), 1);
	assert_int_equal(told(from, 5), 1);
	assert_int_equal(run_left(run), 0);
	site_end();
}

static void
test_a_closing_that_does_not_show_is_repeated(void **state)
{
	uint64_t id;
	int64_t t0;
	size_t from;

	(void)state;
	start(0);
	(void)opened(10 * MINUTE);
	drive.stuck = true;
	from = field.nlog;
	t0 = field.now;
	id = command(RUN, COMMAND_CLOSE, 0, 0);
	until(t0 + 6 * SECOND);
	assert_result(id, RESULT_UNCERTAIN, "does not show that it is off");
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	until(t0 + 2 * MINUTE);
	assert_in_range(told(from, 5), 6, 20);
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	assert_shown(RUN, 1); /* it is what it does */
	drive.stuck = false;
	until(field.now + 20 * SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	assert_shown(RUN, 0);
	site_end();
}

/* Neither does a read that fails end the wait. */
static void
test_silent_while_it_settles(void **state)
{
	uint64_t id;
	int64_t t0;

	(void)state;
	start(2 * SECOND);
	t0 = field.now;
	id = command(RUN, COMMAND_OPEN, 0, 10 * MINUTE);
	until(t0 + 100);
	unit_of(DRIVE)->dead = true;
	until(t0 + 2 * SECOND);
	unit_of(DRIVE)->dead = false;
	until(t0 + 6 * SECOND);
	assert_result(id, RESULT_DONE, "");
	assert_int_equal(told(0, 1), 1);
	/* Gone for good. */
	id = command(RUN, COMMAND_CLOSE, 0, 0);
	until(field.now + 3 * SECOND);
	assert_result(id, RESULT_DONE, "");
	id = command(RUN, COMMAND_OPEN, 0, 10 * MINUTE);
	until(field.now + 100);
	unit_of(DRIVE)->dead = true;
	until(field.now + 12 * SECOND);
	assert_result(id, RESULT_UNCERTAIN, "does not answer");
	until(field.now + MINUTE);
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	size_t from = field.nlog;
	unit_of(DRIVE)->dead = false;
	until(field.now + 61 * SECOND);
	assert_true(told(from, 5) >= 1);
	assert_int_equal(told(from, 1), 0);
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	site_end();
}

static void
test_its_time_ends_while_it_settles(void **state)
{
	uint64_t id;
	int64_t t0;
	size_t from;

	(void)state;
	start(4 * SECOND);
	from = field.nlog;
	t0 = field.now;
	id = command(RUN, COMMAND_OPEN, 0, 2 * SECOND);
	until(t0 + 2 * SECOND + 100);
	assert_result(id, RESULT_UNCERTAIN, "its time is over");
	assert_int_equal(told(from, 5), 1);
	until(t0 + 10 * SECOND);
	assert_int_equal(told(from, 5), 1);
	assert_int_equal(unit_of(DRIVE)->regs[DOES], RESTS);
	assert_int_equal(run_left(run), 0);
	site_end();
}

/* A close goes into the middle of it, of another output or of this one. */
static void
test_closing_while_it_settles(void **state)
{
	uint64_t id, shut;
	int64_t t0;
	size_t from;

	(void)state;
	start(3 * SECOND);
	t0 = field.now;
	id = command(RUN, COMMAND_OPEN, 0, MINUTE);
	until(t0 + SECOND + 200);
	from = field.nlog;
	shut = command(VALVE, COMMAND_CLOSE, 0, 0);
	until(t0 + SECOND + 400);
	assert_true(is_coil_write(&field.log[from], 0, 0));
	assert_result(shut, RESULT_DONE, "");
	until(t0 + 4 * SECOND);
	assert_result(id, RESULT_DONE, "");
	id = command(RUN, COMMAND_OPEN, 0, MINUTE);
	until(field.now + SECOND);
	shut = command(RUN, COMMAND_CLOSE, 0, 0);
	until(field.now + 4 * SECOND);
	assert_result(shut, RESULT_DONE, "");
	assert_int_equal(unit_of(DRIVE)->regs[DOES], RESTS);
	site_end();
}

static void
test_ended_while_it_settles(void **state)
{
	int64_t t0;

	(void)state;
	start(3 * SECOND);
	(void)opened(10 * MINUTE);
	t0 = field.now;
	assert_int_equal(play_stop(run, t0 + 7500), 0);
	assert_int_equal(unit_of(DRIVE)->regs[DOES], RESTS);
	assert_in_range(
	    field.log[field.nlog - 1].at - t0, 3 * SECOND, 4 * SECOND);
	site_end();
	/* In the middle of an opening. */
	start(3 * SECOND);
	(void)command(RUN, COMMAND_OPEN, 0, MINUTE);
	until(field.now + SECOND);
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	assert_true(unit_of(DRIVE)->regs[TOLD] == 5);
	site_end();
}

/* Who gave the command is not left waiting for minutes. */
static void
test_a_long_settling_is_told(void **state)
{
	struct point_type slow[3];
	struct device_type t = drive_type;
	uint64_t id;
	int64_t t0;

	(void)state;
	memcpy(slow, drive_points, sizeof(slow));
	slow[0].settle_ms = MINUTE;
	t.points = slow;
	site_begin();
	(void)site_add(&t, 10 * SECOND, SECOND);
	drive_begin(unit_of(DRIVE), 0);
	site_start();
	until(field.now + SECOND);
	drive.stuck = true;
	t0 = field.now;
	id = command(RUN, COMMAND_OPEN, 0, 10 * MINUTE);
	until(t0 + SECOND);
	assert_result(id, RESULT_SENT, "running may take 60 s to show it");
	until(t0 + MINUTE - SECOND);
	assert_int_equal(told(0, 1), 1);
	until(t0 + MINUTE + SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "closed before its time"), 1);
	assert_int_equal(unit_of(DRIVE)->regs[TOLD], 5);
	site_end();
}

/* The port goes while it settles: closed when it is back, if that lasts. */
static void
test_the_port_goes_while_it_settles(void **state)
{
	uint64_t id;

	(void)state;
	start(3 * SECOND);
	id = command(RUN, COMMAND_OPEN, 0, 10 * MINUTE);
	until(field.now + SECOND);
	field.gone = true;
	until(field.now + 20 * SECOND);
	assert_result(id, RESULT_UNCERTAIN, "the port is not there");
	field.gone = false;
	until(field.now + 31 * SECOND);
	assert_int_equal(unit_of(DRIVE)->regs[DOES], RESTS);
	assert_shown(RUN, 0);
	site_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_drive_that_is_only_written_is_confirmed),
	    cmocka_unit_test(test_what_shows_it_is_bad),
	    cmocka_unit_test(test_a_drive_that_does_as_it_likes),
	    cmocka_unit_test(test_only_an_opening_is_spared),
	    cmocka_unit_test(test_it_may_take_its_time),
	    cmocka_unit_test(test_an_opening_that_does_not_show_in_time),
	    cmocka_unit_test(test_a_closing_that_does_not_show_is_repeated),
	    cmocka_unit_test(test_silent_while_it_settles),
	    cmocka_unit_test(test_its_time_ends_while_it_settles),
	    cmocka_unit_test(test_closing_while_it_settles),
	    cmocka_unit_test(test_ended_while_it_settles),
	    cmocka_unit_test(test_a_long_settling_is_told),
	    cmocka_unit_test(test_the_port_goes_while_it_settles),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
