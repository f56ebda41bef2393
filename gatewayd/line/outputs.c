/* Points that are written: what is wanted of each, and whose turn it is. */
#include "outputs.h"

#include <stdlib.h>

#include "device.h"
#include "lane.h"
#include "mono.h"
#include "pdevice.h"
#include "run.h"
#include "writing.h"
#include "written.h"

enum { PULSE_MARGIN_MS = 300 };

/* ---- making ---- */

static void
add(struct outputs *o, struct dev *d, uint16_t point, int64_t now)
{
	struct written *c = &o->c[o->n++];
	const struct point_type *t;

	*c = (struct written){.dev = d, .point = point, .next = now};
	t = written_type(c);
	c->output = t == NULL || t->kind == KIND_OUTPUT;
	/* A plugin says by its safe() what makes its outputs safe. */
	c->pending = c->output && (t == NULL || !d->conf->type->plugin);
	c->first = c->pending;
	c->value = written_safe_value(c);
}

struct outputs *
outputs_new(struct lane *borrow, int64_t now)
{
	struct outputs *o;
	size_t most = 0;

	for (size_t i = 0; i < borrow->ndevs; i++)
		most += borrow->devs[i]->conf->type->npoints + 1;
	o = calloc(1, sizeof(*o) + most * sizeof(o->c[0]));
	if (o == NULL)
		return NULL;
	o->lane = borrow;
	for (size_t i = 0; i < borrow->ndevs; i++) {
		struct dev *d = borrow->devs[i];
		const struct device_type *t = d->conf->type;

		if (t->plugin && o->ops == NULL &&
		    (o->ops = calloc(WRITING_OPS, sizeof(*o->ops))) == NULL)
			return outputs_free(o);
		if (pdevice_has_safe(d))
			add(o, d, WRITING_SAFE, now);
		for (uint16_t p = 0; p < t->npoints; p++)
			if (t->points[p].writable)
				add(o, d, p, now);
	}
	return o;
}

struct outputs *
outputs_free(struct outputs *take)
{
	if (take != NULL) {
		free(take->ops);
		free(take);
	}
	return NULL;
}

/* ---- time ---- */

/* Its device's timer is to be armed again. */
static bool
rearms(const struct written *c)
{
	return c->on && !c->pending && c->rearm != 0;
}

static void
expire(struct outputs *o, struct written *c, int64_t now)
{
	written_answer(o, c, RESULT_UNCERTAIN, "its time is over");
	written_leave(o, c);
	written_want_safe(c, now);
	c->timed_out = true;
}

static void
pass_time(struct outputs *o, int64_t now)
{
	for (size_t i = 0; i < o->n; i++) {
		struct written *c = &o->c[i];

		if (c->on && now >= c->until) {
			expire(o, c, now);
		} else if (rearms(c) && now >= c->rearm) {
			c->pending = c->again = true;
			c->next = now;
			c->tries = c->gap = 0;
		}
	}
}

static int64_t
due_at(const struct written *c)
{
	int64_t at = c->on ? c->until : INT64_MAX;

	if (c->pending && c->next < at)
		return c->next;
	return rearms(c) && c->rearm < at ? c->rearm : at;
}

int64_t
outputs_wake(const struct outputs *o)
{
	int64_t next = INT64_MAX;

	if (o->now != NULL)
		return o->writing.pause_until;
	for (size_t i = 0; i < o->n; i++)
		if (due_at(&o->c[i]) < next)
			next = due_at(&o->c[i]);
	return next;
}

bool
outputs_pause(const struct outputs *o)
{
	return o->now != NULL;
}

bool
outputs_tried(const struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->c[i].first)
			return false;
	return true;
}

