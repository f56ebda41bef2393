/*
 * A device type in words: what an installer must know before the screwdriver
 * and what each point is. Pure; see type_json.h for programs.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdio.h>

#include "device_type.h"

struct sentence;

/* The whole of it. `path`: its file. */
void explain(const struct device_type *t, const char *path, FILE *to);

/* One point: "holding register 0 (0x0000), uint16, x 0.1; bad outside ...". */
void explain_point(const struct device_type *t, const struct point_type *p,
    struct sentence *out);

/* "holding register 8 (0x0008)", "coils 0 to 7 (0x0000)". */
void explain_place(
    struct sentence *out, enum reg_table table, unsigned addr, unsigned count);

/* "4800 8N1"; "" when it does not say. */
const char *explain_serial(const struct device_type *t, char *out, size_t size);

/* How often a device is read at least, so that its own watchdog does not take
 * us for gone: "5s", in out; NULL: once a minute will do. */
const char *explain_every(const struct device_type *t, char *out, size_t size);

#endif
