/*
 * The forecast against sums made by hand. One read takes
 *
 *   (8 + 5 + 2N bytes) x bits a character / baud + 2 x t3.5 + turnaround
 *
 * by MODBUS over Serial Line V1.02: 2.5.1.1 (frames stand apart by 3.5
 * characters; above 19200 baud by 1.750 ms), and MODBUS Application Protocol
 * V1.1b3, 6.3 (what FC03 asks and answers).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those first */
#include <cmocka.h>

#include "forecast.h"
#include "layout.h"

enum { UNITS_MAX = 250, POINTS_MAX = 128 };

/* A line of equal devices, each with npoints registers from 0 on. */
struct farm {
	struct line line;
	struct device devices[UNITS_MAX];
	struct device_type type;
	struct point_type point_types[POINTS_MAX];
	struct point points[POINTS_MAX];
};

static struct farm *
farm_new(size_t ndevices, size_t npoints, uint32_t every_ms)
{
	struct farm *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->type = (struct device_type){.name = "probe",
	    .registers_per_read = 125,
	    .coils_per_read = 2000,
	    .points = f->point_types,
	    .npoints = npoints};
	for (size_t i = 0; i < npoints; i++) {
		f->point_types[i] = (struct point_type){.name = "p",
		    .addr = (uint16_t)i,
		    .count = 1,
		    .type = REG_UINT16};
		f->points[i] = (struct point){
		    .type = &f->point_types[i], .every_ms = every_ms};
	}
	for (size_t i = 0; i < ndevices; i++)
		f->devices[i] = (struct device){.name = "d",
		    .path = "north/d",
		    .type = &f->type,
		    .unit = (uint8_t)(i + 1),
		    .every_ms = every_ms,
		    .timeout_ms = 1000,
		    .points = f->points};
	f->line = (struct line){.name = "north",
	    .port = "/dev/ttyUSB0",
	    .baud = 9600,
	    .stop_bits = 1,
	    .tcp_port = 502,
	    .timeout_ms = 1000,
	    .devices = f->devices,
	    .ndevices = ndevices};
	return f;
}

static struct load
load_of(const struct farm *f, uint32_t turnaround_us)
{
	struct load x;

	assert_int_equal(
	    forecast_load(&f->line, &f->devices[0], turnaround_us, &x), 0);
	return x;
}

static void
near(double got, double expected, double slack, int line)
{
	if (fabs(got - expected) > slack)
		fail_msg("line %d: %.6f, not %.6f", line, got, expected);
}
#define NS(got, ms)        near((double)(got) / 1e6, ms, 0.001, __LINE__)
#define USE(got, expected) near(got, expected, 1e-5, __LINE__)

/* MODBUS over Serial Line V1.02, 2.5.1.1; the sums in ms. */
static void
one_read(void **state)
{
	static const struct {
		uint16_t registers;
		double ms_8n1, ms_8e1;
	} row[] = {{1, 22.917, 25.208}, {3, 27.083, 29.792},
	    {10, 41.667, 45.833}, {100, 229.167, 252.083},
	    {125, 281.250, 309.375}};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct farm *f = farm_new(1, row[i].registers, 10000);
		struct load x = load_of(f, 0);

		assert_int_equal(x.requests, 1);
		assert_int_equal(x.bytes, 8 + 5 + 2 * row[i].registers);
		assert_int_equal(x.every_ms, 10000);
		NS(x.sweep_ns, row[i].ms_8n1);
		USE(x.use, row[i].ms_8n1 / 10000);
		NS(load_of(f, 5000).sweep_ns, row[i].ms_8n1 + 5);
		f->line.parity = PARITY_EVEN;
		NS(load_of(f, 0).sweep_ns, row[i].ms_8e1);
		f->line.parity = PARITY_NONE;
		f->line.stop_bits = 2;
		NS(load_of(f, 0).sweep_ns, row[i].ms_8e1);
		free(f);
	}
}

/* 2.5.1.1: 1.750 ms above 19200 baud, 3.5 characters at it. */
static void
fast_lines(void **state)
{
	struct farm *f = farm_new(1, 3, 10000);

	(void)state;
	f->line.baud = 19200;
	NS(load_of(f, 0).sweep_ns, (19 + 7) * 10 / 19.2);
	f->line.baud = 115200;
	NS(load_of(f, 0).sweep_ns, 19 * 10 / 115.2 + 3.5);
	free(f);
}

