/*
 * What a probe may ask of a line, and by which of its lanes. Pure. A person
 * may read what he likes; what he writes must not be an output, which is opened
 * by command, for a time, and watched; nor what a device's type says is never
 * to be written; nor reach devices he does not mean.
 */
#ifndef PROBE_CHECK_H
#define PROBE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "msg.h"

struct lane;
struct run;

/* The lane that leads there; NULL with the reason. */
struct lane *probe_lane(
    struct run *r, const struct msg_probe *m, char *why, size_t size);

/* False with the reason: it is not to be sent. */
bool probe_allowed(
    const struct lane *l, const struct msg_probe *m, char *why, size_t size);

/* Whether answers to that unit may come from another: universal ids. */
bool probe_universal(const struct lane *l, uint8_t unit);

/* A device of the lane has that unit. */
bool probe_known(const struct lane *l, uint8_t unit);

#endif
