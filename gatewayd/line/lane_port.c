/* What a lane does about its port. */
#include "lane_port.h"

#include <stdio.h>
#include <string.h>

#include "lane.h"
#include "log.h"
#include "mono.h"
#include "run.h"

static void
port_now(struct lane *l, enum port_state state)
{
	if (l->port == state)
		return;
	l->port = state;
	l->run->port_told = false;
	for (size_t i = 0; i < l->ndevs; i++)
		l->devs[i]->changed = true;
}

void
lane_port_failed(struct lane *l, int64_t now)
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

void
lane_port_opened(struct lane *l)
{
	int64_t now = mono_ms();

	l->worked = false;
	for (size_t i = 0; i < l->ndevs; i++)
		polling_excuse(&l->devs[i]->polling, now);
	if (l->port != PORT_CLOSED)
		return;
	(void)snprintf(l->why, sizeof(l->why), "open");
	port_now(l, PORT_OPEN);
}

void
lane_port_open(struct lane *l, int64_t now)
{
	char why[WHY_MAX] = "";

	if (bus_open(l->bus, why) != 0) {
		memcpy(l->why, why, sizeof(l->why));
		lane_port_failed(l, now);
	} else if (bus_state(l->bus) == BUS_IDLE) {
		lane_port_opened(l);
	} else {
		l->port_next = now; /* it waits for a guest since then */
	}
}

void
lane_port_works(struct lane *l)
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

void
lane_port_lost(struct lane *l)
{
	log_debug("%s: the port is gone; opening it again", l->name);
	if (l->worked) {
		l->port_next = mono_ms();
		return;
	}
	(void)snprintf(l->why, sizeof(l->why), "%s",
	    l->answer.hint[0] != '\0' ? l->answer.hint
				      : "the port opens and is gone at once");
	lane_port_failed(l, mono_ms());
}

/* Whoever dials in may hang up and dial in again, as 4G converters do, but not
 * for long. When to look again. */
static int64_t
miss_guest(struct lane *l, int64_t now)
{
	if (l->port == PORT_FAILED || !lane_waits_for_guest(l))
		return INT64_MAX;
	if (now < l->port_next + GUEST_MS)
		return l->port_next + GUEST_MS;
	(void)snprintf(l->why, sizeof(l->why), "%s",
	    l->port == PORT_OPEN
		? "the converter hung up and has not dialled in again"
		: "no converter has dialled in yet");
	lane_port_failed(l, now);
	return now;
}

int64_t
lane_without_port(struct lane *l, int64_t now)
{
	int64_t wake = miss_guest(l, now), gone = INT64_MAX;

	if (l->port == PORT_FAILED)
		gone = outputs_port_gone(l->outputs, now);
	wake = gone < wake ? gone : wake;
	for (size_t i = 0; i < l->ndevs && l->run->stop_until == 0; i++) {
		struct dev *d = l->devs[i];

		if (d->health.state == DEVICE_LOST)
			continue;
		d->health.gate = (struct gate){0};
		device_arm(d, now);
		/* Tried once on a port that was lost in use: again, then. */
		if (l->port == PORT_FAILED)
			device_port_gone(d, now);
		lane_renew(l, d);
		/* What waits already has its time; more falls due then. */
		int64_t at = l->queue[i].arm_at;
		if (at > now && at < wake)
			wake = at;
	}
	return wake;
}
