/* Beats and what waits on them. */
#include "polling.h"

#include <errno.h>
#include <stdlib.h>

enum { PLUGIN_THINGS = 1 };

static struct beat *
beat_for(struct polling *p, uint32_t every_ms, int64_t first)
{
	for (size_t i = 0; i < p->nbeats; i++)
		if (p->beats[i].every_ms == every_ms)
			return &p->beats[i];
	p->beats[p->nbeats] = (struct beat){.every_ms = every_ms, .due = first};
	return &p->beats[p->nbeats++];
}

/* The coil of a latching valve shows nothing: its pulse is over. */
static bool
is_never_read(const struct point_type *t)
{
	return t->write_only || t->formula != NULL || t->pulse_ms > 0;
}

int
polling_init(struct polling *p, const struct device *d, int64_t first)
{
	bool plugin = d->type->plugin;
	size_t n = plugin ? PLUGIN_THINGS : d->type->npoints;

	*p = (struct polling){.npoints = n};
	p->beats = calloc(n + 1, sizeof(*p->beats));
	p->beat_of = calloc(n + 1, sizeof(*p->beat_of));
	p->waits = calloc(n + 1, sizeof(*p->waits));
	if (p->beats == NULL || p->beat_of == NULL || p->waits == NULL) {
		polling_end(p);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t ms = plugin ? d->every_ms : d->points[i].every_ms;

		if (!plugin && is_never_read(d->points[i].type)) {
			p->beat_of[i] = UINT16_MAX;
			continue;
		}
		struct beat *b = beat_for(p, ms > 0 ? ms : 1, first);
		p->beat_of[i] = (uint16_t)(b - p->beats);
		b->size++;
	}
	return 0;
}

void
polling_end(struct polling *p)
{
	free(p->beats);
	free(p->beat_of);
	free(p->waits);
	*p = (struct polling){0};
}

int64_t
polling_next(const struct polling *p)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < p->nbeats; i++)
		if (p->beats[i].wait == 0 && p->beats[i].due < next)
			next = p->beats[i].due;
	return next;
}

static void
arm(struct polling *p, size_t beat)
{
	for (size_t i = 0; i < p->npoints; i++)
		if (p->beat_of[i] == beat && !p->waits[i]) {
			p->waits[i] = true;
			p->nwaiting++;
		}
	p->beats[beat].wait = p->beats[beat].size;
}

bool
polling_arm(struct polling *p, int64_t now)
{
	bool any = false;

	for (size_t i = 0; i < p->nbeats; i++)
		if (p->beats[i].wait == 0 && p->beats[i].due <= now) {
			arm(p, i);
			any = true;
		}
	return any;
}

int64_t
polling_deadline(const struct polling *p)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < p->nbeats; i++) {
		const struct beat *b = &p->beats[i];

		if (b->wait > 0 && b->due + b->every_ms < first)
			first = b->due + b->every_ms;
	}
	return first;
}

int64_t
polling_point_deadline(const struct polling *p, size_t point)
{
	const struct beat *b = &p->beats[p->beat_of[point]];

	return b->due + b->every_ms;
}

/* The next period that has not passed, in phase; but a beat whose reads take
 * longer than its period goes on at once, or the line would idle. */
static void
advance(struct polling *p, struct beat *b, int64_t now, bool counted)
{
	/* It may have been read before its time: a device that came back. */
	if (b->due > now)
		return;
	int64_t missed = (now - b->due) / b->every_ms;

	if (now - b->began >= b->every_ms)
		b->due = now;
	else
		b->due += (missed + 1) * b->every_ms;
	if (counted)
		p->overruns += (uint64_t)missed;
}

void
polling_done(struct polling *p, size_t point, int64_t now, bool counted)
{
	if (!p->waits[point])
		return;
	struct beat *b = &p->beats[p->beat_of[point]];

	if (b->wait == b->size)
		b->began = now;
	p->waits[point] = false;
	p->nwaiting--;
	if (--b->wait == 0)
		advance(p, b, now, counted);
}

void
polling_drop(struct polling *p, int64_t now)
{
	for (size_t i = 0; i < p->npoints; i++)
		polling_done(p, i, now, false);
}

void
polling_excuse(struct polling *p, int64_t now)
{
	for (size_t i = 0; i < p->nbeats; i++) {
		struct beat *b = &p->beats[i];

		if (b->due < now)
			b->due += (now - b->due) / b->every_ms * b->every_ms;
	}
}

void
polling_all(struct polling *p)
{
	for (size_t i = 0; i < p->nbeats; i++)
		if (p->beats[i].wait == 0)
			arm(p, i);
}
