/* What core is told of a line's state: news at once, counts now and then. */
#include <stdio.h>
#include <string.h>

#include "run.h"

/* The line's use is that of its busiest lane; its overruns are of all. */
static void
measure(struct run *r, int64_t now)
{
	int64_t busiest = 0, span = now - r->use_since;

	r->overruns = 0;
	for (size_t i = 0; i < r->line->ndevices; i++)
		r->overruns += r->devs[i].polling.overruns;
	if (span < USE_MS)
		return;
	for (size_t i = 0; i < r->nlanes; i++) {
		struct lane *l = &r->lanes[i];

		if (l->busy_us > busiest)
			busiest = l->busy_us;
		l->busy_us = 0;
	}
	r->use = (uint16_t)(busiest >= span * 1000 ? 1000 : busiest / span);
	r->use_since = now;
}

/* More is asked of the line than it can do: said by name, now and then. */
static void
say_overruns(struct run *r, int64_t now)
{
	uint64_t grew = r->overruns - r->overruns_then;

	if (grew == 0 || now - r->overrun_said < OVERRUN_SAY_MS)
		return;
	sink_event(r->sink, EVENT_LINE, now, r->line->name,
	    "%llu polls were due before the one before was done: the line "
	    "cannot keep these periods; ask less often (gatewayctl plan says "
	    "what it can do)",
	    (unsigned long long)grew);
	r->overrun_said = now;
	r->overruns_then = r->overruns;
}

/* The worst of its lanes is the line's state. */
static const struct lane *
worst_lane(const struct run *r)
{
	const struct lane *worst = &r->lanes[0];

	for (size_t i = 1; i < r->nlanes; i++)
		if (r->lanes[i].port == PORT_FAILED &&
		    worst->port != PORT_FAILED)
			worst = &r->lanes[i];
	return worst;
}

static bool
tell_line(struct run *r, int fd, int64_t now)
{
	const struct lane *l = worst_lane(r);
	struct msg m = {.kind = MSG_LINE,
	    .state = {.state = (uint8_t)l->port,
		.sent = r->requests,
		.overruns = r->overruns,
		.use = r->use}};

	(void)snprintf(m.state.text, sizeof(m.state.text), "%s", l->why);
	if (!sink_send(r->sink, fd, &m))
		return false;
	r->port_told = true;
	r->told = now;
	return true;
}

static bool
tell_device(struct run *r, struct dev *d, int fd, int64_t now)
{
	struct msg m = {.kind = MSG_DEVICE, .device = d->stats};

	m.device.state = d->health.state;
	if (d->lane->port == PORT_FAILED) {
		/* Nobody can tell whether it is there. */
		m.device.state = DEVICE_LOST;
		(void)snprintf(
		    m.device.text, sizeof(m.device.text), "%s", d->lane->why);
	}
	m.device.line_ms = d->line_us / 1000;
	m.device.deadline_ms = d->deadline_ms;
	m.device.last_ok_ms = d->health.last_ok_ms;
	if (!sink_send(r->sink, fd, &m))
		return false;
	d->changed = d->grew = false;
	d->told = now;
	return true;
}

void
run_tell(struct run *r, int fd, int64_t now)
{
	if (now >= r->told + LINE_TELL_MS) {
		measure(r, now);
		say_overruns(r, now);
		r->port_told = false;
	}
	if (!r->port_told && !tell_line(r, fd, now))
		return;
	if (now < r->look_next)
		return;
	r->look_next = now + LOOK_MS;
	for (size_t i = 0; i < r->line->ndevices; i++) {
		struct dev *d = &r->devs[i];

		if ((d->changed ||
			(d->grew && now >= d->told + DEVICE_TELL_MS)) &&
		    !tell_device(r, d, fd, now))
			return;
	}
}
