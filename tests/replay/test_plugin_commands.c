/*
 * Commands for a plugin's device on a played line. The valve is a latching one:
 * 1 in register 30 is the current that opens it, 2 the current that closes it,
 * 0 none, and register 31 tells how it stands.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "played_bus.h"
#include "plugin.h"

enum { DRIVE = 30, STANDS = 31, PULSE_MS = 100, ASKED = 4000, SECOND = 1000 };

static struct {
	int64_t now;
	bool dead, stuck, no_safe;
	int silent_writes, spare; /* answers missing, after so many good ones */
	uint16_t drive, stands;
	int64_t since;   /* of the current */
	int64_t longest; /* current */
	unsigned pulses, reads;
	int64_t probe_at;
} field;

static int64_t *
played_now(void)
{
	return &field.now;
}

static bool
played_there(void)
{
	return true;
}

/* ---- the plugin ---- */

struct plugin_device {
	int unused;
};

struct plugin_device *
plugin_device_new(const struct device *conf, char *why, size_t size)
{
	(void)conf;
	(void)why;
	(void)size;
	return calloc(1, sizeof(struct plugin_device));
}

struct plugin_device *
plugin_device_free(struct plugin_device *take)
{
	free(take);
	return NULL;
}

static struct gw_op
drive(uint16_t current)
{
	return (struct gw_op){.op = GW_WRITE,
	    .table = GW_HOLDING,
	    .addr = DRIVE,
	    .count = 1,
	    .words = {current}};
}

static struct gw_op
look(void)
{
	return (struct gw_op){
	    .op = GW_READ, .table = GW_HOLDING, .addr = STANDS, .count = 1};
}

void
plugin_note(struct plugin_device *d, volatile uint32_t *calling, uint32_t mark)
{
	(void)d, (void)calling, (void)mark;
}

int
plugin_plan(struct plugin_device *d, uint32_t cycle, struct gw_op *ops, int cap,
    char *why, size_t size)
{
	(void)d;
	(void)cycle;
	(void)cap;
	(void)why;
	(void)size;
	ops[0] = look();
	return 1;
}

int
plugin_decode(struct plugin_device *d, int64_t now, uint32_t span,
    const uint16_t *words, int count, struct plugin_sample *out, int cap,
    char *why, size_t size)
{
	(void)d;
	(void)now;
	(void)span;
	(void)count;
	(void)cap;
	(void)why;
	(void)size;
	out[0] = (struct plugin_sample){
	    .point = 0, .d = {.value = value_int(words[0])}};
	return 1;
}

static int
pulse(struct gw_op *ops, uint16_t current)
{
	ops[0] = drive(current);
	ops[1] = (struct gw_op){.op = GW_PAUSE, .count = PULSE_MS};
	ops[2] = drive(0);
	ops[3] = look();
	return 4;
}

size_t
plugin_kept(const struct plugin_device *d, uint8_t *bytes)
{
	(void)d;
	(void)bytes;
	return 0;
}

void
plugin_keep(struct plugin_device *d, const uint8_t *bytes, size_t n)
{
	(void)d;
	(void)bytes;
	(void)n;
}

int
plugin_safe(struct plugin_device *d, struct gw_op *ops, int cap)
{
	(void)d;
	(void)cap;
	return field.no_safe ? 0 : pulse(ops, 2);
}

int
plugin_encode(struct plugin_device *d, uint32_t point, double value,
    struct gw_op *ops, int cap, char *why, size_t size)
{
	(void)d;
	(void)cap;
	if (point != 0 || (value != 0 && value != 1)) {
		(void)snprintf(why, size, "it is open or closed");
		return -EINVAL;
	}
	return pulse(ops, value != 0 ? 1 : 2);
}

uint32_t
plugin_span(const struct plugin_device *d, uint32_t point)
{
	(void)d;
	(void)point;
	return 0;
}

/* ---- the valve, and a probe beside it that takes its time ---- */

static void
take(uint16_t current)
{
	int64_t lasted = field.now - field.since;

	if (field.drive != 0 && current == 0) {
		field.pulses++;
		if (lasted > field.longest)
			field.longest = lasted;
		if (!field.stuck && lasted >= PULSE_MS)
			field.stands = field.drive == 1;
	}
	if (field.drive == 0)
		field.since = field.now;
	field.drive = current;
}

