/*
 * Commands on a played line: what is carried out, in which order, what is
 * refused, and what is said of it. What happens when a valve does not do as it
 * is told is in test_closing.c.
 */
#include "played_commands.h"

/* ---- opening for a time ---- */

static void
test_an_output_closes_by_itself(void **state)
{
	uint64_t id;
	int64_t t0;

	(void)state;
	valves_start();
	t0 = field.now;
	id = command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	until(t0 + SECOND);
	assert_true(unit_of(VALVES)->coils[0]);
	assert_false(unit_of(VALVES)->coils[1]);
	assert_result(id, RESULT_DONE, "confirmed by reading");
	until(t0 + MINUTE - 1);
	assert_true(unit_of(VALVES)->coils[0]);
	until(t0 + MINUTE + 100);
	assert_false(unit_of(VALVES)->coils[0]);
	hear();
	assert_int_equal(events(EVENT_OUTPUT, "its time is over"), 1);
	assert_int_equal(latest(RELAY_1)->quality, QUALITY_GOOD);
	assert_int_equal(latest(RELAY_1)->value.i, 0);
	site_end();
}

/* From the write until it is read back nobody knows what the valve does. */
static void
test_what_is_written_is_not_what_is_known(void **state)
{
	size_t unsure = 0, open = 0;
	int64_t t0;

	(void)state;
	valves_start();
	unit_of(VALVES)->takes_ms = 400;
	t0 = field.now;
	heard.nr = 0;
	(void)command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	until(t0 + 3 * SECOND);
	for (size_t i = 0; i < heard.nr; i++) {
		const struct reading *r = &heard.r[i];

		if (r->series != RELAY_1)
			continue;
		if (r->quality == QUALITY_BAD) {
			unsure++;
			assert_int_equal(open, 0);
			assert_int_equal(r->reason, REASON_UNCONFIRMED);
			assert_int_equal(r->boot_ms, t0 + 400);
		} else {
			open++;
			assert_int_equal(unsure, 1);
			assert_int_equal(r->value.i, 1);
			assert_true(r->boot_ms >= t0 + 800);
		}
	}
	assert_true(open > 0);
	site_end();
}

static void
test_a_later_command_takes_the_place(void **state)
{
	uint64_t first, second, third;
	int64_t t0;

	(void)state;
	valves_start();
	unit_of(VALVES)->takes_ms = 300;
	t0 = field.now;
	first = command(RELAY_1, COMMAND_OPEN, 0, 10 * SECOND);
	until(t0 + 100);
	second = command(RELAY_1, COMMAND_OPEN, 0, 3 * MINUTE);
	until(t0 + 2 * SECOND);
	assert_result(first, RESULT_UNCERTAIN, "a later command");
	assert_result(second, RESULT_DONE, "");
	until(t0 + 2 * MINUTE);
	assert_true(unit_of(VALVES)->coils[0]);
	/* Closed in the middle of an opening. */
	first = command(RELAY_2, COMMAND_OPEN, 0, MINUTE);
	until(field.now + 100);
	third = command(RELAY_2, COMMAND_CLOSE, 0, 0);
	until(field.now + 2 * SECOND);
	assert_result(first, RESULT_UNCERTAIN, "a later command");
	assert_result(third, RESULT_DONE, "");
	assert_false(unit_of(VALVES)->coils[1]);
	until(t0 + 4 * MINUTE);
	assert_false(unit_of(VALVES)->coils[0]);
	site_end();
}

/* ---- order ---- */

static const struct asked *
next_write(size_t *from)
{
	while (*from < field.nlog) {
		const struct asked *a = &field.log[(*from)++];

		if (is_write(a->function))
			return a;
	}
	fail();
	return NULL;
}

static void
test_closing_goes_before_opening_and_setting(void **state)
{
	size_t from;

	(void)state;
	valves_start();
	unit_of(PROBE)->takes_ms = 900;
	until(field.now + 12 * SECOND);
	while (field.log[field.nlog - 1].unit != devices[PROBE].unit)
		until(field.now + 10);
	from = field.nlog;
	(void)command(LEVEL, COMMAND_SET, 12.5, 0);
	(void)command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	(void)command(RELAY_2, COMMAND_CLOSE, 0, 0);
	until(field.now + 3 * SECOND);
	assert_true(is_coil_write(next_write(&from), 1, 0));
	assert_int_equal(coil_writes(0, 0, 1), 1);
	assert_int_equal(unit_of(VALVES)->regs[0], 125);
	site_end();
}

