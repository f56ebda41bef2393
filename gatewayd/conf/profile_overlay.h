/* Profiles with what they extend and their variants. Inside conf/ only. */
#ifndef PROFILE_OVERLAY_H
#define PROFILE_OVERLAY_H

#include "device_type.h"
#include "parts.h"
#include "read.h"

/* One tree of all, in `mem`; NULL after complaints. `variant`: its name and
 * where that stands; NULL: none. What is extended comes from the snapshot. */
const struct node *profile_whole(struct ctx *x, struct arena *mem,
    const struct snapshot *s, const struct part *p, const struct node *variant);

/* The type of that tree, or NULL after complaints. */
struct device_type *profile_load(struct ctx *x, const struct snapshot *s,
    const struct part *p, const struct node *variant);

#endif
