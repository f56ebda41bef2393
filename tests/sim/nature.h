/*
 * What moves the farm's values when no script does: day and night, drying and
 * wetting soil, water through open valves. Runs `speed` times faster than the
 * wires, which always keep their own pace.
 */
#ifndef NATURE_H
#define NATURE_H

#include <stdint.h>

struct farm;

/* Gives every point its first value. */
void nature_begin(struct farm *f, double speed, uint64_t seed, int64_t now);
/* Moves all points on to `now`; returns when to be called again. */
int64_t nature_tick(struct farm *f, int64_t now);
/* Rain of so many mm/h until `until` (ns; 0: until told otherwise). */
void nature_rain(struct farm *f, double mm_h, int64_t until);

#endif
