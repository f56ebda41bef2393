/* What is wanted of a written point, and what is said of it. */
#include "written.h"

#include <stdio.h>

#include "decode.h"
#include "device.h"
#include "lane.h"
#include "log.h"
#include "mono.h"
#include "run.h"

enum { ALARM_TRIES = 2 };

const struct point_type *
written_type(const struct written *c)
{
	return c->point == WRITING_SAFE ? NULL
					: &c->dev->conf->type->points[c->point];
}

double
written_safe_value(const struct written *c)
{
	const struct point_type *t = written_type(c);

	return t != NULL && t->safe ? 1 : 0;
}

bool
written_closes(const struct written *c)
{
	return c->output && !c->on;
}

const struct point *
written_shown_by(const struct written *c)
{
	return c->point == WRITING_SAFE ? NULL
					: writing_shown_by(c->dev, c->point);
}

static void
written_subject(const struct written *c, char *out, size_t size)
{
	const struct point_type *t = written_type(c);

	(void)snprintf(out, size, "%s%s%s", c->dev->conf->path,
	    t != NULL ? "/" : "", t != NULL ? t->name : "");
}

void
written_answer(struct outputs *o, struct written *c, enum command_result result,
    const char *text)
{
	if (c->command != 0)
		sink_result(o->lane->run->sink, c->command, result, text);
	c->command = 0;
}

void
written_say_unsafe(struct outputs *o, struct written *c, const char *why)
{
	struct written *of = c == &o->rest ? o->rest_of : c;
	char subject[MSG_SUBJECT_MAX];

	if (of->alarm || (c->tries < ALARM_TRIES && !c->urgent))
		return;
	of->alarm = true;
	written_subject(c, subject, sizeof(subject));
	log_err("%s: not in its safe state: %s; tried again until it is",
	    subject, why);
	sink_event(o->lane->run->sink, EVENT_OUTPUT, mono_ms(), subject,
	    "alarm: not in its safe state: %s; tried again until it is", why);
}

void
written_say_done(struct outputs *o, struct written *c, bool read)
{
	const char *how = read ? "confirmed by reading" : "acknowledged only";
	char subject[MSG_SUBJECT_MAX];
	struct sink *s = o->lane->run->sink;

	written_subject(c, subject, sizeof(subject));
	if (!c->output || c->on) {
		log_info(
		    "%s: %s, %s", subject, c->output ? "open" : "set", how);
		return;
	}
	log_info("%s: safe, %s", subject, how);
	if (c->alarm)
		sink_event(s, EVENT_OUTPUT, mono_ms(), subject,
		    "alarm over: safe, %s", how);
	else if (c->timed_out)
		sink_event(s, EVENT_OUTPUT, mono_ms(), subject,
		    "closed: its time is over");
	c->alarm = c->timed_out = false;
}

void
written_say_given_up(struct outputs *o, struct written *c, const char *why)
{
	char subject[MSG_SUBJECT_MAX];

	written_subject(c, subject, sizeof(subject));
	log_warning("%s: closing it: %s", subject, why);
	sink_event(o->lane->run->sink, EVENT_OUTPUT, mono_ms(), subject,
	    "closed before its time: %s", why);
}

void
written_say_astray(struct outputs *o, struct written *c, bool on)
{
	char subject[MSG_SUBJECT_MAX];
	const char *then = c->on ? "before its time was over"
				 : "though nobody here switched it: back again";

	written_subject(c, subject, sizeof(subject));
	log_warning("%s: found %s %s", subject, on ? "on" : "off", then);
	sink_event(o->lane->run->sink, EVENT_OUTPUT, mono_ms(), subject,
	    "found %s %s", on ? "on" : "off", then);
}

void
written_say_unsure(struct outputs *o, struct written *c)
{
	/* It is open, and its timer makes no difference to that. */
	if (c->unsure != 0 || !c->known || !o->writing.wrote || c->again ||
	    c->point == WRITING_SAFE)
		return;
	c->unsure = mono_ms();
	device_bad(c->dev, c->point, 1, REASON_UNCONFIRMED, 0, c->unsure);
}

void
written_say_value(struct outputs *o, struct written *c)
{
	const struct answer *a = &o->lane->answer;
	const struct point *shown;
	int64_t at = a->done_us / 1000;
	struct decoded v;

	/* Two readings of one point are never of the same moment. */
	if (at <= c->unsure)
		at = c->unsure + 1;
	c->unsure = 0;
	/* A plugin's samples have been told as they were decoded. */
	if (c->dev->plan == NULL || c->point == WRITING_SAFE)
		return;
	shown = written_shown_by(c);
	decode_point(shown, a->words, &v);
	if (shown != &c->dev->conf->points[c->point])
		v.value = value_int(value_number(&v.value) != 0);
	device_read(c->dev, c->point, &v, 0, at);
}

void
written_leave(struct outputs *o, struct written *c)
{
	if (o->now != c)
		return;
	o->now = NULL;
	if (!writing_holds(&o->writing))
		return;
	o->rest = (struct written){.dev = c->dev,
	    .point = c->point,
	    .output = c->output,
	    .on = c->on,
	    .value = c->value};
	o->rest_of = c;
	o->now = &o->rest;
}

void
written_want(struct written *c, double value, int64_t now)
{
	c->value = value;
	c->pending = true;
	c->urgent = c->left = c->again = c->second = c->astray = false;
	c->settles = c->armed_until = c->rearm = 0;
	c->tries = c->gap = 0;
	c->next = now;
	c->expires = INT64_MAX;
}

void
written_want_safe(struct written *c, int64_t now)
{
	c->on = false;
	c->until = 0;
	written_want(c, written_safe_value(c), now);
}

void
written_doubt(struct written *c, int64_t now)
{
	c->pending = true;
	c->again = c->second = false;
	c->settles = 0;
	c->next = now;
	c->gap = 0;
	c->tries = 1; /* look first */
}
