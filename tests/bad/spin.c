/* Never comes back from decode. */
#include "gateway_device.h"

static const struct gw_point points[] = {{.name = "one"}, {.name = "two"}};

static int
init(void *state, const double *settings, struct gw_err *err)
{
	(void)state;
	(void)settings;
	(void)err;
	return 0;
}

static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	(void)state;
	(void)cycle;
	if (cap < 1)
		return 0;
	out[0] = (struct gw_op){.op = GW_READ, .table = GW_HOLDING, .count = 2};
	return 1;
}

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	(void)state;
	(void)span;
	(void)words;
	(void)count;
	(void)out;
	(void)cap;
	for (volatile int i = 0;;)
		i = i + 1;
}

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(struct gw_device_type),
    .name = "spin",
    .points = points,
    .npoints = 2,
    .init = init,
    .plan = plan,
    .decode = decode,
};
