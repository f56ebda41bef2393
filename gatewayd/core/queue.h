/*
 * Rows that wait for the card, oldest first. Bounded: when it is full the
 * oldest readings go, a few at a time, and are counted; events only once they
 * are half of all. Pure.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "store.h"

struct queue;

struct queue *queue_new(size_t max); /* NULL: no memory */
struct queue *queue_free(struct queue *take);

/* Takes the row with its texts, also when it fails: 0 or -ENOMEM (counted as
 * dropped). */
int queue_add(struct queue *q, const struct store_row *take);

size_t queue_count(const struct queue *q);
/* The oldest rows, borrowed until the queue changes. */
const struct store_row *queue_rows(const struct queue *q);
/* The oldest n are durable. */
void queue_done(struct queue *q, size_t n);

struct queue_lost {
	uint64_t readings, events;
};
struct queue_lost queue_lost(const struct queue *q); /* since it was made */

#endif
