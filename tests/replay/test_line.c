/*
 * A line's days in milliseconds: the real poller, health, devices and outputs
 * over a bus and a clock that this file plays. It defines the bus's functions
 * and the clock's itself, so the linker takes these.
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

enum { UNITS = 12, LOG = 20000, SECOND = 1000, MINUTE = 60000 };

struct unit {
	bool dead;
	uint32_t takes_ms;   /* 0: 30 */
	uint8_t code;        /* exception for all it is asked */
	uint32_t code_times; /* so often; 0: always */
	uint16_t hole;       /* holding register it does not have; 0: none */
	uint16_t regs[64], base;
	bool coils[16];
	uint32_t sticky; /* writes of a coil that do not take */
};

struct seen {
	int64_t at;
	struct request req;
	uint16_t value;
	enum bus_result result;
};

static struct {
	int64_t now;
	bool gone;
	struct unit u[UNITS];
	struct seen log[LOG];
	size_t nlog;
} field;

static int64_t *
played_now(void)
{
	return &field.now;
}

static bool
played_there(void)
{
	return !field.gone;
}

static enum bus_result
answer_to(struct unit *u, const struct request *q, struct answer *out)
{
	bool coil = q->function == FC_READ_COILS;

	if (u->code != 0) {
		out->code = u->code;
		if (u->code_times > 0 && --u->code_times == 0)
			u->code = 0;
		return BUS_EXCEPTION;
	}
	if (u->hole != 0 && !coil && q->addr <= u->hole &&
	    u->hole < q->addr + q->count) {
		out->code = 2;
		return BUS_EXCEPTION;
	}
	if (q->function == FC_WRITE_COIL) {
		if (u->sticky > 0)
			u->sticky--;
		else
			u->coils[q->addr] = q->words[0] != 0;
		return BUS_OK;
	}
	for (size_t i = 0; i < q->count; i++)
		out->words[i] = coil ? u->coils[q->addr + i]
				     : u->regs[(size_t)(q->addr - u->base) + i];
	return BUS_OK;
}

static enum bus_result
played_ask(const struct ask *ask, struct answer *out)
{
	struct unit *u = &field.u[ask->req.unit];
	uint32_t takes = u->takes_ms != 0 ? u->takes_ms : 30;
	enum bus_result r;
	int64_t at = field.now;

	if (field.gone) {
		r = BUS_PORT;
	} else if (u->dead || takes > ask->timeout_ms) {
		field.now += ask->timeout_ms;
		if (ask->quiet && !u->dead && takes <= ask->timeout_ms * 2) {
			field.now = at + takes;
			out->late_ms = takes;
		} else if (ask->quiet) {
			field.now += ask->timeout_ms < QUIET_MAX_MS
					 ? ask->timeout_ms
					 : QUIET_MAX_MS;
		}
		r = BUS_TIMEOUT;
	} else {
		field.now += takes;
		r = answer_to(u, &ask->req, out);
		out->took_us = takes * 1000;
	}
	assert_true(field.nlog < LOG);
	field.log[field.nlog++] = (struct seen){.at = at,
	    .req = ask->req,
	    .value = ask->req.words != NULL ? ask->req.words[0] : 0,
	    .result = r};
	return r;
}

/* ---- sites ---- */

static const struct point_type moisture = {.name = "moisture",
    .table = TABLE_HOLDING,
    .count = 1,
    .type = REG_UINT16,
    .order = {0, 1},
    .mul = 1,
    .div = 100};

static const struct device_type probe = {.name = "probe",
    .registers_per_read = 125,
    .coils_per_read = 2000,
    .points = &moisture,
    .npoints = 1};

