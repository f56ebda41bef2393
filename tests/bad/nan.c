/* Calls no number a good reading. */
#include "bad.h"

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	int n = bad_decode(state, span, words, count, out, cap);

	if (n == 2)
		out[1].value.r = __builtin_nan("");
	return n;
}

BAD_TYPE("nan", GW_ABI, bad_plan, decode);
