/* Reads of a profile's device. */
#include "reads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "lane.h"
#include "log.h"
#include "mono.h"
#include "run.h"

int
reads_init(struct dev *d)
{
	size_t n = d->conf->type->npoints;

	d->plan = plan_new(d->conf);
	d->reads = calloc(n + 1, sizeof(*d->reads));
	d->missing = calloc(n + 1, sizeof(*d->missing));
	d->missing_until = INT64_MAX;
	d->decoders = calloc(n + 1, sizeof(*d->decoders));
	d->decoded = calloc(n + 1, sizeof(*d->decoded));
	d->derive = derive_new(d->conf);
	d->derived = calloc(n + 1, sizeof(*d->derived));
	if (d->plan == NULL || d->reads == NULL || d->missing == NULL ||
	    d->decoders == NULL || d->decoded == NULL || d->derive == NULL ||
	    d->derived == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		decoder_init(&d->decoders[i], &d->conf->points[i]);
	return 0;
}

void
reads_done(struct dev *d)
{
	d->plan = plan_free(d->plan);
	free(d->reads);
	free(d->missing);
	free(d->decoders);
	free(d->decoded);
	d->derive = derive_free(d->derive);
	free(d->derived);
}

/* ---- what to ask ---- */

/* Points the device does not have wait for nothing, until they are tried
 * again. */
void
reads_pass_over(struct dev *d, int64_t now)
{
	if (d->missing_until == INT64_MAX)
		return;
	if (now >= d->missing_until) {
		plan_forgive(d->plan);
		d->missing_until = INT64_MAX;
		return;
	}
	for (size_t i = 0; i < d->polling.npoints; i++)
		if (d->missing[i])
			polling_done(&d->polling, i, now, false);
}

/* Nothing that waits can be read. A lost device whose points are all written
 * only is set up anew instead, some time. */
static void
nothing_to_read(struct dev *d, int64_t now)
{
	polling_drop(&d->polling, now);
	if (d->health.state != DEVICE_LOST)
		return;
	d->health = (struct health){
	    .gate = {.not_before = now + health_gap_max(d->deadline_ms),
		.probe = true}};
}

static int64_t
deadline_of(const struct dev *d, const struct read *r)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < r->npoints; i++) {
		int64_t at = polling_point_deadline(&d->polling, r->points[i]);

		if (at < first)
			first = at;
	}
	return first;
}

/* By the end of their periods; among equals in the plan's order, in which they
 * stand. */
static void
soonest_first(struct dev *d)
{
	for (size_t i = 1; i < d->nreads; i++) {
		struct read r = d->reads[i];
		int64_t deadline = deadline_of(d, &r);
		size_t at = i;

		for (; at > 0 && deadline_of(d, &d->reads[at - 1]) > deadline;
		     at--)
			d->reads[at] = d->reads[at - 1];
		d->reads[at] = r;
	}
}

static bool
same_read(const struct read *a, const struct read *b)
{
	return a->table == b->table && a->addr == b->addr &&
	       a->count == b->count;
}

/* What got no answer is asked first: the answer may still come, and to the same
 * question it is a good one; for another it could be taken by mistake, and so
 * would not be believed. */
static void
failed_first(struct dev *d)
{
	for (size_t i = 1; i < d->nreads && d->failed.npoints > 0; i++)
		if (same_read(&d->reads[i], &d->failed)) {
			struct read first = d->reads[0];

			d->reads[0] = d->reads[i];
			d->reads[i] = first;
		}
}

bool
reads_next(struct dev *d, int64_t now, struct request *out)
{
	if (d->replan || d->next == d->nreads) {
		d->nreads = plan_reads(d->plan, d->polling.waits,
		    plan_price(d->lane->run->line, d->turnaround_us), d->reads,
		    d->polling.npoints);
		d->next = 0;
		d->replan = false;
		failed_first(d);
		soonest_first(d);
	}
	if (d->nreads == 0) {
		nothing_to_read(d, now);
		return false;
	}
	const struct read *r = &d->reads[d->next];
	*out = (struct request){.unit = d->conf->unit,
	    .function = plan_function(r->table),
	    .addr = r->addr,
	    .count = r->count};
	return true;
}

/* ---- what became of it ---- */

static void
deliver_point(struct dev *d, uint16_t p, const struct decoded *v, int64_t now)
{
	device_read(d, p, v, 0, now);
	polling_done(&d->polling, p, now, device_keeps_up(d));
	d->missing[p] = false;
}

