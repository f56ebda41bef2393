/* Says that its type is longer than it is. */
#include "bad.h"

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(gw_device_type) + 8,
    .name = "wrongsize",
    .points = bad_points,
    .npoints = 2,
    .init = bad_init,
    .plan = bad_plan,
    .decode = bad_decode,
};
