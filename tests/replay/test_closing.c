/*
 * Valves that do not do as they are told, on a played line: whatever happens,
 * a close goes on until the valve has been read as closed, and nobody is told
 * that it is before (cases C44, C45, C48).
 */
#include "played_commands.h"

/* No reading since then says that the valve is closed. */
static void
assert_never_closed(uint32_t series, int64_t since)
{
	hear();
	for (size_t i = 0; i < heard.nr; i++)
		if (heard.r[i].series == series && heard.r[i].boot_ms > since)
			assert_false(heard.r[i].quality == QUALITY_GOOD &&
				     heard.r[i].value.i == 0);
}

static void
opened(uint32_t series, uint32_t for_ms)
{
	uint64_t id = command(series, COMMAND_OPEN, 0, for_ms);

	until(field.now + SECOND);
	assert_result(id, RESULT_DONE, "");
	assert_true(unit_of(VALVES)->coils[series]);
}

/* ---- the close that does not take ---- */

static void
test_a_close_is_repeated_until_it_took(void **state)
{
	uint64_t id;
	size_t from;
	int64_t t0;

	(void)state;
	valves_start();
	opened(RELAY_1, 20 * MINUTE);
	unit_of(VALVES)->deaf = true;
	t0 = field.now;
	from = field.nlog;
	id = command(RELAY_1, COMMAND_CLOSE, 0, 0);
	until(t0 + 10 * SECOND);
	assert_result(id, RESULT_UNCERTAIN, "reads back differently");
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	until(t0 + 10 * MINUTE);
	assert_in_range(coil_writes(from, 0, 0), 40, 60);
	assert_never_closed(RELAY_1, t0);
	/* Polling went on; the alarm was said once. */
	assert_in_range(field.now - latest(WET)->boot_ms, 0, 11 * SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	unit_of(VALVES)->deaf = false;
	until(field.now + 16 * SECOND);
	assert_false(unit_of(VALVES)->coils[0]);
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	assert_int_equal(latest(RELAY_1)->quality, QUALITY_GOOD);
	assert_int_equal(latest(RELAY_1)->value.i, 0);
	assert_non_null(result_of(id)); /* and answered once */
	site_end();
}

/* C45 (a): the write is not answered. */
static void
test_a_close_without_an_answer(void **state)
{
	uint64_t id;
	int64_t t0;

	(void)state;
	valves_start();
	opened(RELAY_1, 20 * MINUTE);
	unit_of(VALVES)->dead = true;
	t0 = field.now;
	id = command(RELAY_1, COMMAND_CLOSE, 0, 0);
	until(t0 + 10 * SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	until(t0 + MINUTE);
	assert_result(id, RESULT_UNCERTAIN, "does not answer");
	assert_never_closed(RELAY_1, t0);
	unit_of(VALVES)->dead = false;
	until(field.now + 17 * SECOND);
	assert_false(unit_of(VALVES)->coils[0]);
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	site_end();
}

/* ---- the opening that cannot be confirmed ---- */

static void
test_an_opening_that_does_not_take_is_closed(void **state)
{
	uint64_t id;
	size_t from;

	(void)state;
	valves_start();
	from = field.nlog;
	unit_of(VALVES)->deaf = true;
	id = command(RELAY_1, COMMAND_OPEN, 0, 10 * MINUTE);
	until(field.now + 5 * SECOND);
	assert_result(id, RESULT_UNCERTAIN, "reads back differently");
	assert_in_range(coil_writes(from, 0, 1), 2, 3);
	assert_int_equal(coil_writes(from, 0, 0), 1);
	assert_int_equal(run_left(run), 0);
	until(field.now + MINUTE);
	assert_in_range(coil_writes(from, 0, 1), 2, 3);
	site_end();
}

/* It acted, and did not say so. */
static void
test_an_opening_without_an_answer(void **state)
{
	uint64_t id;
	size_t from;

	(void)state;
	valves_start();
	unit_of(VALVES)->mute = true;
	from = field.nlog;
	id = command(RELAY_1, COMMAND_OPEN, 0, 10 * MINUTE);
	until(field.now + 5 * SECOND);
	/* Looked at before it would be repeated: it is open. */
	assert_result(id, RESULT_DONE, "");
	assert_int_equal(coil_writes(from, 0, 1), 1);
	/* Gone for good in the middle of it. */
	unit_of(VALVES)->mute = false;
	unit_of(VALVES)->dead = true;
	unit_of(VALVES)->coils[1] = true;
	id = command(RELAY_2, COMMAND_OPEN, 0, 20 * MINUTE);
	until(field.now + 2 * MINUTE);
	assert_result(id, RESULT_UNCERTAIN, "does not answer");
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	unit_of(VALVES)->dead = false;
	until(field.now + 61 * SECOND);
	assert_false(unit_of(VALVES)->coils[1]);
	assert_true(unit_of(VALVES)->coils[0]);
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	site_end();
}

/* ---- a device that goes ---- */

static void
test_its_time_ends_while_it_is_lost(void **state)
{
	int64_t t0, back;

	(void)state;
	valves_start();
	t0 = field.now;
	opened(RELAY_1, MINUTE);
	unit_of(VALVES)->dead = true;
	until(t0 + 50 * SECOND);
	assert_int_equal(heard.device[VALVES].state, DEVICE_LOST);
	assert_int_equal(events(EVENT_OUTPUT, "alarm"), 0);
	until(t0 + MINUTE + 10 * SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	until(t0 + 5 * MINUTE);
	assert_never_closed(RELAY_1, t0);
	unit_of(VALVES)->dead = false;
	back = field.now;
	until(back + 17 * SECOND);
	assert_false(unit_of(VALVES)->coils[0]);
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	until(back + MINUTE);
	assert_int_equal(latest(RELAY_1)->value.i, 0);
	site_end();
}

/* A power cut: what it was told is told again, what it began by itself ends. */
static void
test_a_device_comes_back_with_other_outputs(void **state)
{
	int64_t t0;
	size_t from;

	(void)state;
	valves_start();
	t0 = field.now;
	opened(RELAY_1, 10 * MINUTE);
	unit_of(VALVES)->dead = true;
	until(t0 + 2 * MINUTE);
	assert_int_equal(heard.device[VALVES].state, DEVICE_LOST);
	unit_of(VALVES)->dead = false;
	unit_of(VALVES)->coils[0] = false;
	unit_of(VALVES)->coils[1] = true;
	from = field.nlog;
	until(field.now + 61 * SECOND);
	assert_true(unit_of(VALVES)->coils[0]);
	assert_false(unit_of(VALVES)->coils[1]);
	assert_int_equal(coil_writes(from, 0, 1), 1);
	assert_int_equal(coil_writes(from, 1, 0), 1);
	until(t0 + 10 * MINUTE + SECOND);
	assert_false(unit_of(VALVES)->coils[0]);
	/* What is as it should be is not written again. */
	from = field.nlog;
	unit_of(VALVES)->dead = true;
	until(field.now + 2 * MINUTE);
	unit_of(VALVES)->dead = false;
	until(field.now + 61 * SECOND);
	assert_int_equal(coil_writes(from, 0, 0), 0);
	assert_int_equal(coil_writes(from, 0, 1), 0);
	site_end();
}

/* A board that restarts within a second is never lost; a hand at the switch is
 * not told to us either. */
static void
test_an_output_that_switched_itself(void **state)
{
	size_t from;

	(void)state;
	valves_start();
	until(field.now + 10 * SECOND);
	unit_of(VALVES)->coils[1] = true;
	until(field.now + 11 * SECOND);
	assert_false(unit_of(VALVES)->coils[1]);
	assert_int_equal(events(EVENT_OUTPUT, "found on"), 1);
	assert_int_equal(events(EVENT_OUTPUT, "alarm"), 0);
	/* One that will not: an alarm, and said once. */
	unit_of(VALVES)->coils[1] = unit_of(VALVES)->deaf = true;
	until(field.now + 2 * MINUTE);
	assert_int_equal(events(EVENT_OUTPUT, "found on"), 2);
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	unit_of(VALVES)->deaf = false;
	until(field.now + 16 * SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	/* Off before its time: told, and left so. */
	opened(RELAY_1, 5 * MINUTE);
	unit_of(VALVES)->coils[0] = false;
	from = field.nlog;
	until(field.now + MINUTE);
	assert_int_equal(events(EVENT_OUTPUT, "before its time"), 1);
	assert_int_equal(coil_writes(from, 0, 1), 0);
	site_end();
}

/* The adapter is pulled out while a valve is open. */
static void
test_its_time_ends_while_the_port_is_gone(void **state)
{
	int64_t t0;
	uint64_t id;

	(void)state;
	valves_start();
	t0 = field.now;
	opened(RELAY_1, MINUTE);
	field.gone = true;
	until(t0 + 30 * SECOND);
	id = command(RELAY_2, COMMAND_OPEN, 0, MINUTE);
	assert_result(id, RESULT_REFUSED, "the port is not there");
	until(t0 + MINUTE + 10 * SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	id = command(RELAY_1, COMMAND_CLOSE, 0, 0);
	until(t0 + 2 * MINUTE);
	assert_result(id, RESULT_UNCERTAIN, "the port is not there");
	field.gone = false;
	until(field.now + 31 * SECOND);
	assert_false(unit_of(VALVES)->coils[0]);
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	site_end();
}

/* ---- the end of the line ---- */

static void
test_the_end_closes_what_is_open(void **state)
{
	uint64_t waits;
	size_t from;

	(void)state;
	valves_start();
	opened(RELAY_1, 20 * MINUTE);
	unit_of(PROBE)->dead = true;
	(void)until_it_waits_for(PROBE);
	waits = command(RELAY_2, COMMAND_OPEN, 0, MINUTE);
	from = field.nlog;
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	assert_result(waits, RESULT_UNCERTAIN, "the line is ending");
	assert_false(unit_of(VALVES)->coils[0]);
	assert_int_equal(coil_writes(from, 1, 1), 0);
	assert_int_equal(field.log[field.nlog - 1].function, FC_READ_COILS);
	waits = command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	assert_result(waits, RESULT_REFUSED, "ending");
	site_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_close_is_repeated_until_it_took),
	    cmocka_unit_test(test_a_close_without_an_answer),
	    cmocka_unit_test(test_an_opening_that_does_not_take_is_closed),
	    cmocka_unit_test(test_an_opening_without_an_answer),
	    cmocka_unit_test(test_its_time_ends_while_it_is_lost),
	    cmocka_unit_test(test_a_device_comes_back_with_other_outputs),
	    cmocka_unit_test(test_an_output_that_switched_itself),
	    cmocka_unit_test(test_its_time_ends_while_the_port_is_gone),
	    cmocka_unit_test(test_the_end_closes_what_is_open),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
