/* Its second point has a unit that no program of the county knows. */
#include "bad.h"

static const struct gw_point points[] = {
    {"first", "%", 0, 100, GW_GAUGE, GW_RANGE, 0},
    {"second", "\u00B0C", 0, 0, GW_GAUGE, 0, 0},
};

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(gw_device_type),
    .name = "badunit",
    .points = points,
    .npoints = sizeof(points) / sizeof(points[0]),
    .init = bad_init,
    .plan = bad_plan,
    .decode = bad_decode,
};
