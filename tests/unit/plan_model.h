/*
 * For the tests of the plan and its benchmark: a small map, the device behind
 * it (with registers it does not have and a limit of its own), and the cheapest
 * reads found by trying every way to divide the due points into sets. Shares no
 * thought with the plan: it goes register by register.
 */
#ifndef PLAN_MODEL_H
#define PLAN_MODEL_H

#include <stdlib.h>
#include <string.h>

#include "plan.h"

enum { MODEL_POINTS = 2100, MODEL_SETS = 12 };

struct model {
	struct point_type types[MODEL_POINTS];
	struct point points[MODEL_POINTS];
	struct device_type type;
	struct device device;
	bool due[MODEL_POINTS];
	/* The device itself. */
	bool hole[4][65536];
	uint32_t limit;
	bool strict; /* it answers no half of a value */
	uint8_t hole_code, limit_code;
};

struct model_set {
	uint32_t from, to;
};

struct model_best {
	uint64_t cost, bytes; /* on the wire; the fewest at this cost */
};

struct model_search {
	const struct model *m;
	struct price price;
	bool honest; /* it knows the device, not only its profile */
	const uint16_t *points;
	size_t npoints;
	struct model_set sets[MODEL_SETS];
	struct model_best best;
};

/* As a price, what bytes alone cost: 8 of the request, 5 round the data. */
static const struct price model_bytes = {13, 1};

static inline void
model_begin(struct model *m, uint16_t registers, uint16_t bridge)
{
	memset(m, 0, sizeof(*m));
	m->type = (struct device_type){.registers_per_read = registers,
	    .coils_per_read = 2000,
	    .bridge_gaps = bridge,
	    .points = m->types};
	m->device = (struct device){.type = &m->type, .points = m->points};
	m->limit = 65536;
	m->hole_code = 2;
	m->limit_code = 3;
}

static inline struct point_type *
model_add(struct model *m, enum reg_table t, uint16_t addr, uint16_t count)
{
	size_t i = m->type.npoints++;

	m->types[i] =
	    (struct point_type){.table = t, .addr = addr, .count = count};
	m->points[i] = (struct point){.type = &m->types[i], .every_ms = 1000};
	m->due[i] = true;
	return &m->types[i];
}

static inline uint32_t
model_end(const struct point_type *t)
{
	return (uint32_t)t->addr + t->count;
}

static inline bool
model_bits(enum reg_table t)
{
	return t == TABLE_COIL || t == TABLE_DISCRETE;
}

static inline uint64_t
model_cost(enum reg_table t, uint32_t count, struct price price)
{
	uint64_t bytes = model_bits(t) ? (count + 7) / 8 : 2 * count;

	return price.request_ns + bytes * price.byte_ns;
}

/* 0, or the code the device refuses the read with. */
static inline uint8_t
model_answer(
    const struct model *m, enum reg_table t, uint32_t addr, uint32_t count)
{
	if (count > m->limit)
		return m->limit_code;
	for (uint32_t a = addr; a < addr + count; a++)
		if (m->hole[t][a])
			return m->hole_code;
	for (size_t i = 0; m->strict && i < m->type.npoints; i++) {
		const struct point_type *p = &m->types[i];
		uint32_t from = p->addr, to = model_end(p);

		if (p->table == t && from < addr + count && addr < to &&
		    (from < addr || addr + count < to))
			return m->hole_code;
	}
	return 0;
}

static inline bool
model_exists(const struct model *m, size_t point)
{
	const struct point_type *t = &m->types[point];

	return model_answer(m, t->table, t->addr, t->count) == 0;
}

/* Whether a point covers the register: one that is read, or one that is not. */
static inline bool
model_covers(
    const struct model *m, enum reg_table t, uint32_t addr, bool write_only)
{
	for (size_t i = 0; i < m->type.npoints; i++) {
		const struct point_type *p = &m->types[i];

		if (p->table == t && p->addr <= addr && addr < model_end(p) &&
		    p->write_only == write_only)
			return true;
	}
	return false;
}

/* Whether the profile allows the read. */
static inline bool
model_allows(const struct model *m, enum reg_table t, struct model_set s)
{
	uint32_t most =
	    model_bits(t) ? m->type.coils_per_read : m->type.registers_per_read;
	uint32_t gap = 0;

	if (s.to - s.from > most)
		return false;
	for (uint32_t a = s.from; a < s.to; a++) {
		if (model_covers(m, t, a, false)) {
			gap = 0;
			continue;
		}
		if (model_covers(m, t, a, true) || ++gap > m->type.bridge_gaps)
			return false;
	}
	return true;
}

static inline void
model_judge(
    struct model_search *s, enum reg_table t, size_t nsets, uint64_t cost)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < nsets; i++)
		bytes +=
		    model_cost(t, s->sets[i].to - s->sets[i].from, model_bytes);
	if (cost < s->best.cost || bytes < s->best.bytes)
		s->best = (struct model_best){cost, bytes};
}

/* Each point joins one of the sets there are, or begins one. */
static inline void
model_try(struct model_search *s, size_t k, size_t nsets, uint64_t cost)
{
	const struct point_type *p = &s->m->types[s->points[k]];

	if (cost > s->best.cost)
		return;
	if (k == s->npoints) {
		model_judge(s, s->m->types[s->points[0]].table, nsets, cost);
		return;
	}
	for (size_t i = 0; i <= nsets && i < MODEL_SETS; i++) {
		struct model_set old = s->sets[i], new = old;
		uint64_t was = 0;

		if (i == nsets)
			new = (struct model_set){p->addr, model_end(p)};
		else
			was = model_cost(p->table, old.to - old.from, s->price);
		if (p->addr < new.from)
			new.from = p->addr;
		if (model_end(p) > new.to)
			new.to = model_end(p);
		if (!model_allows(s->m, p->table, new) ||
		    (s->honest && model_answer(s->m, p->table, new.from,
				      new.to - new.from) != 0))
			continue;
		s->sets[i] = new;
		model_try(s, k + 1, nsets + (i == nsets),
		    cost - was +
			model_cost(p->table, new.to - new.from, s->price));
		s->sets[i] = old;
	}
}

/* The cheapest reads of the due points of all tables (at most MODEL_SETS due
 * points a table); honest: points the device has not are left out. */
static inline struct model_best
model_cheapest(const struct model *m, struct price price, bool honest)
{
	struct model_best sum = {0, 0};

	for (int t = 0; t < 4; t++) {
		uint16_t points[MODEL_SETS + 1] = {0};
		struct model_search s = {.m = m,
		    .price = price,
		    .honest = honest,
		    .points = points,
		    .best = {UINT64_MAX, UINT64_MAX}};

		for (size_t i = 0; i < m->type.npoints; i++)
			if (m->due[i] && (int)m->types[i].table == t &&
			    !m->types[i].write_only && s.npoints < MODEL_SETS &&
			    (!honest || model_exists(m, i)))
				points[s.npoints++] = (uint16_t)i;
		if (s.npoints > 0) {
			model_try(&s, 0, 0, 0);
			sum.cost += s.best.cost;
			sum.bytes += s.best.bytes;
		}
	}
	return sum;
}

static inline uint64_t
model_best(const struct model *m, struct price price, bool honest)
{
	return model_cheapest(m, price, honest).cost;
}

static inline uint64_t
model_sum(const struct read *r, size_t n, struct price price)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += model_cost(r[i].table, r[i].count, price);
	return sum;
}

static inline uint32_t
model_below(unsigned *seed, uint32_t n)
{
	return (uint32_t)rand_r(seed) % n;
}

#endif
