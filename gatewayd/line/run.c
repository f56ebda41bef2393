/* The lanes of a line, and what core is told of them. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "log.h"
#include "mono.h"
#include "probe.h"

enum { RING_MIN = 4096, RING_S = 60, HALL_GAP_MS = 5000 };

/* ---- making ---- */

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

/* A lane for each way that leads to devices. */
static bool
add_lanes(struct run *r, const size_t *way_of, size_t nways)
{
	const struct line *l = r->line;

	for (size_t w = 0; w < nways; w++) {
		struct lane *lane = &r->lanes[w];
		size_t i = 0;

		while (way_of[i] != w)
			i++;
		const struct device *d = &l->devices[i];
		bool own = d->host != NULL;
		struct bus_way way = {.line = l,
		    .host = own ? d->host : l->host,
		    .tcp_port = own ? d->tcp_port : l->tcp_port};
		r->nlanes++;
		if (lane_init(lane, r, way, d) != 0)
			return false;
	}
	return true;
}

static void
say_refused(struct run *r, const struct dev *d, int64_t now)
{
	if (d->refused[0] == '\0' || d->disabled)
		return; /* core has said that it is disabled */
	log_err("%s: plugin %s refused: %s", d->conf->path, d->conf->type->name,
	    d->refused);
	sink_event(r->sink, EVENT_PLUGIN, now, d->conf->path,
	    "plugin %s refused: %s", d->conf->type->name, d->refused);
}

/* The devices of a lane start one after the other, so that they do not all fall
 * due at once for ever after. Lanes do not wait for each other: theirs may, and
 * one wake-up then serves many. */
static bool
add_devices(struct run *r, const size_t *way_of, struct page *page, int64_t now)
{
	const struct line *l = r->line;

	for (size_t i = 0; i < l->ndevices; i++) {
		struct dev *d = &r->devs[i];
		struct lane *lane = &r->lanes[way_of[i]];
		uint32_t least = device_least_ms(&l->devices[i]);

		if (device_init(d, &l->devices[i], (uint32_t)i, page,
			now + lane->stagger_ms % least) != 0)
			return false;
		d->lane = lane;
		d->slot = lane->ndevs++;
		lane->devs[d->slot] = d;
		lane->stagger_ms += device_stagger_ms(l, &l->devices[i]);
		say_refused(r, d, now);
	}
	for (size_t i = 0; i < r->nlanes; i++)
		if (lane_start(&r->lanes[i], now) != 0)
			return false;
	return true;
}

static bool
add_all(struct run *r, struct page *page, int64_t now)
{
	size_t *way_of = calloc(r->line->ndevices + 1, sizeof(*way_of));
	bool ok = way_of != NULL &&
		  add_lanes(r, way_of, layout_ways(r->line, way_of)) &&
		  add_devices(r, way_of, page, now);

	free(way_of);
	return ok;
}

struct run *
run_new(const struct line *borrow, struct page *page, int64_t now)
{
	struct run *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->line = borrow;
	r->use_since = now;
	r->overrun_said = now - OVERRUN_SAY_MS;
	r->sink = sink_new(ring_size(borrow));
	r->devs = calloc(borrow->ndevices + 1, sizeof(*r->devs));
	r->lanes = calloc(borrow->ndevices + 1, sizeof(*r->lanes));
	r->probes = probes_new(r);
	if (r->sink == NULL || r->devs == NULL || r->lanes == NULL ||
	    r->probes == NULL || !add_all(r, page, now))
		return run_free(r);
	r->keeping = keeping_new(borrow, r->devs);
	if (r->keeping == NULL)
		return run_free(r);
	sink_before(r->sink, keeping_send, r->keeping);
	return r;
}

struct run *
run_free(struct run *take)
{
	if (take == NULL)
		return NULL;
	for (size_t i = 0; take->devs != NULL && i < take->line->ndevices; i++)
		device_done(&take->devs[i]);
	for (size_t i = 0; i < take->nlanes; i++)
		lane_done(&take->lanes[i]);
	take->hall = hall_free(take->hall);
	take->keeping = keeping_free(take->keeping);
	take->probes = probes_free(take->probes);
	take->sink = sink_free(take->sink);
	free(take->devs);
	free(take->lanes);
	free(take);
	return NULL;
}

