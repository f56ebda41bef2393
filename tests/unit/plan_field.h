/*
 * For the tests of the plan: one device, polled as the line polls it, and what
 * must hold of every plan on the way.
 */
#ifndef PLAN_FIELD_H
#define PLAN_FIELD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan_model.h"

static struct model m;
static struct read reads[MODEL_POINTS];
static size_t nreads;

/* 9600 8N1 with 5 ms of turnaround. */
static const struct price usual = {25833333, 1041666};

/* What the device answered, by point. */
static struct {
	bool answered[MODEL_POINTS], missing[MODEL_POINTS];
	unsigned asked, refused;
} seen;

static inline void
begin(uint16_t registers, uint16_t bridge)
{
	model_begin(&m, registers, bridge);
	memset(&seen, 0, sizeof(seen));
}

static inline void
hold(uint16_t addr, uint16_t count)
{
	model_add(&m, TABLE_HOLDING, addr, count);
}

/* What must hold for any plan. */
static inline void
check(void)
{
	static unsigned times[MODEL_POINTS];

	memset(times, 0, sizeof(times));
	for (size_t i = 0; i < nreads; i++) {
		const struct read *r = &reads[i];

		assert_true(r->npoints > 0);
		assert_true(model_allows(&m, r->table,
		    (struct model_set){r->addr, (uint32_t)r->addr + r->count}));
		assert_true(i == 0 || r[-1].table < r->table ||
			    (r[-1].table == r->table && r[-1].addr <= r->addr));
		for (size_t k = 0; k < r->npoints; k++) {
			const struct point_type *t = &m.types[r->points[k]];

			times[r->points[k]]++;
			assert_int_equal(t->table, r->table);
			assert_true(t->addr >= r->addr);
			assert_true(
			    model_end(t) <= (uint32_t)r->addr + r->count);
		}
	}
	for (size_t i = 0; i < m.type.npoints; i++)
		assert_int_equal(times[i],
		    m.due[i] && !m.types[i].write_only && !seen.missing[i]);
}

static inline void
plan(struct plan *p, struct price price)
{
	nreads = plan_reads(p, m.due, price, reads, m.type.npoints);
	check();
}

static inline void
expect(size_t i, uint16_t addr, uint16_t count)
{
	assert_true(i < nreads);
	assert_int_equal(reads[i].addr, addr);
	assert_int_equal(reads[i].count, count);
}

/* What the device says to the read: whether it answered. */
static inline bool
ask(struct plan *p, const struct read *r)
{
	uint8_t code = model_answer(&m, r->table, r->addr, r->count);

	seen.asked++;
	if (code == 0) {
		for (size_t k = 0; k < r->npoints; k++)
			seen.answered[r->points[k]] = true;
		plan_accepted(p, r);
		return true;
	}
	seen.refused++;
	/* Its points are the plan's, but not for longer than the next plan. */
	if (plan_refused(p, r, code) == PLAN_POINT)
		for (size_t k = 0; k < r->npoints; k++)
			seen.missing[r->points[k]] = true;
	return false;
}

/* One poll of the due points: how many reads were refused. A poll goes on after
 * a refusal, with what is still due: at once, or after the reads planned. */
static inline unsigned
poll_once(struct plan *p, bool at_once)
{
	static bool wanted[MODEL_POINTS];
	unsigned before = seen.refused;
	bool again;

	memcpy(wanted, m.due, sizeof(wanted));
	do {
		plan(p, usual);
		again = false;
		for (size_t i = 0; i < nreads && !(again && at_once); i++) {
			if (!ask(p, &reads[i])) {
				again = true;
				continue;
			}
			for (size_t k = 0; k < reads[i].npoints; k++)
				m.due[reads[i].points[k]] = false;
		}
		assert_true(seen.refused < before + 5000);
	} while (again);
	memcpy(m.due, wanted, sizeof(wanted));
	return seen.refused - before;
}

/* Whether the plan for what is due is the same as before. */
static inline bool
unchanged(struct plan *p)
{
	static struct read before[MODEL_POINTS];
	static size_t nbefore;
	bool same = true;

	plan(p, usual);
	for (size_t i = 0; i < nreads && i < nbefore; i++)
		same &= reads[i].table == before[i].table &&
			reads[i].addr == before[i].addr &&
			reads[i].count == before[i].count;
	same &= nreads == nbefore;
	memcpy(before, reads, nreads * sizeof(*reads));
	nbefore = nreads;
	return same;
}

/* Polls until nothing is refused any more and nothing new is tried: how often.
 * `reads` is the plan then. */
static inline unsigned
settle(struct plan *p, bool at_once)
{
	unsigned polls = 0;

	(void)unchanged(p);
	for (; poll_once(p, at_once) > 0 || !unchanged(p); polls++)
		assert_true(polls < 60);
	assert_int_equal(poll_once(p, at_once), 0);
	assert_true(unchanged(p));
	return polls;
}

static inline enum reg_table
any_table(unsigned *seed)
{
	return model_below(seed, 3) == 0 ? TABLE_COIL : TABLE_HOLDING;
}

/* A map of few points close together. */
static inline void
any_map(unsigned *seed, uint32_t points, uint32_t registers)
{
	begin((uint16_t)(4 + model_below(seed, 20)),
	    (uint16_t)model_below(seed, 7));
	m.type.coils_per_read = (uint16_t)(4 + model_below(seed, 20));
	bool mixed = model_below(seed, 2);
	enum reg_table t = any_table(seed);
	uint32_t largest = 1 + model_below(seed, 4);
	for (uint32_t i = 1 + model_below(seed, points); i > 0; i--) {
		struct point_type *p =
		    model_add(&m, mixed ? any_table(seed) : t,
			(uint16_t)model_below(seed, registers),
			(uint16_t)(1 + model_below(seed, largest)));

		p->write_only = model_below(seed, 10) == 0;
	}
}

#endif
