/* Outputs to their safe states, confirmed by reading back. */
#include "outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mono.h"
#include "pdevice.h"
#include "run.h"

enum { ALARM_TRIES = 2, STOP_GAP_MS = 100, PLUGIN = UINT16_MAX };

struct output {
	uint32_t dev;
	uint16_t point; /* PLUGIN: all that its safe() names */
	bool confirmed, alarm, urgent;
	uint32_t tries, gap;
	int64_t next;
};

struct outputs {
	size_t n;
	struct output o[];
};

static bool
is_output(const struct point_type *t)
{
	return t->kind == KIND_OUTPUT && t->writable &&
	       (t->table == TABLE_COIL || t->table == TABLE_HOLDING);
}

struct outputs *
outputs_new(const struct run *borrow, int64_t now)
{
	const struct run *r = borrow;
	struct outputs *o;
	size_t most = 0;

	for (size_t i = 0; i < r->line->ndevices; i++)
		most += r->devs[i].conf->type->npoints + 1;
	o = calloc(1, sizeof(*o) + most * sizeof(o->o[0]));
	if (o == NULL)
		return NULL;
	for (uint32_t i = 0; i < r->line->ndevices; i++) {
		const struct device_type *t = r->devs[i].conf->type;

		if (pdevice_has_safe(&r->devs[i]))
			o->o[o->n++] = (struct output){
			    .dev = i, .point = PLUGIN, .next = now};
		for (uint16_t p = 0; !t->plugin && p < t->npoints; p++)
			if (is_output(&t->points[p]))
				o->o[o->n++] = (struct output){
				    .dev = i, .point = p, .next = now};
	}
	return o;
}

struct outputs *
outputs_free(struct outputs *take)
{
	free(take);
	return NULL;
}

int64_t
outputs_next(const struct outputs *o)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < o->n; i++)
		if (!o->o[i].confirmed && o->o[i].next < next)
			next = o->o[i].next;
	return next;
}

bool
outputs_tried(const struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->o[i].tries == 0)
			return false;
	return true;
}

static enum bus_result
read_back(struct run *r, struct dev *d, const struct point_type *t, bool urgent,
    uint16_t *word)
{
	struct request q = {.unit = d->conf->unit,
	    .function = plan_function(t->table),
	    .addr = t->addr,
	    .count = 1};
	enum bus_result result = run_ask(r, d, &q, urgent);

	if (result == BUS_OK)
		*word = r->answer.words[0];
	return result;
}

/* The register's word with the output in its safe state; other bits of a
 * register that is shared stay as they are. */
static uint16_t
safe_word(const struct point_type *t, uint16_t now)
{
	uint16_t mask = (uint16_t)t->mask;

	if (t->table == TABLE_COIL || t->mask == 0)
		return t->safe ? 1 : 0;
	return (uint16_t)(t->safe ? now | mask : now & ~mask);
}

/* BUS_OK with *confirmed, or what went wrong. A write that got no answer may
 * have acted: `again` looks before it writes. */
static enum bus_result
make_safe(struct run *r, struct dev *d, const struct point_type *t, bool again,
    bool urgent, bool *confirmed)
{
	bool shared = t->table == TABLE_HOLDING && t->mask != 0;
	uint16_t word = 0, back = 0;
	enum bus_result result = BUS_OK;

	if (shared || again)
		result = read_back(r, d, t, urgent, &back);
	if (result != BUS_OK)
		return result;
	word = safe_word(t, back);
	*confirmed = again && word == back;
	if (*confirmed)
		return BUS_OK;
	struct request q = {.unit = d->conf->unit,
	    .function =
		t->table == TABLE_COIL ? FC_WRITE_COIL : FC_WRITE_HOLDING,
	    .addr = t->addr,
	    .count = 1,
	    .words = &word};
	result = run_ask(r, d, &q, urgent);
	/* 05: accepted, still at it; the reading back tells. Else a refusal or
	 * silence: no use in asking what it is. */
	if (result != BUS_OK &&
	    !(result == BUS_EXCEPTION && r->answer.code == 5))
		return result;
	result = read_back(r, d, t, urgent, &back);
	if (result == BUS_OK)
		*confirmed = safe_word(t, back) == back;
	return result;
}

static void
subject_of(const struct run *r, const struct output *o, char *out, size_t size)
{
	const struct dev *d = &r->devs[o->dev];

	if (o->point == PLUGIN)
		(void)snprintf(out, size, "%s", d->conf->path);
	else
		(void)snprintf(out, size, "%s/%s", d->conf->path,
		    d->conf->type->points[o->point].name);
}

