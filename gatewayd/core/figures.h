/* What a device's counts come to, for people. Pure. */
#ifndef FIGURES_H
#define FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

/* So many milliseconds are enough for that many per cent of the answers: the
 * upper end of the bar in which they are reached, for the bars know no better.
 * 0: there are no answers, or the last bar, which has no end, is needed. */
uint32_t figures_within(const uint32_t bars[ANSWER_BARS], unsigned per_cent);

/* Worth a person's look: lost, or more than one request in a hundred was not
 * answered, or not as it should be. */
bool figures_troubled(const struct msg_device *m);

#endif
