/*
 * Units, sites and what the core would hear, for tests that play a line: what
 * each unit holds and how it misbehaves, a log of all exchanges, and the
 * messages of the line as they arrive at the other end of its channel.
 */
#ifndef PLAYED_FIELD_H
#define PLAYED_FIELD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "chan.h"
#include "played_bus.h"
#include "probe.h"

enum {
	UNITS = 64,
	REGS = 128,
	COILS = 32,
	POINTS = 64,
	ASKED = 100000,
	HEARD = 100000,
	RESULTS_HEARD = 1000,
	EVENTS_HEARD = 400,
	PROBED_HEARD = 400,
	NKEPT = 64,
	SECOND = 1000,
	MINUTE = 60000,
};

struct unit {
	/* What it is beside its registers: lives() is called before anything it
	 * is asked, acts() for a write that it has taken; not 0: the exception
	 * that it answers instead. NULL: nothing. */
	void (*lives)(struct unit *u);
	uint8_t (*acts)(struct unit *u, const struct request *q);
	bool dead;
	bool cuts;           /* the connection ends when it is asked */
	uint32_t takes_ms;   /* 0: 30 */
	uint8_t code;        /* exception for all it is asked */
	uint32_t code_times; /* so often; 0: always */
	uint8_t write_code;  /* exception for writes */
	bool deaf;           /* writes are answered and change nothing */
	bool mute;           /* writes act and are not answered */
	bool slow;           /* likewise: a converter answers 0B instead */
	bool noise, crc;     /* answers that cannot be trusted */
	bool missing[REGS];  /* registers it does not have */
	uint16_t regs[REGS];
	bool coils[COILS];
};

struct asked {
	int64_t at, done;
	uint8_t unit, function;
	uint16_t addr, count, word[2];
	bool as_is, any_unit, quiet;
	uint32_t baud; /* 0: the line's own */
	enum bus_result result;
};

