/* A lane's port, and whose turn it is. */
#include "lane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "log.h"
#include "mono.h"
#include "run.h"

enum { TURNAROUND_SHARE = 8, STOP_MIN_MS = 50 };

int
lane_init(struct lane *l, struct run *borrow, struct bus_way way,
    const struct device *first)
{
	const struct line *line = borrow->line;
	char where[96];

	*l = (struct lane){
	    .run = borrow, .way = way, .registration = first->registration};
	if (first->host == NULL && first->registration == NULL)
		(void)snprintf(l->name, sizeof(l->name), "%s", line->name);
	else
		(void)snprintf(l->name, sizeof(l->name), "%.30s %s", line->name,
		    layout_name(line, first, where, sizeof(where)));
	l->bus = bus_new(way);
	l->devs = calloc(line->ndevices + 1, sizeof(struct dev *));
	if (l->bus == NULL || l->devs == NULL)
		return -ENOMEM;
	l->wants = (struct bus_wants){.fd = -1};
	return 0;
}

int
lane_start(struct lane *l, int64_t now)
{
	l->outputs = outputs_new(l, now);
	return l->outputs == NULL ? -ENOMEM : 0;
}

void
lane_done(struct lane *l)
{
	l->outputs = outputs_free(l->outputs);
	l->bus = bus_free(l->bus);
	free(l->devs);
	l->devs = NULL;
}

/* ---- the port ---- */

static void
port_now(struct lane *l, enum port_state state)
{
	if (l->port != state)
		l->run->port_told = false;
	l->port = state;
}

static void
port_failed(struct lane *l, int64_t now)
{
	bool first = l->port != PORT_FAILED;

	l->port_gap = l->port_gap == 0 ? PORT_GAP_MS : l->port_gap * 2;
	if (l->port_gap > PORT_GAP_MAX_MS)
		l->port_gap = PORT_GAP_MAX_MS;
	l->port_next = now + l->port_gap;
	port_now(l, PORT_FAILED);
	if (!first)
		return;
	log_err("%s: %s; tried again until it opens", l->name, l->why);
	sink_event(l->run->sink, EVENT_LINE, now, l->name, "%s", l->why);
}

static void
port_opened(struct lane *l)
{
	l->worked = false;
	if (l->port != PORT_CLOSED)
		return;
	(void)snprintf(l->why, sizeof(l->why), "open");
	port_now(l, PORT_OPEN);
}

static void
port_open(struct lane *l, int64_t now)
{
	char why[WHY_MAX] = "";

	if (bus_open(l->bus, why) != 0) {
		memcpy(l->why, why, sizeof(l->why));
		port_failed(l, now);
	} else if (bus_state(l->bus) == BUS_IDLE) {
		port_opened(l);
	}
}

/* An exchange took place, whatever came of it: only that proves a port which
 * failed to be back. */
static void
port_works(struct lane *l)
{
	l->worked = true;
	l->port_gap = 0;
	if (l->port != PORT_FAILED)
		return;
	(void)snprintf(l->why, sizeof(l->why), "open");
	port_now(l, PORT_OPEN);
	log_notice("%s: the port is open again", l->name);
	sink_event(l->run->sink, EVENT_LINE, mono_ms(), l->name,
	    "the port is open again");
}

/* Lost in use: at once again if it worked, so that a server which closes idle
 * connections costs nothing; else with growing gaps. */
static void
port_lost(struct lane *l)
{
	log_debug("%s: the port is gone; opening it again", l->name);
	if (l->worked) {
		l->port_next = mono_ms();
		return;
	}
	(void)snprintf(l->why, sizeof(l->why), "%s",
	    l->answer.hint[0] != '\0' ? l->answer.hint
				      : "the port opens and is gone at once");
	port_failed(l, mono_ms());
}

/* ---- what came of an exchange ---- */

static void
note_late(struct lane *l)
{
	uint8_t unit;

	if (!bus_late(l->bus, &unit))
		return;
	for (size_t i = 0; i < l->ndevs; i++) {
		struct dev *d = l->devs[i];

		if (d->conf->unit != unit)
			continue;
		/* How late is not known: twice as long, and asked anew. */
		device_slow(d, d->deadline_ms * 4 / 3 + 1);
		if (d->health.state != DEVICE_LOST) {
			d->health.failures = 0;
			d->health.gate.not_before = 0;
		}
	}
}

