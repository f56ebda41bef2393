/*
 * Outputs over a bus and a clock played here: registers shared with other
 * bits, writes that are acknowledged late, refused, or only echoed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../replay/played_bus.h"

static struct {
	int64_t now;
	uint16_t reg;
	bool deaf;         /* writes are answered and change nothing */
	bool silent_write; /* writes act and are not answered */
	uint8_t code;      /* answer to writes; they act all the same */
	bool read_fails;
	unsigned writes, reads;
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

static enum bus_result
played_ask(const struct ask *ask, struct answer *out)
{
	field.now += 20;
	if (ask->req.words == NULL) {
		field.reads++;
		out->words[0] = field.reg;
		if (field.read_fails)
			field.now += ask->timeout_ms;
		return field.read_fails ? BUS_TIMEOUT : BUS_OK;
	}
	field.writes++;
	assert_int_equal(ask->req.function, FC_WRITE_HOLDING);
	assert_int_equal(ask->req.addr, 9);
	if (!field.deaf)
		field.reg = ask->req.words[0];
	if (field.silent_write) {
		field.now += ask->timeout_ms;
		return BUS_TIMEOUT;
	}
	out->code = field.code;
	return field.code != 0 ? BUS_EXCEPTION : BUS_OK;
}

static struct point_type type;
static struct point point;
static struct device_type device_type;
static struct device device;
static struct line line;
static struct run *run;

static void
begin(uint64_t mask, bool safe)
{
	memset(&field, 0, sizeof(field));
	field.now = 1000;
	type = (struct point_type){.name = "run",
	    .kind = KIND_OUTPUT,
	    .writable = true,
	    .confirm = -1,
	    .table = TABLE_HOLDING,
	    .addr = 9,
	    .count = 1,
	    .type = REG_UINT16,
	    .order = {0, 1},
	    .mask = mask,
	    .mul = 1,
	    .div = 1,
	    .safe = safe};
	point = (struct point){.type = &type, .every_ms = 3600000, .slope = 1};
	device_type = (struct device_type){.name = "vfd",
	    .registers_per_read = 125,
	    .points = &type,
	    .npoints = 1};
	device = (struct device){.name = "pump",
	    .path = "pumps/pump",
	    .type = &device_type,
	    .unit = 1,
	    .every_ms = 3600000,
	    .timeout_ms = 500,
	    .points = &point};
	line = (struct line){
	    .name = "pumps", .baud = 9600, .devices = &device, .ndevices = 1};
	run = run_new(&line, NULL, field.now);
	assert_non_null(run);
}

static void
until(int64_t end)
{
	play_until(run, end);
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

static void
test_other_bits_stay(void **state)
{
	(void)state;
	begin(0x0004, false);
	field.reg = 0xA5A7;
	until(2000);
	assert_int_equal(field.reg, 0xA5A3);
	assert_true(run_ready(run));
	run = run_free(run);
	begin(0x0004, true);
	field.reg = 0xA5A3;
	until(2000);
	assert_int_equal(field.reg, 0xA5A7);
	run = run_free(run);
}

static void
test_whole_register(void **state)
{
	(void)state;
	begin(0, false);
	field.reg = 7;
	until(2000);
	assert_int_equal(field.reg, 0);
	assert_int_equal(field.writes, 1);
	assert_int_equal(alarms(""), 0);
	run = run_free(run);
}

static void
test_acknowledge_is_read_back_not_resent(void **state)
{
	(void)state;
	begin(0, false);
	field.reg = 7;
	field.code = 5;
	until(2000);
	assert_int_equal(field.writes, 1);
	assert_int_equal(alarms(""), 0);
	run = run_free(run);
}

/* Answered, as an echo would be, and nothing happened. */
static void
test_an_answer_proves_nothing(void **state)
{
	(void)state;
	begin(0, false);
	field.reg = 7;
	field.deaf = true;
	until(11000);
	assert_int_equal(alarms("alarm: "), 1);
	assert_in_range(field.writes, 3, 6); /* growing gaps */
	field.deaf = false;
	until(30000);
	assert_int_equal(field.reg, 0);
	assert_int_equal(alarms("alarm over"), 1);
	run = run_free(run);
}

/* A write without an answer may have acted: looked at before it is repeated. */
static void
test_unanswered_write_is_read_back(void **state)
{
	(void)state;
	begin(0, false);
	field.reg = 7;
	field.silent_write = true;
	until(5000);
	assert_int_equal(field.reg, 0);
	assert_int_equal(field.writes, 1);
	assert_int_equal(alarms(""), 0);
	run = run_free(run);
}

static void
test_refused_write_is_an_alarm(void **state)
{
	(void)state;
	begin(0, false);
	field.reg = 7;
	field.deaf = true;
	field.code = 4;
	until(11000);
	assert_int_equal(alarms("alarm: "), 1);
	run = run_free(run);
}

static void
test_unconfirmed_at_the_end(void **state)
{
	int64_t t0;

	(void)state;
	begin(0, false);
	until(2000);
	field.read_fails = true;
	t0 = field.now;
	assert_int_equal(play_stop(run, t0 + 7500), 1);
	assert_in_range(field.now - t0, 7500, 8000);
	assert_int_equal(alarms("alarm: "), 1);
	run = run_free(run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_other_bits_stay),
	    cmocka_unit_test(test_whole_register),
	    cmocka_unit_test(test_acknowledge_is_read_back_not_resent),
	    cmocka_unit_test(test_an_answer_proves_nothing),
	    cmocka_unit_test(test_unanswered_write_is_read_back),
	    cmocka_unit_test(test_refused_write_is_an_alarm),
	    cmocka_unit_test(test_unconfirmed_at_the_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
