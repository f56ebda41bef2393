/* What a device's counts come to, for people. Pure. */
#ifndef FIGURES_H
#define FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

enum { RECENT_MS = 1800000 }; /* trouble is that of the last one or two */

struct tally {
	uint64_t requests, failed;
};

/* A device's counts as they were; zeroed: from its first request on. */
struct recent {
	struct tally older, newer;
	int64_t turned; /* boot time of `newer` */
};

/* So many milliseconds are enough for that many per cent of the answers: the
 * upper end of the bar in which they are reached, for the bars know no better.
 * 0: there are no answers, or the last bar, which has no end, is needed. */
uint32_t figures_within(const uint32_t bars[ANSWER_BARS], unsigned per_cent);

/* The device's counts have come to this. */
void figures_note(struct recent *r, const struct msg_device *m, int64_t now);

/* Worth a person's look: lost, or of its recent requests more than one in a
 * hundred was not answered, or not as it should be. */
bool figures_troubled(const struct recent *r, const struct msg_device *m);

#endif
