/*
 * Device types from their two sources. Inside conf/ only. Both return NULL
 * after any complaint; everything lives in the arena.
 */
#ifndef TYPES_H
#define TYPES_H

#include "device_type.h"
#include "read.h"

/* A profile file; `name` is what its `profile:` must say. */
struct device_type *profile_read(
    struct ctx *x, const char *name, const struct node *root);

/* What `gatewayd-line --describe FILE` printed. */
struct device_type *description_read(
    struct ctx *x, const char *name, const char *path, const struct node *root);

/* The value of `profile:` is the file's name; told otherwise. */
void profile_name_check(struct ctx *x, const char *name, const struct node *n);

/* Names of device types are file names too: a-z 0-9 - _ . , no leading dot. */
bool type_name_ok(const char *name);

/* Shared by both: the words for kinds; name, range [min, max]. */
extern const char *const kind_words[];
bool read_point_name(struct ctx *x, const struct node *n);
bool read_range(struct ctx *x, const struct node *n, double *min, double *max);

#endif
