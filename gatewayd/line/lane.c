/* Whose turn it is on a lane, and what came of it. */
#include "lane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lane_port.h"
#include "lane_probe.h"
#include "layout.h"
#include "log.h"
#include "mono.h"
#include "probe.h"
#include "run.h"
#include "tally.h"

enum { STOP_MIN_MS = 50 };

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
	l->queue = calloc(line->ndevices + 1, sizeof(struct want));
	if (l->bus == NULL || l->devs == NULL || l->queue == NULL)
		return -ENOMEM;
	l->wants = (struct bus_wants){.fd = -1};
	(void)snprintf(l->why, sizeof(l->why), "not open yet");
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
	free(l->queue);
	l->devs = NULL;
	l->queue = NULL;
}

/* ---- what came of an exchange ---- */

/* A unit's answer came when nobody waited for it any more. */
static void
note_late(struct lane *l, uint8_t unit)
{
	for (size_t i = 0; i < l->ndevs; i++) {
		struct dev *d = l->devs[i];

		if (d->conf->unit != unit)
			continue;
		/* How late is not known: twice as long, and asked anew. */
		device_slow(d, d->deadline_ms * 4 / 3 + 1);
		if (d->health.state != DEVICE_LOST) {
			d->health.failures = 0;
			d->health.gate.not_before = 0;
			lane_renew(l, d);
		}
	}
}

static void
took(struct lane *l, enum bus_result result)
{
	enum lane_turn turn = l->turn;
	struct dev *d = l->dev;
	uint8_t late = 0;
	bool was_late;

	l->turn = TURN_NONE;
	/* Of one that is recalled the next one tells. */
	was_late = result != BUS_RECALLED && bus_late(l->bus, &late);
	if (turn == TURN_PROBE)
		probes_took(l->run->probes, l, result, &l->answer, late);
	if (result == BUS_RECALLED)
		return;
	l->busy_us += l->answer.done_us - l->began_us;
	if (d != NULL)
		tally(d, result, &l->answer, l->answer.done_us - l->began_us);
	if (d != NULL && (result == BUS_OK || result == BUS_EXCEPTION))
		device_quick(d, l->answer.took_us);
	l->run->requests++;
	/* A connection that is out of step is given up, too; in place of one
	 * that is gone another may have been dialled in already. */
	if (result == BUS_PORT || bus_state(l->bus) == BUS_CLOSED)
		lane_port_lost(l);
	else
		lane_port_works(l);
	if (l->answer.late_ms > 0 && d != NULL)
		device_slow(d, l->answer.late_ms);
	if (was_late)
		note_late(l, late);
	if (d == NULL)
		return;
	if (turn == TURN_OUTPUT)
		outputs_took(l->outputs, result);
	else
		device_took(d, result);
	lane_renew(l, d);
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
	l->probed = l->probed && turn == TURN_OUTPUT;
	l->began_us = mono_us();
	if (bus_tune(l->bus, 0, PARITY_NONE, 0) == 0) {
		bus_begin(l->bus, &ask);
		return;
	}
	/* Opened anew it has its own settings. */
	bus_close(l->bus);
	l->answer.sent_us = l->answer.done_us = l->began_us;
	took(l, BUS_PORT);
}

/* The device that goes first: that whose period ends first. *wake is lowered to
 * when to ask again. */
static struct dev *
first_device(struct lane *l, int64_t now, int64_t *wake)
{
	int64_t best_deadline = INT64_MAX;
	struct dev *best = NULL;

	for (size_t i = 0; i < l->ndevs; i++) {
		struct want *w = &l->queue[i];

		if (w->arm_at <= now) {
			device_arm(l->devs[i], now);
			*w = device_want(l->devs[i]);
		}
		if (w->at > now) {
			*wake = w->at < *wake ? w->at : *wake;
			continue;
		}
		int64_t deadline = w->deadline;
		if (w->stands_back)
			deadline =
			    now < w->at + STAND_BACK_MS ? INT64_MAX : w->at;
		if (best == NULL || deadline < best_deadline) {
			best = l->devs[i];
			best_deadline = deadline;
		}
	}
	return best;
}

