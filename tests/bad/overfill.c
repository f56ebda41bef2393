/* Writes one sample more than there is room for, and says so. */
#include "bad.h"

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	(void)state, (void)span, (void)words, (void)count;
	for (int i = 0; i <= cap; i++) {
		out[i].point = 1;
		out[i].type = GW_INT64;
		out[i].value.i = 7;
	}
	return cap + 1;
}

BAD_TYPE("overfill", GW_ABI, bad_plan, decode);
