/* One point of a profile: `moisture: {holding: 0, type: uint16, ...}`. */
#ifndef PROFILE_POINT_H
#define PROFILE_POINT_H

#include "types.h"

/* Fills *t, whose arrays live in the arena; complains by itself. */
void profile_point_read(
    struct ctx *x, const struct node *n, struct point_type *t);

#endif
