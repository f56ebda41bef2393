/* Never returns from plan(). */
#include "bad.h"

static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	volatile int on = 1;

	(void)state, (void)cycle, (void)out, (void)cap;
	while (on)
		continue;
	return 0;
}

BAD_TYPE("stuck", GW_ABI, plan, bad_decode);
