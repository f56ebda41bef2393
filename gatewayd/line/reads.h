/*
 * A profile's device: which of its registers are asked for next, and what the
 * answers mean. A read that the device refuses is made otherwise; a single
 * point that it does not have is named, once, and tried again after a while.
 */
#ifndef READS_H
#define READS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"

struct dev;

/* 0, or -ENOMEM. */
int reads_init(struct dev *d);
void reads_done(struct dev *d);

/* Points the device does not have wait for nothing, until they are tried
 * again. */
void reads_pass_over(struct dev *d, int64_t now);

/* As device_next() and device_took(). */
bool reads_next(struct dev *d, int64_t now, struct request *out);
void reads_took(struct dev *d, enum bus_result result);

#endif
