/* Plugins in words. */
#ifndef PLUGINS_H
#define PLUGINS_H

#include <stdio.h>

#include "device_type.h"

/* abi: the version of the interface that it is built for. */
void plugins_explain(const struct device_type *t, const char *abi, FILE *to);

#endif
