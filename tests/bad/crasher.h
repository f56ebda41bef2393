/* A valve by a plugin, with its decode() to be filled in: once right, once
 * wrong. */
#ifndef CRASHER_H
#define CRASHER_H

#include <stddef.h>

#include "bad.h"

static const struct gw_point crasher_points[] = {
    {"level", "%", 0, 0, GW_GAUGE, 0, 0},
    {"valve", NULL, 0, 1, GW_OUTPUT, 0, 0},
};

#define CRASHER_TYPE(DECODE)                                                   \
	const struct gw_device_type gw_device_type = {                         \
	    .abi = GW_ABI,                                                     \
	    .size = sizeof(gw_device_type),                                    \
	    .name = "crasher",                                                 \
	    .points = crasher_points,                                          \
	    .npoints = 2,                                                      \
	    .init = bad_init,                                                  \
	    .plan = bad_plan,                                                  \
	    .decode = (DECODE),                                                \
	}

#endif
