/*
 * What is on its way to the broker and what has arrived, by sequence number;
 * pure. Nothing counts as sent before its PUBACK. Acknowledgements may come in
 * any order; after a lost connection everything without one is sent again, and
 * nothing that has one.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "store.h"

/* Messages on their way, and rows in them: libmosquitto holds them all. */
enum { WINDOW_MAX = 64, WINDOW_ROWS = 6400, WINDOW_RANGES = 256 };

struct window {
	struct flight {
		int mid;
		struct seq_range range;
	} flights[WINDOW_MAX];
	size_t n;
	uint64_t next;                        /* read on above this number */
	struct seq_range done[WINDOW_RANGES]; /* ascending, apart */
	size_t ndone;
};

/* From the cursor as the store has it. */
void window_init(struct window *w, const struct seq_range *done, size_t n);
bool window_full(const struct window *w);
/* The broker has it already. */
bool window_has(const struct window *w, uint64_t seq);
/* The number to read on above: `next`, past what is done already. */
uint64_t window_after(struct window *w);
/* A message covering first..last was handed to the library. */
void window_sent(struct window *w, int mid, uint64_t first, uint64_t last);
/* Its PUBACK: true and the range, which is now done. */
bool window_acked(struct window *w, int mid, struct seq_range *range);
/* first..last needed no message (readings without a value). */
void window_skip(struct window *w, uint64_t first, uint64_t last);
/* No row up to seq is left to be sent: read on above it. */
void window_pass(struct window *w, uint64_t seq);
/* The connection is gone: what was in flight is unsent again. */
void window_reset(struct window *w);

#endif
