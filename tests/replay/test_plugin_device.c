/*
 * A plugin's device on a line: the plugin, the bus and the clock are played
 * here. Two spans: 0 has points 0 and 1, 1 has point 2.
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

static struct {
	int64_t now;
	bool dead, refuse, breaks_plan, breaks_decode, empty, pause_first;
	uint8_t refused_addr; /* 02 for this register; 0: none */
	uint16_t valve;
	unsigned asks, first_writes, deaf;
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

struct plugin_device {
	int unused;
};

struct plugin_device *
plugin_device_new(const struct device *conf, char *why, size_t size)
{
	(void)conf;
	if (!field.refuse)
		return calloc(1, sizeof(struct plugin_device));
	(void)snprintf(why, size, "it is of version 9");
	return NULL;
}

struct plugin_device *
plugin_device_free(struct plugin_device *take)
{
	free(take);
	return NULL;
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
	assert_true(cap >= 4);
	if (field.breaks_plan) {
		(void)snprintf(why, size, "op 1 reads 126 registers");
		return -EPROTO;
	}
	if (field.empty)
		return 0;
	if (field.pause_first) {
		ops[0] = (struct gw_op){.op = GW_PAUSE, .count = 50};
		ops++;
	}
	ops[0] = (struct gw_op){.op = GW_READ,
	    .table = GW_HOLDING,
	    .span = 0,
	    .addr = 10,
	    .count = 2};
	ops[1] = (struct gw_op){.op = GW_PAUSE, .count = 50};
	ops[2] = (struct gw_op){.op = GW_READ,
	    .table = GW_INPUT,
	    .span = 1,
	    .addr = 20,
	    .count = 1};
	return field.pause_first ? 4 : 3;
}

int
plugin_decode(struct plugin_device *d, int64_t now, uint32_t span,
    const uint16_t *words, int count, struct plugin_sample *out, int cap,
    char *why, size_t size)
{
	(void)d;
	(void)now;
	assert_int_equal(count, span == 0 ? 2 : 1);
	assert_true(cap >= 2);
	if (field.breaks_decode && span == 1) {
		(void)snprintf(why, size, "sample 0 is NaN");
		return -EPROTO;
	}
	for (int i = 0; i < count; i++)
		out[i] =
		    (struct plugin_sample){.point = span == 0 ? (uint32_t)i : 2,
			.d = {.value = value_int(words[i])}};
	return count;
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
	assert_true(cap >= 1);
	ops[0] = (struct gw_op){.op = GW_WRITE,
	    .table = GW_HOLDING,
	    .addr = 30,
	    .count = 1,
	    .words = {0}};
	return 1;
}

int
plugin_encode(struct plugin_device *d, uint32_t point, double value,
    struct gw_op *ops, int cap, char *why, size_t size)
{
	(void)d;
	(void)point;
	(void)value;
	(void)ops;
	(void)cap;
	(void)snprintf(why, size, "it writes nothing");
	return -EINVAL;
}

uint32_t
plugin_span(const struct plugin_device *d, uint32_t point)
{
	(void)d;
	return point == 2;
}

static enum bus_result
played_ask(const struct ask *ask, struct answer *out)
{
	const struct request *q = &ask->req;

	field.asks++;
	field.now += field.dead ? ask->timeout_ms : 20;
	if (field.dead)
		return BUS_TIMEOUT;
	if (field.refused_addr != 0 && q->addr == field.refused_addr) {
		out->code = 2;
		return BUS_EXCEPTION;
	}
	if (q->words != NULL) {
		assert_int_equal(q->function, FC_WRITE_HOLDING);
		if (field.asks == 1)
			field.first_writes++;
		if (field.deaf > 0)
			field.deaf--;
		else
			field.valve = q->words[0];
		return BUS_OK;
	}
	for (uint16_t i = 0; i < q->count; i++)
		out->words[i] =
		    q->addr == 30 ? field.valve : (uint16_t)(q->addr + i);
	return BUS_OK;
}

static struct point_type types[3];
static struct point points[3];
static struct device_type type;
static struct device device;
static struct line line;
static struct run *run;

static void
begin(bool refuse)
{
	memset(&field, 0, sizeof(field));
	field.now = 1000;
	field.refuse = refuse;
	field.valve = 1;
	for (int i = 0; i < 3; i++) {
		types[i] = (struct point_type){.name = "p"};
		points[i] = (struct point){
		    .type = &types[i], .every_ms = 10000, .slope = 1};
	}
	type = (struct device_type){
	    .name = "meter", .plugin = true, .points = types, .npoints = 3};
	device = (struct device){.name = "m",
	    .path = "station/m",
	    .type = &type,
	    .unit = 1,
	    .every_ms = 10000,
	    .timeout_ms = 500,
	    .points = points};
	line =
	    (struct line){.name = "station", .devices = &device, .ndevices = 1};
	run = run_new(&line, NULL, field.now);
	assert_non_null(run);
}

static void
until(int64_t end)
{
	play_until(run, end);
}

struct tally {
	unsigned good[3], bad[3];
	enum reason reason[3];
};

