/* The profile's points as spots and stretches; walls as reach. */
#include "plan_map.h"

#include <stdlib.h>

#include "reply.h"

/* By address, the longest first, so that what lies within another follows it;
 * then by position: a total order. */
static int
compare_spots(const void *a, const void *b)
{
	const struct spot *p = a, *q = b;

	if (p->addr != q->addr)
		return p->addr < q->addr ? -1 : 1;
	if (p->end != q->end)
		return p->end > q->end ? -1 : 1;
	return p->point < q->point ? -1 : p->point > q->point;
}

static int
compare_edges(const void *a, const void *b)
{
	uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;

	return p < q ? -1 : p > q;
}

uint32_t
map_end(const struct point_type *p)
{
	return (uint32_t)p->addr + (p->count != 0 ? p->count : 1u);
}

static bool
has_input(const struct formula *f, size_t point)
{
	for (uint16_t i = 0; i < f->ninputs; i++)
		if (f->inputs[i] == point)
			return true;
	return false;
}

/* Whether an input of the formula ends where this one begins, or within it. */
static bool
follows_input(
    const struct device *d, const struct formula *f, const struct point_type *p)
{
	for (uint16_t i = 0; i < f->ninputs; i++) {
		const struct point_type *q = d->points[f->inputs[i]].type;

		if (q != p && q->formula == NULL && q->table == p->table &&
		    q->addr <= p->addr && map_end(q) >= p->addr)
			return true;
	}
	return false;
}

static bool
is_tied(const struct device *d, size_t point)
{
	for (size_t i = 0; i < d->type->npoints; i++) {
		const struct formula *f = d->points[i].type->formula;

		if (f != NULL && has_input(f, point) &&
		    follows_input(d, f, d->points[point].type))
			return true;
	}
	return false;
}

static void
take_spots(struct table *t, enum reg_table which, const struct device *d)
{
	for (size_t i = 0; i < d->type->npoints; i++) {
		const struct point_type *p = d->points[i].type;

		if (p->table != which || p->write_only || p->formula != NULL)
			continue;
		t->spots[t->nspots++] = (struct spot){.addr = p->addr,
		    .end = map_end(p),
		    .point = (uint16_t)i,
		    .tied = is_tied(d, i)};
	}
	qsort(t->spots, t->nspots, sizeof(*t->spots), compare_spots);
}

/* Between any two neighbouring edges of points lies a stretch. */
static void
draw_stretches(struct table *t, uint32_t *edges)
{
	size_t n = 0;

	for (size_t i = 0; i < t->nspots; i++) {
		edges[n++] = t->spots[i].addr;
		edges[n++] = t->spots[i].end;
	}
	qsort(edges, n, sizeof(*edges), compare_edges);
	for (size_t i = 0; i + 1 < n; i++)
		if (edges[i] != edges[i + 1])
			t->stretches[t->nstretches++] = (struct stretch){
			    .from = edges[i], .to = edges[i + 1]};
	for (size_t i = 0; i < t->nspots; i++) {
		t->spots[i].first = map_find(t, t->spots[i].addr);
		t->spots[i].last = map_find(t, t->spots[i].end - 1);
	}
}

/* What no point covers any more is a gap like others; a cut where there is no
 * place for it now is forgotten. */
static void
cover(struct table *t)
{
	uint32_t end = 0;
	size_t i = 0;

	for (uint32_t k = 0; k < t->nstretches; k++) {
		struct stretch *s = &t->stretches[k];
		bool was = s->covered;

		for (; i < t->nspots && t->spots[i].first <= k; i++)
			if (t->spots[i].presence == PRESENT &&
			    t->spots[i].end > end)
				end = t->spots[i].end;
		s->covered = end > s->from;
		s->joined = end > s->to;
		if (s->covered != was)
			s->cut = CUT_NONE;
	}
	for (uint32_t k = 0; k < t->nstretches; k++)
		if (!map_divides(t, k, 0, (uint32_t)t->nstretches - 1))
			t->stretches[k].cut = CUT_NONE;
}

static void
raise_to(uint32_t *floor, uint32_t to)
{
	if (*floor < to)
		*floor = to;
}

