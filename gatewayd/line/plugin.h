/*
 * Plugins: shared objects that say what to read and what the words mean. This
 * is the only place that loads and calls them; everything they return goes
 * through guard.h before anybody sees it. A crash or a loop in one ends this
 * process, which is why only a line's process comes here.
 */
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include "decode.h"
#include "gateway_device.h"

/* ---- the file ---- */

struct plugin;

/* Loads and checks: who may write the file, its tables, names and version.
 * NULL with the reason. */
struct plugin *plugin_load(const char *path, char *why, size_t size);
struct plugin *plugin_free(struct plugin *take);
/* What it exports, checked; borrowed. */
const struct gw_device_type *plugin_type(const struct plugin *p);

/* ---- one device ---- */

struct plugin_device;

struct plugin_sample {
	uint32_t point; /* index in the type's points */
	struct decoded d;
};

/* Loads conf->type->path, checks that it still is what it described itself as,
 * and runs its init(). NULL with the reason. conf is borrowed. */
struct plugin_device *plugin_device_new(
    const struct device *conf, char *why, size_t size);
/* The same of a plugin in hand, which outlives it, and settings as its keys
 * want them. */
struct plugin_device *plugin_device_of(const struct plugin *borrow,
    const double *settings, char *why, size_t size);
struct plugin_device *plugin_device_free(struct plugin_device *take);

/* All three return how many they filled, or a negative number with the reason
 * when the plugin broke its contract. */
int plugin_plan(struct plugin_device *d, uint32_t cycle, struct gw_op *ops,
    int cap, char *why, size_t size);
/* now: boot time of the read. */
int plugin_decode(struct plugin_device *d, int64_t now, uint32_t span,
    const uint16_t *words, int count, struct plugin_sample *out, int cap,
    char *why, size_t size);
/* What sets a point, and the read that confirms it; a refusal (-EINVAL) is not
 * a breach. */
int plugin_encode(struct plugin_device *d, uint32_t point, double value,
    struct gw_op *ops, int cap, char *why, size_t size);
/* 0: it needs no writes to be harmless. */
int plugin_safe(struct plugin_device *d, struct gw_op *ops, int cap);
/* Which span's loss makes this point bad. */
uint32_t plugin_span(const struct plugin_device *d, uint32_t point);

/* Every call into it is noted from now on: `mark` is stored in *calling before
 * it and 0 behind it, for whoever asks why this process is no more. */
void plugin_note(
    struct plugin_device *d, volatile uint32_t *calling, uint32_t mark);

/* What it must not forget over a restart; bytes: room for KEPT_BYTES of
 * wire/msg.h. How many; 0: nothing. */
size_t plugin_kept(const struct plugin_device *d, uint8_t *bytes);
/* And back, before anything else is asked of it. Bytes of another plugin, or
 * of another version of this, are left alone. */
void plugin_keep(struct plugin_device *d, const uint8_t *bytes, size_t n);

#endif
