/* The line's port, and what goes first: outputs, then what is most due. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mono.h"

enum { RING_MIN = 4096, RING_S = 60 };

/* A minute of the line's readings. */
static size_t
ring_size(const struct line *l)
{
	double per_s = 0;

	for (size_t i = 0; i < l->ndevices; i++)
		for (size_t j = 0; j < l->devices[i].type->npoints; j++) {
			uint32_t ms = l->devices[i].points[j].every_ms;
			per_s += 1000.0 / (ms > 0 ? ms : 1000);
		}
	double n = per_s * RING_S;
	return n > 1000000 ? 1000000 : n > RING_MIN ? (size_t)n : RING_MIN;
}

static bool
add_devices(struct run *r, int64_t now)
{
	const struct line *l = r->line;
	size_t tasks = 0;
	int64_t stagger = 0;

	for (size_t i = 0; i < l->ndevices; i++) {
		if (device_init(&r->devs[i], &l->devices[i], (uint32_t)i) != 0)
			return false;
		tasks += device_tasks_max(&r->devs[i]);
	}
	r->poll = poll_new(tasks);
	if (r->poll == NULL)
		return false;
	for (size_t i = 0; i < l->ndevices; i++) {
		struct dev *d = &r->devs[i];

		device_add_tasks(r, d, now, &stagger);
		if (d->refused[0] != '\0') {
			log_err("%s: plugin %s refused: %s", d->conf->path,
			    d->conf->type->name, d->refused);
			sink_event(r->sink, EVENT_PLUGIN, now, d->conf->path,
			    "plugin %s refused: %s", d->conf->type->name,
			    d->refused);
		}
	}
	return true;
}

struct run *
run_new(const struct line *borrow, int wake, int64_t now)
{
	struct run *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->line = borrow;
	r->bus = bus_new(borrow, wake);
	r->sink = sink_new(ring_size(borrow));
	r->devs = calloc(borrow->ndevices + 1, sizeof(*r->devs));
	r->gates = calloc(borrow->ndevices + 1, sizeof(*r->gates));
	if (r->bus == NULL || r->sink == NULL || r->devs == NULL ||
	    r->gates == NULL || !add_devices(r, now))
		return run_free(r);
	r->outputs = outputs_new(r, now);
	return r->outputs == NULL ? run_free(r) : r;
}

struct run *
run_free(struct run *take)
{
	if (take == NULL)
		return NULL;
	for (size_t i = 0; take->devs != NULL && i < take->line->ndevices; i++)
		device_done(&take->devs[i]);
	take->outputs = outputs_free(take->outputs);
	take->poll = poll_free(take->poll);
	take->sink = sink_free(take->sink);
	take->bus = bus_free(take->bus);
	free(take->devs);
	free(take->gates);
	free(take);
	return NULL;
}

static void
port_now(struct run *r, enum port_state state)
{
	if (r->port != state)
		r->port_told = false;
	r->port = state;
}

static void
port_failed(struct run *r, int64_t now)
{
	bool first = r->port != PORT_FAILED;

	r->port_gap = r->port_gap == 0 ? PORT_GAP_MS : r->port_gap * 2;
	if (r->port_gap > PORT_GAP_MAX_MS)
		r->port_gap = PORT_GAP_MAX_MS;
	r->port_next = now + r->port_gap;
	port_now(r, PORT_FAILED);
	if (!first)
		return;
	log_err("%s: %s; tried again until it opens", r->line->name, r->why);
	sink_event(r->sink, EVENT_LINE, now, r->line->name, "%s", r->why);
}

/* Opens the port when its time has come. */
static bool
port_ready(struct run *r, int64_t now)
{
	if (bus_is_open(r->bus))
		return true;
	if (now < r->port_next)
		return false;
	if (bus_open(r->bus, r->why) != 0) {
		port_failed(r, mono_ms());
		return false;
	}
	r->worked = false;
	if (r->port == PORT_CLOSED) {
		(void)snprintf(r->why, sizeof(r->why), "open");
		port_now(r, PORT_OPEN);
	}
	return true;
}

/* An exchange took place, whatever came of it: only that proves a port which
 * failed to be back. */
static void
port_works(struct run *r)
{
	r->worked = true;
	r->port_gap = 0;
	if (r->port != PORT_FAILED)
		return;
	(void)snprintf(r->why, sizeof(r->why), "open");
	port_now(r, PORT_OPEN);
	log_notice("%s: the port is open again", r->line->name);
	sink_event(r->sink, EVENT_LINE, mono_ms(), r->line->name,
	    "the port is open again");
}

/* Lost in use: at once again if it worked, so that a server which closes idle
 * connections costs nothing; else with growing gaps. */
static void
port_lost(struct run *r)
{
	log_debug("%s: the port is gone; opening it again", r->line->name);
	if (r->worked) {
		r->port_next = mono_ms();
		return;
	}
	(void)snprintf(
	    r->why, sizeof(r->why), "the port opens and is gone at once");
	port_failed(r, mono_ms());
}

