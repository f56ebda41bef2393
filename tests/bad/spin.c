/* Never returns from decode(). */
#include "bad.h"

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	volatile int on = 1;

	(void)state, (void)span, (void)words, (void)count;
	(void)out, (void)cap;
	while (on)
		continue;
	return 0;
}

BAD_TYPE("spin", GW_ABI, bad_plan, decode);
