/*
 * A counter that goes on where its device begins anew: because it was cleared
 * (a power cut), or because it is full and wraps round. Pure.
 *
 * A smaller figure than the last one counts only when a second read confirms
 * it, since some devices answer one read in a thousand with zero. Until then
 * the total stands still. So it does while a device starts, which may show
 * zeros for longer than that. When it is confirmed: from the top quarter of the
 * register to its bottom quarter it has wrapped, else it was cleared, and shows
 * what it counted since.
 *
 * The total is what was counted up to the last clearing plus what the device
 * shows, both in steps of the register, so that nothing is ever rounded on the
 * way; registers that are no whole numbers are added up as they are.
 */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode.h"
#include "site.h"

/* Steps, or real numbers. */
union count {
	int64_t i;
	double r;
};

struct counter {
	bool whole;    /* in steps: fixed by the point, as is */
	uint32_t mark; /* what the figures are of */
	bool begun;    /* there is a last one */
	bool pending;  /* the device showed less than that: `less` */
	bool changed;  /* since counter_kept() */
	union count base, last, less;
};

void counter_init(struct counter *c, const struct point *p);

/* What was read becomes the total: good, or uncertain (stale) while a smaller
 * figure waits to be confirmed; bad (range) where the total is beyond 63
 * bits. What is bad, or no number, is left as it is. sure: false while the
 * device starts and may show anything: nothing is confirmed then. */
void counter_took(
    struct counter *c, const struct point *p, struct decoded *d, bool sure);

/* As derive_kept() and derive_keep(). */
bool counter_kept(struct counter *c, uint8_t *bytes, uint8_t *n);
bool counter_keep(struct counter *c, const uint8_t *bytes, uint8_t n);

#endif
