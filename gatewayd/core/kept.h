/*
 * What series must not forget, by slot (series.h): the newest of each, in
 * memory, so that neither a line's restart nor trouble with the store costs a
 * count, and which of them the card does not have yet.
 *
 * Why no count is lost or doubled: a counter's total and the raw value it was
 * counted up to are one piece of bytes, so they never disagree. A line sends
 * that piece before the readings that show it, and a commit writes all that is
 * kept along with the oldest readings: so what is kept is never older than a
 * reading that anybody has seen. A crash in between leaves a piece that is as
 * old as the last reading or newer, and counting goes on from there: what the
 * device counted meanwhile is in its next raw value.
 */
#ifndef KEPT_H
#define KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"
#include "series.h"
#include "store.h"

struct kept_bytes {
	bool dirty; /* the card does not have it */
	uint8_t n;
	uint8_t bytes[KEPT_BYTES];
};

struct kepts {
	struct kept_bytes **of; /* by slot; NULL: nothing */
	size_t nslots;
	struct store_kept *batch; /* room for all there is */
	size_t n, ndirty;
	bool read; /* what the store has of these slots is here */
};

/* Room for so many slots; those that are new are to be read. 0 or -ENOMEM. */
int kepts_grow(struct kepts *s, size_t nslots);
/* 0, also when it is no news; -ENOMEM: what was there before stays. */
int kepts_put(struct kepts *s, uint32_t slot, const struct kept *k);
/* NULL: nothing. */
const struct kept_bytes *kepts_of(const struct kepts *s, uint32_t slot);
/* Reads what the store has, unless that was done; what is here is newer. */
enum store_result kepts_read(
    struct kepts *s, const struct series *series, struct store *store);
/* What the card does not have, with the store's ids: s->batch. How many. */
size_t kepts_batch(struct kepts *s, const struct series *series);
void kepts_written(struct kepts *s);
void kepts_forget(struct kepts *s); /* another file: it has none of them */
void kepts_done(struct kepts *s);

#endif
