/* Children in the loop: started, heard, watched, ended, started again. */
#ifndef SUPERVISE_H
#define SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

#include "child.h"

struct core;

/* Starts what is due, kills what is silent, sends what is owed. The boot time
 * to come back at. */
int64_t supervise_step(struct core *core, int64_t now);
/* Asks all of a role to end; none is started again. */
void supervise_stop(struct core *core, enum child_role role, int64_t now);
/* None of that role is left. */
bool supervise_gone(const struct core *core, enum child_role role);
/* SIGKILL to all that is left, and no waiting for it. */
void supervise_abandon(struct core *core);
/* The uplinks must open the store again. */
void supervise_renew_uplinks(struct core *core, int64_t now);

#endif
