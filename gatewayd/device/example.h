/*
 * A profile's examples: frames of a manual, decoded as the line would, beside
 * what they are said to mean. Pure.
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stddef.h>

#include "device_type.h"

/* 0, or -EINVAL with what differs in `why` ("moisture is 6.58, the example says
 * 65.8"). */
int example_check(const struct device_type *t, const struct example *e,
    char *why, size_t size);

#endif
