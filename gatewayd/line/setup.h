/*
 * What a profile wants set before the device works as it says, and the time
 * after which the device is to close its outputs when nobody talks to it: each
 * register looked at, written if it differs, and read back, at the start and
 * whenever the device returns, before it is polled.
 */
#ifndef SETUP_H
#define SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"

struct dev;

void setup_init(struct dev *d);

/* Registers are still to be set, and the device is there. */
bool setup_waits(const struct dev *d);

/* As device_next() and device_took(). */
bool setup_next(struct dev *d, int64_t now, struct request *out);
void setup_took(struct dev *d, enum bus_result result);

#endif
