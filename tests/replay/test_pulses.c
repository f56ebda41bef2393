/*
 * Latching outputs, on a played line. Whatever happens, no coil stays under
 * current, and never are both.
 */
#include "played_gate.h"

enum { GATE, SOIL };                      /* devices */
enum { GATE_1, GATE_OPEN, RELAY, MOIST }; /* series */
static struct point_type blind_point;
static const struct device_type blind_type = {.name = "blind",
    .registers_per_read = 125,
    .coils_per_read = 2000,
    .points = &blind_point,
    .npoints = 1};

static void
start_of(const struct device_type *t)
{
	site_begin();
	(void)site_add(t, 10 * SECOND, SECOND);
	(void)site_add(&probe, SECOND, SECOND);
	gate_begin(unit_of(GATE));
	site_start();
	until(field.now + 2 * SECOND);
}

static void
start(void)
{
	start_of(&gate_type);
}

/* One that nothing shows. */
static void
start_blind(void)
{
	blind_point = gate_points[0];
	blind_point.confirm = -1;
	start_of(&blind_type);
}

static bool
is_open(void)
{
	return unit_of(GATE)->regs[STANDS] != 0;
}

static void
assert_released(void)
{
	assert_int_equal(gate.since[0], 0);
	assert_int_equal(gate.since[1], 0);
	assert_false(unit_of(GATE)->coils[0]);
	assert_false(unit_of(GATE)->coils[1]);
	assert_false(gate.both);
}

static void
finish(void)
{
	assert_released();
	site_end();
}

static void
opened(uint32_t for_ms)
{
	uint64_t id = command(GATE_1, COMMAND_OPEN, 0, for_ms);

	until(field.now + SECOND);
	assert_result(id, RESULT_DONE, "confirmed by reading");
	assert_true(is_open());
	assert_released();
}

/* Until the opening coil is under current. */
static uint64_t
in_a_pulse(void)
{
	uint64_t id = command(GATE_1, COMMAND_OPEN, 0, 10 * MINUTE);
	int64_t end = field.now + SECOND;

	while (gate.since[0] == 0) {
		assert_true(field.now < end);
		until(field.now + 1);
	}
	return id;
}

/* ---- the usual ---- */

static void
test_it_is_closed_by_a_pulse_at_the_start(void **state)
{
	static const struct asked want[] = {
	    {.function = FC_WRITE_COIL, .addr = 0, .word = {0}},
	    {.function = FC_READ_COILS, .addr = 0},
	    {.function = FC_WRITE_COIL, .addr = 1, .word = {1}},
	    {.function = FC_WRITE_COIL, .addr = 1, .word = {0}},
	    {.function = FC_READ_COILS, .addr = 1},
	    {.function = FC_READ_HOLDING, .addr = STANDS},
	};

	(void)state;
	start();
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(field.log[i].function, want[i].function);
		assert_int_equal(field.log[i].addr, want[i].addr);
		assert_int_equal(field.log[i].word[0], want[i].word[0]);
	}
	assert_int_equal(field.log[3].at, field.log[2].done + PULSE_MS);
	assert_false(is_open());
	assert_int_equal(latest(GATE_1)->value.i, 0);
	/* It is closed already: all the same. */
	run = run_free(run);
	site_start();
	until(field.now + 2 * SECOND);
	assert_int_equal(gate.pulses[1], 2);
	finish();
}

static void
test_it_opens_and_closes_by_pulses(void **state)
{
	int64_t t0;

	(void)state;
	start();
	t0 = field.now;
	opened(MINUTE);
	assert_int_equal(gate.pulses[0], 1);
	assert_int_equal(latest(GATE_1)->value.i, 1);
	/* Polled meanwhile, and its coil, which is off, says nothing. */
	until(t0 + MINUTE - 1);
	assert_true(is_open());
	assert_int_equal(latest(GATE_1)->value.i, 1);
	assert_int_equal(events(EVENT_OUTPUT, ""), 0);
	until(t0 + MINUTE + SECOND);
	assert_false(is_open());
	assert_int_equal(gate.pulses[1], 2);
	assert_int_equal(latest(GATE_1)->value.i, 0);
	/* No poll came between. */
	assert_in_range(gate.longest, PULSE_MS, PULSE_MS + 60);
	assert_int_equal(events(EVENT_OUTPUT, "alarm"), 0);
	/* By hand: closed again; and closed before its time: told. */
	unit_of(GATE)->regs[STANDS] = 1;
	until(field.now + 12 * SECOND);
	assert_false(is_open());
	assert_int_equal(events(EVENT_OUTPUT, "found on though"), 1);
	finish();
}

