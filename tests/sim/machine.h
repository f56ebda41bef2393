/*
 * What hangs on the outputs of a device, as its profile tells it: a timer that
 * switches an output off again, coils of a latching valve, and the state that
 * shows what an output does.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "device_type.h"

struct sim_device;

/* Its registers, and states that are moved by the outputs alone. */
void machine_build(struct sim_device *d);

/* A value for a coil that is a timer: true when it was one. */
bool machine_times(
    struct sim_device *d, unsigned coil, unsigned value, int64_t now);

/* A master wrote these registers or coils. */
void machine_wrote(struct sim_device *d, enum reg_table table, unsigned addr,
    unsigned count, int64_t now);

/* Timers that have run out. When the next does, or INT64_MAX. */
int64_t machine_tick(struct sim_device *d, int64_t now);

#endif
