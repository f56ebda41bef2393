/*
 * Which requests fetch a device's points: blocks of one table and one period,
 * never across a value, never beyond what the device takes, over gaps only as
 * far as its profile allows. A block the device refuses is split; the split
 * stays, so that a hole costs its requests once.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site.h"

struct block {
	enum reg_table table;
	uint16_t addr, count;
	uint32_t every_ms;
	size_t first, npoints; /* in plan.points */
	bool refused;          /* a single point the device does not have */
};

struct plan {
	struct block *blocks; /* nblocks used, room for every point */
	size_t nblocks;
	uint16_t *points; /* indexes in device.points, by address */
	size_t npoints;
};

/* For a profile's device. NULL: out of memory. */
struct plan *plan_new(const struct device *borrow);
struct plan *plan_free(struct plan *take);

/* Splits block `b` in two, at its widest gap or else in the middle; the new
 * one is the last of plan.blocks. False when it holds a single point. */
bool plan_split(struct plan *p, const struct device *d, size_t b);

/* The function code that reads a table. */
uint8_t plan_function(enum reg_table t);

#endif
