/*
 * Which profiles a unit's registers fit, and how sure that is. Pure but for the
 * reads that struct facts makes. What speaks for a profile: what it says tells
 * it from others, its registers being there, values within their ranges, the
 * unit's own number in the register that is to hold it, and the speed at which
 * it leaves its maker. A read that succeeds proves little: cheap probes answer
 * for registers they do not have.
 */
#ifndef IDENTIFY_H
#define IDENTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device_type.h"
#include "facts.h"

struct candidate {
	const struct device_type *type; /* borrowed; its name, its variant */
	int score;
	unsigned points;   /* of it that were read */
	unsigned within;   /* of those, within a range or one of their words */
	unsigned wrong;    /* outside */
	unsigned identity; /* how much its own marks weigh; 0: it has none */
	bool factory;      /* found at its maker's settings */
	bool own_number;   /* its register for it holds the unit's number */
};

enum sure {
	SURE_NONE, /* no profile fits */
	SURE_POSSIBLE,
	SURE_LIKELY,
	SURE_IDENTIFIED
};

struct verdict {
	enum sure sure;
	size_t fits;  /* candidates, the best first */
	size_t alike; /* of them, as good as the best; 1: none but it */
	char why[256];
};

/* How it was found; baud 0: not over a serial line. */
struct found_at {
	uint8_t unit;
	uint32_t baud;
	uint8_t parity;
};

/* Fills `out` (room for n) with those that fit. 0, or -errno of a read. */
int identify(struct facts *f, const struct found_at *at,
    const struct device_type *const *types, size_t n, struct candidate *out,
    struct verdict *verdict);

const char *sure_name(enum sure s);

/* The value of a point as the unit's registers have it: "65.8", "closed", or
 * "?" when it cannot be known. Returns out. */
const char *identify_value(
    struct facts *f, const struct point_type *p, char *out, size_t size);

#endif
