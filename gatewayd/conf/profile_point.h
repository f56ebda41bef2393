/*
 * Points and set-up registers of a profile, read by several files. Inside
 * conf/ only. All complain by themselves; arrays live in the arena.
 */
#ifndef PROFILE_POINT_H
#define PROFILE_POINT_H

#include "types.h"

enum { POINTS_MAX = 1000 };

/* One point: `moisture: {holding: 0, type: uint16, ...}`. */
void profile_point_read(
    struct ctx *x, const struct node *n, struct point_type *t);
/* Its parts: where it stands; how it is written, once the rest is read. */
void point_place_read(
    struct ctx *x, const struct node *n, struct point_type *t);
void point_write_read(
    struct ctx *x, const struct node *n, struct point_type *t);

/* Pulses, the device's own timer, how what was switched shows. */
void point_output_read(
    struct ctx *x, const struct node *n, struct point_type *t);
/* What its number is worth: calibration, counting on, stuck values. */
void point_judge_read(
    struct ctx *x, const struct node *n, struct point_type *t);
/* Once all points are read, what one says of others: formula, frozen, confirm;
 * and whether all of them fit together. `n`: the point; then all points. */
void point_links_read(struct ctx *x, const struct node *n,
    const struct device_type *type, struct point_type *t);
void points_links_check(
    struct ctx *x, const struct node *n, const struct device_type *type);

/* `polynomial` or `table` of a map, which may have neither. */
void curve_read(struct ctx *x, const struct node *map, struct curve *out);
/* Words over points of the type; NULL and told. `self`: the point that it is
 * for. */
const struct formula *formula_read(struct ctx *x, const struct node *n,
    const struct device_type *type, const struct point_type *self);

/* The point of a name, or NULL; the second tells: "confirm names `x`, ...". */
const struct point_type *find_point_type(
    const struct device_type *t, const char *name);
const struct point_type *read_point_of(struct ctx *x,
    const struct device_type *t, struct mark at, const char *what,
    const char *name);

/* An address on the wire, from zero; a manual's reference number is told. */
bool read_address(
    struct ctx *x, const struct node *n, enum reg_table table, uint16_t *out);
const char *reg_type_name(enum reg_type t);
bool reg_type_whole(enum reg_type t); /* a whole number */

#endif
