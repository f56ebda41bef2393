/* Writes through NULL in decode(). The pointer is a volatile global, or the
 * compiler sees the mistake and leaves the write out. */
#include "bad.h"

static int *volatile nowhere;

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	(void)state, (void)span, (void)words, (void)count;
	(void)out, (void)cap;
	*nowhere = 1;
	return 0;
}

BAD_TYPE("segv", GW_ABI, bad_plan, decode);
