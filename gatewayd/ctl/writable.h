/*
 * What may be written to a device by hand: no outputs, which only a gateway
 * opens, because it closes them again; nothing that its profile says is never
 * to be written. Pure. A line that has the device refuses the same.
 */
#ifndef WRITABLE_H
#define WRITABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site.h"

/* `device` NULL: its type is not known. `on`: a coil is to be switched on.
 * False with the reason and the way to do it instead. */
bool writable(const struct device *device, enum reg_table table, uint16_t addr,
    uint16_t count, bool on, char *why, size_t size);

#endif
