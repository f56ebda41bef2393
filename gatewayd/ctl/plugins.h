/* Plugins in words. */
#ifndef PLUGINS_H
#define PLUGINS_H

#include <stdbool.h>
#include <stdio.h>

#include "device_type.h"
#include "paths.h"

/* abi: the version of the interface that it is built for. */
void plugins_explain(const struct device_type *t, const char *abi, FILE *to);

/* Whether one of that name is in the folders, defaults included. */
bool plugins_has(const struct paths *dirs, const char *name);

#endif