static const struct point_type hole_points[] = {
    {.name = "a",
	.addr = 0x2BA6,
	.count = 1,
	.type = REG_UINT16,
	.order = {0, 1},
	.mul = 1,
	.div = 1},
    {.name = "b",
	.addr = 0x2BA8,
	.count = 1,
	.type = REG_UINT16,
	.order = {0, 1},
	.mul = 1,
	.div = 1},
    {.name = "c",
	.addr = 0x2BA9,
	.count = 1,
	.type = REG_UINT16,
	.order = {0, 1},
	.mul = 1,
	.div = 1},
};

static const struct device_type holed = {.name = "holed",
    .registers_per_read = 125,
    .bridge_gaps = 4,
    .points = hole_points,
    .npoints = 3};

static const struct point_type relays[] = {
    {.name = "relay_1",
	.kind = KIND_OUTPUT,
	.confirm = -1,
	.writable = true,
	.table = TABLE_COIL,
	.addr = 0,
	.count = 1,
	.type = REG_BOOL,
	.order = {0, 1},
	.mul = 1,
	.div = 1},
    {.name = "relay_2",
	.kind = KIND_OUTPUT,
	.confirm = -1,
	.writable = true,
	.table = TABLE_COIL,
	.addr = 1,
	.count = 1,
	.type = REG_BOOL,
	.order = {0, 1},
	.mul = 1,
	.div = 1},
};

static const struct device_type valves = {
    .name = "valves", .coils_per_read = 2000, .points = relays, .npoints = 2};

static struct device devices[UNITS];
static struct point points[UNITS][4];
static char paths[UNITS][32];
static struct line line;
static struct run *run;
static uint32_t nseries;

static void
site_begin(void)
{
	memset(&field, 0, sizeof(field));
	field.now = 100000;
	line = (struct line){.name = "north",
	    .transport = TRANSPORT_RTU,
	    .baud = 9600,
	    .stop_bits = 1,
	    .devices = devices};
	nseries = 0;
}

static void
site_add(const struct device_type *t, uint8_t unit, uint32_t every_ms,
    uint32_t timeout_ms)
{
	size_t i = line.ndevices++;

	(void)snprintf(paths[i], sizeof(paths[i]), "north/d%u", unit);
	devices[i] = (struct device){.name = paths[i] + 6,
	    .path = paths[i],
	    .type = t,
	    .unit = unit,
	    .every_ms = every_ms,
	    .timeout_ms = timeout_ms,
	    .series = nseries,
	    .points = points[i]};
	for (size_t p = 0; p < t->npoints; p++)
		points[i][p] = (struct point){
		    .type = &t->points[p], .every_ms = every_ms, .slope = 1};
	nseries += (uint32_t)t->npoints;
	field.u[unit].regs[0] = 1821;
}

static void
site_start(void)
{
	run = run_new(&line, NULL, field.now);
	assert_non_null(run);
}

static void
site_end(void)
{
	run = run_free(run);
}

static void
until(int64_t end)
{
	play_until(run, end);
}

static size_t
count_events(enum event_kind kind, const char *text)
{
	struct msg_event e;
	size_t n = 0;

	while (sink_take_event(run->sink, &e))
		n += e.kind == kind && strstr(e.text, text) != NULL;
	return n;
}

/* Drains the readings: how many good, bad of the series since `from`. */
static void
count_readings(uint32_t series, int64_t from, size_t *good, size_t *bad)
{
	struct reading r;

	*good = *bad = 0;
	while (sink_take(run->sink, &r))
		if (r.series == series && r.boot_ms >= from) {
			*good += r.quality == QUALITY_GOOD;
			*bad += r.quality == QUALITY_BAD;
		}
}

/* The longest and shortest time between good readings of a series, of those
 * still in the sink. */
static void
intervals(const struct reading *r, size_t n, uint32_t series, int64_t from,
    int64_t *least, int64_t *most)
{
	int64_t last = 0;

	*least = INT64_MAX;
	*most = 0;
	for (size_t i = 0; i < n; i++) {
		if (r[i].series != series || r[i].quality != QUALITY_GOOD ||
		    r[i].boot_ms < from)
			continue;
		int64_t gap = r[i].boot_ms - last;
		if (last != 0 && gap < *least)
			*least = gap;
		if (last != 0 && gap > *most)
			*most = gap;
		last = r[i].boot_ms;
	}
}