/* A pulse left by a process that was killed. */
static void
test_a_successor_ends_a_pulse(void **state)
{
	(void)state;
	start();
	(void)in_a_pulse();
	run = run_free(run);
	field.now += 5 * SECOND;
	site_start();
	until(field.now + 2 * SECOND);
	assert_false(is_open());
	finish();
}

/* ---- nothing shows it ---- */

static void
test_nothing_shows_it(void **state)
{
	uint64_t id;

	(void)state;
	start_blind();
	assert_int_equal(run_left(run), 0);
	assert_int_equal(gate.pulses[1], 1);
	/* The closing pulse is sent twice. */
	until(field.now + 6 * SECOND);
	assert_int_equal(gate.pulses[1], 2);
	until(field.now + MINUTE);
	assert_int_equal(gate.pulses[1], 2);
	id = command(GATE_1, COMMAND_OPEN, 0, MINUTE);
	until(field.now + SECOND);
	assert_result(id, RESULT_SENT, "no way to read it back");
	assert_true(is_open());
	until(field.now + 30 * SECOND);
	assert_int_equal(gate.pulses[0], 1);
	id = command(GATE_1, COMMAND_CLOSE, 0, 0);
	until(field.now + SECOND);
	assert_result(id, RESULT_SENT, "");
	/* Opened before the second: that is not sent then. */
	id = command(GATE_1, COMMAND_OPEN, 0, MINUTE);
	until(field.now + 20 * SECOND);
	assert_true(is_open());
	assert_int_equal(gate.pulses[1], 3);
	/* At the end there is no time for a second. */
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	assert_false(is_open());
	assert_int_equal(gate.pulses[1], 4);
	for (size_t i = 0; i < heard.nr; i++)
		if (heard.r[i].series == GATE_1)
			assert_int_equal(heard.r[i].value.type, VALUE_NONE);
	finish();
}

/* The second closing pulse meets a device that went silent: no alarm. */
static void
test_the_second_pulse_is_lost(void **state)
{
	(void)state;
	start_blind();
	unit_of(GATE)->dead = true;
	until(field.now + MINUTE);
	assert_int_equal(events(EVENT_OUTPUT, "alarm"), 0);
	assert_int_equal(run_left(run), 0);
	finish();
}

/* It goes silent while the second pulse holds the coil: that is no matter of a
 * second chance any more. */