void
lane_renew(struct lane *l, const struct dev *d)
{
	l->queue[d->slot] = device_want(d);
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
	if (l->run->stop_until > 0 || !outputs_tried(l->outputs) ||
	    outputs_pause(l->outputs))
		return false;
	d = first_device(l, now, wake);
	if (lane_probe_first(l, d)) {
		*wake = now;
		return lane_probe_begin(l);
	}
	if (d == NULL)
		return false;
	*wake = now; /* whatever comes of it */
	if (!device_next(d, now, &q)) {
		lane_renew(l, d);
		return false;
	}
	begin(l, d, TURN_POLL, &q, now);
	return true;
}

/* ---- steps ---- */

static int64_t
step_closed(struct lane *l, int64_t now)
{
	int64_t wake;

	if (now >= l->port_next) {
		lane_port_open(l, now);
		if (bus_state(l->bus) != BUS_CLOSED)
			return now;
	}
	wake = lane_without_port(l, now);
	if (l->port == PORT_FAILED)
		probes_port_gone(l->run->probes, l, l->why);
	return wake < l->port_next ? wake : l->port_next;
}

static int64_t
step_opening(struct lane *l, int64_t now)
{
	char why[WHY_MAX] = "";
	enum bus_result result = bus_step(l->bus, &l->answer, why);

	if (result == BUS_OPENED) {
		lane_port_opened(l);
		return now;
	}
	if (result == BUS_PORT) {
		memcpy(l->why, why, sizeof(l->why));
		lane_port_failed(l, now);
		return now;
	}
	if (l->port == PORT_FAILED || lane_waits_for_guest(l))
		probes_port_gone(l->run->probes, l, l->why);
	return lane_without_port(l, now);
}

static int64_t
step_idle(struct lane *l, bool ready, int64_t now)
{
	int64_t wake = now;
	char why[WHY_MAX] = "";

	/* Bytes that nobody asked for, a connection that ended. */
	l->answer.hint[0] = '\0';
	if (ready && bus_step(l->bus, &l->answer, why) == BUS_PORT) {
		lane_port_lost(l);
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

/* While a poll or probe is under way a write may fall due, such as the closing
 * of an output whose time is over: that hurries it. */
static int64_t
step_meanwhile(struct lane *l, int64_t now_us)
{
	int64_t due = to_us(outputs_wake(l->outputs));

	if (l->turn != TURN_POLL && l->turn != TURN_PROBE)
		return INT64_MAX;
	if (due > now_us)
		return due;
	lane_hurry(l);
	return INT64_MAX;
}

void
lane_step(struct lane *l, bool ready, int64_t now_us)
{
	bool was_busy = bus_state(l->bus) == BUS_BUSY;
	int64_t wake;

	if (step_busy(l))
		wake = to_us(step(l, ready && !was_busy,
		    was_busy ? mono_ms() : now_us / 1000));
	else
		wake = step_meanwhile(l, now_us);
	l->wants = bus_wants(l->bus);
	if (wake < l->wants.until_us)
		l->wants.until_us = wake;
}

void
lane_hurry(struct lane *l)
{
	if (l->turn == TURN_POLL || l->turn == TURN_PROBE)
		bus_recall(l->bus);
	else
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
lane_is_up(const struct lane *l)
{
	return bus_state(l->bus) == BUS_IDLE || bus_state(l->bus) == BUS_BUSY;
}

bool
lane_waits_for_guest(const struct lane *l)
{
	return l->way.host == NULL && l->run->line->listen != NULL &&
	       !lane_is_up(l);
}

void
lane_stop(struct lane *l)
{
	/* The end does not last as long as the gap between two tries may. */
	if (bus_state(l->bus) == BUS_CLOSED) {
		l->port_next = 0;
		l->port_gap = 0;
	}
	outputs_stop(l->outputs);
	lane_hurry(l);
}