/* ---- where converters dial in ---- */

static void
open_hall(struct run *r, int64_t now)
{
	struct guest guests[256];
	char why[WHY_MAX] = "";
	size_t n = 0;

	for (size_t i = 0; i < r->nlanes && n < 256; i++)
		guests[n++] = (struct guest){
		    .registration = r->lanes[i].registration, .who = i};
	r->hall = hall_new(r->line->listen, r->line->tcp_port, guests, n, why);
	r->hall_next = now + HALL_GAP_MS;
	if (r->hall != NULL)
		return;
	log_err("%s: %s; tried again until it works", r->line->name, why);
}

static void
step_hall(struct run *r, int64_t now)
{
	char said[WHY_MAX] = "";
	size_t who = 0;
	int fd;

	if (r->line->listen == NULL)
		return;
	if (r->hall == NULL && now >= r->hall_next)
		open_hall(r, now);
	while (r->hall != NULL) {
		fd = hall_step(r->hall, mono_us(), &who, said);
		if (said[0] != '\0')
			log_notice("%s: %s", r->line->name, said);
		if (fd < 0)
			return;
		lane_adopt(&r->lanes[who], fd);
	}
}

/* ---- steps ---- */

size_t
run_nfds(const struct run *r)
{
	return r->nlanes + HALL_FDS;
}

void
run_fds(const struct run *r, struct pollfd *out, int64_t *until_us)
{
	size_t n = r->nlanes;

	for (size_t i = 0; i < n; i++) {
		const struct lane *l = &r->lanes[i];

		out[i] = (struct pollfd){
		    .fd = l->wants.fd, .events = l->wants.events};
		if (l->wants.until_us < *until_us)
			*until_us = l->wants.until_us;
	}
	if (r->hall != NULL)
		n += hall_wants(r->hall, out + n, until_us);
	while (n < run_nfds(r))
		out[n++] = (struct pollfd){.fd = -1};
	if (r->line->listen != NULL && r->hall == NULL &&
	    r->hall_next * 1000 < *until_us)
		*until_us = r->hall_next * 1000;
}

void
run_step(struct run *r, const struct pollfd *polled, int64_t now_us)
{
	step_hall(r, now_us / 1000);
	for (size_t i = 0; i < r->nlanes; i++) {
		/* In turn, so that none is always last. */
		size_t at = (r->turn + i) % r->nlanes;
		struct lane *l = &r->lanes[at];
		bool ready = polled == NULL || polled[at].revents != 0;

		if (ready || l->wants.until_us <= now_us)
			lane_step(l, ready, now_us);
	}
	r->turn++;
}

bool
run_ready(const struct run *r)
{
	for (size_t i = 0; i < r->nlanes; i++)
		if (!outputs_tried(r->lanes[i].outputs) &&
		    r->lanes[i].port != PORT_FAILED &&
		    !lane_waits_for_guest(&r->lanes[i]))
			return false;
	return true;
}

static struct dev *
dev_of(struct run *r, uint32_t series)
{
	for (size_t i = 0; i < r->line->ndevices; i++) {
		const struct device *d = r->devs[i].conf;

		if (series >= d->series &&
		    series - d->series < d->type->npoints)
			return &r->devs[i];
	}
	return NULL;
}

void
run_command(struct run *r, const struct msg_command *m, int64_t now)
{
	struct dev *d = dev_of(r, m->series);

	if (d == NULL) {
		sink_result(r->sink, m->id, RESULT_REFUSED,
		    "this line has no such point");
		return;
	}
	outputs_command(d->lane->outputs, d,
	    (uint16_t)(m->series - d->conf->series), m, now);
	lane_hurry(d->lane);
}

void
run_probe(struct run *r, const struct msg_probe *m)
{
	if (!probes_add(r->probes, m))
		log_warning("%s: core sent more probes than it may; dropped",
		    r->line->name);
}

void
run_stop(struct run *r, int64_t until)
{
	r->stop_until = until;
	probes_stop(r->probes);
	for (size_t i = 0; i < r->nlanes; i++)
		lane_stop(&r->lanes[i]);
}

size_t
run_left(const struct run *r)
{
	size_t left = 0;

	for (size_t i = 0; i < r->nlanes; i++)
		left += outputs_left(r->lanes[i].outputs);
	return left;
}
