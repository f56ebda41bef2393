/*
 * The reads that fetch every point of a device once: points that stand next to
 * each other in one read, as many as the device gives at once. Gaps are never
 * read over: for one look at a device the few more requests do not matter.
 * Pure.
 */
#ifndef SPANS_H
#define SPANS_H

#include <stddef.h>
#include <stdint.h>

#include "device_type.h"

struct span {
	enum reg_table table;
	uint16_t addr, count; /* count at most 125, also of coils */
};

/* Whether the point is read at all: it has a place, and can be. */
bool point_read(const struct point_type *p);
/* Whether the span has all of it. */
bool span_has(const struct span *s, const struct point_type *p);
/* How many: at most npoints, for which `out` has room. */
size_t spans_of(const struct device_type *t, struct span *out);

#endif