static struct {
	int64_t now;
	bool gone;
	struct unit u[UNITS];
	struct asked log[ASKED];
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

/* ---- units ---- */

static bool
is_write(uint8_t function)
{
	return function == FC_WRITE_COIL || function >= FC_WRITE_HOLDING;
}

static void
take_write(struct unit *u, const struct request *q)
{
	uint16_t *reg = &u->regs[q->addr];

	if (u->deaf)
		return;
	if (q->function == FC_MASK_WRITE) {
		*reg = (uint16_t)((*reg & q->words[0]) |
				  (q->words[1] & (uint16_t)~q->words[0]));
		return;
	}
	for (size_t i = 0; i < q->count; i++)
		if (q->function == FC_WRITE_COIL ||
		    q->function == FC_WRITE_COILS)
			u->coils[q->addr + i] = q->words[i] != 0;
		else
			reg[i] = q->words[i];
}

static enum bus_result
answer_to(struct unit *u, const struct request *q, struct answer *out)
{
	bool coil = q->function == FC_READ_COILS, write = is_write(q->function);

	out->code = u->code != 0 ? u->code : write ? u->write_code : 0;
	if (u->code != 0 && u->code_times > 0 && --u->code_times == 0)
		u->code = 0;
	for (size_t i = 0; i < q->count && !coil; i++)
		if (u->missing[q->addr + i])
			out->code = 2;
	if (out->code != 0)
		return BUS_EXCEPTION;
	if (write && !u->deaf && u->acts != NULL &&
	    (out->code = u->acts(u, q)) != 0)
		return BUS_EXCEPTION;
	if (write)
		take_write(u, q);
	for (size_t i = 0; i < q->count && !write; i++)
		out->words[i] =
		    coil ? u->coils[q->addr + i] : u->regs[q->addr + i];
	out->crc = u->crc;
	return u->noise || u->crc ? BUS_NOISE : BUS_OK;
}

/* As the bus does it: after a timeout a quiet wait for a late answer. */
static void
time_out(const struct ask *ask)
{
	field.now += ask->timeout_ms;
	if (!ask->quiet)
		return;
	played_quiet = field.now;
	field.now +=
	    ask->timeout_ms < QUIET_MAX_MS ? ask->timeout_ms : QUIET_MAX_MS;
}

static enum bus_result
play(const struct ask *ask, struct answer *out)
{
	struct unit *u = &field.u[ask->req.unit];
	uint32_t takes = u->takes_ms != 0 ? u->takes_ms : 30;

	if (field.gone || u->cuts)
		return BUS_PORT;
	if (u->lives != NULL)
		u->lives(u);
	if (u->dead || takes > ask->timeout_ms) {
		time_out(ask);
		return BUS_TIMEOUT;
	}
	if (u->mute && is_write(ask->req.function)) {
		if (u->acts == NULL || u->acts(u, &ask->req) == 0)
			take_write(u, &ask->req);
		time_out(ask);
		return BUS_TIMEOUT;
	}
	field.now += takes;
	if (u->slow && is_write(ask->req.function)) {
		if (u->acts == NULL || u->acts(u, &ask->req) == 0)
			take_write(u, &ask->req);
		out->code = 0x0B;
		return BUS_EXCEPTION;
	}
	return answer_to(u, &ask->req, out);
}

static enum bus_result
played_ask(const struct ask *ask, struct answer *out)
{
	const struct request *q = &ask->req;
	int64_t at = field.now;
	enum bus_result result = play(ask, out);

	assert_true(field.nlog < ASKED);
	field.log[field.nlog++] = (struct asked){.at = at,
	    .done = field.now,
	    .unit = q->unit,
	    .function = q->function,
	    .addr = q->addr,
	    .count = q->count,
	    .word = {q->words != NULL ? q->words[0] : 0,
		q->function == FC_MASK_WRITE ? q->words[1] : 0},
	    .as_is = q->as_is,
	    .any_unit = q->any_unit,
	    .quiet = ask->quiet,
	    .baud = played_baud,
	    .result = result};
	return result;
}

/* ---- sites ---- */

static struct device devices[UNITS];
static struct point points[UNITS][POINTS];
static char paths[UNITS][32], hosts[UNITS][32];
static struct line line;
static struct run *run;
static uint32_t nseries;

/* ---- what the core hears ---- */

static struct {
	int fd[2];
	struct reading r[HEARD];
	size_t nr;
	struct msg_result results[RESULTS_HEARD];
	size_t nresults;
	struct msg_event events[EVENTS_HEARD];
	size_t nevents;
	struct msg_probed probed[PROBED_HEARD];
	size_t nprobed;
	struct kept kept[NKEPT]; /* the last ones of each series */
	size_t nkept;
	struct msg_device device[UNITS];
	struct msg_state line;
} heard;

static void
site_begin(void)
{
	memset(&field, 0, sizeof(field));
	memset(&heard, 0, sizeof(heard));
	memset(devices, 0, sizeof(devices));
	field.now = 100000;
	line = (struct line){.name = "north",
	    .transport = TRANSPORT_RTU,
	    .baud = 9600,
	    .stop_bits = 1,
	    .devices = devices};
	nseries = 0;
	assert_int_equal(chan_pair(heard.fd, 0), 0);
}

/* One more device: its index, by which its unit goes, too, from 1 on. */
static size_t
site_add(const struct device_type *t, uint32_t every_ms, uint32_t timeout_ms)
{
	size_t i = line.ndevices++;

	assert_true(i + 1 < UNITS);
	assert_true(t->npoints <= POINTS);
	(void)snprintf(paths[i], sizeof(paths[i]), "north/d%zu", i + 1);
	devices[i] = (struct device){.name = paths[i] + 6,
	    .path = paths[i],
	    .type = t,
	    .unit = (uint8_t)(i + 1),
	    .every_ms = every_ms,
	    .timeout_ms = timeout_ms,
	    .series = nseries,
	    .points = points[i]};
	for (size_t p = 0; p < t->npoints; p++)
		points[i][p] = (struct point){.type = &t->points[p],
		    .every_ms = t->points[p].every_ms != 0
				    ? t->points[p].every_ms
				    : every_ms,
		    .slope = 1};
	nseries += (uint32_t)t->npoints;
	return i;
}

/* It is reached by a connection of its own. */
static inline void
site_own_host(size_t device)
{
	(void)snprintf(
	    hosts[device], sizeof(hosts[device]), "192.0.2.%zu", device + 1);
	line.transport = TRANSPORT_TCP;
	devices[device].host = hosts[device];
	devices[device].tcp_port = 502;
}

static struct unit *
unit_of(size_t device)
{
	return &field.u[devices[device].unit];
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
	(void)close(heard.fd[0]);
	(void)close(heard.fd[1]);
}

static void
take_kept(const struct kept *k)
{
	size_t i = 0;

	while (i < heard.nkept && heard.kept[i].series != k->series)
		i++;
	assert_true(i < NKEPT);
	heard.kept[i] = *k;
	heard.nkept += i == heard.nkept;
}

static void
take_msg(const struct msg *m)
{
	switch (m->kind) {
	case MSG_READINGS:
		assert_true(heard.nr + m->readings.n <= HEARD);
		for (size_t i = 0; i < m->readings.n; i++)
			heard.r[heard.nr++] = m->readings.r[i];
		break;
	case MSG_RESULT:
		assert_true(heard.nresults < RESULTS_HEARD);
		heard.results[heard.nresults++] = m->result;
		break;
	case MSG_EVENT:
		assert_true(heard.nevents < EVENTS_HEARD);
		heard.events[heard.nevents++] = m->event;
		break;
	case MSG_PROBED:
		assert_true(heard.nprobed < PROBED_HEARD);
		heard.probed[heard.nprobed++] = m->probed;
		break;
	case MSG_KEPT:
		for (size_t i = 0; i < m->kept.n; i++)
			take_kept(&m->kept.k[i]);
		break;
	case MSG_DEVICE:
		assert_true(m->device.device < UNITS);
		heard.device[m->device.device] = m->device;
		break;
	default:
		assert_int_equal(m->kind, MSG_LINE);
		heard.line = m->state;
		break;
	}
}

/* All that the line has to tell. */
static void
hear(void)
{
	static struct msg m;
	int rc;

	do {
		rc = sink_flush(
		    run->sink, heard.fd[0], field.now, line.name, true);
		assert_true(rc == 0 || rc == -EAGAIN);
		run_tell(run, heard.fd[0], field.now);
		probes_tell(run->probes, run->sink, heard.fd[0]);
		while (msg_recv(heard.fd[1], &m) == 1)
			take_msg(&m);
	} while (rc != 0);
}

/* Lets the line work until then, while the core listens. */
static void
until(int64_t end)
{
	while (field.now < end) {
		int64_t next = field.now + SECOND;

		play_until(run, next < end ? next : end);
		hear();
	}
}

/* ---- what was heard ---- */

static inline size_t
events(enum event_kind kind, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < heard.nevents; i++)
		n += heard.events[i].kind == kind &&
		     strstr(heard.events[i].text, text) != NULL;
	return n;
}

/* The latest reading of a series. */
static inline const struct reading *
latest(uint32_t series)
{
	for (size_t i = heard.nr; i-- > 0;)
		if (heard.r[i].series == series)
			return &heard.r[i];
	fail();
	return NULL;
}

#endif
