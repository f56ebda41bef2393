/* Prints at each call, to both outputs, as a plugin that is being made does. */
#include <stdio.h>

#include "bad.h"

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	(void)printf("decode: %d words\n", count);
	(void)fflush(stdout);
	(void)fprintf(stderr, "decode: cap %d\n", cap);
	return bad_decode(state, span, words, count, out, cap);
}

BAD_TYPE("printer", GW_ABI, bad_plan, decode);
