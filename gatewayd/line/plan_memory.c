/*
 * What a device's answers teach.
 *
 * An answer proves its registers and its length good. A refusal only says that
 * something in the read was wrong, and any longer read round it would be wrong
 * too. So the read is divided (a trial cut), in the middle of what is not known
 * to be good: gaps first, since nobody needs them. Its parts are asked next,
 * and a part that is refused is divided in turn, so that one culprit among n is
 * found after about log2(n) refusals. Once a culprit inside a refused read is
 * known, the read's own cut has no reason any more and goes: the neighbours
 * merge again. If instead all of it is known to be good but what was cut, the
 * cut itself is to blame, for good.
 *
 * The other suspect is the length. Code 03 accuses it at once, unless reads as
 * long have been answered; code 02 only when there is nothing else to blame.
 * The plan then seeks the true limit between what was taken and what was not.
 *
 * Why this comes to an end: a refused read can never be asked again, nor one
 * that holds it, unless what refused it has been found inside.
 */
#include "plan_map.h"

#include <stdlib.h>

enum { ILLEGAL_VALUE = 3 };

static bool
is_long(const struct table *t, const struct refusal *w)
{
	return w->count > t->proven;
}

static bool
holds(const struct refusal *outer, const struct refusal *inner)
{
	return outer->first <= inner->first && inner->last <= outer->last;
}

/* Whether another culprit than the cut at `except` is known. */
static bool
explained(const struct table *t, const struct refusal *w, uint32_t except)
{
	for (uint32_t k = w->first; k <= w->last; k++) {
		const struct stretch *s = &t->stretches[k];

		if (s->lost > w->first)
			return true;
		if (k != except && s->cut == CUT_PROVED &&
		    map_divides(t, k, w->first, w->last))
			return true;
		if (s->whole.count > 0 && s->whole.count < w->count &&
		    holds(w, &s->whole))
			return true;
	}
	return false;
}

/* Whether there is nothing in it to blame, leaving aside [from, to). */
static bool
all_good(
    const struct table *t, const struct refusal *w, uint32_t from, uint32_t to)
{
	for (uint32_t i = w->first; i <= w->last; i++)
		if (!t->stretches[i].good && (i < from || i >= to))
			return false;
	return true;
}

/* ... leaving aside the cut k. Gaps side by side are one: nobody needs to know
 * which of them it is. */
static bool
all_good_but(const struct table *t, const struct refusal *w, uint32_t k)
{
	uint32_t from = k, to = k;

	while (from > w->first && !t->stretches[from].covered &&
	       !t->stretches[from - 1].covered)
		from--;
	while (to <= w->last && !t->stretches[to].covered)
		to++;
	return all_good(t, w, from, to);
}

static bool
is_doubtful_gap(const struct stretch *s)
{
	return !s->covered && !s->good && s->cut == CUT_NONE;
}

/* The middle one of the gaps that were never answered; UINT32_MAX: none. */
static uint32_t
middle_gap(const struct table *t, const struct refusal *w)
{
	size_t n = 0, seen = 0;

	for (uint32_t k = w->first; k <= w->last; k++)
		n += is_doubtful_gap(&t->stretches[k]);
	for (uint32_t k = w->first; k <= w->last; k++)
		if (is_doubtful_gap(&t->stretches[k]) && seen++ == n / 2)
			return k;
	return UINT32_MAX;
}

static void
set_limit(struct table *t)
{
	t->limit = t->most;
	for (size_t i = 0; i < t->ntoo_long; i++)
		if (t->too_long[i].count <= t->limit)
			t->limit = t->too_long[i].count - 1;
}

/* The shortest ones say the most. */
static void
add_too_long(struct table *t, struct refusal w)
{
	size_t at = t->ntoo_long;

	if (at < LONG_MAX) {
		t->ntoo_long++;
	} else {
		at = 0;
		for (size_t i = 1; i < LONG_MAX; i++)
			if (t->too_long[i].count > t->too_long[at].count)
				at = i;
	}
	t->too_long[at] = w;
	set_limit(t);
}

