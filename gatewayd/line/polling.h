/*
 * When a device's points are due. Pure: `now` is passed in, boot time in
 * milliseconds. Points of one period form a beat; all beats of a device share
 * one phase, so that periods which are multiples meet, and what is due together
 * is read together. A beat whose points still wait is not due a second time:
 * periods that passed unread are counted, never made up for.
 */
#ifndef POLLING_H
#define POLLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site.h"

struct beat {
	uint32_t every_ms;
	int64_t due;   /* when its period began, or will */
	int64_t began; /* when the first of its points was read */
	uint32_t wait; /* of its points, so many wait to be read */
	uint32_t size; /* points it has */
};

struct polling {
	struct beat *beats; /* nbeats */
	size_t nbeats;
	uint16_t *beat_of; /* of each point */
	bool *waits;       /* each point: is to be read now */
	size_t npoints, nwaiting;
	uint64_t overruns; /* periods that passed unread */
};

/* Beats of the device's points; a plugin's device has one, of one thing. Points
 * that are written only, and formulas, have none. 0, or -ENOMEM. */
int polling_init(struct polling *p, const struct device *d, int64_t first);
void polling_end(struct polling *p);

/* When the next beat falls due; INT64_MAX: never. Beats that wait do not
 * count. */
int64_t polling_next(const struct polling *p);

/* The points of beats that are due by now wait to be read. True when any does
 * that did not before. */
bool polling_arm(struct polling *p, int64_t now);

/* The earliest end of a period by which a waiting point is to be read;
 * INT64_MAX: none waits. */
int64_t polling_deadline(const struct polling *p);

/* The end of the period by which a waiting point is to be read. */
int64_t polling_point_deadline(const struct polling *p, size_t point);

/* The point has been read, or given up. `counted`: periods that it missed are
 * overruns. */
void polling_done(struct polling *p, size_t point, int64_t now, bool counted);

/* All that waits is done with, and not counted: the device is lost. */
void polling_drop(struct polling *p, int64_t now);

/* Periods that have passed by now are not missed: nobody could have read it. */
void polling_excuse(struct polling *p, int64_t now);

/* Everything waits, due or not: the device is back, or is to be tried. */
void polling_all(struct polling *p);

#endif