static struct tally
tally(void)
{
	struct tally t = {0};
	struct reading r;

	while (sink_take(run->sink, &r)) {
		assert_in_range(r.series, 0, 2);
		if (r.quality == QUALITY_GOOD) {
			t.good[r.series]++;
			assert_int_equal(
			    r.value.i, r.series == 2 ? 20 : 10 + r.series);
		} else {
			t.bad[r.series]++;
			t.reason[r.series] = r.reason;
			assert_int_equal(r.value.type, VALUE_NONE);
		}
	}
	return t;
}

static unsigned
events(enum event_kind kind)
{
	struct msg_event e;
	unsigned n = 0;

	while (sink_take_event(run->sink, &e))
		n += e.kind == kind;
	return n;
}

static void
test_polls(void **state)
{
	struct tally t;

	(void)state;
	begin(false);
	until(1000 + 59000);
	t = tally();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(t.good[i], 6);
		assert_int_equal(t.bad[i], 0);
	}
	/* Safe first, and read back. */
	assert_int_equal(field.first_writes, 1);
	assert_int_equal(field.valve, 0);
	run = run_free(run);
}

static void
test_refused_span_leaves_the_other(void **state)
{
	struct tally t;

	(void)state;
	begin(false);
	field.refused_addr = 10;
	until(1000 + 59000);
	t = tally();
	assert_int_equal(t.good[0], 0);
	assert_int_equal(t.bad[0], 6);
	assert_int_equal(t.bad[1], 6);
	assert_int_equal(t.reason[1], REASON_EXCEPTION);
	assert_int_equal(t.good[2], 6);
	assert_int_equal(run->devs[0].health.state, DEVICE_ONLINE);
	run = run_free(run);
}

static void
test_lost_and_back(void **state)
{
	struct tally t;

	(void)state;
	begin(false);
	until(5000);
	(void)tally();
	field.dead = true;
	until(65000);
	t = tally();
	assert_int_equal(run->devs[0].health.state, DEVICE_LOST);
	assert_int_equal(t.good[2], 0);
	assert_in_range(t.bad[2], 1, 3);
	assert_int_equal(t.reason[2], REASON_TIMEOUT);
	field.dead = false;
	until(100000);
	assert_int_equal(events(EVENT_DEVICE), 2);
	assert_true(tally().good[2] > 0);
	run = run_free(run);
}

/* A lost device whose list has nothing to ask, or begins with a pause, is
 * neither asked without end nor given up. */
static void
test_lost_with_nothing_to_ask(void **state)
{
	(void)state;
	begin(false);
	until(5000);
	field.dead = true;
	until(65000);
	(void)tally();
	assert_int_equal(run->devs[0].health.state, DEVICE_LOST);
	field.empty = true;
	until(125000);
	field.empty = false;
	field.breaks_plan = true;
	until(185000);
	assert_in_range(tally().bad[0], 1, 60);
	field.breaks_plan = false;
	field.pause_first = true;
	field.dead = false;
	until(245000);
	assert_int_equal(run->devs[0].health.state, DEVICE_ONLINE);
	assert_true(tally().good[2] > 0);
	run = run_free(run);
}

static void
test_broken_contract(void **state)
{
	struct tally t;

	(void)state;
	begin(false);
	field.breaks_decode = true;
	until(1000 + 59000);
	t = tally();
	assert_int_equal(t.good[0], 6);
	assert_int_equal(t.bad[2], 6);
	assert_int_equal(t.reason[2], REASON_PLUGIN);
	assert_int_equal(events(EVENT_PLUGIN), 1);
	field.breaks_plan = true;
	until(field.now + 60000);
	t = tally();
	assert_int_equal(t.good[0], 0);
	assert_int_equal(t.bad[0], 6);
	field.breaks_plan = field.breaks_decode = false;
	until(field.now + 20000);
	assert_true(tally().good[2] > 0);
	field.breaks_plan = true;
	until(field.now + 20000);
	assert_int_equal(events(EVENT_PLUGIN), 1);
	run = run_free(run);
}

static void
test_refused_plugin(void **state)
{
	struct tally t;

	(void)state;
	begin(true);
	until(1000 + 59000);
	t = tally();
	assert_int_equal(t.bad[0], 6);
	assert_int_equal(t.reason[0], REASON_PLUGIN);
	assert_int_equal(events(EVENT_PLUGIN), 1);
	assert_int_equal(field.asks, 0);
	run = run_free(run);
}

static void
test_safe_that_does_not_take(void **state)
{
	(void)state;
	begin(false);
	field.deaf = 3;
	until(30000);
	assert_int_equal(field.valve, 0);
	assert_int_equal(events(EVENT_OUTPUT), 2);
	field.valve = 1;
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	assert_int_equal(field.valve, 0);
	run = run_free(run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_polls),
	    cmocka_unit_test(test_refused_span_leaves_the_other),
	    cmocka_unit_test(test_lost_and_back),
	    cmocka_unit_test(test_lost_with_nothing_to_ask),
	    cmocka_unit_test(test_broken_contract),
	    cmocka_unit_test(test_refused_plugin),
	    cmocka_unit_test(test_safe_that_does_not_take),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
