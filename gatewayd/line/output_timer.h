/*
 * A device's own timer, armed for an opening: it closes the output when nobody
 * does. Ours closes first, so the device's time is a little longer. Pure.
 */
#ifndef OUTPUT_TIMER_H
#define OUTPUT_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "device_type.h"
#include "reply.h"

enum { TIMER_MARGIN_MS = 1000, TIMER_MARGIN_PERCENT = 1 };

struct arming {
	uint32_t ms;  /* so long from when the device has it */
	bool partial; /* the timer is too short for all: to be armed again */
};

/* The write (unit 0) for an output that has so long to go, at least 0 ms, into
 * *q and `words` (TIMER_WORDS_MAX of room), to which q->words points. */
struct arming output_timer_arm(const struct output_timer *t, int64_t left_ms,
    struct request *q, uint16_t *words);

#endif
