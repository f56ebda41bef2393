/* What profiles' and plugins' devices have in common. */
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lane.h"
#include "log.h"
#include "mono.h"
#include "pdevice.h"
#include "reads.h"
#include "run.h"
#include "setup.h"

uint32_t
device_least_ms(const struct device *d)
{
	uint32_t least = d->every_ms;

	for (size_t i = 0; !d->type->plugin && i < d->type->npoints; i++)
		if (d->points[i].every_ms < least)
			least = d->points[i].every_ms;
	return least > 0 ? least : 1;
}

int64_t
device_stagger_ms(const struct line *l, const struct device *d)
{
	uint32_t words = d->type->plugin ? 20 : 0;
	uint32_t baud =
	    l->transport == TRANSPORT_TCP || l->baud == 0 ? 115200 : l->baud;

	for (size_t i = 0; !d->type->plugin && i < d->type->npoints; i++)
		words += d->type->points[i].count;
	return 50 + (int64_t)(13 + words * 2) * 11000 / baud;
}

int
device_init(struct dev *d, const struct device *borrow, uint32_t index,
    struct page *page, int64_t first)
{
	*d = (struct dev){.conf = borrow,
	    .index = index,
	    .deadline_ms = borrow->timeout_ms,
	    .turnaround_us = TURNAROUND_US,
	    .changed = true};
	d->stats.device = index;
	d->warm_until = INT64_MAX;
	if (polling_init(&d->polling, borrow, first) != 0)
		return -ENOMEM;
	if (borrow->type->plugin) {
		pdevice_init(d, page);
		return 0;
	}
	setup_init(d);
	return reads_init(d);
}

void
device_done(struct dev *d)
{
	pdevice_done(d);
	polling_end(&d->polling);
	reads_done(d);
}

/* ---- health ---- */

void
device_slow(struct dev *d, uint32_t late_ms)
{
	uint64_t ms = (uint64_t)late_ms * 3 / 2;

	d->stats.late++;
	d->quick = 0;
	d->grew = true;
	if (ms > DEADLINE_MAX_MS)
		ms = DEADLINE_MAX_MS;
	if (ms <= d->deadline_ms)
		return;
	d->deadline_ms = (uint32_t)ms;
	log_notice("%s: answers late; waits %u ms for it from now on",
	    d->conf->path, d->deadline_ms);
}

void
device_quick(struct dev *d, uint32_t took_us)
{
	uint32_t least = d->conf->timeout_ms;

	if (d->deadline_ms <= least)
		return;
	d->quick = took_us / 1000 < d->deadline_ms / 3 ? d->quick + 1 : 0;
	if (d->quick < QUICK_ANSWERS)
		return;
	d->quick = 0;
	d->deadline_ms -= d->deadline_ms / 4;
	if (d->deadline_ms < least)
		d->deadline_ms = least;
	log_info("%s: answers in time; waits %u ms for it from now on",
	    d->conf->path, d->deadline_ms);
}

/* A device that answers for the first time, or again, has perhaps only just
 * been switched on. */
void
device_warms(struct dev *d, int64_t now)
{
	uint32_t ms = d->conf->type->warm_up_ms;

	if (d->derive == NULL || ms == 0 || d->health.state == DEVICE_ONLINE)
		return;
	d->warm_until = now + ms;
	derive_warm_up(d->derive, d->warm_until);
}

void
device_alive(struct dev *d, int64_t now)
{
	device_warms(d, now);
	bool failed = d->health.failures > 0;
	enum health_change c = health_ok(&d->health, now);

	d->grew = true;
	/* What it did not answer the line has not missed. */
	if (failed)
		polling_excuse(&d->polling, now);
	if (c == HEALTH_SAME)
		return;
	d->changed = true;
	(void)snprintf(d->stats.text, sizeof(d->stats.text), "answers");
	if (c == HEALTH_FOUND) {
		log_info("%s: answers", d->conf->path);
		return;
	}
	log_notice("%s: answers again", d->conf->path);
	sink_event(d->lane->run->sink, EVENT_DEVICE, now, d->conf->path,
	    "answers again");
	/* It may have lost its power: what it was told once, it is told
	 * again, and all of it is read. */
	d->setup_at = 0;
	d->setup_tries = 0;
	polling_all(&d->polling);
	d->replan = true;
	outputs_doubt(d->lane->outputs, d, now);
}

static const char *
failure_text(
    const struct dev *d, enum bus_result result, char *out, size_t size)
{
	const struct answer *a = &d->lane->answer;

	if (result == BUS_EXCEPTION)
		(void)snprintf(out, size,
		    "the gateway reports no answer from it (exception %02X)",
		    a->code);
	else if (a->hint[0] != '\0')
		(void)snprintf(out, size, "%s", a->hint);
	else
		(void)snprintf(
		    out, size, "no answer; check power, wiring, unit and baud");
	return out;
}

static void
say_lost(struct dev *d, enum bus_result result, int64_t now)
{
	char why[160];

	d->changed = true;
	(void)snprintf(d->stats.text, sizeof(d->stats.text), "lost: %s",
	    failure_text(d, result, why, sizeof(why)));
	log_warning("%s: lost after %u tries: %s; asked again in %u s",
	    d->conf->path, d->health.failures, why, d->health.gap_ms / 1000);
	sink_event(d->lane->run->sink, EVENT_DEVICE, now, d->conf->path, "%s",
	    d->stats.text);
	d->next_bad = now;
}