/* Forgets those that something else explains: whether there were any. */
static bool
review_too_long(struct table *t)
{
	size_t kept = 0, had = t->ntoo_long;

	for (size_t i = 0; i < had; i++) {
		const struct refusal w = t->too_long[i];

		if (is_long(t, &w) && !explained(t, &w, UINT32_MAX))
			t->too_long[kept++] = w;
	}
	t->ntoo_long = kept;
	set_limit(t);
	return kept != had;
}

/* Where no cut would do. */
static void
forbid_whole(struct table *t, const struct refusal *w)
{
	struct refusal *whole = &t->stretches[w->last].whole;

	if (whole->count == 0 || whole->first < w->first)
		*whole = *w;
}

/* Whether the cut leads to nothing more: all points are read, but the plan goes
 * over the other gaps in doubt no more, since without this one it is not worth
 * it. */
static bool
is_idle(const struct table *t, const struct refusal *w)
{
	if (!w->left || !w->right)
		return false;
	for (uint32_t k = w->first; k <= w->last; k++)
		if (t->stretches[k].covered && !t->stretches[k].good)
			return false;
	return true;
}

/* What is to become of the cut: whether anything changed. */
static bool
review_cut(struct table *t, uint32_t k)
{
	struct stretch *s = &t->stretches[k];
	const struct refusal w = s->why;

	if (s->cut == CUT_NONE)
		return false;
	if (w.count > t->limit || explained(t, &w, k)) {
		s->cut = CUT_NONE;
		return true;
	}
	bool decided = all_good_but(t, &w, k);
	if (s->cut == CUT_PROVED || !(decided || is_idle(t, &w)))
		return false;
	s->cut = CUT_NONE;
	if (decided && s->covered && is_long(t, &w)) {
		add_too_long(t, w);
	} else if (s->joined || !decided) {
		forbid_whole(t, &w);
	} else {
		s->cut = CUT_PROVED;
		s->good = s->covered;
	}
	return true;
}

/* The same for a refusal without a cut. */
static bool
review_whole(struct table *t, struct refusal *whole)
{
	const struct refusal w = *whole;

	if (w.count == 0)
		return false;
	uint32_t gap = middle_gap(t, &w);
	if (w.count > t->limit || explained(t, &w, UINT32_MAX)) {
		whole->count = 0;
	} else if (gap != UINT32_MAX && all_good_but(t, &w, gap)) {
		whole->count = 0;
		t->stretches[gap].cut = CUT_PROVED;
		t->stretches[gap].why = w;
	} else if (is_long(t, &w) && all_good(t, &w, 0, 0)) {
		whole->count = 0;
		add_too_long(t, w);
	}
	return whole->count == 0;
}

/* One discovery may explain several refusals. */
static void
conclude(struct table *t)
{
	bool changed;

	do {
		changed = t->ntoo_long > 0 && review_too_long(t);
		for (uint32_t k = 0; k < t->nstretches; k++) {
			changed |= review_cut(t, k);
			changed |= review_whole(t, &t->stretches[k].whole);
		}
	} while (changed);
	map_reach(t);
}

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
	if (s->whole.count > 0 && holds(w, &s->whole)) {
		s->whole.count = 0;
		news = true;
	}
	if (s->cut != CUT_NONE && map_divides(t, k, w->first, w->last)) {
		s->cut = CUT_NONE;
		if (!holds(w, &s->why))
			forbid_whole(t, &s->why);
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
		conclude(t);
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

/* The place with as much suspicion on either side as may be, but rather not
 * through a point; UINT32_MAX: there is none. */
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
		int64_t uneven = llabs(2 * left - all) + s->joined * 2 * all;
		if (uneven < best) {
			best = uneven;
			place = k;
		}
	}
	return place;
}

static void
divide(struct table *t, const struct refusal *w)
{
	uint32_t place = middle_gap(t, w);

	if (place == UINT32_MAX)
		place = middle_place(t, w);
	if (place == UINT32_MAX) {
		forbid_whole(t, w);
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
	else if (code == ILLEGAL_VALUE && is_long(t, &w))
		add_too_long(t, w);
	else
		divide(t, &w);
	conclude(t);
}

void
memory_forgive(struct table *t)
{
	for (size_t i = 0; i < t->nspots && t->naway > 0; i++)
		if (t->spots[i].presence == MISSING)
			t->spots[i].presence = FORGIVEN;
	map_reach(t);
}