/* The rest a device wants replaces a silence; it does not come on top. */
static void
rest(void **state)
{
	struct farm *f = farm_new(1, 3, 10000);

	(void)state;
	f->type.quiet_ms = 20;
	NS(load_of(f, 5000).sweep_ns, 27.083 + 5 + 20 - 3.646);
	f->type.quiet_ms = 3;
	NS(load_of(f, 5000).sweep_ns, 27.083 + 5);
	free(f);
}

static void
tcp(void **state)
{
	struct farm *f = farm_new(1, 3, 1000);
	struct load x;

	(void)state;
	f->line.transport = TRANSPORT_TCP;
	f->line.host = "192.0.2.1";
	f->type.quiet_ms = 20;
	x = load_of(f, 5000);
	assert_int_equal(x.bytes, 12 + 9 + 6);
	NS(x.sweep_ns, 5 + 0.3 + 20);
	NS(x.silent_ns, 0.3 + 20 + 1000);
	assert_int_equal(x.quiet_ns, 0);
	free(f);
}

/* 10 s and 60 s: five polls of 3 registers, and one of 4 with both. */
static void
periods_that_meet(void **state)
{
	struct farm *f = farm_new(1, 4, 10000);
	struct load x;

	(void)state;
	f->points[3].every_ms = 60000;
	x = load_of(f, 0);
	assert_int_equal(x.requests, 1);
	assert_int_equal(x.bytes, 21);
	assert_int_equal(x.every_ms, 10000);
	NS(x.sweep_ns, 29.167);
	USE(x.use, (5 * 27.0833 + 29.1667) / 60000);
	free(f);
}

/* 4 s and 6 s apart in the map: one read each; they share nothing but the
 * instants 0, 12, 24 s. */
static void
periods_that_differ(void **state)
{
	struct farm *f = farm_new(1, 2, 4000);
	struct load x;

	(void)state;
	f->points[1].every_ms = 6000;
	f->point_types[1].addr = 1000;
	x = load_of(f, 0);
	assert_int_equal(x.requests, 2);
	NS(x.sweep_ns, 2 * 22.917);
	USE(x.use, 22.9167 / 4000 + 22.9167 / 6000);
	free(f);
}

/* A hundred periods that meet in thousands of years are not waited for. */
static void
periods_that_never_meet(void **state)
{
	struct farm *f = farm_new(1, 100, 0);
	struct load x;

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		f->points[i].every_ms = 1009 + 2 * i;
	x = load_of(f, 0);
	assert_int_equal(x.requests, 1);
	assert_true(x.use > 22.9 / 1009 && x.use < 100 * 22.92 / 1009);
	free(f);
}

static void
written_only(void **state)
{
	struct farm *f = farm_new(2, 1, 1000);
	struct forecast_options o = {.turnaround_us = 5000};
	struct forecast c;

	(void)state;
	f->point_types[0].write_only = true;
	assert_int_equal(forecast_init(&c, &f->line, &o), 0);
	assert_int_equal(c.loads[0].every_ms, 0);
	assert_int_equal(c.ways[0].requests, 0);
	assert_int_equal(c.ways[0].every_ms, 0);
	assert_int_equal(c.ways[0].late_ns, 0);
	assert_int_equal(c.ways[0].nlosses, 0);
	USE(c.ways[0].use, 0);
	forecast_end(&c);
	free(f);
}

/* 20 units of 4 registers every 10 s, 5 ms of turnaround: 21 bytes, 34.167 ms
 * each. A unit that is silent costs its 29.167 ms on the wire and 1 s. */
static void
twenty_units(void **state)
{
	struct farm *f = farm_new(20, 4, 10000);
	struct forecast_options o = {.turnaround_us = 5000};
	static const size_t dead[] = {1, 2, 3, 10};
	struct forecast c;

	(void)state;
	assert_int_equal(forecast_init(&c, &f->line, &o), 0);
	assert_int_equal(c.nways, 1);
	const struct way *w = &c.ways[0];
	assert_int_equal(w->requests, 20);
	assert_int_equal(w->bytes, 420);
	NS(w->sweep_ns, 683.333);
	USE(w->use, 0.0683333);
	assert_int_equal(w->late_ns, 0);
	assert_int_equal(w->nlosses, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct loss *x = &w->losses[i];
		double k = (double)dead[i], living = (20 - k) * 34.16667;
		double probes = k * 1029.16667 / 53000;

		assert_int_equal(x->dead, dead[i]);
		near((double)x->noticing_ns / 1e6,
		    living + k * 3 * (1029.16667 + 1000), 0.01, __LINE__);
		near((double)x->cycle_ns / 1e6, living * (1 + probes), 0.01,
		    __LINE__);
		USE(x->use, living / 10000 + probes);
		assert_int_equal(x->late_ns, 0);
	}
	forecast_end(&c);
	free(f);
}

