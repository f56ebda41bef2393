/* What was read of a device, by its type, as people and programs see it. */
#ifndef SHOWING_H
#define SHOWING_H

#include <stdint.h>
#include <stdio.h>

#include "reader.h"

struct jwrite;

/* A number with as many digits as people read: 18.21 for 18.209999084472656. */
const char *short_value(const struct value *v, char *out, size_t size);
/* A value by its name where it has one: "closed (0)", "on", "23.1". */
const char *show_value(
    const struct point_type *t, const struct value *v, char *out, size_t size);

/* A row a point; points that have no reading say why. */
void show_points(
    const struct device *d, const struct read_point *points, FILE *to);
/* The same as an array "points" of an open object. */
void show_points_json(
    const struct device *d, const struct read_point *points, struct jwrite *w);

#endif