static enum bus_result
played_ask(const struct ask *ask, struct answer *out)
{
	const struct request *q = &ask->req;

	if (q->unit == 2) {
		field.now += 700;
		out->words[0] = 5;
		return BUS_OK;
	}
	field.now += 20;
	if (field.dead) {
		field.now += ask->timeout_ms;
		return BUS_TIMEOUT;
	}
	if (q->words != NULL) {
		bool silent = field.silent_writes > 0 && field.spare-- <= 0;

		if (silent) {
			field.silent_writes--;
			field.now += ask->timeout_ms;
			return BUS_TIMEOUT;
		}
		take(q->words[0]);
		return BUS_OK;
	}
	field.reads++;
	out->words[0] = q->addr == STANDS ? field.stands : field.drive;
	return BUS_OK;
}

/* ---- the site ---- */

static struct point_type types[2];
static struct point points[2];
static struct device_type device_types[2];
static struct device devices[2];
static struct line line;
static struct run *run;

static void
begin_with(bool safe)
{
	memset(&field, 0, sizeof(field));
	field.now = SECOND;
	field.no_safe = !safe;
	types[0] = (struct point_type){
	    .name = "valve", .kind = KIND_OUTPUT, .writable = true};
	types[1] = (struct point_type){.name = "wet",
	    .table = TABLE_HOLDING,
	    .count = 1,
	    .type = REG_UINT16,
	    .order = {0, 1},
	    .mul = 1,
	    .div = 1};
	device_types[0] = (struct device_type){.name = "latching",
	    .plugin = true,
	    .points = &types[0],
	    .npoints = 1};
	device_types[1] = (struct device_type){.name = "probe",
	    .registers_per_read = 125,
	    .points = &types[1],
	    .npoints = 1};
	for (int i = 0; i < 2; i++) {
		points[i] = (struct point){
		    .type = &types[i], .every_ms = SECOND, .slope = 1};
		devices[i] = (struct device){.name = "d",
		    .path = i == 0 ? "station/v" : "station/p",
		    .type = &device_types[i],
		    .unit = (uint8_t)(i + 1),
		    .every_ms = SECOND,
		    .timeout_ms = 500,
		    .series = (uint32_t)i,
		    .points = &points[i]};
	}
	line = (struct line){
	    .name = "station", .baud = 9600, .devices = devices, .ndevices = 2};
	run = run_new(&line, NULL, field.now);
	assert_non_null(run);
	play_until(run, 5 * SECOND);
}

static void
begin(void)
{
	begin_with(true);
}

static void
end(void)
{
	run = run_free(run);
}

static void
command(enum command_action action, uint32_t for_ms)
{
	struct msg_command m = {.id = 1,
	    .action = action,
	    .for_ms = for_ms,
	    .expires_ms = field.now + 10 * SECOND};

	run_command(run, &m, field.now);
}

static unsigned
alarms(const char *text)
{
	struct msg_event e;
	unsigned n = 0;

	while (sink_take_event(run->sink, &e))
		n += e.kind == EVENT_OUTPUT && strstr(e.text, text) == e.text;
	return n;
}

/* ---- tests ---- */

static void
test_opens_and_closes_by_pulses(void **state)
{
	int64_t t0;

	(void)state;
	begin();
	assert_int_equal(field.pulses, 1); /* made safe */
	t0 = field.now;
	command(COMMAND_OPEN, 30 * SECOND);
	play_until(run, t0 + 3 * SECOND);
	assert_int_equal(field.stands, 1);
	assert_int_equal(field.drive, 0);
	play_until(run, t0 + 29 * SECOND);
	assert_int_equal(field.stands, 1);
	play_until(run, t0 + 32 * SECOND);
	assert_int_equal(field.stands, 0);
	assert_int_equal(field.pulses, 3);
	/* No poll came between, however many were due. */
	assert_in_range(field.longest, PULSE_MS, PULSE_MS + 100);
	assert_int_equal(alarms("alarm"), 0);
	end();
}

/* The end of a pulse is not answered: nobody is content with a valve that
 * stands right while the current flows. */
static void
test_a_pulse_always_ends(void **state)
{
	int64_t t0;

	(void)state;
	begin();
	t0 = field.now;
	field.stands = 1; /* as if it had stood right all along */
	field.silent_writes = 1;
	field.spare = 1;
	command(COMMAND_OPEN, 30 * SECOND);
	play_until(run, t0 + 5 * SECOND);
	assert_int_equal(field.drive, 0);
	assert_int_equal(field.stands, 1);
	end();
}

