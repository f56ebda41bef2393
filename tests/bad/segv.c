/* Writes through NULL in decode(). */
#include "bad.h"

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	volatile int *volatile nowhere = 0;

	(void)state, (void)span, (void)words, (void)count;
	(void)out, (void)cap;
	*nowhere = 1;
	return 0;
}

BAD_TYPE("segv", GW_ABI, bad_plan, decode);
