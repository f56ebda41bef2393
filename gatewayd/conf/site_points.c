/* The points of a device as its site has them: periods, deadbands, calibration,
 * and whether they are read as often as the device wants. */
#include <string.h>

#include "profile_point.h"
#include "site_build.h"

static void
read_calibration(struct build *b, const struct node *n, struct point *p)
{
	static const char *const keys[] = {
	    "polynomial", "table", "slope", "offset", NULL};
	const struct node *k;

	if (!read_map(&b->ctx, n, "calibrate", keys))
		return;
	if ((k = node_get(n, "slope")) &&
	    read_real(&b->ctx, k, "slope", -1e6, 1e6, &p->slope) &&
	    p->slope == 0)
		complain(b->ctx.c, k->at,
		    "a slope of 0 makes every reading the "
		    "same; write about 1");
	if ((k = node_get(n, "offset")))
		(void)read_real(&b->ctx, k, "offset", -1e9, 1e9, &p->off);
	curve_read(&b->ctx, n, &p->curve);
	if (p->curve.kind != CURVE_NONE && p->type->writable)
		complain(b->ctx.c, n->key_at,
		    "`%s` can be written, and what to write cannot be found "
		    "back through a curve; calibrate it by slope and offset",
		    p->type->name);
}

/* Why a key means nothing for a point; NULL: it does. */
static const char *
meaningless(const struct point_type *t, const char *key)
{
	bool every = strcmp(key, "every") == 0;

	if (t->write_only)
		return "only written";
	if (t->text && !every)
		return "a text";
	if (t->kind == KIND_PART && !every)
		return "a part, without readings of its own";
	if (t->formula && every)
		return "made by a formula whenever its points are read";
	return NULL;
}

static void
read_point(struct build *b, const struct node *n, struct device *d)
{
	static const char *const keys[] = {
	    "deadband", "calibrate", "every", NULL};
	const char *names[1001] = {NULL}, *guess, *why;
	const struct node *k;
	struct point *p = NULL;
	uint64_t ms = 0;

	for (size_t i = 0; i < d->type->npoints && i < 1000; i++) {
		names[i] = d->type->points[i].name;
		if (strcmp(n->key, names[i]) == 0)
			p = &d->points[i];
	}
	if (!p) {
		guess = nearest(n->key, names);
		complain(b->ctx.c, n->key_at, "%s has no point `%s`%s%s%s",
		    d->type->name, n->key, guess ? "; did you mean `" : "",
		    guess ? guess : "", guess ? "`?" : "");
		return;
	}
	if (!read_map(&b->ctx, n, "a point", keys))
		return;
	for (int i = 0; keys[i]; i++)
		if ((k = node_get(n, keys[i])) &&
		    (why = meaningless(p->type, keys[i])))
			complain(b->ctx.c, k->key_at,
			    "`%s` is %s, for "
			    "which `%s` means nothing; leave it out",
			    n->key, why, keys[i]);
	if ((k = node_get(n, "deadband")))
		(void)read_real(&b->ctx, k, "deadband", 0, 1e12, &p->deadband);
	if ((k = node_get(n, "calibrate")))
		read_calibration(b, k, p);
	if ((k = node_get(n, "every")) &&
	    read_duration(&b->ctx, k, "every", 50, 30 * 86400000ull, &ms))
		p->every_ms = (uint32_t)ms;
}

/* A formula has a reading as often as the most frequent of its points. */
static void
derived_periods(struct device *d)
{
	/* A formula may be of formulas, in any order; a circle was refused. */
	for (size_t round = 0; round < d->type->npoints; round++) {
		bool changed = false;
		for (size_t i = 0; i < d->type->npoints; i++) {
			const struct formula *f = d->type->points[i].formula;
			uint32_t least = UINT32_MAX;
			for (size_t j = 0; f && j < f->ninputs; j++)
				if (d->points[f->inputs[j]].every_ms < least)
					least =
					    d->points[f->inputs[j]].every_ms;
			if (!f || least == d->points[i].every_ms)
				continue;
			d->points[i].every_ms = least;
			changed = true;
		}
		if (!changed)
			return;
	}
}

/* The device's own watch closes its outputs when it hears nothing. */
static void
check_watchdog(struct build *b, const struct node *n, const struct device *d)
{
	const struct watchdog *w = &d->type->watchdog;
	uint32_t least = UINT32_MAX;

	if (!w->present)
		return;
	for (size_t i = 0; i < d->type->npoints; i++) {
		const struct point *p = &d->points[i];
		if (!p->type->write_only && !p->type->formula &&
		    p->every_ms < least)
			least = p->every_ms;
	}
	if (least == UINT32_MAX)
		complain_softly(b->ctx.c, n->key_at,
		    "%s closes its outputs when nobody talks to it for %g s, "
		    "and nothing of it is read",
		    d->type->name, w->time_ms / 1000.0);
	else if (least > w->time_ms / 2)
		complain_softly(b->ctx.c, n->key_at,
		    "%s closes its outputs when nobody talks to it for %g s, "
		    "and it is read every %g s; read it at least every %g s",
		    d->type->name, w->time_ms / 1000.0, least / 1000.0,
		    w->time_ms / 2000.0);
}

void
build_points(struct build *b, const struct node *device, struct device *d)
{
	const struct node *n = node_get(device, "points");

	d->points =
	    arena_array(b->ctx.mem, d->type->npoints, sizeof(*d->points));
	for (size_t i = 0; i < d->type->npoints; i++) {
		const struct point_type *t = &d->type->points[i];
		d->points[i] = (struct point){.type = t,
		    .slope = 1,
		    .every_ms = t->every_ms ? t->every_ms : d->every_ms};
	}
	if (n && read_map(&b->ctx, n, "points", NULL))
		for (const struct node *k = n->first; k; k = k->next)
			read_point(b, k, d);
	derived_periods(d);
	check_watchdog(b, device, d);
}
