/*
 * A device of a plugin, and the calls into it. The arrays a plugin fills have
 * room to spare behind their capacity, and its state a fence, so that one that
 * writes a little too far is caught rather than crashes, or worse.
 */
#include "plugin.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"

enum { SAMPLES = GUARD_POINTS, SPARE = 8, MINOR_FLAGS = 2 };

static const uint64_t fence = 0xA55AF00D5AA50FF0;

struct plugin_device {
	struct plugin *own; /* NULL: borrowed */
	const struct gw_device_type *t;
	uint8_t *state;             /* a fence behind it */
	uint32_t boot;              /* this one; 0: not known */
	volatile uint32_t *calling; /* plugin_note() */
	uint32_t mark, nowhere;
	struct gw_sample samples[SAMPLES + SPARE];
};

static int
same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static int
same_point(const struct gw_point *p, const struct point_type *d)
{
	int range = (p->flags & GW_RANGE) != 0;

	return same_text(p->name, d->name) && same_text(p->unit, d->unit) &&
	       p->kind == (uint32_t)d->kind &&
	       ((p->flags & GW_IS_TEXT) != 0) == d->text &&
	       ((p->flags & GW_WRITABLE) != 0) == d->writable &&
	       range == d->has_range &&
	       (!range || (p->min == d->min && p->max == d->max));
}

/* The site was checked against the description: the file must still be it. */
static int
still_as_described(
    const struct gw_device_type *t, const struct device_type *described)
{
	if (t->npoints != described->npoints || t->nkeys != described->nkeys)
		return 0;
	for (uint32_t i = 0; i < t->npoints; i++)
		if (!same_point(&t->points[i], &described->points[i]))
			return 0;
	for (uint32_t i = 0; i < t->nkeys; i++)
		if (!same_text(t->keys[i].name, described->keys[i].name) ||
		    t->keys[i].type != (uint32_t)described->keys[i].type)
			return 0;
	return 1;
}

/* ---- one device ---- */

static uint32_t
hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

/* 0: nobody knows. */
static uint32_t
this_boot(void)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	char id[64] = "";

	if (f == NULL)
		return 0;
	if (fgets(id, sizeof(id), f) == NULL)
		id[0] = '\0';
	(void)fclose(f); /* only read from */
	return id[0] != '\0' ? hash(id) : 0;
}

static void
set_fence(struct plugin_device *d)
{
	memcpy(d->state + d->t->state_size, &fence, sizeof(fence));
}

/* 0 while the plugin has kept to its state. */
static int
check_fence(struct plugin_device *d, char *why, size_t size)
{
	if (memcmp(d->state + d->t->state_size, &fence, sizeof(fence)) == 0)
		return 0;
	set_fence(d);
	return guard_refuse(why, size, "it writes beyond its state");
}

/* Its init() said no. */
static void
explain_refusal(
    const struct gw_device_type *t, struct gw_err *err, char *why, size_t size)
{
	bool key = err->key >= 0 && (uint32_t)err->key < t->nkeys;

	err->text[sizeof(err->text) - 1] = '\0';
	(void)snprintf(why, size, "it refuses its settings%s%s: %s",
	    key ? ", " : "", key ? t->keys[err->key].name : "",
	    utf8_text(err->text) ? err->text : "no reason given");
}

struct plugin_device *
plugin_device_of(
    const struct plugin *borrow, const double *settings, char *why, size_t size)
{
	struct plugin_device *d = calloc(1, sizeof(*d));
	struct gw_err err = {.key = -1};

	if (d) {
		d->t = plugin_type(borrow);
		d->state = calloc(1, (size_t)d->t->state_size + sizeof(fence));
	}
	if (!d || !d->state) {
		(void)snprintf(why, size, "out of memory");
		return plugin_device_free(d);
	}
	set_fence(d);
	d->calling = &d->nowhere;
	d->boot = this_boot();
	if (d->t->init(d->state, settings, &err) < 0)
		explain_refusal(d->t, &err, why, size);
	else if (check_fence(d, why, size) == 0)
		return d;
	return plugin_device_free(d);
}

struct plugin_device *
plugin_device_new(const struct device *conf, char *why, size_t size)
{
	struct plugin *p = plugin_load(conf->type->path, why, size);
	struct plugin_device *d = NULL;

	if (p && !still_as_described(plugin_type(p), conf->type))
		(void)snprintf(why, size,
		    "the plugin changed since the site "
		    "was checked; restart the gateway");
	else if (p)
		d = plugin_device_of(p, conf->settings, why, size);
	if (d)
		d->own = p;
	else
		plugin_free(p);
	return d;
}

struct plugin_device *
plugin_device_free(struct plugin_device *take)
{
	if (take) {
		free(take->state);
		plugin_free(take->own);
	}
	free(take);
	return NULL;
}

/* What came with 1.2 was of no meaning before. */
static void
no_flags(const struct plugin_device *d, struct gw_op *ops, int n, int cap)
{
	if ((d->t->abi & 0xFFFF) < MINOR_FLAGS)
		for (int i = 0; i < n && i < cap; i++)
			ops[i].flags = 0;
}

static unsigned
minor_of(const struct plugin_device *d)
{
	return d->t->abi & 0xFFFF;
}

void
plugin_note(struct plugin_device *d, volatile uint32_t *calling, uint32_t mark)
{
	d->calling = calling;
	d->mark = mark;
}

/* Around each call: plain stores, in that order, since the word is volatile and
 * nobody but the plugin knows what it does. */
