/*
 * What a line will carry, before anything is wired: requests, bytes, time and
 * line use, healthy and with dead devices. It asks the planner, the beats and
 * the plugins that will poll, so it is what the line will do; only how long a
 * unit thinks (the turnaround) is assumed. Pure but for loading plugins.
 *
 *   sweep     every point that is read, once: as when all are due together
 *   use       share of its time that a connection is busy; 1: always
 *   silent    a request that nobody answers: its time on the wire, that of the
 *             answer, and the timeout
 *   noticing  the longest that a sweep may take until dead units are lost: each
 *             is asked as often as health wants, with a quiet wait after each
 *   after     a dead unit is probed every health_gap_max(), one silent each
 *
 * A connection that is used more than all the time keeps no period: what is due
 * every `every` comes about every `late`.
 */
#ifndef FORECAST_H
#define FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "site.h"

struct forecast_options {
	uint32_t turnaround_us; /* end of a request to start of its answer */
	uint32_t dead;          /* so many; 0: 1, 2, 3, and half of them */
};

/* What a device asks of its way. */
struct load {
	const struct device *device;
	size_t way;
	uint32_t every_ms;        /* its shortest period; 0: never read */
	uint64_t seldom_ms;       /* its longest */
	uint32_t requests, bytes; /* of a sweep, both directions */
	uint64_t sweep_ns;
	double use;
	uint64_t silent_ns, quiet_ns;
	uint32_t asks; /* until it is lost */
	char why[160]; /* a plugin that cannot be asked; "" */
};

struct loss {
	size_t dead;              /* those whose loss costs most */
	uint32_t requests, bytes; /* of a sweep of the others */
	uint64_t noticing_ns;
	uint64_t cycle_ns; /* after: a sweep of the others, probes between */
	double use;
	uint64_t late_ns; /* 0: periods are kept */
};

enum { LOSSES_MAX = 4 };

struct way {
	const size_t *devices; /* costliest loss first; the forecast's */
	size_t ndevices;
	uint32_t requests, bytes;
	uint64_t sweep_ns;
	double use;
	uint32_t every_ms; /* the shortest period; 0: nothing is read */
	uint64_t late_ns;
	struct loss losses[LOSSES_MAX];
	size_t nlosses;
};

struct forecast {
	const struct line *line;
	struct load *loads; /* one a device */
	struct way *ways;
	size_t nways;
	size_t *order; /* devices, way by way */
};

/* "TURNAROUND_US,DEAD", as --plan takes it. */
bool forecast_options(const char *text, struct forecast_options *out);

/* 0, or -ENOMEM. Borrows the line. */
int forecast_init(struct forecast *f, const struct line *borrow,
    const struct forecast_options *o);
void forecast_end(struct forecast *f);

/* One device: all of *out but `way`. 0, or -ENOMEM. */
int forecast_load(const struct line *l, const struct device *d,
    uint32_t turnaround_us, struct load *out);

/* One JSON object for the site, a line of text; gatewayctl(1) has its keys.
 * 0, -ENOMEM, or -EIO when it could not be written. */
int forecast_print(
    const struct site *s, const struct forecast_options *o, FILE *to);

#endif