static void
say_unsafe(struct run *r, struct output *o, enum bus_result result)
{
	char subject[MSG_SUBJECT_MAX];
	const char *why = "it reads back differently";

	if (o->alarm || (o->tries < ALARM_TRIES && !o->urgent))
		return;
	if (result == BUS_EXCEPTION)
		why = "the device refused";
	else if (result == BUS_TIMEOUT)
		why = "the device does not answer";
	else if (result == BUS_PORT)
		why = "the port is gone";
	else if (result == BUS_NOISE)
		why = "the answer cannot be trusted";
	o->alarm = true;
	subject_of(r, o, subject, sizeof(subject));
	log_err("%s: not in its safe state: %s; tried again until it is",
	    subject, why);
	sink_event(r->sink, EVENT_OUTPUT, mono_ms(), subject,
	    "alarm: not in its safe state: %s; tried again until it is", why);
}

static void
say_safe(struct run *r, const struct output *o)
{
	char subject[MSG_SUBJECT_MAX];

	subject_of(r, o, subject, sizeof(subject));
	log_info("%s: safe, confirmed by reading", subject);
	if (o->alarm)
		sink_event(r->sink, EVENT_OUTPUT, mono_ms(), subject,
		    "alarm over: safe, confirmed by reading");
}

static void
put_off(struct run *r, struct output *o, enum bus_result result)
{
	o->tries++;
	if (o->urgent)
		o->gap = STOP_GAP_MS;
	else if (o->gap == 0)
		o->gap = OUTPUT_GAP_MS;
	else if ((o->gap *= 2) > OUTPUT_GAP_MAX_MS)
		o->gap = OUTPUT_GAP_MAX_MS;
	o->next = mono_ms() + o->gap;
	say_unsafe(r, o, result);
}

/* A device that is silent for one of its outputs is so for all of them. */
static void
not_safe(
    struct outputs *os, struct run *r, struct output *o, enum bus_result result)
{
	bool silent = result == BUS_TIMEOUT || result == BUS_PORT;

	for (size_t i = 0; i < os->n; i++) {
		struct output *x = &os->o[i];

		if (!x->confirmed && (x == o || (silent && x->dev == o->dev)))
			put_off(r, x, result);
	}
}

static struct output *
most_due(struct outputs *os, int64_t now)
{
	struct output *due = NULL;

	for (size_t i = 0; i < os->n; i++) {
		struct output *o = &os->o[i];

		if (!o->confirmed && o->next <= now &&
		    (due == NULL || o->next < due->next))
			due = o;
	}
	return due;
}

int64_t
outputs_step(struct outputs *os, struct run *r, int64_t now)
{
	struct output *o = most_due(os, now);
	bool confirmed = false;
	enum bus_result result;

	if (o == NULL)
		return outputs_next(os);
	struct dev *d = &r->devs[o->dev];
	result = o->point == PLUGIN
		     ? pdevice_make_safe(r, d, o->urgent, &confirmed)
		     : make_safe(r, d, &d->conf->type->points[o->point],
			   o->tries > 0, o->urgent, &confirmed);
	if (result == BUS_WOKEN)
		return now;
	if (result == BUS_OK && confirmed) {
		o->confirmed = true;
		o->tries++;
		say_safe(r, o);
		o->alarm = false;
	} else {
		not_safe(os, r, o, result);
	}
	return outputs_next(os);
}

size_t
outputs_stop(struct outputs *os, struct run *r, int64_t until)
{
	size_t left = 0;

	for (size_t i = 0; i < os->n; i++) {
		struct output *o = &os->o[i];

		o->confirmed = false;
		o->urgent = true;
		o->next = 0;
		o->tries = 0;
	}
	for (;;) {
		int64_t now = mono_ms(), next = outputs_next(os);

		if (next == INT64_MAX || now >= until)
			break;
		if (next > now) {
			mono_sleep_until(next < until ? next : until);
			continue;
		}
		if (!bus_is_open(r->bus) && bus_open(r->bus, r->why) != 0) {
			mono_sleep_until(now + PORT_GAP_MS);
			continue;
		}
		(void)outputs_step(os, r, now);
	}
	for (size_t i = 0; i < os->n; i++)
		left += !os->o[i].confirmed;
	return left;
}