static void
test_the_second_pulse_is_not_let_go(void **state)
{
	int64_t end;

	(void)state;
	start_blind();
	end = field.now + 10 * SECOND;
	while (gate.since[1] == 0) {
		assert_true(field.now < end);
		until(field.now + 1);
	}
	unit_of(GATE)->dead = true;
	until(field.now + 20 * SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	assert_true(run_left(run) > 0);
	unit_of(GATE)->dead = false;
	until(field.now + 16 * SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	finish();
	/* Nor when the adapter is pulled out. */
	start_blind();
	while (gate.since[1] == 0)
		until(field.now + 1);
	field.gone = true;
	until(field.now + 30 * SECOND);
	field.gone = false;
	until(field.now + 31 * SECOND);
	finish();
}

/* ---- faults ---- */

static void
test_a_gate_that_is_stuck(void **state)
{
	uint64_t id;

	(void)state;
	start();
	gate.stuck = true;
	id = command(GATE_1, COMMAND_OPEN, 0, 10 * MINUTE);
	until(field.now + 10 * SECOND);
	assert_result(
	    id, RESULT_UNCERTAIN, "gate_1_open does not show that it is on");
	assert_in_range(gate.pulses[0], 2, 3);
	gate.stuck = false;
	opened(MINUTE);
	gate.stuck = true;
	id = command(GATE_1, COMMAND_CLOSE, 0, 0);
	until(field.now + 10 * SECOND);
	assert_result(
	    id, RESULT_UNCERTAIN, "gate_1_open does not show that it is off");
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	until(field.now + MINUTE);
	gate.stuck = false;
	until(field.now + 16 * SECOND);
	assert_false(is_open());
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	finish();
}

/* The coil is let go of at once, not when there is time. */
static void
test_the_release_gets_no_answer(void **state)
{
	int64_t t0;

	(void)state;
	start();
	(void)in_a_pulse();
	t0 = field.now;
	until(t0 + 50);
	unit_of(GATE)->dead = true;
	until(t0 + SECOND);
	unit_of(GATE)->dead = false;
	until(t0 + 5 * SECOND);
	assert_in_range(gate.longest, PULSE_MS, 2500);
	assert_released();
	assert_true(is_open());
	/* For longer: as soon as it answers. */
	(void)command(GATE_1, COMMAND_CLOSE, 0, 0);
	until(field.now + 2 * SECOND);
	(void)in_a_pulse();
	until(field.now + 50);
	unit_of(GATE)->dead = true;
	until(field.now + 20 * SECOND);
	assert_true(gate.since[0] != 0);
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	unit_of(GATE)->dead = false;
	until(field.now + 16 * SECOND);
	assert_false(is_open());
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	finish();
}

/* The current was not confirmed: let go of all the same. */
static void
test_the_drive_gets_no_answer(void **state)
{
	uint64_t id;
	size_t from;

	(void)state;
	start();
	from = field.nlog;
	unit_of(GATE)->mute = true;
	id = command(GATE_1, COMMAND_OPEN, 0, 10 * MINUTE);
	until(field.now + SECOND + 500);
	unit_of(GATE)->mute = false;
	until(field.now + 8 * SECOND);
	assert_result(id, RESULT_DONE, "");
	assert_true(coil_writes(from, 0, 0) >= 1);
	assert_true(is_open());
	finish();
}

/* A converter reports that its device did not answer in time: it may have
 * acted, like any that does not answer. */
static uint8_t
acts_too_slowly(struct unit *u, const struct request *q)
{
	(void)gate_acts(u, q);
	if (q->addr != 1 || q->words[0] == 0)
		return 0;
	u->coils[q->addr] = true;
	return 0x0B;
}

static void
test_the_converter_waits_no_longer(void **state)
{
	uint64_t id;

	(void)state;
	start();
	opened(10 * MINUTE);
	unit_of(GATE)->acts = acts_too_slowly;
	id = command(GATE_1, COMMAND_CLOSE, 0, 0);
	until(field.now + 10 * SECOND);
	assert_released();
	assert_in_range(gate.longest, PULSE_MS, 2500);
	assert_result(id, RESULT_DONE, "");
	assert_false(is_open());
	finish();
}

static void
test_the_device_refuses(void **state)
{
	uint64_t id;
	size_t from;

	(void)state;
	start();
	from = field.nlog;
	unit_of(GATE)->write_code = 4;
	id = command(GATE_1, COMMAND_OPEN, 0, 10 * MINUTE);
	until(field.now + SECOND);
	assert_result(id, RESULT_REFUSED, "exception 04");
	assert_int_equal(coil_writes(from, 0, 1), 0);
	unit_of(GATE)->write_code = 0;
	until(field.now + 16 * SECOND);
	assert_int_equal(run_left(run), 0);
	finish();
}

/* Answered and not done, as by an echo: the coil is read before it is
 * believed to be off. */
static void
test_the_coil_stays_on(void **state)
{
	uint64_t id;

	(void)state;
	start();
	id = in_a_pulse();
	until(field.now + 50);
	unit_of(GATE)->deaf = true;
	until(field.now + 3 * SECOND);
	assert_result(id, RESULT_UNCERTAIN, "coil 0 could not be switched off");
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	unit_of(GATE)->deaf = false;
	until(field.now + 16 * SECOND);
	assert_false(is_open());
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	finish();
}

/* That the gate stands open, as was wanted, says nothing of the coil that was
 * to close it and cannot be let go of. */
static void
test_opened_again_while_the_other_coil_is_held(void **state)
{
	int64_t end;

	(void)state;
	start();
	opened(10 * MINUTE);
	(void)command(GATE_1, COMMAND_CLOSE, 0, 0);
	end = field.now + SECOND;
	while (gate.since[1] == 0) {
		assert_true(field.now < end);
		until(field.now + 1);
	}
	until(field.now + 50);
	unit_of(GATE)->deaf = true;
	until(field.now + 3 * SECOND);
	(void)command(GATE_1, COMMAND_OPEN, 0, 10 * MINUTE);
	until(field.now + 20 * SECOND);
	unit_of(GATE)->deaf = false;
	until(field.now + 16 * SECOND);
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	finish();
}

/* ---- in the middle of a pulse ---- */

static void
test_closed_in_the_middle_of_a_pulse(void **state)
{
	uint64_t id;
	size_t from;

	(void)state;
	start();
	(void)in_a_pulse();
	from = field.nlog;
	id = command(GATE_1, COMMAND_CLOSE, 0, 0);
	(void)command(RELAY, COMMAND_CLOSE, 0, 0);
	until(field.now + 2 * SECOND);
	assert_result(id, RESULT_DONE, "");
	assert_false(is_open());
	/* First of all that pulse, whole. */
	assert_true(is_coil_write(&field.log[from], 0, 0));
	assert_in_range(gate.longest, PULSE_MS, PULSE_MS + 60);
	assert_int_equal(gate.pulses[0], 1);
	/* By its time. */
	(void)command(GATE_1, COMMAND_OPEN, 0, 100);
	until(field.now + 3 * SECOND);
	assert_false(is_open());
	assert_in_range(gate.longest, PULSE_MS, PULSE_MS + 60);
	/* Opened anew. */
	(void)in_a_pulse();
	(void)command(GATE_1, COMMAND_OPEN, 0, 5 * MINUTE);
	until(field.now + 3 * SECOND);
	assert_true(is_open());
	assert_in_range(gate.longest, PULSE_MS, PULSE_MS + 60);
	assert_int_equal(events(EVENT_OUTPUT, "alarm"), 0);
	finish();
}

static void
test_ended_in_the_middle_of_a_pulse(void **state)
{
	(void)state;
	start();
	(void)in_a_pulse();
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	assert_false(is_open());
	assert_in_range(gate.longest, PULSE_MS, PULSE_MS + 60);
	finish();
	/* Too late for another pulse: none is begun. */
	start();
	(void)in_a_pulse();
	assert_int_equal(play_stop(run, field.now + 300), 1);
	assert_in_range(gate.longest, PULSE_MS, PULSE_MS + 60);
	/* Nor later, when the line has a moment more. */
	play_until(run, field.now + SECOND);
	assert_in_range(gate.longest, PULSE_MS, PULSE_MS + 60);
	finish();
}

/* The adapter is pulled out under current, and comes back. */
static void
test_the_port_goes_in_the_middle_of_a_pulse(void **state)
{
	(void)state;
	start();
	(void)in_a_pulse();
	field.gone = true;
	until(field.now + 30 * SECOND);
	assert_true(gate.since[0] != 0); /* nobody can help it */
	field.gone = false;
	until(field.now + 31 * SECOND);
	assert_false(is_open());
	assert_int_equal(run_left(run), 0);
	assert_released();
	/* For a moment only. */
	gate.longest = 0;
	(void)in_a_pulse();
	field.gone = true;
	until(field.now + 300);
	field.gone = false;
	until(field.now + 5 * SECOND);
	assert_in_range(gate.longest, PULSE_MS, 3 * SECOND);
	finish();
}

/* A board without power for a while keeps its valves as they are: told again
 * what is wanted. */
static void
test_a_power_cut(void **state)
{
	unsigned pulses;

	(void)state;
	start();
	opened(10 * MINUTE);
	unit_of(GATE)->dead = true;
	until(field.now + MINUTE);
	unit_of(GATE)->dead = false;
	until(field.now + 61 * SECOND);
	assert_true(is_open());
	until(field.now + 10 * MINUTE);
	assert_false(is_open());
	pulses = gate.pulses[1];
	unit_of(GATE)->dead = true;
	until(field.now + MINUTE);
	unit_of(GATE)->dead = false;
	until(field.now + 61 * SECOND);
	assert_int_equal(gate.pulses[1], pulses + 1);
	finish();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_it_is_closed_by_a_pulse_at_the_start),
	    cmocka_unit_test(test_it_opens_and_closes_by_pulses),
	    cmocka_unit_test(test_a_successor_ends_a_pulse),
	    cmocka_unit_test(test_nothing_shows_it),
	    cmocka_unit_test(test_the_second_pulse_is_lost),
	    cmocka_unit_test(test_the_second_pulse_is_not_let_go),
	    cmocka_unit_test(test_a_gate_that_is_stuck),
	    cmocka_unit_test(test_the_release_gets_no_answer),
	    cmocka_unit_test(test_the_drive_gets_no_answer),
	    cmocka_unit_test(test_the_converter_waits_no_longer),
	    cmocka_unit_test(test_the_device_refuses),
	    cmocka_unit_test(test_the_coil_stays_on),
	    cmocka_unit_test(test_opened_again_while_the_other_coil_is_held),
	    cmocka_unit_test(test_closed_in_the_middle_of_a_pulse),
	    cmocka_unit_test(test_ended_in_the_middle_of_a_pulse),
	    cmocka_unit_test(test_the_port_goes_in_the_middle_of_a_pulse),
	    cmocka_unit_test(test_a_power_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
