/*
 * From what was read of a device to its readings, with the memory that takes:
 * points made of others by a formula, counters that go on beyond a device's
 * reset, values that are doubtful (frozen soil, a value that never moves, a
 * device just switched on). Pure but for that memory: the time is given.
 *
 * A formula has a reading once all of its inputs that are read as often as the
 * most frequent of them have been read anew; the others count with their last
 * good value, and before there is one there is no reading. Any input that is
 * bad makes it bad, with that input's reason; an uncertain one uncertain.
 *
 * `frozen` is judged by the last good values of its points: of one read, those
 * points are taken first (derive_later()). Where a formula has it, it waits for
 * them as it does for its inputs.
 */
#ifndef DERIVE_H
#define DERIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode.h"
#include "site.h"

struct derive;

struct derived {
	uint16_t point;
	struct decoded d;
	uint8_t detail; /* of what made it bad */
};

/* NULL: out of memory. */
struct derive *derive_new(const struct device *borrow);
struct derive *derive_free(struct derive *take);

/* Of the points of one read, those for which this is true are taken last. */
bool derive_later(const struct derive *d, uint16_t point);

/* The point was read (decode_point()), or could not be (bad, with its reason
 * and detail). now: boot time of the read. The readings that follow, the
 * point's own first, unless it is a part, then those of formulas, also of
 * formulas over formulas: out has room for the type's npoints. How many. */
size_t derive_took(struct derive *d, uint16_t point, const struct decoded *in,
    uint8_t detail, int64_t now, struct derived *out);

/* The device is lost: what was read of it counts for no formula any more. The
 * readings that say so are the caller's to make. Counters stay. */
void derive_lost(struct derive *d);

/* The device has only now begun to answer: what is measured before `until`
 * is uncertain, reason warm_up. */
void derive_warm_up(struct derive *d, int64_t until);

/* What an accumulating counter must not forget, when it changed since this was
 * asked last: false: it did not. At most KEPT_BYTES (wire/msg.h). */
bool derive_kept(struct derive *d, uint16_t point, uint8_t *bytes, uint8_t *n);
/* And back. False: the bytes are not of this version, or of a register that was
 * described otherwise; the counter begins anew from what the device shows. */
bool derive_keep(
    struct derive *d, uint16_t point, const uint8_t *bytes, uint8_t n);

#endif
