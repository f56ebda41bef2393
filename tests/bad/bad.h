/*
 * What the plugins that misbehave have in common: two points, and a plan that
 * reads holding registers 0 and 1. Each brings what is wrong with it.
 */
#ifndef BAD_H
#define BAD_H

#include "gateway_device.h"

static const struct gw_point bad_points[] = {
    {"first", "%", 0, 100, GW_GAUGE, GW_RANGE, 0},
    {"second", "Cel", 0, 0, GW_GAUGE, 0, 0},
};

static inline int
bad_init(void *state, const double *settings, struct gw_err *err)
{
	(void)state;
	(void)settings;
	(void)err;
	return 0;
}

static inline int
bad_plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	(void)state;
	(void)cycle;
	if (cap < 1)
		return -1;
	out[0].op = GW_READ;
	out[0].table = GW_HOLDING;
	out[0].count = 2;
	return 1;
}

static inline int
bad_decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	(void)state;
	(void)span;
	if (count != 2 || cap < 2)
		return -1;
	for (uint32_t i = 0; i < 2; i++) {
		out[i].point = i;
		out[i].type = GW_DOUBLE;
		out[i].value.r = words[i] / 10.0;
	}
	return 2;
}

#define BAD_TYPE(NAME, ABI, PLAN, DECODE)                                      \
	const struct gw_device_type gw_device_type = {                         \
	    .abi = (ABI),                                                      \
	    .size = sizeof(gw_device_type),                                    \
	    .name = (NAME),                                                    \
	    .points = bad_points,                                              \
	    .npoints = 2,                                                      \
	    .init = bad_init,                                                  \
	    .plan = (PLAN),                                                    \
	    .decode = (DECODE),                                                \
	}

#endif
