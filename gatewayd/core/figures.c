/* Sums in 64 bits: the counts have 32 each. */
#include "figures.h"

uint32_t
figures_within(const uint32_t bars[ANSWER_BARS], unsigned per_cent)
{
	uint64_t all = 0, below = 0;

	for (int i = 0; i < ANSWER_BARS; i++)
		all += bars[i];
	for (int i = 0; all > 0 && i < ANSWER_BARS - 1; i++) {
		below += bars[i];
		if (below * 100 >= all * per_cent)
			return answer_bar_ms[i];
	}
	return 0;
}

bool
figures_troubled(const struct msg_device *m)
{
	uint64_t failed =
	    (uint64_t)m->timeouts + m->crc + m->noise + m->exceptions + m->late;

	return m->state == DEVICE_LOST || failed * 100 > m->requests;
}