static size_t
drain(struct reading *out, size_t cap)
{
	size_t n = 0;

	while (n < cap && sink_take(run->sink, &out[n]))
		n++;
	return n;
}

/* C15: ten slaves every 10 s, timeout 1 s, five of them silent. */
static void
half_dead(int64_t die_at, const uint8_t *order)
{
	static struct reading r[LOG];
	int64_t t0, least, most, last = 0, gap = 0;

	site_begin();
	for (size_t i = 0; i < 10; i++)
		site_add(&probe, order[i], 10 * SECOND, 1 * SECOND);
	t0 = field.now;
	site_start();
	for (int64_t t = 0; t < 10 * MINUTE; t += SECOND) {
		for (size_t u = 3; u <= 7; u++)
			field.u[u].dead = t >= die_at;
		until(t0 + t + SECOND);
	}
	size_t n = drain(r, LOG);
	for (size_t i = 0; i < 10; i++) {
		if (order[i] >= 3 && order[i] <= 7)
			continue;
		intervals(
		    r, n, (uint32_t)i, t0 + die_at + MINUTE, &least, &most);
		assert_in_range(least, 9 * SECOND, 10 * SECOND);
		assert_in_range(most, 10 * SECOND, 11 * SECOND);
	}
	for (size_t i = 0; i < field.nlog; i++)
		if (field.log[i].req.unit == 5) {
			gap = field.log[i].at - last;
			last = field.log[i].at;
		}
	assert_in_range(gap, 50 * SECOND, 57 * SECOND);
	assert_int_equal(count_events(EVENT_DEVICE, "lost"), 5);

	/* One comes back. */
	field.u[5].dead = false;
	int64_t back = field.now;
	until(back + 60 * SECOND);
	assert_int_equal(count_events(EVENT_DEVICE, "answers again"), 1);
	site_end();
}

static void
test_dead_units_do_not_stall_neighbours(void **state)
{
	static const uint8_t up[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
	static const uint8_t down[] = {7, 6, 5, 4, 3, 10, 9, 8, 2, 1};

	(void)state;
	half_dead(2 * MINUTE, up);
	half_dead(0, up);
	half_dead(0, down);
}

static void
test_nobody_there_at_start(void **state)
{
	size_t good, bad;

	(void)state;
	site_begin();
	for (uint8_t u = 1; u <= 10; u++) {
		site_add(&probe, u, 10 * SECOND, 1 * SECOND);
		field.u[u].dead = true;
	}
	site_start();
	until(field.now + 10 * MINUTE);
	assert_int_equal(count_events(EVENT_DEVICE, "lost"), 10);
	count_readings(3, 0, &good, &bad);
	assert_int_equal(good, 0);
	/* The edge, and about one a minute. */
	assert_in_range(bad, 8, 14);
	for (uint8_t u = 1; u <= 10; u++)
		field.u[u].dead = false;
	int64_t back = field.now;
	until(back + 60 * SECOND);
	assert_int_equal(count_events(EVENT_DEVICE, "answers again"), 10);
	count_readings(3, back, &good, &bad);
	assert_in_range(good, 1, 7);
	site_end();
}

static void
test_lost_needs_three_failures_and_five_seconds(void **state)
{
	int64_t t0;

	(void)state;
	site_begin();
	site_add(&probe, 1, SECOND, 100);
	site_start();
	until(field.now + 5 * SECOND);
	field.u[1].dead = true;
	t0 = field.now;
	until(t0 + 4 * SECOND);
	assert_int_equal(run->devs[0].health.state, DEVICE_ONLINE);
	until(t0 + 12 * SECOND);
	assert_int_equal(run->devs[0].health.state, DEVICE_LOST);
	assert_int_equal(count_events(EVENT_DEVICE, "lost"), 1);
	site_end();
}

static void
test_busy_is_never_zero(void **state)
{
	static const uint8_t codes[] = {5, 6, 4};
	struct reading r[100];

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		site_begin();
		site_add(&probe, 1, 10 * SECOND, SECOND);
		field.u[1].code = codes[c];
		field.u[1].code_times = codes[c] == 4 ? 1 : 2;
		site_start();
		until(field.now + 5 * SECOND);
		assert_int_equal(drain(r, 100), 1);
		assert_int_equal(r[0].quality, QUALITY_GOOD);
		assert_true(value_number(&r[0].value) == 18.21);
		/* For ever: a bad reading a period, no value, not lost. */
		field.u[1].code = codes[c];
		field.u[1].code_times = 0;
		until(field.now + 60 * SECOND);
		size_t n = drain(r, 100);
		assert_in_range(n, 5, 7);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(r[i].quality, QUALITY_BAD);
			assert_int_equal(r[i].reason, REASON_EXCEPTION);
			assert_int_equal(r[i].detail, codes[c]);
			assert_int_equal(r[i].value.type, VALUE_NONE);
		}
		assert_int_equal(run->devs[0].health.state, DEVICE_ONLINE);
		assert_int_equal(run->lanes[0].bus->opens, 1);
		site_end();
	}
}