static void
note_late(struct run *r)
{
	uint8_t unit;

	if (!bus_late(r->bus, &unit))
		return;
	for (size_t i = 0; i < r->line->ndevices; i++) {
		struct dev *d = &r->devs[i];

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
count(struct run *r, struct dev *d, enum bus_result result)
{
	r->requests++;
	d->requests++;
	switch (result) {
	case BUS_OK:
		d->answers++;
		break;
	case BUS_EXCEPTION:
		d->answers++;
		d->exceptions++;
		break;
	case BUS_TIMEOUT:
		d->timeouts++;
		break;
	case BUS_NOISE:
		d->noise++;
		break;
	case BUS_PORT:
	case BUS_WOKEN:
	default:
		return;
	}
	d->grew = true;
}

enum bus_result
run_ask(struct run *r, struct dev *d, const struct request *q, bool urgent)
{
	struct ask ask = {.req = *q,
	    .timeout_ms = d->deadline_ms,
	    .rest_ms = d->conf->type->quiet_ms,
	    .quiet = d->health.state != DEVICE_LOST,
	    .urgent = urgent};
	enum bus_result result;

	if (r->stop_until > 0) {
		/* One dead unit must not use up the time of the others. */
		int64_t share = (r->stop_until - mono_ms()) / 2;

		if (share < ask.timeout_ms)
			ask.timeout_ms = share > 50 ? (uint32_t)share : 50;
		ask.quiet = false;
	}
	result = bus_ask(r->bus, &ask, &r->answer);
	count(r, d, result);
	if (result == BUS_PORT)
		port_lost(r);
	else if (result != BUS_WOKEN)
		port_works(r);
	if (r->answer.late_ms > 0)
		device_slow(d, r->answer.late_ms);
	note_late(r);
	return result;
}

void
run_blame(const struct run *r, enum bus_result result, enum reason *reason,
    uint8_t *detail)
{
	*detail = 0;
	switch (result) {
	case BUS_EXCEPTION:
		*reason = REASON_EXCEPTION;
		*detail = r->answer.code;
		break;
	case BUS_NOISE:
		*reason = REASON_NOISE;
		break;
	case BUS_PORT:
		*reason = REASON_PORT;
		break;
	case BUS_OK:
	case BUS_TIMEOUT:
	case BUS_WOKEN:
	default:
		*reason = REASON_TIMEOUT;
		break;
	}
}

int64_t
run_step(struct run *r, int64_t now)
{
	bool open = port_ready(r, now);
	int64_t wake, outputs = INT64_MAX;
	int task;

	now = mono_ms();
	if (open) {
		outputs = outputs_step(r->outputs, r, now);
		if (outputs <= now || !bus_is_open(r->bus) ||
		    !outputs_tried(r->outputs))
			return now;
	}
	now = mono_ms();
	for (size_t i = 0; i < r->line->ndevices; i++)
		r->gates[i] = open ? r->devs[i].health.gate : (struct gate){0};
	task = poll_next(r->poll, r->gates, now, &wake);
	if (task == -1) {
		if (!open && r->port_next < wake)
			wake = r->port_next;
		return outputs < wake ? outputs : wake;
	}
	struct dev *d = &r->devs[r->poll->tasks[task].device];
	if (open)
		device_poll(r, d, task);
	else
		device_port_gone(r, d, task, now);
	return now;
}

bool
run_ready(const struct run *r)
{
	return outputs_tried(r->outputs) || r->port == PORT_FAILED;
}

size_t
run_stop(struct run *r, int64_t until)
{
	r->stop_until = until;
	return outputs_stop(r->outputs, r, until);
}

static bool
tell_device(struct run *r, struct dev *d, int fd, int64_t now)
{
	struct msg m = {.kind = MSG_DEVICE,
	    .device = {.device = d->index,
		.state = d->health.state,
		.requests = d->requests,
		.answers = d->answers,
		.timeouts = d->timeouts,
		.noise = d->noise,
		.exceptions = d->exceptions,
		.late = d->late,
		.last_ok_ms = d->health.last_ok_ms}};

	(void)snprintf(m.device.text, sizeof(m.device.text), "%s", d->text);
	if (!sink_send(r->sink, fd, &m))
		return false;
	d->changed = d->grew = false;
	d->told = now;
	return true;
}

void
run_tell(struct run *r, int fd, int64_t now)
{
	if (!r->port_told) {
		struct msg m = {.kind = MSG_LINE,
		    .state = {.state = (uint8_t)r->port, .sent = r->requests}};

		(void)snprintf(
		    m.state.text, sizeof(m.state.text), "%s", r->why);
		if (!sink_send(r->sink, fd, &m))
			return;
		r->port_told = true;
	}
	for (size_t i = 0; i < r->line->ndevices; i++) {
		struct dev *d = &r->devs[i];

		if ((d->changed ||
			(d->grew && now >= d->told + DEVICE_TELL_MS)) &&
		    !tell_device(r, d, fd, now))
			return;
	}
}
