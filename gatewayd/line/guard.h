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
	GUARD_MAX_ON_S = 7 * 86400,
};

/* The tables a plugin exports, whole as this version has it; `name` is what it
 * must be called. */
int guard_type(
    const struct gw_device_type *t, const char *name, char *why, size_t size);
/* What a list is for. In plan() nothing is written; encode() writes, and ends
 * with the read that confirms it; safe() may leave it to us to read back plain
 * writes, but not those whose effect only the plugin can tell. */
enum guard_list { GUARD_PLAN, GUARD_ENCODE, GUARD_SAFE };

/* A list of n operations with room for cap, of a plugin built for this minor
 * version of the interface. */
int guard_ops(const struct gw_op *ops, int n, int cap, enum guard_list list,
    unsigned minor, char *why, size_t size);
/* Samples to decoded values, range checked; n is what decode() returned. */
int guard_samples(const struct gw_device_type *t, const struct gw_sample *in,
    int n, int cap, struct plugin_sample *out, char *why, size_t size);

/* Says what is wrong; -EPROTO. Between guard's files. */
int guard_refuse(char *why, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
