/* Slots only grow, and so does what is kept. */
#include "kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
kepts_grow(struct kepts *s, size_t nslots)
{
	struct kept_bytes **more;

	if (nslots <= s->nslots)
		return 0;
	more = reallocarray(s->of, nslots, sizeof(void *));
	if (more == NULL)
		return -ENOMEM;
	memset(more + s->nslots, 0, (nslots - s->nslots) * sizeof(void *));
	s->of = more;
	s->nslots = nslots;
	s->read = false;
	return 0;
}

static struct kept_bytes *
place(struct kepts *s, uint32_t slot)
{
	struct store_kept *batch;

	if (slot >= s->nslots)
		return NULL;
	if (s->of[slot] != NULL)
		return s->of[slot];
	batch = reallocarray(s->batch, s->n + 1, sizeof(*batch));
	if (batch == NULL)
		return NULL;
	s->batch = batch;
	s->of[slot] = calloc(1, sizeof(struct kept_bytes));
	s->n += s->of[slot] != NULL;
	return s->of[slot];
}

int
kepts_put(struct kepts *s, uint32_t slot, const struct kept *k)
{
	struct kept_bytes *b = place(s, slot);

	if (b == NULL)
		return -ENOMEM;
	if (b->n == k->n && memcmp(b->bytes, k->bytes, k->n) == 0)
		return 0;
	s->ndirty += !b->dirty;
	b->dirty = true;
	b->n = k->n;
	memcpy(b->bytes, k->bytes, k->n);
	return 0;
}

const struct kept_bytes *
kepts_of(const struct kepts *s, uint32_t slot)
{
	return slot < s->nslots ? s->of[slot] : NULL;
}

/* ---- from the store ---- */

struct named {
	const char *name;
	uint32_t slot;
};

struct reader {
	struct kepts *s;
	struct named *named; /* the site's series, by name */
	size_t n;
	bool memory; /* there was enough */
};

static int
compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
take(const char *name, const uint8_t *bytes, uint8_t n, void *arg)
{
	struct reader *r = arg;
	struct named key = {.name = name}, *found;
	struct kept_bytes *b;

	found = bsearch(&key, r->named, r->n, sizeof(key), compare);
	if (found == NULL || kepts_of(r->s, found->slot) != NULL)
		return;
	b = place(r->s, found->slot);
	if (b == NULL) {
		r->memory = false;
		return;
	}
	b->n = n;
	memcpy(b->bytes, bytes, n);
}

enum store_result
kepts_read(struct kepts *s, const struct series *series, struct store *store)
{
	struct reader r = {.s = s, .n = series->nslots, .memory = true};
	enum store_result result;

	if (s->read)
		return STORE_OK;
	r.named = calloc(r.n + 1, sizeof(*r.named));
	if (r.named == NULL)
		return STORE_OK; /* not read: tried again */
	for (uint32_t i = 0; i < series->nslots; i++)
		r.named[i] =
		    (struct named){.name = series->names[series->slots[i]].name,
			.slot = series->slots[i]};
	if (r.n > 1)
		qsort(r.named, r.n, sizeof(*r.named), compare);
	result = store_kept_all(store, take, &r);
	free(r.named);
	s->read = result == STORE_OK && r.memory;
	return result;
}

/* ---- to the store ---- */

size_t
kepts_batch(struct kepts *s, const struct series *series)
{
	size_t n = 0;

	for (size_t i = 0; n < s->ndirty && i < s->nslots; i++) {
		const struct kept_bytes *b = s->of[i];

		if (b == NULL || !b->dirty)
			continue;
		s->batch[n] = (struct store_kept){
		    .series = series->names[i].id, .n = b->n};
		memcpy(s->batch[n++].bytes, b->bytes, b->n);
	}
	return n;
}

static void
mark(struct kepts *s, bool dirty)
{
	for (size_t i = 0; i < s->nslots; i++)
		if (s->of[i] != NULL)
			s->of[i]->dirty = dirty;
	s->ndirty = dirty ? s->n : 0;
}

void
kepts_written(struct kepts *s)
{
	if (s->ndirty > 0)
		mark(s, false);
}

void
kepts_forget(struct kepts *s)
{
	mark(s, true);
}

void
kepts_done(struct kepts *s)
{
	for (size_t i = 0; i < s->nslots; i++)
		free(s->of[i]);
	free(s->of);
	free(s->batch);
	memset(s, 0, sizeof(*s));
}
