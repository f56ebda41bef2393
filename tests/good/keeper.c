/*
 * A counter that keeps what it has counted, and tells how long ago it began:
 * what came with version 1.2.
 */
#include "gateway_device.h"

enum { COUNT, SINCE, BOOTS, POINTS };

struct counter {
	uint64_t count; /* kept */
	uint64_t boots; /* kept */
	uint64_t since; /* boot time of the first read, plus one; 0: none yet */
};

static const struct gw_point points[POINTS] = {
    {"count", 0, 0, 0, GW_COUNTER, 0, 0},
    {"since", "ms", 0, 0, GW_GAUGE, 0, 0},
    {"boots", 0, 0, 0, GW_COUNTER, 0, 0},
};

static int
init(void *state, const double *settings, struct gw_err *err)
{
	(void)state, (void)settings, (void)err;
	return 0;
}

static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	(void)state, (void)cycle;
	if (cap < 1)
		return -1;
	out[0].op = GW_READ;
	out[0].count = 1;
	return 1;
}

static void
restored(void *state, uint32_t same_boot)
{
	struct counter *c = state;

	c->boots += !same_boot;
}

static int
decode_at(void *state, uint64_t now, uint32_t span, const uint16_t *words,
    int count, struct gw_sample *out, int cap)
{
	struct counter *c = state;

	(void)span;
	if (count != 1 || cap < POINTS)
		return -1;
	c->since = c->since ? c->since : now + 1;
	c->count += words[0];
	for (uint32_t i = 0; i < POINTS; i++) {
		out[i].point = i;
		out[i].type = GW_UINT64;
	}
	out[COUNT].value.u = c->count;
	out[SINCE].value.u = now - (c->since - 1);
	out[BOOTS].value.u = c->boots;
	return POINTS;
}

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(gw_device_type),
    .name = "keeper",
    .points = points,
    .npoints = POINTS,
    .state_size = sizeof(struct counter),
    .init = init,
    .plan = plan,
    .kept_size = 16,
    .restored = restored,
    .decode_at = decode_at,
};
