/*
 * A write by hand: what the register holds and the frame are shown, it is asked
 * about, made, read back and shown again. What the point is and how its value
 * becomes words is conf's and device's business, for a register that was named
 * by hand as well.
 */
#ifndef HAND_H
#define HAND_H

#include <stdbool.h>
#include <stdint.h>

#include "encode.h"
#include "target.h"

enum { HAND_WORDS = 4 }; /* of the widest number */

struct hand {
	struct target target;
	/* What is set, and to what; `raw`: the register was named by hand. */
	const struct point *point;
	double value;
	const char *text;  /* the value as it was typed */
	uint32_t function; /* 16: even for one register; 0: the usual one */
	bool raw, yes, dry_run, json;

	struct request q;
	uint16_t words[ENCODE_WORDS];
	uint16_t before[HAND_WORDS], after[HAND_WORDS];
	bool has_before, has_after;
	const char *result; /* "done", "sent", "uncertain", "dry run" */
};

/* The target is found, and closed by the caller. The exit code; what is wrong
 * has been said. */
int hand_write(struct hand *h);

/* "gatewayctl write: what: arg"; CTL_REFUSED. `arg` may be NULL. */
int hand_wrong(const char *what, const char *arg);

#endif