static void
test_hole_is_split_off_and_remembered(void **state)
{
	size_t good, bad;
	int64_t t0;

	(void)state;
	site_begin();
	site_add(&holed, 1, 10 * SECOND, SECOND);
	field.u[1].base = 0x2BA6;
	field.u[1].hole = 0x2BA7;
	t0 = field.now;
	site_start();
	until(t0 + 100 * SECOND - 1);
	for (size_t i = 0; i < field.nlog; i++)
		if (field.log[i].at > t0 + 5 * SECOND)
			assert_int_equal(field.log[i].result, BUS_OK);
	for (uint32_t s = 0; s < 3; s++) {
		assert_true(sink_readings(run->sink) > 0);
	}
	count_readings(0, t0, &good, &bad);
	assert_int_equal(good, 10);
	assert_int_equal(bad, 0);
	site_end();
}

static void
test_missing_point_is_named_and_others_arrive(void **state)
{
	struct reading r[200];
	size_t n, good[3] = {0}, bad[3] = {0};
	struct msg_event e;
	int64_t t0;

	(void)state;
	site_begin();
	site_add(&holed, 1, 10 * SECOND, SECOND);
	field.u[1].base = 0x2BA6;
	field.u[1].hole = 0x2BA8; /* "b" itself */
	t0 = field.now;
	site_start();
	until(t0 + 100 * SECOND - 1);
	n = drain(r, 200);
	for (size_t i = 0; i < n; i++) {
		good[r[i].series] += r[i].quality == QUALITY_GOOD;
		bad[r[i].series] += r[i].quality == QUALITY_BAD;
	}
	assert_int_equal(good[0], 10);
	assert_int_equal(good[1], 0);
	assert_int_equal(good[2], 10);
	assert_int_equal(bad[1], 1);
	assert_true(sink_take_event(run->sink, &e));
	assert_int_equal(e.kind, EVENT_POINT);
	assert_string_equal(e.subject, "north/d1/b");
	site_end();
}