/* Three times suffice only if 5 s have passed. */
static void
asked_until_lost(void **state)
{
	struct farm *f = farm_new(1, 4, 10000);
	uint32_t asks = load_of(f, 0).asks;

	(void)state;
	assert_int_equal(asks, 3);
	f->devices[0].timeout_ms = 100;
	asks = load_of(f, 0).asks;
	assert_in_range(asks, 4, 8);
	free(f);
}

static void
so_many_dead(void **state)
{
	struct farm *f = farm_new(6, 4, 10000);
	struct forecast_options o = {.turnaround_us = 5000, .dead = 5};
	struct forecast c;

	(void)state;
	assert_int_equal(forecast_init(&c, &f->line, &o), 0);
	assert_int_equal(c.ways[0].nlosses, 1);
	assert_int_equal(c.ways[0].losses[0].dead, 5);
	forecast_end(&c);
	o.dead = 100;
	assert_int_equal(forecast_init(&c, &f->line, &o), 0);
	assert_int_equal(c.ways[0].losses[0].dead, 6);
	assert_int_equal(c.ways[0].losses[0].cycle_ns, 0);
	forecast_end(&c);
	free(f);
}

/* The k dead are those that cost most: long timeouts first. The quiet wait is
 * at most 2.5 s. */
static void
costliest_first(void **state)
{
	struct farm *f = farm_new(4, 4, 10000);
	struct forecast_options o = {.turnaround_us = 0};
	struct forecast c;

	(void)state;
	f->devices[2].timeout_ms = 4000;
	f->devices[1].timeout_ms = 2000;
	assert_int_equal(forecast_init(&c, &f->line, &o), 0);
	assert_int_equal(c.ways[0].devices[0], 2);
	assert_int_equal(c.ways[0].devices[1], 1);
	assert_int_equal(c.ways[0].devices[2], 0);
	assert_int_equal(c.ways[0].nlosses, 3);
	NS(c.ways[0].losses[0].noticing_ns,
	    3 * 29.1667 + 3 * (4029.1667 + 2500));
	forecast_end(&c);
	free(f);
}

/* 20 x 34.167 ms do not fit into 100 ms: each comes every 683 ms. */
static void
too_much(void **state)
{
	struct farm *f = farm_new(20, 4, 100);
	struct forecast_options o = {.turnaround_us = 5000};
	struct forecast c;

	(void)state;
	assert_int_equal(forecast_init(&c, &f->line, &o), 0);
	USE(c.ways[0].use, 6.8333333);
	NS(c.ways[0].late_ns, 683.333);
	forecast_end(&c);
	free(f);
}

/* Ten units every 100 ms and ten every minute: those keep theirs, and leave
 * 1 - 341.667/60000 of the time to the others. */
static void
too_much_of_some(void **state)
{
	struct farm *f = farm_new(20, 4, 100);
	struct forecast_options o = {.turnaround_us = 5000};
	struct point slow[4];
	struct forecast c;

	(void)state;
	memcpy(slow, f->points, sizeof(slow));
	for (size_t i = 0; i < 4; i++)
		slow[i].every_ms = 60000;
	for (size_t i = 0; i < 10; i++)
		f->devices[i].points = slow;
	assert_int_equal(forecast_init(&c, &f->line, &o), 0);
	NS(c.ways[0].late_ns, 341.6667 / (1 - 341.6667 / 60000));
	assert_int_equal(c.ways[0].every_ms, 100);
	forecast_end(&c);
	free(f);
}

/* Far too much: then everything comes once in a sweep, whatever its period. */
static void
too_much_of_all(void **state)
{
	struct farm *f = farm_new(1, 2, 100);
	struct forecast_options o = {.turnaround_us = 0};
	struct forecast c;

	(void)state;
	f->line.baud = 1200;
	f->points[1].every_ms = 150;
	f->point_types[1].addr = 1000;
	assert_int_equal(forecast_init(&c, &f->line, &o), 0);
	NS(c.ways[0].sweep_ns, 2 * 8 * 22.9167);
	NS(c.ways[0].late_ns, 2 * 8 * 22.9167);
	forecast_end(&c);
	free(f);
}

