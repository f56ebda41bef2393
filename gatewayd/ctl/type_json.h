/* A device type as JSON, whole: every field that the file has, and what it
 * means to a program that plays or tests the device. */
#ifndef TYPE_JSON_H
#define TYPE_JSON_H

#include "device_type.h"
#include "jwrite.h"

void type_json(struct jwrite *w, const char *key, const struct device_type *t,
    const char *path);

#endif