static void
test_silent_unit_behind_a_gateway(void **state)
{
	size_t good[3] = {0}, opens;
	struct reading r[500];

	(void)state;
	site_begin();
	line.transport = TRANSPORT_TCP;
	site_add(&probe, 2, 2 * SECOND, SECOND);
	site_add(&probe, 3, 2 * SECOND, SECOND);
	site_add(&probe, 5, 2 * SECOND, SECOND);
	field.u[5].code = 0x0B;
	site_start();
	until(field.now + MINUTE - 1);
	size_t n = drain(r, 500);
	for (size_t i = 0; i < n; i++) {
		good[r[i].series] += r[i].quality == QUALITY_GOOD;
		if (r[i].series == 2) {
			assert_int_equal(r[i].reason, REASON_EXCEPTION);
			assert_int_equal(r[i].detail, 0x0B);
		}
	}
	opens = run->lanes[0].bus->opens;
	assert_int_equal(opens, 1);
	assert_in_range(good[0], 29, 31);
	assert_in_range(good[1], 29, 31);
	assert_int_equal(good[2], 0);
	assert_int_equal(run->devs[2].health.state, DEVICE_LOST);
	assert_non_null(strstr(run->devs[2].stats.text, "0B"));
	site_end();
}

static void
test_slow_unit_gets_more_time(void **state)
{
	size_t good, bad;

	(void)state;
	site_begin();
	site_add(&probe, 1, 10 * SECOND, 500);
	field.u[1].takes_ms = 700;
	site_start();
	until(field.now + MINUTE - 1);
	count_readings(0, 0, &good, &bad);
	assert_int_equal(good, 6);
	assert_int_equal(bad, 0);
	assert_int_equal(run->devs[0].stats.late, 1);
	assert_in_range(run->devs[0].deadline_ms, 700, 5000);
	site_end();
}

static void
test_slow_unit_is_trusted_again(void **state)
{
	struct dev *d;

	(void)state;
	site_begin();
	site_add(&probe, 1, SECOND, 500);
	field.u[1].takes_ms = 700;
	site_start();
	d = &run->devs[0];
	until(field.now + 10 * SECOND);
	assert_in_range(d->deadline_ms, 700, 5000);
	/* It needs the time: that stays as it is. */
	until(field.now + 3 * MINUTE);
	assert_in_range(d->deadline_ms, 700, 5000);
	field.u[1].takes_ms = 30;
	until(field.now + 15 * MINUTE);
	assert_int_equal(d->deadline_ms, 500);
	assert_int_equal(d->stats.late, 1);
	site_end();
}

static void
test_outputs_are_safe_before_the_first_poll(void **state)
{
	(void)state;
	site_begin();
	site_add(&probe, 1, SECOND, SECOND);
	site_add(&valves, 2, SECOND, SECOND);
	field.u[2].coils[0] = field.u[2].coils[1] = true;
	site_start();
	assert_false(run_ready(run));
	until(field.now + 10 * SECOND);
	assert_true(run_ready(run));
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(field.log[i].req.unit, 2);
		assert_int_equal(field.log[i].req.function,
		    i % 2 == 0 ? FC_WRITE_COIL : FC_READ_COILS);
		assert_int_equal(field.log[i].value, 0);
	}
	assert_false(field.u[2].coils[0] || field.u[2].coils[1]);
	assert_int_equal(count_events(EVENT_OUTPUT, ""), 0);
	site_end();
}

/* C45 (b): acknowledged, and still on. */
static void
test_close_that_does_not_take_is_repeated(void **state)
{
	struct msg_event e;
	size_t alarms = 0, over = 0, good, bad;
	int64_t t0, alarm_at = 0;

	(void)state;
	site_begin();
	site_add(&probe, 1, SECOND, SECOND);
	site_add(&valves, 2, 10 * SECOND, SECOND);
	field.u[2].coils[0] = true;
	field.u[2].sticky = 5;
	t0 = field.now;
	site_start();
	until(t0 + MINUTE);
	while (sink_take_event(run->sink, &e)) {
		if (e.kind != EVENT_OUTPUT)
			continue;
		if (strstr(e.text, "alarm: ") != NULL) {
			alarms++;
			alarm_at = e.boot_ms;
		}
		over += strstr(e.text, "alarm over") != NULL;
	}
	assert_int_equal(alarms, 1);
	assert_in_range(alarm_at - t0, 0, 10 * SECOND);
	assert_int_equal(over, 1);
	assert_false(field.u[2].coils[0]);
	/* Polling went on meanwhile. */
	count_readings(0, 0, &good, &bad);
	assert_in_range(good, 57, 61);
	site_end();
}

