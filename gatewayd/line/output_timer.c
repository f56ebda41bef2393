/* How long a device's timer is armed for. */
#include "output_timer.h"

#include <string.h>

/* Ours, the margin, and what rounding up to steps adds. */
static int64_t
with_margin(int64_t left_ms)
{
	return left_ms + TIMER_MARGIN_MS +
	       (left_ms * TIMER_MARGIN_PERCENT + 99) / 100;
}

/* The longest that the device's word can say. */
static int64_t
most_steps(const struct output_timer *t)
{
	int64_t most = t->longest_ms / t->step_ms;

	return most < UINT16_MAX ? most : UINT16_MAX;
}

struct arming
output_timer_arm(const struct output_timer *t, int64_t left_ms,
    struct request *q, uint16_t *words)
{
	int64_t want = with_margin(left_ms > 0 ? left_ms : 0);
	int64_t steps = (want + t->step_ms - 1) / t->step_ms;
	bool partial = steps > most_steps(t);

	if (partial)
		steps = most_steps(t);
	memcpy(words, t->words, sizeof(t->words));
	words[t->time_at] = (uint16_t)steps;
	*q = (struct request){.addr = t->addr,
	    .count = t->nwords,
	    .words = words,
	    .function = t->table == TABLE_COIL ? FC_WRITE_COIL
			: t->nwords > 1        ? FC_WRITE_HOLDINGS
					       : FC_WRITE_HOLDING,
	    .as_is = t->table == TABLE_COIL};
	return (struct arming){
	    .ms = (uint32_t)(steps * t->step_ms), .partial = partial};
}