/* Also between a setting's write and its being read back. */
static void
test_closing_goes_into_the_middle_of_a_setting(void **state)
{
	uint64_t set, shut;
	size_t from;

	(void)state;
	valves_start();
	unit_of(VALVES)->takes_ms = 400;
	until(field.now + 20 * SECOND);
	from = field.nlog;
	set = command(LEVEL, COMMAND_SET, 50, 0);
	until(field.now + 100);
	assert_int_equal(field.log[from].function, FC_WRITE_HOLDING);
	shut = command(RELAY_1, COMMAND_CLOSE, 0, 0);
	until(field.now + 4 * SECOND);
	assert_true(is_coil_write(&field.log[from + 1], 0, 0));
	assert_result(shut, RESULT_DONE, "");
	assert_result(set, RESULT_DONE, "");
	assert_int_equal(unit_of(VALVES)->regs[0], 500);
	site_end();
}

/* C47: ten units of forty points, two of them dead, all the time busy. */
static struct point_type many_points[40];
static struct device_type many = {.name = "many",
    .registers_per_read = 1,
    .points = many_points,
    .npoints = 40};

static uint32_t
random_below(uint32_t n)
{
	static uint32_t seed = 47;

	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* A command given now is the next exchange after the one in flight. */
static void
assert_next(enum command_action action, uint16_t word, int64_t *worst)
{
	size_t next = field.nlog;
	int64_t t0 = field.now;
	uint64_t id = command(0, action, 0, 10 * MINUTE);

	while (result_of(id) == NULL)
		until(field.now + 10);
	assert_true(is_coil_write(&field.log[next], 0, word));
	assert_int_equal(field.log[next + 1].function, FC_READ_COILS);
	assert_result(id, RESULT_DONE, "");
	if (field.log[next].at - t0 > *worst)
		*worst = field.log[next].at - t0;
}

static void
test_a_command_waits_for_one_exchange_at_most(void **state)
{
	int64_t worst = 0;

	(void)state;
	site_begin();
	for (uint16_t p = 0; p < 40; p++) {
		many_points[p] = probe_point;
		many_points[p].addr = p;
	}
	(void)site_add(&valves, SECOND, SECOND);
	for (size_t i = 1; i <= 10; i++)
		(void)site_add(&many, SECOND, SECOND);
	unit_of(4)->dead = unit_of(7)->dead = true;
	site_start();
	until(field.now + MINUTE);
	for (unsigned i = 0; i < 50; i++) {
		until(field.now + SECOND + random_below(15 * SECOND));
		assert_next(COMMAND_OPEN, 1, &worst);
		until(field.now + random_below(2 * SECOND));
		assert_next(COMMAND_CLOSE, 0, &worst);
		heard.nresults = heard.nr = 0;
	}
	/* One timeout; and there was something to wait for. */
	assert_in_range(worst, 10, SECOND);
	site_end();
}

/* What is only quiet after a timeout need not be waited for. */
static void
test_a_command_ends_a_quiet_wait(void **state)
{
	const struct asked *last;
	size_t next;

	(void)state;
	valves_start();
	unit_of(PROBE)->dead = true;
	last = until_it_waits_for(PROBE);
	until(last->at + SECOND + 500);
	assert_true(field.now < last->done);
	next = field.nlog;
	(void)command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	until(field.now + 100);
	assert_true(is_coil_write(&field.log[next], 0, 1));
	assert_int_equal(field.log[next].at, last->at + SECOND + 500);
	site_end();
}

/* When the valve closes if its time is over so long after the probe, which is
 * dead, was asked; from then, too. */
static int64_t
closed_after(int64_t over)
{
	int64_t asked = 0, t0;
	size_t from;

	/* Once to see when that is, and once more. */
	for (unsigned turn = 0; turn < 2; turn++) {
		valves_start();
		t0 = field.now;
		if (turn > 0)
			(void)command(RELAY_1, COMMAND_OPEN, 0,
			    (uint32_t)(asked + over - t0));
		until(t0 + 2 * SECOND);
		from = field.nlog;
		unit_of(PROBE)->dead = true;
		if (turn == 0)
			asked = until_it_waits_for(PROBE)->at;
		else
			until(asked + 5 * SECOND);
		if (turn == 0)
			site_end();
	}
	while (!is_coil_write(&field.log[from], 0, 0))
		assert_true(++from < field.nlog);
	site_end();
	return field.log[from].at - asked;
}

static void
test_a_deadline_ends_a_quiet_wait(void **state)
{
	(void)state;
	assert_int_equal(closed_after(1500), 1500);
	assert_int_equal(closed_after(1001), 1001);
	/* The timeout itself is waited for. */
	assert_int_equal(closed_after(300), 1000);
}

/* ---- what is refused ---- */

static void
assert_refused(uint64_t id, const char *why)
{
	until(field.now + 2 * SECOND);
	assert_result(id, RESULT_REFUSED, why);
}

static void
test_commands_that_cannot_be(void **state)
{
	size_t from;

	(void)state;
	valves_start();
	from = field.nlog;
	assert_refused(command(RELAY_1, COMMAND_OPEN, 0, 0), "for a time");
	assert_refused(
	    command(RELAY_1, COMMAND_OPEN, 0, 20 * MINUTE + 1), "max_on");
	assert_refused(
	    command(RELAY_1, COMMAND_SET, 1, 0), "opened for a time");
	assert_refused(command(LEVEL, COMMAND_OPEN, 0, MINUTE), "to a value");
	assert_refused(command(LEVEL, COMMAND_CLOSE, 0, 0), "to a value");
	assert_refused(command(WET, COMMAND_SET, 1, 0), "cannot be written");
	assert_refused(command(99, COMMAND_CLOSE, 0, 0), "no such point");
	assert_refused(command(LEVEL, COMMAND_SET, 100.1, 0), "above 100");
	assert_refused(command(LEVEL, COMMAND_SET, -1, 0), "below 0");
	assert_refused(command(LEVEL, COMMAND_SET, 12.34, 0), "two steps");
	for (size_t i = from; i < field.nlog; i++)
		assert_false(is_write(field.log[i].function));
	/* The longest that is allowed. */
	uint64_t id = command(RELAY_1, COMMAND_OPEN, 0, 20 * MINUTE);
	until(field.now + SECOND);
	assert_result(id, RESULT_DONE, "");
	site_end();
}

static void
test_a_command_that_comes_too_late(void **state)
{
	struct msg_command m = {.id = 900001,
	    .series = RELAY_1,
	    .action = COMMAND_OPEN,
	    .for_ms = MINUTE};

	(void)state;
	valves_start();
	unit_of(PROBE)->dead = true;
	(void)until_it_waits_for(PROBE);
	m.expires_ms = field.now + 200;
	run_command(run, &m, field.now);
	until(field.now + 5 * SECOND);
	assert_result(m.id, RESULT_REFUSED, "expired");
	assert_int_equal(coil_writes(0, 0, 1), 0);
	/* A close is carried out however late it comes. */
	m.id++;
	m.action = COMMAND_CLOSE;
	m.expires_ms = field.now - 1;
	run_command(run, &m, field.now);
	until(field.now + 5 * SECOND);
	assert_result(m.id, RESULT_DONE, "");
	site_end();
}

static void
test_nothing_is_opened_on_a_lost_device(void **state)
{
	size_t from;

	(void)state;
	valves_start();
	unit_of(VALVES)->dead = true;
	until(field.now + MINUTE);
	assert_int_equal(heard.device[VALVES].state, DEVICE_LOST);
	from = field.nlog;
	assert_refused(command(RELAY_1, COMMAND_OPEN, 0, MINUTE), "lost");
	assert_refused(command(LEVEL, COMMAND_SET, 5, 0), "lost");
	assert_int_equal(coil_writes(from, 0, 1), 0);
	site_end();
}

/* A converter that had no answer from the device does not know whether it has
 * acted: nobody may be told that nothing was written. */
static void
test_the_converter_has_no_answer(void **state)
{
	uint64_t set, open;

	(void)state;
	valves_start();
	unit_of(VALVES)->write_code = 0x0B;
	set = command(LEVEL, COMMAND_SET, 5, 0);
	until(field.now + 5 * SECOND);
	assert_result(set, RESULT_UNCERTAIN, "does not answer");
	open = command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	until(field.now + 5 * SECOND);
	assert_result(open, RESULT_UNCERTAIN, "does not answer");
	site_end();
}

/* What the device refuses is told, with its code, and is not tried again. */
static void
test_the_device_refuses(void **state)
{
	uint64_t id;
	size_t from, writes = 0;

	(void)state;
	valves_start();
	unit_of(VALVES)->write_code = 3;
	from = field.nlog;
	id = command(LEVEL, COMMAND_SET, 5, 0);
	until(field.now + 10 * SECOND);
	assert_result(id, RESULT_REFUSED, "exception 03");
	for (size_t i = from; i < field.nlog; i++)
		writes += is_write(field.log[i].function);
	assert_int_equal(writes, 1);
	site_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_output_closes_by_itself),
	    cmocka_unit_test(test_what_is_written_is_not_what_is_known),
	    cmocka_unit_test(test_a_later_command_takes_the_place),
	    cmocka_unit_test(test_closing_goes_before_opening_and_setting),
	    cmocka_unit_test(test_closing_goes_into_the_middle_of_a_setting),
	    cmocka_unit_test(test_a_command_waits_for_one_exchange_at_most),
	    cmocka_unit_test(test_a_command_ends_a_quiet_wait),
	    cmocka_unit_test(test_a_deadline_ends_a_quiet_wait),
	    cmocka_unit_test(test_commands_that_cannot_be),
	    cmocka_unit_test(test_a_command_that_comes_too_late),
	    cmocka_unit_test(test_nothing_is_opened_on_a_lost_device),
	    cmocka_unit_test(test_the_converter_has_no_answer),
	    cmocka_unit_test(test_the_device_refuses),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
