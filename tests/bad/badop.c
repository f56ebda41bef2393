/* Asks for more registers than one answer can hold. */
#include "bad.h"

static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	int n = bad_plan(state, cycle, out, cap);

	if (n == 1)
		out[0].count = 126;
	return n;
}

BAD_TYPE("badop", GW_ABI, plan, bad_decode);
