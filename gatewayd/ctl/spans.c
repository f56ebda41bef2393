/* See spans.h. */
#include "spans.h"

#include <stdbool.h>

#include "msg.h"

bool
point_read(const struct point_type *p)
{
	return p->formula == NULL && !p->write_only && p->count > 0;
}

bool
span_has(const struct span *s, const struct point_type *p)
{
	return p->table == s->table && p->addr >= s->addr &&
	       (uint32_t)p->addr + p->count <= (uint32_t)s->addr + s->count;
}

static bool
is_bit(enum reg_table t)
{
	return t == TABLE_COIL || t == TABLE_DISCRETE;
}

static uint32_t
most_at_once(const struct device_type *t, enum reg_table table)
{
	uint32_t most =
	    is_bit(table) ? t->coils_per_read : t->registers_per_read;

	return most == 0 || most > PROBE_WORDS ? PROBE_WORDS : most;
}

/* Whether `p` comes before `q`: by table, place, the longer first. */
static bool
before(const struct point_type *p, const struct point_type *q)
{
	if (p->table != q->table)
		return p->table < q->table;
	if (p->addr != q->addr)
		return p->addr < q->addr;
	return p->count > q->count;
}

/* The next of the points that are read, in that order, behind `last`; NULL:
 * there is none. Points of one place are one. */
static const struct point_type *
next(const struct device_type *t, const struct point_type *last)
{
	const struct point_type *best = NULL;

	for (size_t i = 0; i < t->npoints; i++) {
		const struct point_type *p = &t->points[i];

		if (point_read(p) && (last == NULL || before(last, p)) &&
		    (best == NULL || before(p, best)))
			best = p;
	}
	return best;
}

size_t
spans_of(const struct device_type *t, struct span *out)
{
	const struct point_type *p = NULL;
	size_t n = 0;

	while ((p = next(t, p)) != NULL) {
		struct span *s = n > 0 ? &out[n - 1] : NULL;
		uint32_t end = (uint32_t)p->addr + p->count;

		if (s != NULL && span_has(s, p))
			continue;
		if (s != NULL && s->table == p->table &&
		    p->addr <= (uint32_t)s->addr + s->count &&
		    end - s->addr <= most_at_once(t, p->table)) {
			s->count = (uint16_t)(end - s->addr);
			continue;
		}
		out[n++] = (struct span){p->table, p->addr, p->count};
	}
	return n;
}