int64_t
outputs_port_gone(struct outputs *o, int64_t now)
{
	pass_time(o, now);
	if (o->now != NULL) {
		o->now->left = true;
		o->now->second &= !writing_holds(&o->writing);
	}
	o->now = NULL;
	o->writing.wrote = false;
	for (size_t i = 0; i < o->n; i++) {
		struct written *c = &o->c[i];
		bool first = c->first;

		if (!c->pending || c->next > now)
			continue;
		/* No growing gaps, for it is to be closed as soon as the port
		 * is there; and it is still to be tried before the first
		 * poll. */
		c->gap = 0;
		outputs_not_done(o, c, BUS_PORT, o->lane->why);
		c->first = first;
	}
	return outputs_wake(o);
}

/* ---- what next ---- */

/* Closing before opening and setting, also before seeing whether something
 * closes; then what is due for longest. */
static int
rank(const struct written *c)
{
	if (!written_closes(c))
		return 2;
	return c->settles != 0 || c->second;
}

static bool
before(const struct written *a, const struct written *b)
{
	if (rank(a) != rank(b))
		return rank(a) < rank(b);
	return a->next < b->next;
}

static struct written *
most_urgent(struct outputs *o, int64_t now)
{
	struct written *best = NULL;

	for (size_t i = 0; i < o->n; i++) {
		struct written *c = &o->c[i];

		if (c->pending && c->next <= now &&
		    (best == NULL || before(c, best)))
			best = c;
	}
	return best;
}

/* A closing does not wait for the rest of an opening or a setting; that is
 * begun anew later, with a look. Only a plugin's list and a pulse are one
 * whole. */
static void
give_way(struct outputs *o, int64_t now)
{
	struct written *c = o->now;

	if (c == NULL || written_closes(c) || c->dev->plan == NULL ||
	    writing_holds(&o->writing) || !written_closes(most_urgent(o, now)))
		return;
	c->left = true;
	o->now = NULL;
}

/* What may have acted is looked at before it is repeated; but a plugin's list
 * that was left in the middle has to come to its end, or a pulse would last for
 * ever. */
static enum writing_how
how(const struct written *c)
{
	bool list = c->dev->plan == NULL;

	if (c->settles != 0)
		return WRITING_WATCHING;
	if (c->again)
		return WRITING_REARMING;
	if (c->left ? !list : c->tries > 0)
		return WRITING_LOOKING;
	return WRITING_OUTRIGHT;
}

static bool
expired(const struct written *c, int64_t now)
{
	return c->command != 0 && c->tries == 0 && !c->left &&
	       c->settles == 0 && now > c->expires && !written_closes(c);
}

/* The line ends before a pulse would: better none than one without an end. */
static bool
pulse_is_too_late(const struct outputs *o, const struct written *c, int64_t now)
{
	const struct point_type *t = written_type(c);
	int64_t stop = o->lane->run->stop_until;

	return stop > 0 && t != NULL && t->pulse_ms > 0 &&
	       now + t->pulse_ms + PULSE_MARGIN_MS > stop;
}

/* Begins the writing of `c`, unless it is not to be. */
static void
begin(struct outputs *o, struct written *c, int64_t now)
{
	struct wanted want = {.point = c->point,
	    .value = c->value,
	    .until = c->until,
	    .how = how(c)};
	char why[WHY_MAX] = "";

	if (expired(c, now)) {
		outputs_give_up(
		    o, c, "it expired before it could be sent", true);
		return;
	}
	if (pulse_is_too_late(o, c, now)) {
		c->next = INT64_MAX;
		return;
	}
	o->now = c;
	if (writing_begin(&o->writing, c->dev, &want, o->ops, why) == 0)
		return;
	o->writing.wrote = false;
	outputs_not_done(o, c, BUS_EXCEPTION, why);
}

bool
outputs_next(
    struct outputs *o, int64_t now, struct request *out, struct dev **dev)
{
	struct written *c;

	pass_time(o, now);
	give_way(o, now);
	while (o->now == NULL) {
		c = most_urgent(o, now);
		if (c == NULL)
			return false;
		begin(o, c, now);
	}
	*dev = o->now->dev;
	if (writing_next(&o->writing, now, out))
		return true;
	/* A plugin's pause; or its list had nothing in it. */
	if (o->writing.pause_until <= now)
		outputs_done(o, o->now, WRITING_ACKNOWLEDGED);
	return false;
}