/* A probe may show more than what there was to say at first. */
static void
renew_text(struct dev *d, enum bus_result result)
{
	char why[160], text[MSG_LINE_TEXT_MAX];

	if (d->lane->answer.hint[0] == '\0')
		return;
	(void)snprintf(text, sizeof(text), "lost: %s",
	    failure_text(d, result, why, sizeof(why)));
	if (strcmp(text, d->stats.text) == 0)
		return;
	memcpy(d->stats.text, text, sizeof(text));
	d->changed = true;
}

bool
device_failed(struct dev *d, enum bus_result result)
{
	int64_t now = mono_ms();
	enum health_change c =
	    health_failed(&d->health, now, d->lane->answer.sent_us / 1000,
		d->deadline_ms, d->lane->way.line->transport == TRANSPORT_TCP);
	enum reason reason;
	uint8_t detail;

	d->grew = true;
	if (d->health.state != DEVICE_LOST)
		return false;
	if (c == HEALTH_LOST)
		say_lost(d, result, now);
	else
		renew_text(d, result);
	if (now >= d->next_bad) {
		device_blame(d, result, &reason, &detail);
		device_all_lost(d, reason, detail, now);
		d->next_bad = now + LOST_TELL_MS;
	}
	polling_drop(&d->polling, now);
	d->warm_until = INT64_MAX;
	d->replan = true;
	d->tries = 0;
	d->not_before = 0;
	return true;
}

/* ---- when ---- */

/* What was read while it warmed up is read once more. */
static bool
arm_warm(struct dev *d, int64_t now)
{
	if (now < d->warm_until)
		return false;
	d->warm_until = INT64_MAX;
	polling_all(&d->polling);
	return true;
}

static int64_t
arm_at(const struct dev *d)
{
	int64_t next = polling_next(&d->polling);

	return d->warm_until < next ? d->warm_until : next;
}

void
device_arm(struct dev *d, int64_t now)
{
	bool lost = d->health.state == DEVICE_LOST;

	if (lost || (!arm_warm(d, now) && !polling_arm(&d->polling, now)))
		return;
	d->replan = true;
	if (d->plan != NULL)
		reads_pass_over(d, now);
}

struct want
device_want(const struct dev *d)
{
	bool lost = d->health.state == DEVICE_LOST;
	bool waits = d->polling.nwaiting > 0 || setup_waits(d);
	int64_t gate = d->health.gate.not_before;
	struct want w = {.at = gate,
	    .arm_at = lost ? INT64_MAX : arm_at(d),
	    .stands_back = lost || d->health.failures > 0};

	if (!lost && waits && d->not_before > gate)
		w.at = d->not_before;
	else if (!lost && !waits && w.arm_at > gate)
		w.at = w.arm_at;
	w.deadline =
	    d->polling.nwaiting > 0 ? polling_deadline(&d->polling) : w.at;
	return w;
}

bool
device_keeps_up(const struct dev *d)
{
	return d->health.failures == 0 && d->tries == 0;
}

bool
device_retry(struct dev *d, int64_t at)
{
	if (at >= polling_deadline(&d->polling))
		return false;
	d->not_before = at;
	d->tries++;
	return true;
}

/* ---- what ---- */

bool
device_next(struct dev *d, int64_t now, struct request *out)
{
	bool lost = d->health.state == DEVICE_LOST;

	/* A probe: the first of all its reads will do. */
	if (lost) {
		polling_all(&d->polling);
		d->replan = true;
		pdevice_restart(d);
	}
	if (d->plan == NULL) {
		bool asks = pdevice_next(d, now, out);

		/* A probe with nothing to ask is not made without end. */
		if (lost && !asks)
			d->health.gate.not_before = now + d->health.gap_ms;
		return asks;
	}
	if (setup_waits(d))
		return setup_next(d, now, out);
	return reads_next(d, now, out);
}

void
device_took(struct dev *d, enum bus_result result)
{
	/* A probe that brings the connection down must not come first again
	 * as soon as that is up. */
	if (result == BUS_PORT && d->health.state == DEVICE_LOST)
		(void)device_failed(d, result);
	else if (d->plan == NULL)
		pdevice_took(d, result);
	else if (setup_waits(d) && d->setup.setup != NULL)
		setup_took(d, result);
	else
		reads_took(d, result);
}

void
device_port_gone(struct dev *d, int64_t now)
{
	size_t n = d->polling.npoints;

	if (d->polling.nwaiting == 0)
		return;
	if (d->plan == NULL)
		device_bad(d, 0, d->conf->type->npoints, REASON_PORT, 0, now);
	for (size_t i = 0; i < n; i++) {
		if (d->plan != NULL && d->polling.waits[i])
			device_bad(d, i, 1, REASON_PORT, 0, now);
		polling_done(&d->polling, i, now, false);
	}
	pdevice_restart(d);
	d->replan = true;
	d->tries = 0;
}
