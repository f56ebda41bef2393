/*
 * What a plugin may say; pure. Each function returns 0, or -EPROTO with what
 * was wrong: "op 3 reads 126 registers; at most 125".
 */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>

#include "gateway_device.h"
#include "plugin.h"

enum {
	GUARD_POINTS = 256,
	GUARD_KEYS = 64,
	GUARD_STATE = 1 << 20,
	GUARD_OPS = 64,
};

/* The tables a plugin exports; `name` is what it must be called. */
int guard_type(
    const struct gw_device_type *t, const char *name, char *why, size_t size);
/* A list of n operations with room for cap. `writes`: writes are allowed. */
int guard_ops(const struct gw_op *ops, int n, int cap, int writes, char *why,
    size_t size);
/* Samples to decoded values, range checked; n is what decode() returned. */
int guard_samples(const struct gw_device_type *t, const struct gw_sample *in,
    int n, int cap, struct plugin_sample *out, char *why, size_t size);

#endif