void
map_cover(struct table *t)
{
	cover(t);
	for (size_t k = 0; k < t->nstretches; k++)
		t->stretches[k].lost = 0;
	for (size_t i = 0; i < t->nspots; i++) {
		const struct spot *s = &t->spots[i];
		struct stretch *end = &t->stretches[s->last];

		if (s->wall)
			raise_to(&end->lost, s->first + 1);
	}
}

uint32_t
map_find(const struct table *t, uint32_t addr)
{
	size_t low = 0, high = t->nstretches;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (t->stretches[mid].from <= addr)
			low = mid;
		else
			high = mid;
	}
	return (uint32_t)low;
}

/* Registers that are written only are there, but not to be read. */
static void
shut_written(struct table *t, const struct point_type *p)
{
	for (uint32_t k = map_find(t, p->addr);
	     k < t->nstretches && t->stretches[k].from < map_end(p); k++)
		if (!t->stretches[k].covered && t->stretches[k].to > p->addr)
			t->stretches[k].shut = true;
}

static void
shut_gaps(struct table *t, enum reg_table which, const struct device *d)
{
	if (t->nstretches == 0)
		return;
	for (size_t k = 0; k < t->nstretches; k++) {
		struct stretch *s = &t->stretches[k];

		if (!s->covered)
			s->shut = s->to - s->from > d->type->bridge_gaps;
	}
	for (size_t i = 0; i < d->type->npoints; i++) {
		const struct point_type *p = d->points[i].type;

		if (p->table == which && p->write_only)
			shut_written(t, p);
	}
}

static void
set_limits(struct table *t, const struct device_type *type)
{
	uint32_t most = t->bits ? READ_COILS_MAX : READ_WORDS_MAX;
	uint32_t own =
	    t->bits ? type->coils_per_read : type->registers_per_read;

	t->most = own > 0 && own < most ? own : most;
	t->limit = t->most;
	for (size_t i = 0; i < t->nspots; i++) {
		uint32_t count = t->spots[i].end - t->spots[i].addr;

		/* Or the point could not be had at all. */
		if (count > t->proven)
			t->proven = count;
	}
}

size_t
map_table(struct table *t, enum reg_table which, const struct device *d,
    struct spot *spots, struct stretch *stretches, uint32_t *edges)
{
	*t = (struct table){.spots = spots,
	    .stretches = stretches,
	    .bits = which == TABLE_COIL || which == TABLE_DISCRETE};
	take_spots(t, which, d);
	draw_stretches(t, edges);
	map_cover(t);
	shut_gaps(t, which, d);
	set_limits(t, d->type);
	map_reach(t);
	return t->nspots;
}

bool
map_divides(const struct table *t, uint32_t k, uint32_t first, uint32_t last)
{
	if (k < first || k > last)
		return false;
	if (!t->stretches[k].covered)
		return true;
	return k < last && t->stretches[k + 1].covered;
}

/* Each wall that ends with stretch k pushes the floor from k on behind the
 * wall's beginning. */
static void
lay_floor(struct table *t)
{
	uint32_t floor = 0;

	for (uint32_t k = 0; k < t->nstretches; k++) {
		struct stretch *s = &t->stretches[k];

		s->floor = s->lost;
		if (s->whole.count > 0)
			raise_to(&s->floor, s->whole.first + 1);
	}
	for (uint32_t k = 0; k < t->nstretches; k++) {
		struct stretch *s = &t->stretches[k];

		if (s->cut == CUT_NONE && !s->shut)
			continue;
		if (s->covered) /* the edge behind */
			s++;
		raise_to(&s->floor, k + 1);
	}
	for (uint32_t k = 0; k < t->nstretches; k++) {
		raise_to(&floor, t->stretches[k].floor);
		t->stretches[k].floor = floor;
	}
}

void
map_reach(struct table *t)
{
	lay_floor(t);
	for (size_t i = 0; i < t->nspots; i++) {
		struct spot *s = &t->spots[i];
		uint32_t floor = t->stretches[s->last].floor;

		s->alone = s->presence == FORGIVEN || s->first < floor;
		s->reach = floor < t->nstretches ? t->stretches[floor].from
						 : UINT32_MAX;
	}
}
