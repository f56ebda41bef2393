/* Writes a little beyond its state. */
#include "bad.h"

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	((uint8_t *)state)[4] = 1;
	return bad_decode(state, span, words, count, out, cap);
}

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(gw_device_type),
    .name = "overstate",
    .points = bad_points,
    .npoints = 2,
    .state_size = 4,
    .init = bad_init,
    .plan = bad_plan,
    .decode = decode,
};