/* Dead ones may be what is too much: 0.96 of the time, and probes. */
static void
too_much_when_dead(void **state)
{
	struct farm *f = farm_new(20, 4, 710);
	struct forecast_options o = {.turnaround_us = 5000};
	struct forecast c;

	(void)state;
	assert_int_equal(forecast_init(&c, &f->line, &o), 0);
	const struct way *w = &c.ways[0];
	assert_int_equal(w->late_ns, 0);
	assert_int_equal(w->losses[0].late_ns, 0); /* one poll less, too */
	assert_int_equal(w->losses[3].late_ns, 0);
	forecast_end(&c);
	for (size_t i = 10; i < 20; i++)
		f->devices[i].timeout_ms = 5000;
	for (size_t i = 0; i < 10; i++)
		f->devices[i].points[0].every_ms = 350;
	assert_int_equal(forecast_init(&c, &f->line, &o), 0);
	assert_true(c.ways[0].losses[3].use > 1);
	assert_true(c.ways[0].losses[3].late_ns > 350000000);
	forecast_end(&c);
	free(f);
}

static void
ways(void **state)
{
	struct farm *f = farm_new(5, 4, 1000);
	struct forecast_options o = {.turnaround_us = 5000};
	struct forecast c;
	char name[80];

	(void)state;
	f->line.transport = TRANSPORT_TCP;
	f->line.port = NULL;
	f->line.host = "gw.example";
	f->devices[1].host = "2001:db8::1";
	f->devices[1].tcp_port = 502;
	f->devices[2].host = "2001:db8::1";
	f->devices[2].tcp_port = 503;
	f->devices[3].host = "2001:db8::1";
	f->devices[3].tcp_port = 502;
	assert_int_equal(forecast_init(&c, &f->line, &o), 0);
	assert_int_equal(c.nways, 3);
	assert_int_equal(c.ways[0].ndevices, 2);
	assert_int_equal(c.ways[1].ndevices, 2);
	assert_int_equal(c.ways[2].ndevices, 1);
	assert_int_equal(c.loads[4].way, 0);
	assert_int_equal(c.loads[3].way, 1);
	NS(c.ways[1].sweep_ns, 10.6);
	assert_int_equal(c.ways[2].nlosses, 1);
	assert_int_equal(c.ways[2].losses[0].cycle_ns, 0);
	assert_string_equal(
	    layout_name(&f->line, &f->devices[0], name, sizeof(name)),
	    "gw.example:502");
	assert_string_equal(
	    layout_name(&f->line, &f->devices[2], name, sizeof(name)),
	    "[2001:db8::1]:503");
	forecast_end(&c);
	free(f);
}

static void
dialled_into(void **state)
{
	struct farm *f = farm_new(3, 4, 1000);
	size_t way[3];
	char name[80];

	(void)state;
	f->line.transport = TRANSPORT_RTU_OVER_TCP;
	f->line.port = NULL;
	f->line.listen = "0.0.0.0";
	f->devices[0].registration = "0042";
	f->devices[1].registration = "0043";
	f->devices[2].registration = "0042";
	assert_int_equal(layout_ways(&f->line, way), 2);
	assert_int_equal(way[0], 0);
	assert_int_equal(way[1], 1);
	assert_int_equal(way[2], 0);
	assert_string_equal(
	    layout_name(&f->line, &f->devices[1], name, sizeof(name)),
	    "DTU 0043");
	free(f);
}

static void
options(void **state)
{
	static const char *const bad[] = {"", ",", "5", "5,", ",5", "5,x",
	    "5x,1", "99999999999,1", "1,1001", "5,1,1"};
	struct forecast_options o = {0};

	(void)state;
	assert_true(forecast_options("20000,3", &o));
	assert_int_equal(o.turnaround_us, 20000);
	assert_int_equal(o.dead, 3);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(forecast_options(bad[i], &o));
	assert_int_equal(o.dead, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_read),
	    cmocka_unit_test(fast_lines),
	    cmocka_unit_test(rest),
	    cmocka_unit_test(tcp),
	    cmocka_unit_test(periods_that_meet),
	    cmocka_unit_test(periods_that_differ),
	    cmocka_unit_test(periods_that_never_meet),
	    cmocka_unit_test(written_only),
	    cmocka_unit_test(twenty_units),
	    cmocka_unit_test(asked_until_lost),
	    cmocka_unit_test(so_many_dead),
	    cmocka_unit_test(costliest_first),
	    cmocka_unit_test(too_much),
	    cmocka_unit_test(too_much_of_some),
	    cmocka_unit_test(too_much_of_all),
	    cmocka_unit_test(too_much_when_dead),
	    cmocka_unit_test(ways),
	    cmocka_unit_test(dialled_into),
	    cmocka_unit_test(options),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
