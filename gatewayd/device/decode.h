/*
 * Registers to a reading, by a profile's point; pure. Integers stay exact to
 * 64 bits unless a scale, an offset or a calibration makes them real. Decimal
 * scales divide: 1821 at 0.01 is exactly 18.21. In this order: scale, offset,
 * the profile's curve, the site's, the site's slope and offset, the range.
 */
#ifndef DECODE_H
#define DECODE_H

#include <stdint.h>

#include "reading.h"
#include "site.h"

struct decoded {
	struct value value; /* VALUE_NONE exactly when bad */
	enum quality quality;
	enum reason reason;
};

/* `words`: the point's type->count registers in host order, or one coil as 0
 * or 1. Bad, without a value: a no-data code, NaN, infinity, a BCD digit above
 * 9, a string that is not UTF-8 text (no_data); outside the range or a table
 * (range). A bool, and what has words for on and off, is 0 or 1 whatever the
 * scale. */
void decode_point(
    const struct point *p, const uint16_t *words, struct decoded *out);

/* The same for a number that a formula made: from the curve on. A state is 0 or
 * 1. Bad (no_data) when it is not finite. */
void decode_number(const struct point *p, double v, struct decoded *out);

/* Shared with what plugins return. */
void decoded_bad(struct decoded *out, enum reason reason);
bool utf8_text(const char *s);

#endif
