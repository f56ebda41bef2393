/*
 * A value to the write that sets it: the inverse of decode.h, by the same
 * order, scale, offset and calibration, so that what is set is what is read.
 * Pure. A value that the registers cannot hold is refused, never bent into
 * one; only floats are rounded, to the nearest that there is.
 */
#ifndef ENCODE_H
#define ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reply.h"
#include "site.h"

enum { ENCODE_WORDS = 4 };

/* Whether the write must be built upon what the registers hold now: when it
 * sets some of their bits and the device has no way to leave the others. */
bool encode_needs(const struct point *p);

/* The write that sets the point, into *q (unit 0, tcp false) and `words`
 * (ENCODE_WORDS of room), to which q->words points. `now`: the point's
 * type->count registers as just read; NULL unless encode_needs(). Otherwise,
 * with the reason in plain words in `why`, and q and words untouched:
 *   -ERANGE   below or above what the register or the range allows
 *   -EDOM     between two steps, or a code that means something else
 *   -ENOTSUP  such a point cannot be written
 *   -EINVAL   `now` is needed */
int encode_point(const struct point *p, double value, const uint16_t *now,
    struct request *q, uint16_t *words, char *why, size_t size);

/* Whether `back`, as read after the write, is what setting `value` leads to;
 * looks at the point's own bits only. */
bool encode_same(const struct point *p, double value, const uint16_t *back);

#endif
