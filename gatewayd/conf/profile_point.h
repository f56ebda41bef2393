/*
 * Points and set-up registers of a profile, read by several files. Inside
 * conf/ only. All complain by themselves; arrays live in the arena.
 */
#ifndef PROFILE_POINT_H
#define PROFILE_POINT_H

#include "types.h"

/* One point: `moisture: {holding: 0, type: uint16, ...}`. */
void profile_point_read(
    struct ctx *x, const struct node *n, struct point_type *t);
/* Its parts: where it stands; how it is written, once the rest is read. */
void point_place_read(
    struct ctx *x, const struct node *n, struct point_type *t);
void point_write_read(
    struct ctx *x, const struct node *n, struct point_type *t);

/* The list of `setup:`, once the points are read. */
void profile_setup_read(
    struct ctx *x, const struct node *n, struct device_type *t);

/* An address on the wire, from zero; a manual's reference number is told. */
bool read_address(
    struct ctx *x, const struct node *n, enum reg_table table, uint16_t *out);
const char *reg_type_name(enum reg_type t);
bool reg_type_whole(enum reg_type t); /* a whole number */

#endif