/* C44 (c): the controller is not there for the first minute. */
static void
test_valves_unreachable_at_start(void **state)
{
	int64_t t0;

	(void)state;
	site_begin();
	site_add(&valves, 2, 10 * SECOND, SECOND);
	site_add(&probe, 1, SECOND, SECOND);
	field.u[2].dead = true;
	field.u[2].coils[1] = true;
	t0 = field.now;
	site_start();
	until(t0 + 10 * SECOND);
	assert_true(run_ready(run));
	assert_int_equal(count_events(EVENT_OUTPUT, "alarm: "), 2);
	until(t0 + MINUTE);
	field.u[2].dead = false;
	until(t0 + MINUTE + 17 * SECOND);
	assert_int_equal(count_events(EVENT_OUTPUT, "alarm over"), 2);
	assert_false(field.u[2].coils[1]);
	site_end();
}

/* C48 (a): the end, beside a dead unit with a timeout of 5 s. */
static void
test_stop_closes_and_reads_back(void **state)
{
	int64_t t0;

	(void)state;
	site_begin();
	site_add(&valves, 3, 10 * SECOND, 5 * SECOND);
	site_add(&valves, 2, 10 * SECOND, 5 * SECOND);
	site_start();
	until(field.now + 20 * SECOND);
	field.u[2].coils[0] = field.u[2].coils[1] = true;
	field.u[3].dead = true;
	field.nlog = 0;
	t0 = field.now;
	assert_int_equal(play_stop(run, t0 + 7500), 2);
	assert_true(field.now - t0 <= 8000);
	assert_false(field.u[2].coils[0] || field.u[2].coils[1]);
	/* Alive again: nothing is left. */
	field.u[3].dead = false;
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	site_end();
}

static void
test_port_gone_and_back(void **state)
{
	struct reading r[200];
	size_t n, bad = 0;
	int64_t t0;

	(void)state;
	site_begin();
	site_add(&probe, 1, 5 * SECOND, SECOND);
	site_start();
	until(field.now + 20 * SECOND);
	(void)drain(r, 200);
	field.gone = true;
	t0 = field.now;
	until(t0 + MINUTE);
	n = drain(r, 200);
	for (size_t i = 0; i < n; i++)
		bad += r[i].reason == REASON_PORT;
	assert_int_equal(bad, n);
	assert_in_range(n, 11, 13);
	assert_int_equal(run->lanes[0].port, PORT_FAILED);
	assert_true(run->lanes[0].bus->opens < 12);
	field.gone = false;
	until(field.now + 20 * SECOND);
	assert_int_equal(run->lanes[0].port, PORT_OPEN);
	n = drain(r, 200);
	assert_int_equal(r[n - 1].quality, QUALITY_GOOD);
	assert_int_equal(count_events(EVENT_LINE, "port"), 2);
	site_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dead_units_do_not_stall_neighbours),
	    cmocka_unit_test(test_nobody_there_at_start),
	    cmocka_unit_test(test_lost_needs_three_failures_and_five_seconds),
	    cmocka_unit_test(test_busy_is_never_zero),
	    cmocka_unit_test(test_hole_is_split_off_and_remembered),
	    cmocka_unit_test(test_missing_point_is_named_and_others_arrive),
	    cmocka_unit_test(test_silent_unit_behind_a_gateway),
	    cmocka_unit_test(test_slow_unit_gets_more_time),
	    cmocka_unit_test(test_slow_unit_is_trusted_again),
	    cmocka_unit_test(test_outputs_are_safe_before_the_first_poll),
	    cmocka_unit_test(test_close_that_does_not_take_is_repeated),
	    cmocka_unit_test(test_valves_unreachable_at_start),
	    cmocka_unit_test(test_stop_closes_and_reads_back),
	    cmocka_unit_test(test_port_gone_and_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
