/*
 * Which requests fetch a device's due points: the cheapest reads that hold them
 * all, never across a value, never beyond what the device takes, over gaps only
 * where that is cheaper on this line and the profile allows it; inputs of one
 * formula that stand next to each other always together. What the device
 * refuses is split at the right place, and remembered for as long as the line
 * runs, so that a hole in the map costs its requests once. Pure but for its
 * memory: no clock, no bus.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site.h"

struct plan;

/* What a read costs the line, in nanoseconds: the request, the answer's frame
 * round its data, the silences and the unit's turnaround; and each byte of
 * data. */
struct price {
	uint64_t request_ns, byte_ns;
};

struct read {
	enum reg_table table;
	uint16_t addr, count;
	const uint16_t *points; /* indexes in device.points, by address; the
				   plan's, until the next plan_reads() */
	size_t npoints;         /* at least 1 */
};

/* PLAN_AGAIN: its points are still due; plan_reads() knows better now.
 * PLAN_POINT: nothing to divide: the device does not have the read's points (a
 * single one, or several of the same registers). No plan asks for them again
 * until plan_forgive(). */
enum plan_refusal { PLAN_AGAIN, PLAN_POINT };

/* turnaround_us: from the end of a request to the start of its answer. */
struct price plan_price(const struct line *l, uint32_t turnaround_us);

/* For a profile's device. NULL: out of memory. */
struct plan *plan_new(const struct device *borrow);
struct plan *plan_free(struct plan *take);

/* due: one flag for each of device.points. Reads into out (room for npoints of
 * the type always suffices), in the order of table and address: how many.
 * Points that are written only, and formulas, are in none. */
size_t plan_reads(struct plan *p, const bool *due, struct price price,
    struct read *out, size_t cap);

/* The device answered this read: what it spans may be read together. */
void plan_accepted(struct plan *p, const struct read *r);

/* The device refused it with 02 or 03. The read is one of the last
 * plan_reads(). */
enum plan_refusal plan_refused(
    struct plan *p, const struct read *r, uint8_t code);

/* Points the device did not have may be asked for again: each in a read of its
 * own, so that it costs its neighbours nothing. */
void plan_forgive(struct plan *p);

/* The function code that reads a table. */
uint8_t plan_function(enum reg_table t);

#endif
