/*
 * Lines that converters dial into, with nobody at the door: who never comes,
 * who hangs up and comes again, and who does not. The hall is played here.
 */
#include "played_commands.h"

static struct {
	bool comes; /* somebody dials in now */
} door;

struct hall {
	int unused;
};

struct hall *
hall_new(const char *address, uint16_t port, const struct guest *guests,
    size_t n, char *why)
{
	(void)address;
	(void)port;
	(void)guests;
	(void)why;
	assert_int_equal(n, 1);
	return calloc(1, sizeof(struct hall));
}

struct hall *
hall_free(struct hall *take)
{
	free(take);
	return NULL;
}

size_t
hall_wants(const struct hall *h, struct pollfd *out, int64_t *until_us)
{
	(void)h;
	(void)out;
	if (door.comes)
		*until_us = 0;
	return 0;
}

int
hall_step(struct hall *h, int64_t now_us, size_t *who, char *said)
{
	(void)h;
	(void)now_us;
	(void)said;
	if (!door.comes)
		return -EAGAIN;
	door.comes = false;
	*who = 0;
	return 99; /* played: no descriptor of anybody */
}

static void
start(void)
{
	memset(&door, 0, sizeof(door));
	site_begin();
	line.transport = TRANSPORT_RTU_OVER_TCP;
	line.listen = "127.0.0.1";
	(void)site_add(&valves, 10 * SECOND, SECOND);
	(void)site_add(&probe, 10 * SECOND, SECOND);
	site_start();
}

static size_t
readings(uint32_t series, int64_t since, enum reason reason)
{
	size_t n = 0;

	for (size_t i = 0; i < heard.nr; i++)
		n += heard.r[i].series == series &&
		     heard.r[i].boot_ms > since && heard.r[i].reason == reason;
	return n;
}

static void
test_nobody_dials_in(void **state)
{
	int64_t t0;

	(void)state;
	start();
	t0 = field.now;
	until(t0 + 2 * MINUTE);
	assert_true(run_ready(run));
	assert_int_equal(heard.line.state, PORT_FAILED);
	assert_non_null(strstr(heard.line.text, "dialled in"));
	assert_in_range(readings(WET, t0, REASON_PORT), 8, 12);
	assert_int_equal(field.nlog, 0);
	/* Somebody does after all: outputs first. */
	door.comes = true;
	until(field.now + 5 * SECOND);
	assert_int_equal(heard.line.state, PORT_OPEN);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(field.log[i].function, FC_READ_COILS);
	until(field.now + 10 * SECOND);
	assert_int_equal(latest(WET)->quality, QUALITY_GOOD);
	site_end();
}

/* As 4G converters do every now and then: nothing is said of it. */
static void
test_it_hangs_up_and_dials_in_again(void **state)
{
	(void)state;
	start();
	door.comes = true;
	until(field.now + 30 * SECOND);
	assert_int_equal(latest(WET)->quality, QUALITY_GOOD);
	field.gone = true;
	until(field.now + 12 * SECOND);
	field.gone = false;
	door.comes = true;
	until(field.now + 12 * SECOND);
	assert_int_equal(latest(WET)->quality, QUALITY_GOOD);
	assert_int_equal(events(EVENT_LINE, ""), 0);
	assert_int_equal(heard.line.state, PORT_OPEN);
	site_end();
}

static void
test_it_hangs_up_for_good(void **state)
{
	uint64_t id;
	int64_t t0;

	(void)state;
	start();
	door.comes = true;
	until(field.now + 30 * SECOND);
	id = command(RELAY_1, COMMAND_OPEN, 0, MINUTE);
	until(field.now + SECOND);
	assert_result(id, RESULT_DONE, "");
	field.gone = true;
	t0 = field.now;
	until(t0 + 3 * MINUTE);
	assert_int_equal(heard.line.state, PORT_FAILED);
	assert_int_equal(events(EVENT_LINE, "hung up"), 1);
	assert_in_range(readings(WET, t0, REASON_PORT), 13, 18);
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	id = command(RELAY_2, COMMAND_OPEN, 0, MINUTE);
	assert_result(id, RESULT_REFUSED, "hung up");
	field.gone = false;
	door.comes = true;
	until(field.now + 12 * SECOND);
	assert_false(unit_of(VALVES)->coils[0]);
	assert_int_equal(events(EVENT_OUTPUT, "alarm over"), 1);
	assert_int_equal(events(EVENT_LINE, "open again"), 1);
	assert_int_equal(latest(WET)->quality, QUALITY_GOOD);
	site_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nobody_dials_in),
	    cmocka_unit_test(test_it_hangs_up_and_dials_in_again),
	    cmocka_unit_test(test_it_hangs_up_for_good),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
