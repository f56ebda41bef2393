/*
 * Device types of any size, and how often their points were read.
 */
#ifndef PLAYED_TYPES_H
#define PLAYED_TYPES_H

#include "played_field.h"

static struct point_type pool[UNITS][POINTS];
static struct device_type types[UNITS];

/* A type with n points of one register, each a read of its own: `per_read` 1,
 * or merged. */
static inline struct device_type *
type(size_t at, size_t n, uint16_t per_read)
{
	for (size_t p = 0; p < n; p++)
		pool[at][p] = (struct point_type){.name = "p",
		    .table = TABLE_HOLDING,
		    .addr = (uint16_t)p,
		    .count = 1,
		    .type = REG_UINT16,
		    .order = {0, 1},
		    .mul = 1,
		    .div = 1};
	types[at] = (struct device_type){.name = "t",
	    .registers_per_read = per_read,
	    .points = pool[at],
	    .npoints = n};
	return &types[at];
}

struct pace {
	size_t n, bad;
	int64_t least, most; /* between good readings */
};

/* How a series was read since then, until the latest. */
static inline struct pace
pace_of(uint32_t series, int64_t since)
{
	struct pace p = {.least = INT64_MAX};
	int64_t last = 0;

	for (size_t i = 0; i < heard.nr; i++) {
		const struct reading *r = &heard.r[i];

		if (r->series != series || r->boot_ms < since)
			continue;
		if (r->quality != QUALITY_GOOD) {
			p.bad++;
			continue;
		}
		if (last != 0 && r->boot_ms - last < p.least)
			p.least = r->boot_ms - last;
		if (last != 0 && r->boot_ms - last > p.most)
			p.most = r->boot_ms - last;
		last = r->boot_ms;
		p.n++;
	}
	return p;
}

#endif