static void
test_a_valve_that_is_stuck(void **state)
{
	int64_t t0;

	(void)state;
	begin();
	t0 = field.now;
	command(COMMAND_OPEN, 60 * SECOND);
	play_until(run, t0 + 3 * SECOND);
	field.stuck = true;
	command(COMMAND_CLOSE, 0);
	play_until(run, t0 + 20 * SECOND);
	assert_int_equal(alarms("alarm: "), 1);
	field.stuck = false;
	play_until(run, t0 + 40 * SECOND);
	assert_int_equal(field.stands, 0);
	assert_int_equal(alarms("alarm over"), 1);
	end();
}

static void
test_the_end_closes_it(void **state)
{
	(void)state;
	begin();
	command(COMMAND_OPEN, 60 * SECOND);
	play_until(run, field.now + 3 * SECOND);
	assert_int_equal(field.stands, 1);
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	assert_int_equal(field.stands, 0);
	assert_int_equal(field.drive, 0);
	end();
}

/* Lost while open: closed when it is back, if its time is over by then. */
static void
test_lost_while_open(void **state)
{
	int64_t t0;

	(void)state;
	begin();
	t0 = field.now;
	command(COMMAND_OPEN, 30 * SECOND);
	play_until(run, t0 + 3 * SECOND);
	field.dead = true;
	play_until(run, t0 + 90 * SECOND);
	assert_int_equal(run->devs[0].health.state, DEVICE_LOST);
	assert_int_equal(alarms("alarm: "), 1);
	field.dead = false;
	play_until(run, field.now + 31 * SECOND);
	assert_int_equal(field.stands, 0);
	assert_int_equal(field.drive, 0);
	assert_int_equal(alarms("alarm over"), 1);
	end();
}

/* Whatever comes during a pulse, it lasts as long as it should: current that
 * goes on would burn the coil. */
static void
in_a_pulse(void)
{
	int64_t t0;

	begin();
	t0 = field.now;
	command(COMMAND_OPEN, 60 * SECOND);
	while (field.drive != 1) {
		assert_true(field.now < t0 + 3 * SECOND);
		play_until(run, field.now + 1);
	}
}

static void
pulse_was_whole(unsigned pulses)
{
	assert_int_equal(field.stands, 0);
	assert_int_equal(field.drive, 0);
	assert_int_equal(field.pulses, pulses);
	assert_in_range(field.longest, PULSE_MS, PULSE_MS + 100);
	end();
}

static void
test_closed_in_the_middle_of_a_pulse(void **state)
{
	(void)state;
	in_a_pulse();
	command(COMMAND_CLOSE, 0);
	play_until(run, field.now + 5 * SECOND);
	pulse_was_whole(3);
	/* And by its time. */
	in_a_pulse();
	command(COMMAND_OPEN, 10);
	play_until(run, field.now + 5 * SECOND);
	assert_int_equal(field.stands, 0);
	assert_in_range(field.longest, PULSE_MS, PULSE_MS + 100);
	end();
}

static void
test_ended_in_the_middle_of_a_pulse(void **state)
{
	(void)state;
	in_a_pulse();
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	pulse_was_whole(4); /* closed by itself, and by safe() */
}

/* A closing that has not taken yet is not forgotten at the end. */
static void
test_ended_while_closing(void **state)
{
	(void)state;
	begin_with(false);
	command(COMMAND_OPEN, 60 * SECOND);
	play_until(run, field.now + 3 * SECOND);
	assert_int_equal(field.stands, 1);
	field.stuck = true;
	command(COMMAND_CLOSE, 0);
	play_until(run, field.now + 3 * SECOND);
	assert_int_equal(play_stop(run, field.now + 7500), 1);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_opens_and_closes_by_pulses),
	    cmocka_unit_test(test_a_pulse_always_ends),
	    cmocka_unit_test(test_a_valve_that_is_stuck),
	    cmocka_unit_test(test_the_end_closes_it),
	    cmocka_unit_test(test_lost_while_open),
	    cmocka_unit_test(test_closed_in_the_middle_of_a_pulse),
	    cmocka_unit_test(test_ended_in_the_middle_of_a_pulse),
	    cmocka_unit_test(test_ended_while_closing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
