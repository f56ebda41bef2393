/* When a lane makes a request of a person at work, and how it begins it. */
#ifndef LANE_PROBE_H
#define LANE_PROBE_H

#include <stdbool.h>

struct dev;
struct lane;

/* Between polls that are due one probe each, and one after the other when none
 * is. due: the device whose turn it is; NULL: none's. */
bool lane_probe_first(struct lane *l, const struct dev *due);

/* False: the port does not take its settings, and it has been answered. */
bool lane_probe_begin(struct lane *l);

#endif