static void
count_time(struct dev *d, uint32_t took_us)
{
	size_t bar = 0;

	while (bar < ANSWER_BARS - 1 &&
	       took_us > answer_bar_ms[bar] * UINT32_C(1000))
		bar++;
	d->stats.answer_bars[bar]++;
	/* Smoothed: what the planner takes a request to cost. */
	d->turnaround_us +=
	    (uint32_t)(((int64_t)took_us - (int64_t)d->turnaround_us) /
		       TURNAROUND_SHARE);
}

static void
count(struct lane *l, struct dev *d, enum bus_result result)
{
	const struct answer *a = &l->answer;
	struct msg_device *s = &d->stats;

	l->run->requests++;
	s->requests++;
	d->line_us += (uint64_t)(a->done_us - l->began_us);
	switch (result) {
	case BUS_EXCEPTION:
		s->exceptions++;
		s->codes[a->code < CODES_MAX ? a->code : 0]++;
		/* fallthrough */
	case BUS_OK:
		s->answers++;
		count_time(d, a->took_us);
		break;
	case BUS_TIMEOUT:
		s->timeouts++;
		break;
	case BUS_NOISE:
		*(a->crc ? &s->crc : &s->noise) += 1;
		break;
	case BUS_PORT:
	case BUS_PENDING:
	case BUS_OPENED:
	default:
		return;
	}
	d->grew = true;
}

static void
took(struct lane *l, enum bus_result result)
{
	enum lane_turn turn = l->turn;
	struct dev *d = l->dev;

	l->turn = TURN_NONE;
	l->busy_us += l->answer.done_us - l->began_us;
	count(l, d, result);
	if (result == BUS_PORT)
		port_lost(l);
	else
		port_works(l);
	if (l->answer.late_ms > 0)
		device_slow(d, l->answer.late_ms);
	note_late(l);
	if (turn == TURN_OUTPUT)
		outputs_took(l->outputs, result);
	else
		device_took(d, result);
}

/* ---- whose turn it is ---- */

static void
begin(struct lane *l, struct dev *d, enum lane_turn turn,
    const struct request *q, int64_t now)
{
	struct ask ask = {.req = *q,
	    .timeout_ms = d->deadline_ms,
	    .rest_ms = d->conf->type->quiet_ms,
	    .quiet = d->health.state != DEVICE_LOST};
	int64_t stop = l->run->stop_until;

	if (stop > 0) {
		/* One dead unit must not use up the time of the others. */
		int64_t share = (stop - now) / 2;

		if (share < ask.timeout_ms)
			ask.timeout_ms =
			    share > STOP_MIN_MS ? (uint32_t)share : STOP_MIN_MS;
		ask.quiet = false;
	}
	l->turn = turn;
	l->dev = d;
	l->began_us = mono_us();
	bus_begin(l->bus, &ask);
}

/* The device that goes first; *wake is lowered to when to ask again. */
static struct dev *
first_device(struct lane *l, int64_t now, int64_t *wake)
{
	int64_t best_rank = INT64_MAX;
	struct dev *best = NULL;

	for (size_t i = 0; i < l->ndevs; i++) {
		struct dev *d = l->devs[i];
		int64_t rank;

		device_arm(d, now);
		int64_t at = device_wants(d, now, &rank);
		if (at < *wake && at > now)
			*wake = at;
		if (at <= now && (best == NULL || rank < best_rank)) {
			best = d;
			best_rank = rank;
		}
	}
	return best;
}

/* Begins the next exchange, if one is due. False: *wake says when. */
static bool
next_turn(struct lane *l, int64_t now, int64_t *wake)
{
	struct request q;
	struct dev *d;

	if (outputs_next(l->outputs, now, &q, &d)) {
		begin(l, d, TURN_OUTPUT, &q, now);
		return true;
	}
	*wake = outputs_wake(l->outputs);
	if (l->run->stop_until > 0 || !outputs_tried(l->outputs))
		return false;
	d = first_device(l, now, wake);
	if (d == NULL)
		return false;
	*wake = now; /* whatever comes of it */
	if (!device_next(d, now, &q))
		return false;
	begin(l, d, TURN_POLL, &q, now);
	return true;
}

