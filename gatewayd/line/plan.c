/*
 * The cheapest reads, by dynamic programming. Sorted by address, the points of
 * some cheapest set of reads always stand in a row: of two reads that overlap,
 * the one can hand over to the other what lies in both. So the best reads for
 * the first i points end with one read of the points j to i, behind the best
 * reads for the first j; and how far j can lie to the left, the limit and the
 * walls say (plan_map.h). Points within another point come with it for nothing
 * and are not even looked at.
 */
#include "plan.h"

#include <stdlib.h>

#include "plan_map.h"
#include "reply.h"

struct item { /* a due point that lies in no other, or some tied together */
	uint32_t addr, end, reach;
	uint32_t at;   /* in plan.due */
	uint64_t cost; /* of reading all items before this one ... */
	uint32_t from; /* ... the last of those reads beginning with this */
};

struct plan {
	const struct device *device;
	struct table tables[TABLES];
	struct spot *spots;
	struct stretch *stretches;
	/* Of the last plan_reads(): */
	struct item *items;
	uint16_t *due; /* points in the order of the reads */
	size_t ndue;
	uint32_t *alone; /* spots that are read by themselves */
	size_t nalone;
};

struct terms {
	struct price price;
	uint32_t limit;
	bool bits;
};

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

/* Serial: 8 bytes ask, 5 frame the data (unit, function, length, checksum), and
 * 3.5 characters of silence go before each of them; above 19200 baud 1.75 ms
 * (MODBUS over Serial Line V1.02, 2.5.1.1). TCP: what a transaction takes
 * beside the device; data costs next to nothing, but no gap is for free. */
struct price
plan_price(const struct line *l, uint32_t turnaround_us)
{
	uint64_t turnaround_ns = (uint64_t)turnaround_us * 1000;

	if (l->transport == TRANSPORT_TCP)
		return (struct price){
		    .request_ns = turnaround_ns + 500000, .byte_ns = 1000};

	uint32_t baud = l->baud > 0 ? l->baud : 9600;
	uint64_t bits = 10u + (l->parity != PARITY_NONE) + (l->stop_bits == 2);
	uint64_t character_ns = bits * 1000000000u / baud;
	uint64_t silence_ns = baud > 19200 ? 1750000 : character_ns * 7 / 2;

	return (struct price){
	    .request_ns = 13 * character_ns + 2 * silence_ns + turnaround_ns,
	    .byte_ns = character_ns};
}

struct plan *
plan_new(const struct device *borrow)
{
	size_t n = borrow->type->npoints, taken = 0;
	struct plan *p = calloc(1, sizeof(*p));
	uint32_t *edges = calloc(2 * n + 1, sizeof(*edges));

	if (p != NULL) {
		p->device = borrow;
		p->spots = calloc(n + 1, sizeof(*p->spots));
		p->stretches = calloc(2 * n + 1, sizeof(*p->stretches));
		p->items = calloc(n + 1, sizeof(*p->items));
		p->due = calloc(n + 1, sizeof(*p->due));
		p->alone = calloc(n + 1, sizeof(*p->alone));
	}
	if (p == NULL || edges == NULL || p->spots == NULL ||
	    p->stretches == NULL || p->items == NULL || p->due == NULL ||
	    p->alone == NULL || n > UINT16_MAX) {
		free(edges);
		return plan_free(p);
	}
	for (int t = 0; t < TABLES; t++)
		taken += map_table(&p->tables[t], (enum reg_table)t, borrow,
		    &p->spots[taken], &p->stretches[2 * taken], edges);
	free(edges);
	return p;
}

struct plan *
plan_free(struct plan *take)
{
	if (take != NULL) {
		free(take->spots);
		free(take->stretches);
		free(take->items);
		free(take->due);
		free(take->alone);
		free(take);
	}
	return NULL;
}

/* What is tied to the last item becomes part of it, unless the device has
 * refused that, or it would be too long. */
static bool
ties(const struct table *t, const struct item *last, const struct spot *s)
{
	return s->tied && last->end >= s->addr && last->addr >= s->reach &&
	       s->end - last->addr <= t->limit;
}

/* The table's due points into plan.due and plan.alone, and the items: how many
 * items. */
static size_t
gather(struct plan *p, const struct table *t, const bool *due)
{
	size_t n = 0;
	uint32_t end = 0;

	p->nalone = 0;
	for (size_t i = 0; i < t->nspots; i++) {
		const struct spot *s = &t->spots[i];

		if (!due[s->point] || s->presence == MISSING)
			continue;
		if (s->alone) {
			p->alone[p->nalone++] = (uint32_t)i;
			continue;
		}
		if (s->end > end && n > 0 && ties(t, &p->items[n - 1], s)) {
			end = p->items[n - 1].end = s->end;
			p->items[n - 1].reach = s->reach;
		} else if (s->end > end) {
			end = s->end;
			p->items[n++] = (struct item){.addr = s->addr,
			    .end = s->end,
			    .reach = s->reach,
			    .at = (uint32_t)p->ndue};
		}
		p->due[p->ndue++] = s->point;
	}
	p->items[n].at = (uint32_t)p->ndue;
	return n;
}

static uint64_t
cost_of(const struct terms *q, uint32_t count)
{
	uint64_t bytes = q->bits ? (count + 7) / 8 : 2 * count;

	return q->price.request_ns + bytes * q->price.byte_ns;
}

