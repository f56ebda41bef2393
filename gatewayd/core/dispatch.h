/*
 * What a child may say, and what follows from it. Anything else is a breach,
 * which costs the child a restart and the gateway nothing.
 */
#ifndef DISPATCH_H
#define DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "child.h"
#include "msg.h"

struct core;

/* Whether that role may send that kind at all. */
bool dispatch_allowed(enum child_role role, enum msg_kind kind);

/* 0, or -EPROTO with the reason. */
int dispatch(struct core *core, struct child *c, const struct msg *m, char *why,
    size_t size);

#endif
