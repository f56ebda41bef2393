/* Points sorted by period, table and address; neighbours merge. */
#include "plan.h"

#include <stdlib.h>

#include "reply.h"

uint8_t
plan_function(enum reg_table t)
{
	switch (t) {
	case TABLE_INPUT:
		return FC_READ_INPUT;
	case TABLE_COIL:
		return FC_READ_COILS;
	case TABLE_DISCRETE:
		return FC_READ_DISCRETE;
	case TABLE_HOLDING:
	default:
		return FC_READ_HOLDING;
	}
}

static const struct point_type *
type_of(const struct device *d, uint16_t point)
{
	return d->points[point].type;
}

static uint32_t
end_of(const struct point_type *t)
{
	return (uint32_t)t->addr + (t->count != 0 ? t->count : 1u);
}

/* -1, 0, 1: by period, table, address, then position, a total order. */
static int
compare(const struct device *d, uint16_t a, uint16_t b)
{
	const struct point *p = &d->points[a], *q = &d->points[b];

	if (p->every_ms != q->every_ms)
		return p->every_ms < q->every_ms ? -1 : 1;
	if (p->type->table != q->type->table)
		return p->type->table < q->type->table ? -1 : 1;
	if (p->type->addr != q->type->addr)
		return p->type->addr < q->type->addr ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int
compare_r(const void *a, const void *b, void *d)
{
	return compare(d, *(const uint16_t *)a, *(const uint16_t *)b);
}

static uint32_t
most(const struct device *d, enum reg_table t)
{
	bool bits = t == TABLE_COIL || t == TABLE_DISCRETE;
	uint32_t limit = bits ? READ_COILS_MAX : READ_WORDS_MAX;
	uint32_t own =
	    bits ? d->type->coils_per_read : d->type->registers_per_read;

	return own > 0 && own < limit ? own : limit;
}

/* Whether the point may join the block. */
static bool
joins(const struct device *d, const struct block *b, uint16_t point)
{
	const struct point_type *t = type_of(d, point);
	uint32_t end = (uint32_t)b->addr + b->count;

	return d->points[point].every_ms == b->every_ms &&
	       t->table == b->table && t->addr <= end + d->type->bridge_gaps &&
	       end_of(t) - b->addr <= most(d, t->table);
}

static void
extend(struct block *b, const struct point_type *t)
{
	uint32_t end = (uint32_t)b->addr + b->count;

	if (end_of(t) > end)
		end = end_of(t);
	b->count = (uint16_t)(end - b->addr);
	b->npoints++;
}

static void
merge(struct plan *p, const struct device *d)
{
	struct block *b = NULL;

	for (size_t i = 0; i < p->npoints; i++) {
		const struct point_type *t = type_of(d, p->points[i]);

		if (b == NULL || !joins(d, b, p->points[i])) {
			b = &p->blocks[p->nblocks++];
			*b = (struct block){.table = t->table,
			    .addr = t->addr,
			    .every_ms = d->points[p->points[i]].every_ms,
			    .first = i};
		}
		extend(b, t);
	}
}

struct plan *
plan_new(const struct device *borrow)
{
	const struct device *d = borrow;
	size_t n = d->type->npoints;
	struct plan *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->blocks = calloc(n + 1, sizeof(*p->blocks));
	p->points = calloc(n + 1, sizeof(*p->points));
	if (p->blocks == NULL || p->points == NULL || n > UINT16_MAX)
		return plan_free(p);
	for (size_t i = 0; i < n; i++)
		p->points[i] = (uint16_t)i;
	p->npoints = n;
	struct device by = *d;
	qsort_r(p->points, n, sizeof(*p->points), compare_r, &by);
	merge(p, d);
	return p;
}

struct plan *
plan_free(struct plan *take)
{
	if (take != NULL) {
		free(take->blocks);
		free(take->points);
		free(take);
	}
	return NULL;
}

/* Where the second half begins: behind the widest gap, or in the middle. */
static size_t
cut(const struct plan *p, const struct device *d, const struct block *b)
{
	size_t at = b->npoints / 2;
	uint32_t widest = 0, end = 0;

	for (size_t i = 0; i < b->npoints; i++) {
		const struct point_type *t =
		    type_of(d, p->points[b->first + i]);

		if (i > 0 && t->addr > end && t->addr - end > widest) {
			widest = t->addr - end;
			at = i;
		}
		if (end_of(t) > end)
			end = end_of(t);
	}
	return at;
}

bool
plan_split(struct plan *p, const struct device *d, size_t b)
{
	struct block whole = p->blocks[b];

	if (whole.npoints < 2)
		return false;
	size_t at = cut(p, d, &whole);
	size_t from[3] = {0, at, whole.npoints};
	for (size_t half = 0; half < 2; half++) {
		struct block part = {.table = whole.table,
		    .every_ms = whole.every_ms,
		    .first = whole.first + from[half]};
		part.addr = type_of(d, p->points[part.first])->addr;
		for (size_t i = from[half]; i < from[half + 1]; i++)
			extend(&part, type_of(d, p->points[whole.first + i]));
		p->blocks[half == 0 ? b : p->nblocks] = part;
	}
	p->nblocks++;
	return true;
}
