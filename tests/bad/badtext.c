/* Gives a text for a number, without its end. */
#include "bad.h"

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	int n = bad_decode(state, span, words, count, out, cap);

	if (n == 2) {
		out[1].type = GW_TEXT;
		__builtin_memset(out[1].value.text, 'x', GW_TEXT_MAX);
	}
	return n;
}

BAD_TYPE("badtext", GW_ABI, bad_plan, decode);
