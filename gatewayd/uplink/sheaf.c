/* A row mostly has the device of the one before it; else a table finds it. */
#include "sheaf.h"

#include <stdlib.h>
#include <string.h>

struct chains {
	const struct stored *rows;
	struct place *places;
	struct end { /* of one device */
		uint32_t first, last;
	} * ends;
	uint32_t *table, mask, n; /* table: 1 + index of `ends`; 0: free */
};

size_t
device_len(const struct stored *row)
{
	const char *slash = strrchr(row->name, '/');

	return slash ? (size_t)(slash - row->name) : strlen(row->name);
}

static bool
same_device(const struct stored *a, const struct stored *b, size_t len)
{
	return memcmp(a->name, b->name, len) == 0 &&
	       (b->name[len] == '/' || b->name[len] == '\0') &&
	       device_len(b) == len;
}

/* The device's slot of the table: its own, or a free one. */
static uint32_t
slot_of(const struct chains *c, const struct stored *row)
{
	size_t len = device_len(row);
	uint32_t h = 2166136261;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)row->name[i]) * 16777619;
	for (h &= c->mask; c->table[h]; h = (h + 1) & c->mask)
		if (same_device(
			row, &c->rows[c->ends[c->table[h] - 1].first], len))
			break;
	return h;
}

/* The chain that row i goes on, or begins. */
static struct end *
end_of(struct chains *c, uint32_t i, struct end *before)
{
	uint32_t slot;

	if (before && same_device(&c->rows[i], &c->rows[before->last],
			  device_len(&c->rows[i])))
		return before;
	slot = slot_of(c, &c->rows[i]);
	if (!c->table[slot]) {
		c->ends[c->n] = (struct end){PLACE_NONE, PLACE_NONE};
		c->table[slot] = ++c->n;
	}
	return &c->ends[c->table[slot] - 1];
}

static void
chain(struct chains *c, uint32_t n)
{
	struct end *end = NULL;

	for (uint32_t i = 0; i < n; i++) {
		struct place *p = &c->places[i];
		p->first = false;
		p->next = PLACE_NONE;
		if (p->put)
			continue;
		end = end_of(c, i, end);
		p->first = end->last == PLACE_NONE;
		if (p->first)
			end->first = i;
		else
			c->places[end->last].next = i;
		end->last = i;
	}
}

bool
sheaf_chain(const struct stored *rows, size_t n, struct place *places)
{
	struct chains c = {.rows = rows, .places = places, .mask = 1};

	if (n >= PLACE_NONE / 4)
		return false;
	while (c.mask < 2 * n)
		c.mask = 2 * c.mask + 1;
	c.table = calloc((size_t)c.mask + 1, sizeof(*c.table));
	c.ends = calloc(n + 1, sizeof(*c.ends));
	if (c.table && c.ends)
		chain(&c, (uint32_t)n);
	bool done = c.table && c.ends;
	free(c.table);
	free(c.ends);
	return done;
}