static void
deliver(struct dev *d, const struct read *rd)
{
	const struct answer *a = &d->lane->answer;
	int64_t now = a->done_us / 1000;

	device_warms(d, now);
	decoder_read(d->decoders, rd->points, rd->npoints, a->words, rd->addr,
	    d->decoded);
	for (int later = 0; later < 2; later++)
		for (size_t i = 0; i < rd->npoints; i++)
			if (derive_later(d->derive, rd->points[i]) ==
			    (later == 1))
				deliver_point(
				    d, rd->points[i], &d->decoded[i], now);
}

/* On to the next read. */
static void
read_done(struct dev *d)
{
	d->next++;
	d->tries = 0;
	d->not_before = 0;
}

/* The points of the read have no value this period. */
static void
give_up(struct dev *d, enum bus_result result)
{
	const struct read *rd = &d->reads[d->next];
	int64_t now = mono_ms();
	enum reason reason;
	uint8_t detail;

	device_blame(d, result, &reason, &detail);
	for (size_t i = 0; i < rd->npoints; i++) {
		device_bad(d, rd->points[i], 1, reason, detail, now);
		polling_done(
		    &d->polling, rd->points[i], now, device_keeps_up(d));
	}
	read_done(d);
}

static void
say_missing(struct dev *d, uint16_t point)
{
	char subject[MSG_SUBJECT_MAX];
	uint8_t code = d->lane->answer.code;

	(void)snprintf(subject, sizeof(subject), "%s/%s", d->conf->path,
	    d->conf->points[point].type->name);
	log_warning("%s: the device does not have it (exception %02X);"
		    " check the profile; asked again in 10 min",
	    subject, code);
	sink_event(d->lane->run->sink, EVENT_POINT, mono_ms(), subject,
	    "the device does not have it (exception %02X); check the "
	    "profile",
	    code);
}

/* 02, 03: read otherwise, or name what is left and missing. */
static void
refused(struct dev *d)
{
	const struct read *rd = &d->reads[d->next];

	d->replan = true;
	d->tries = 0;
	if (plan_refused(d->plan, rd, d->lane->answer.code) == PLAN_AGAIN)
		return;
	/* One point, or several of the same registers. */
	for (size_t i = 0; i < rd->npoints; i++) {
		if (!d->missing[rd->points[i]])
			say_missing(d, rd->points[i]);
		d->missing[rd->points[i]] = true;
	}
	d->missing_until = mono_ms() + MISSING_MS;
	give_up(d, BUS_EXCEPTION);
}

static void
failed(struct dev *d, enum bus_result result)
{
	d->failed = d->reads[d->next];
	if (!device_failed(d, result) &&
	    !device_retry(d, d->health.gate.not_before))
		give_up(d, result);
}

static void
on_exception(struct dev *d)
{
	uint8_t code = d->lane->answer.code;
	int64_t now = mono_ms();

	if (code == EXC_PATH || code == EXC_TARGET) {
		failed(d, BUS_EXCEPTION);
		return;
	}
	device_alive(d, now);
	if (code == EXC_ADDRESS || code == EXC_VALUE) {
		refused(d);
		return;
	}
	bool busy = code == EXC_ACKNOWLEDGE || code == EXC_BUSY;
	/* 01 and 07 will not change; 04, 08 and unknown ones may, once. */
	uint32_t tries = busy ? BUSY_TRIES : code == 1 || code == 7 ? 0 : 1;
	if (d->tries >= tries || !device_retry(d, now + BUSY_GAP_MS))
		give_up(d, BUS_EXCEPTION);
}

static void
on_timeout(struct dev *d)
{
	if (d->lane->answer.late_ms == 0) {
		failed(d, BUS_TIMEOUT);
		return;
	}
	/* It is there, only slow: once more, with the longer deadline. */
	device_alive(d, mono_ms());
	if (d->tries >= 2 || !device_retry(d, mono_ms()))
		give_up(d, BUS_TIMEOUT);
}

void
reads_took(struct dev *d, enum bus_result result)
{
	switch (result) {
	case BUS_OK:
		d->failed.npoints = 0;
		plan_accepted(d->plan, &d->reads[d->next]);
		deliver(d, &d->reads[d->next]);
		read_done(d);
		device_alive(d, d->lane->answer.done_us / 1000);
		break;
	case BUS_EXCEPTION:
		on_exception(d);
		break;
	case BUS_TIMEOUT:
		on_timeout(d);
		break;
	case BUS_NOISE:
		/* Often only a stray byte: once more at once. */
		if (d->tries > 0 || !device_retry(d, mono_ms()))
			failed(d, result);
		break;
	case BUS_PORT:
		if (d->tries > 0 || !device_retry(d, mono_ms()))
			give_up(d, result);
		break;
	case BUS_PENDING:
	case BUS_RECALLED:
	case BUS_OPENED:
	default:
		break;
	}
}
