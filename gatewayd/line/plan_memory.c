/*
 * What a device's answers teach.
 *
 * An answer proves its registers and its length good. A refusal only says that
 * something in the read was wrong, and any longer read round it would be wrong
 * too. So the read is divided (a trial cut), in the middle of what is not known
 * to be good: gaps first, since nobody needs them. Its parts are asked next,
 * and a part that is refused is divided in turn, so that one culprit among n is
 * found after about log2(n) refusals. What follows from that, plan_reason.c
 * says. Code 03 accuses the length first, unless reads as long have been
 * answered; the plan then seeks the limit between what was taken and what not.
 *
 * Why this comes to an end: a refused read is not asked again, nor one that
 * holds it, unless what refused it has been found inside.
 */
#include "plan_map.h"

#include <stdlib.h>

enum { ILLEGAL_VALUE = 3 };

static struct refusal
extent(const struct table *t, const struct read *r)
{
	return (struct refusal){.first = map_find(t, r->addr),
	    .last = map_find(t, (uint32_t)r->addr + r->count - 1),
	    .count = r->count};
}

/* Points that were given up, and that this answer holds. */
static bool
welcome(struct table *t, const struct refusal *w)
{
	bool changed = false;

	for (size_t i = 0; i < t->nspots; i++) {
		struct spot *s = &t->spots[i];

		if (s->first < w->first || s->last > w->last)
			continue;
		changed |= s->wall;
		s->wall = false;
		/* Answered within something larger, it may still be refused
		 * alone: some devices answer no half of a value. */
		if (s->presence == PRESENT || s->first > w->first ||
		    s->last < w->last)
			continue;
		s->presence = PRESENT;
		t->naway--;
		changed = true;
	}
	if (changed)
		map_cover(t);
	return changed;
}

/* A read that was answered, w, has gone over stretch k: whether that is news.
 * A refusal within it is void; one that only has its cut there has its reason
 * elsewhere. */
static bool
cross(struct table *t, uint32_t k, const struct refusal *w)
{
	struct stretch *s = &t->stretches[k];
	bool news = !s->good;

	s->good = true;
	if (s->whole.count > 0 && reason_holds(w, &s->whole)) {
		s->whole.count = 0;
		news = true;
	}
	if (s->cut != CUT_NONE && map_divides(t, k, w->first, w->last)) {
		s->cut = CUT_NONE;
		if (!reason_holds(w, &s->why))
			reason_forbid(t, &s->why);
		news = true;
	}
	return news;
}

/* A read that was answered ends before a cut, or begins behind one. */
static bool
touch(struct table *t, const struct refusal *w)
{
	struct stretch *s = t->stretches;
	uint32_t before = w->last, behind = w->first - 1;
	bool news = false;

	if (before + 1 < t->nstretches && !s[before + 1].covered)
		before++; /* the cut goes through the gap */
	if (s[before].cut == CUT_TRIAL && !s[before].why.left)
		news = s[before].why.left = true;
	if (w->first > 0 && s[behind].cut == CUT_TRIAL && !s[behind].why.right)
		news = s[behind].why.right = true;
	return news;
}

void
memory_accepted(struct table *t, const struct read *r)
{
	const struct refusal w = extent(t, r);
	bool changed = w.count > t->proven;

	if (changed)
		t->proven = w.count;
	for (uint32_t k = w.first; k <= w.last; k++)
		changed |= cross(t, k, &w);
	changed |= touch(t, &w);
	if (t->naway > 0)
		changed |= welcome(t, &w);
	if (changed)
		reason_conclude(t);
}

static void
lose(struct table *t, const struct read *r)
{
	for (size_t i = 0; i < t->nspots; i++) {
		struct spot *s = &t->spots[i];
		bool asked = false;

		for (size_t k = 0; k < r->npoints; k++)
			asked |= r->points[k] == s->point;
		if (!asked)
			continue;
		t->naway += s->presence == PRESENT;
		s->presence = MISSING;
		s->wall = true;
	}
	map_cover(t);
}

/* Suspicion against a stretch: those never answered share nearly all of it. */
static int64_t
weight(const struct stretch *s)
{
	return !s->covered ? 0 : s->good ? 1 : 10000;
}

/* The place with as much suspicion on either side as may be; UINT32_MAX: there
 * is none. */
static uint32_t
middle_place(const struct table *t, const struct refusal *w)
{
	int64_t all = 0, left = 0, best = INT64_MAX;
	uint32_t place = UINT32_MAX;

	for (uint32_t k = w->first; k <= w->last; k++)
		all += weight(&t->stretches[k]);
	for (uint32_t k = w->first; k <= w->last; k++) {
		const struct stretch *s = &t->stretches[k];

		left += weight(s);
		if (s->cut != CUT_NONE || !map_divides(t, k, w->first, w->last))
			continue;
		if (llabs(2 * left - all) < best) {
			best = llabs(2 * left - all);
			place = k;
		}
	}
	return place;
}

static void
divide(struct table *t, const struct refusal *w)
{
	uint32_t place = reason_middle_gap(t, w);

	if (place == UINT32_MAX)
		place = middle_place(t, w);
	if (place == UINT32_MAX) {
		reason_forbid(t, w);
		return;
	}
	t->stretches[place].cut = CUT_TRIAL;
	t->stretches[place].why = *w;
}

void
memory_refused(struct table *t, const struct read *r, uint8_t code, bool single)
{
	const struct refusal w = extent(t, r);

	if (single)
		lose(t, r);
	else if (code == ILLEGAL_VALUE && reason_is_long(t, &w))
		reason_too_long(t, w);
	else
		divide(t, &w);
	reason_conclude(t);
}

void
memory_forgive(struct table *t)
{
	for (size_t i = 0; i < t->nspots && t->naway > 0; i++)
		if (t->spots[i].presence == MISSING)
			t->spots[i].presence = FORGIVEN;
	map_reach(t);
}
