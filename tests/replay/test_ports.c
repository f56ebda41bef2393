/*
 * Ports and connections that come and go, on a played line: whoever brings one
 * down harms nobody else, and what is written does not wait for a poll.
 */
#include "played_commands.h"

/* A gateway that hangs up whenever it is asked for a unit that is lost. */
static void
test_a_lost_unit_that_ends_the_connection(void **state)
{
	int64_t t0;
	size_t bad = 0;

	(void)state;
	valves_start();
	unit_of(VALVES)->dead = true;
	until(field.now + 30 * SECOND);
	assert_int_equal(run->devs[VALVES].health.state, DEVICE_LOST);
	unit_of(VALVES)->dead = false;
	unit_of(VALVES)->cuts = true;
	t0 = field.now;
	until(t0 + 5 * MINUTE);
	for (size_t i = 0; i < heard.nr; i++)
		bad += heard.r[i].series == WET && heard.r[i].boot_ms > t0 &&
		       heard.r[i].quality != QUALITY_GOOD;
	assert_in_range(bad, 0, 2);
	assert_in_range(field.now - latest(WET)->boot_ms, 0, 11 * SECOND);
	unit_of(VALVES)->cuts = false;
	until(field.now + MINUTE);
	assert_int_equal(run->devs[VALVES].health.state, DEVICE_ONLINE);
	site_end();
}

/* Nothing is polled that could show that the port works again. */
static void
test_only_written_and_the_port_was_gone(void **state)
{
	struct point_type relay = valve_points[0];
	struct device_type t = valves;
	uint64_t id;

	(void)state;
	relay.write_only = true;
	t.points = &relay;
	t.npoints = 1;
	site_begin();
	(void)site_add(&t, 10 * SECOND, SECOND);
	site_start();
	until(field.now + 5 * SECOND);
	field.gone = true;
	id = command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	until(field.now + MINUTE);
	assert_non_null(result_of(id));
	field.gone = false;
	until(field.now + MINUTE);
	assert_int_equal(run_left(run), 0);
	field.gone = true;
	run->lanes[0].bus->state = BUS_CLOSED; /* unplugged, unused */
	until(field.now + MINUTE);
	field.gone = false;
	until(field.now + MINUTE);
	id = command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	until(field.now + SECOND);
	assert_result(id, RESULT_SENT, "");
	assert_true(unit_of(VALVES)->coils[0]);
	site_end();
}

/* The adapter is back just before the line ends. */
static void
test_the_end_tries_the_port_at_once(void **state)
{
	(void)state;
	valves_start();
	(void)command(RELAY_1, COMMAND_OPEN, 0, 20 * MINUTE);
	until(field.now + SECOND);
	assert_true(unit_of(VALVES)->coils[0]);
	field.gone = true;
	until(field.now + 5 * MINUTE);
	/* As long as may be until it is tried again. */
	while (run->lanes[0].port_next < field.now + 14 * SECOND)
		until(field.now + 10);
	field.gone = false;
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	assert_false(unit_of(VALVES)->coils[0]);
	site_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_lost_unit_that_ends_the_connection),
	    cmocka_unit_test(test_only_written_and_the_port_was_gone),
	    cmocka_unit_test(test_the_end_tries_the_port_at_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