/* What falls due while the port is closed is bad. */
static int64_t
without_port(struct lane *l, int64_t now)
{
	int64_t wake = INT64_MAX, rank;

	for (size_t i = 0; i < l->ndevs && l->run->stop_until == 0; i++) {
		struct dev *d = l->devs[i];

		if (d->health.state == DEVICE_LOST)
			continue;
		d->health.gate = (struct gate){0};
		device_arm(d, now);
		/* Tried once on a port that was lost in use: again, then. */
		if (l->port == PORT_FAILED)
			device_port_gone(d, now);
		int64_t at = device_wants(d, now, &rank);
		if (at > now && at < wake)
			wake = at;
	}
	return wake;
}

/* ---- steps ---- */

static int64_t
step_closed(struct lane *l, int64_t now)
{
	int64_t wake;

	if (now >= l->port_next) {
		port_open(l, now);
		if (bus_state(l->bus) != BUS_CLOSED)
			return now;
	}
	wake = without_port(l, now);
	return wake < l->port_next ? wake : l->port_next;
}

static int64_t
step_opening(struct lane *l, int64_t now)
{
	char why[WHY_MAX] = "";
	enum bus_result result = bus_step(l->bus, &l->answer, why);

	if (result == BUS_OPENED) {
		port_opened(l);
		return now;
	}
	if (result == BUS_PORT) {
		memcpy(l->why, why, sizeof(l->why));
		port_failed(l, now);
		return now;
	}
	return without_port(l, now);
}

static int64_t
step_idle(struct lane *l, bool ready, int64_t now)
{
	int64_t wake = now;
	char why[WHY_MAX] = "";

	/* Bytes that nobody asked for, a connection that ended. */
	l->answer.hint[0] = '\0';
	if (ready && bus_step(l->bus, &l->answer, why) == BUS_PORT) {
		port_lost(l);
		return now;
	}
	(void)next_turn(l, now, &wake);
	return wake;
}

static int64_t
to_us(int64_t ms)
{
	return ms > INT64_MAX / 1000 ? INT64_MAX : ms * 1000;
}

/* True when nothing is under way: an exchange that was has its result. */
static bool
step_busy(struct lane *l)
{
	char why[WHY_MAX] = "";
	enum bus_result result;

	if (bus_state(l->bus) != BUS_BUSY)
		return true;
	result = bus_step(l->bus, &l->answer, why);
	if (result == BUS_PENDING)
		return false;
	took(l, result);
	return true;
}

/* Boot time in milliseconds to come back at; INT64_MAX: the bus says. */
static int64_t
step(struct lane *l, bool ready, int64_t now)
{
	int64_t wake;

	switch (bus_state(l->bus)) {
	case BUS_CLOSED:
		wake = step_closed(l, now);
		break;
	case BUS_OPENING:
		wake = step_opening(l, now);
		break;
	case BUS_IDLE:
		wake = step_idle(l, ready, now);
		break;
	case BUS_BUSY:
	default:
		return INT64_MAX;
	}
	/* What has just begun can often be sent at once. */
	if (bus_state(l->bus) != BUS_BUSY)
		return wake;
	return step_busy(l) ? now : INT64_MAX;
}

void
lane_step(struct lane *l, bool ready, int64_t now_us)
{
	bool was_busy = bus_state(l->bus) == BUS_BUSY;
	int64_t wake = INT64_MAX;

	if (step_busy(l))
		wake = step(l, ready && !was_busy,
		    was_busy ? mono_ms() : now_us / 1000);
	l->wants = bus_wants(l->bus);
	if (to_us(wake) < l->wants.until_us)
		l->wants.until_us = to_us(wake);
}

void
lane_hurry(struct lane *l)
{
	bus_hurry(l->bus);
	l->wants.until_us = 0;
}

void
lane_adopt(struct lane *l, int take_fd)
{
	bus_adopt(l->bus, take_fd);
	l->wants.until_us = 0;
}

bool
lane_waits_for_guest(const struct lane *l)
{
	return l->way.host == NULL && l->run->line->listen != NULL &&
	       bus_state(l->bus) != BUS_IDLE && bus_state(l->bus) != BUS_BUSY;
}

void
lane_stop(struct lane *l)
{
	outputs_stop(l->outputs);
	lane_hurry(l);
}
