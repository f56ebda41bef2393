/*
 * A plugin under random calls: any settings, any words, any state kept, any
 * command, each under the guard. It runs in a process of its own that may crash
 * or never return; which call it was is then still known.
 */
#ifndef PLUGIN_CALLS_H
#define PLUGIN_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "plugin.h"

enum call_kind {
	CALL_INIT,
	CALL_PLAN,
	CALL_DECODE,
	CALL_ENCODE,
	CALL_SAFE,
	CALL_KEEP
};

/* What is being called, and how far it got; shared between the processes. */
struct calls {
	uint64_t seed, want; /* given */
	volatile uint64_t made;
	enum call_kind kind;
	uint32_t cycle, span; /* of the call in hand */
	char name[65];        /* of the point */
	int64_t now;
	double value;
	int nwords;
	uint16_t words[8]; /* its first */
	char broke[200];   /* what it said that it may not; "": nothing */
	uint32_t plan_ns, decode_ns; /* what a call costs; 0: not measured */
	uint64_t decodes;
};

/* "decode of span 1 at 17 ms with 28 words 077A 429B ...". */
const char *call_text(const struct calls *c, char *out, size_t size);

/* Makes the calls here: 0, or -1 with c->broke. */
int calls_make(const struct plugin *p, struct calls *c);
/* Measures what they cost, in time of the processor. */
void calls_cost(const struct plugin *p, struct calls *c);
#endif