/* Whether one read may hold everything from the one to the other. */
static bool
fits(const struct item *first, const struct item *last, uint32_t limit)
{
	return first->addr >= last->reach && last->end - first->addr <= limit;
}

/* The cheapest reads of the first n items: how long the longest is. Whatever
 * the limit, an item can be read by itself. */
static uint32_t
partition(struct item *items, size_t n, const struct terms *q)
{
	uint32_t longest = 0;
	size_t leftmost = 0;

	items[0].cost = 0;
	for (size_t i = 0; i < n; i++) {
		const uint32_t end = items[i].end;
		uint64_t best = UINT64_MAX;

		while (leftmost < i &&
		       !fits(&items[leftmost], &items[i], q->limit))
			leftmost++;
		for (size_t j = leftmost; j <= i; j++) {
			uint64_t cost =
			    items[j].cost + cost_of(q, end - items[j].addr);

			if (cost > best)
				continue;
			best = cost;
			items[i + 1].from = (uint32_t)j;
		}
		items[i + 1].cost = best;
	}
	for (size_t i = n; i > 0; i = items[i].from) {
		uint32_t count = items[i - 1].end - items[items[i].from].addr;

		if (count > longest)
			longest = count;
	}
	return longest;
}

/* When the device has refused a read for its length and these would be longer
 * than any it has taken, the true limit is sought half-way, and half-way again
 * as long as that would try nothing new. */
static void
partition_carefully(
    struct item *items, size_t n, const struct table *t, struct price price)
{
	struct terms q = {price, t->limit, t->bits};
	uint32_t low = t->proven;

	if (partition(items, n, &q) <= t->proven || t->limit == t->most)
		return;
	while (low < t->limit) {
		q.limit = low + (t->limit - low + 1) / 2;
		if (partition(items, n, &q) > t->proven)
			return;
		low = q.limit;
	}
}

/* Reads of the first n items into out: how many. */
static size_t
lay_out(const struct plan *p, size_t n, enum reg_table table, struct read *out,
    size_t cap)
{
	size_t nreads = 0;

	for (size_t i = n; i > 0; i = p->items[i].from)
		nreads++;
	for (size_t i = n, r = nreads; i > 0; i = p->items[i].from) {
		const struct item *first = &p->items[p->items[i].from];

		if (--r >= cap)
			continue;
		out[r] = (struct read){.table = table,
		    .addr = (uint16_t)first->addr,
		    .count = (uint16_t)(p->items[i - 1].end - first->addr),
		    .points = &p->due[first->at],
		    .npoints = p->items[i].at - first->at};
	}
	return nreads < cap ? nreads : cap;
}

static void
insert_by_address(struct read *out, size_t n, struct read r)
{
	for (; n > 0 && out[n - 1].addr > r.addr; n--)
		out[n] = out[n - 1];
	out[n] = r;
}

/* Those of the same registers share a read. */
static size_t
add_alone(struct plan *p, enum reg_table table, struct read *out, size_t n,
    size_t cap)
{
	const struct spot *spots = p->tables[table].spots;

	for (size_t i = 0, k; i < p->nalone && n < cap; i = k) {
		const struct spot *s = &spots[p->alone[i]];
		struct read r = {.table = table,
		    .addr = (uint16_t)s->addr,
		    .count = (uint16_t)(s->end - s->addr),
		    .points = &p->due[p->ndue]};

		for (k = i; k < p->nalone; k++) {
			const struct spot *same = &spots[p->alone[k]];

			if (same->addr != s->addr || same->end != s->end)
				break;
			p->due[p->ndue++] = same->point;
		}
		r.npoints = k - i;
		insert_by_address(out, n++, r);
	}
	return n;
}

size_t
plan_reads(struct plan *p, const bool *due, struct price price,
    struct read *out, size_t cap)
{
	size_t nreads = 0;

	p->ndue = 0;
	for (int i = 0; i < TABLES; i++) {
		const struct table *t = &p->tables[i];
		enum reg_table table = (enum reg_table)i;
		struct read *mine = out + nreads;
		size_t room = cap - nreads;
		size_t n = gather(p, t, due);

		partition_carefully(p->items, n, t, price);
		nreads += add_alone(
		    p, table, mine, lay_out(p, n, table, mine, room), room);
	}
	return nreads;
}

void
plan_accepted(struct plan *p, const struct read *r)
{
	memory_accepted(&p->tables[r->table], r);
}

/* Whether no part of it can be asked for by itself. */
static bool
is_single(const struct plan *p, const struct read *r)
{
	for (size_t i = 0; i < r->npoints; i++) {
		const struct point_type *t =
		    p->device->points[r->points[i]].type;

		if (t->addr != r->addr ||
		    map_end(t) != (uint32_t)r->addr + r->count)
			return false;
	}
	return true;
}

enum plan_refusal
plan_refused(struct plan *p, const struct read *r, uint8_t code)
{
	bool single = is_single(p, r);

	memory_refused(&p->tables[r->table], r, code, single);
	return single ? PLAN_POINT : PLAN_AGAIN;
}

void
plan_forgive(struct plan *p)
{
	for (int t = 0; t < TABLES; t++)
		memory_forgive(&p->tables[t]);
}