static void
enter(const struct plugin_device *d)
{
	*d->calling = d->mark;
}

static void
leave(const struct plugin_device *d)
{
	*d->calling = 0;
}

int
plugin_plan(struct plugin_device *d, uint32_t cycle, struct gw_op *ops, int cap,
    char *why, size_t size)
{
	int n, r;

	memset(ops, 0, (size_t)cap * sizeof(*ops));
	enter(d);
	n = d->t->plan(d->state, cycle, ops, cap);
	leave(d);
	no_flags(d, ops, n, cap);
	r = check_fence(d, why, size);
	if (r == 0)
		r = guard_ops(ops, n, cap, GUARD_PLAN, minor_of(d), why, size);
	return r < 0 ? r : n;
}

int
plugin_decode(struct plugin_device *d, int64_t now, uint32_t span,
    const uint16_t *words, int count, struct plugin_sample *out, int cap,
    char *why, size_t size)
{
	int room = cap < SAMPLES ? cap : SAMPLES, n, r;

	/* More than one for each point are refused, unseen. */
	memset(d->samples, 0,
	    (d->t->npoints + (size_t)SPARE) * sizeof(d->samples[0]));
	enter(d);
	n = d->t->decode_at
		? d->t->decode_at(d->state, (uint64_t)now, span, words, count,
		      d->samples, room)
		: d->t->decode(d->state, span, words, count, d->samples, room);
	leave(d);
	r = check_fence(d, why, size);
	if (r == 0)
		r = guard_samples(d->t, d->samples, n, room, out, why, size);
	return r < 0 ? r : n;
}

/* What nobody may ask of a plugin; NULL: it is asked. */
static const char *
objection(const struct gw_device_type *t, uint32_t point, double value)
{
	if (!t->encode || point >= t->npoints ||
	    !(t->points[point].flags & GW_WRITABLE))
		return "the plugin does not write it";
	return isfinite(value) ? NULL : "that is no number";
}

int
plugin_encode(struct plugin_device *d, uint32_t point, double value,
    struct gw_op *ops, int cap, char *why, size_t size)
{
	const char *no = objection(d->t, point, value);
	struct gw_err err = {.key = -1};
	char wrong[160];
	int n, r;

	if (no) {
		(void)snprintf(why, size, "%s", no);
		return -EINVAL;
	}
	memset(ops, 0, (size_t)cap * sizeof(*ops));
	enter(d);
	n = d->t->encode(d->state, point, value, ops, cap, &err);
	leave(d);
	no_flags(d, ops, n, cap);
	err.text[sizeof(err.text) - 1] = '\0';
	r = check_fence(d, wrong, sizeof(wrong));
	if (n < 0) {
		(void)snprintf(why, size, "the plugin refuses it: %s",
		    err.text[0] && utf8_text(err.text) ? err.text
						       : "no reason given");
		return -EINVAL;
	}
	if (r == 0)
		r = guard_ops(ops, n, cap, GUARD_ENCODE, minor_of(d), wrong,
		    sizeof(wrong));
	if (r == 0)
		return n;
	(void)snprintf(why, size, "the plugin's list is wrong: %s", wrong);
	return r;
}

int
plugin_safe(struct plugin_device *d, struct gw_op *ops, int cap)
{
	char why[160];
	int n, r;

	if (!d->t->safe)
		return 0;
	memset(ops, 0, (size_t)cap * sizeof(*ops));
	enter(d);
	n = d->t->safe(d->state, ops, cap);
	leave(d);
	no_flags(d, ops, n, cap);
	r = check_fence(d, why, sizeof(why));
	if (r == 0)
		r = guard_ops(
		    ops, n, cap, GUARD_SAFE, minor_of(d), why, sizeof(why));
	return r < 0 ? r : n;
}

uint32_t
plugin_span(const struct plugin_device *d, uint32_t point)
{
	return point < d->t->npoints ? d->t->points[point].span : UINT32_MAX;
}

/* ---- what outlives a restart ---- */

/* Before the plugin's own bytes: which version of this, how many they are, of
 * what, and in which boot they were written. */
enum { KEPT_VERSION = 1, KEPT_HEAD = 8 };

static void
kept_head(const struct plugin_device *d, uint32_t boot, uint8_t *head)
{
	uint16_t mark = (uint16_t)hash(d->t->name);

	head[0] = KEPT_VERSION;
	head[1] = (uint8_t)d->t->kept_size;
	memcpy(head + 2, &mark, sizeof(mark));
	memcpy(head + 4, &boot, sizeof(boot));
}

size_t
plugin_kept(const struct plugin_device *d, uint8_t *bytes)
{
	if (d->t->kept_size == 0)
		return 0;
	kept_head(d, d->boot, bytes);
	memcpy(bytes + KEPT_HEAD, d->state, d->t->kept_size);
	return KEPT_HEAD + d->t->kept_size;
}

void
plugin_keep(struct plugin_device *d, const uint8_t *bytes, size_t n)
{
	uint8_t head[KEPT_HEAD];
	uint32_t boot;

	kept_head(d, d->boot, head);
	if (d->t->kept_size == 0 || n != KEPT_HEAD + d->t->kept_size ||
	    memcmp(bytes, head, 4) != 0)
		return;
	memcpy(&boot, bytes + 4, sizeof(boot));
	memcpy(d->state, bytes + KEPT_HEAD, d->t->kept_size);
	if (!d->t->restored)
		return;
	enter(d);
	d->t->restored(d->state, boot == d->boot && boot != 0);
	leave(d);
}
