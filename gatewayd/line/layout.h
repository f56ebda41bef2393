/*
 * The connections of a line, which the rest calls its ways: a serial line is
 * one wire, but devices with a host or a registration of their own are reached
 * over a connection of their own, and those run side by side. Devices that name
 * the same one share it. Pure.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stddef.h>

#include "site.h"

/* The way of each device into way_of (room for ndevices): how many there are,
 * numbered from 0 in the order of the first device of each. */
size_t layout_ways(const struct line *l, size_t *way_of);

/* How a person knows the way that leads to a device: "/dev/ttyUSB0",
 * "192.0.2.50:502", "[2001:db8::1]:502", "DTU 0042". Returns out. */
const char *layout_name(
    const struct line *l, const struct device *d, char *out, size_t size);

#endif
