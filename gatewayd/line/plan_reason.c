/*
 * What follows from refusals. Once a culprit inside a refused read is known,
 * its own cut has no reason any more and goes: the neighbours merge again. If
 * instead all of it is known to be good but what was cut, the cut itself is to
 * blame, for good.
 *
 * The other suspect is the length: accused by code 03, or because there is
 * nothing else to blame. A limit that holds explains longer refusals in turn.
 *
 * Each refusal only ever moves on: from a trial cut to being kept whole, to a
 * proved cut or a limit, to being explained; so conclusions come to an end.
 */
#include "plan_map.h"

bool
reason_is_long(const struct table *t, const struct refusal *w)
{
	return w->count > t->proven;
}

bool
reason_holds(const struct refusal *outer, const struct refusal *inner)
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
		    reason_holds(w, &s->whole))
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

uint32_t
reason_middle_gap(const struct table *t, const struct refusal *w)
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
void
reason_too_long(struct table *t, struct refusal w)
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

		if (reason_is_long(t, &w) && !explained(t, &w, UINT32_MAX))
			t->too_long[kept++] = w;
	}
	t->ntoo_long = kept;
	set_limit(t);
	return kept != had;
}

void
reason_forbid(struct table *t, const struct refusal *w)
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
	if (decided && s->covered && reason_is_long(t, &w)) {
		reason_too_long(t, w);
	} else if (s->joined || !decided) {
		reason_forbid(t, &w);
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
	uint32_t gap = reason_middle_gap(t, &w);
	if (w.count > t->limit || explained(t, &w, UINT32_MAX)) {
		whole->count = 0;
	} else if (gap != UINT32_MAX && all_good_but(t, &w, gap)) {
		whole->count = 0;
		t->stretches[gap].cut = CUT_PROVED;
		t->stretches[gap].why = w;
	} else if (reason_is_long(t, &w) && all_good(t, &w, 0, 0)) {
		whole->count = 0;
		reason_too_long(t, w);
	}
	return whole->count == 0;
}

/* One discovery may explain several refusals. */
void
reason_conclude(struct table *t)
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
