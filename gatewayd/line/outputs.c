/* Points that are written: what is wanted of each, and how far it got. */
#include "outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "device.h"
#include "lane.h"
#include "log.h"
#include "mono.h"
#include "pdevice.h"
#include "run.h"
#include "writing.h"

enum { ALARM_TRIES = 2, STOP_GAP_MS = 100 };

struct control { /* a point that can be written */
	struct dev *dev;
	uint16_t point; /* WRITING_SAFE: all that a plugin's safe() names */
	bool output;
	bool pending;  /* `value` is wanted and not confirmed yet */
	bool on;       /* an output that is not in its safe state, or may be */
	int64_t until; /* on: boot time of its closing */
	double value;
	bool first;     /* made safe for the first time: not tried yet */
	bool known;     /* confirmed once: its state is told from then on */
	int64_t unsure; /* when it was last said to be unconfirmed; 0: not */
	bool alarm, urgent, timed_out;
	uint32_t tries, gap;
	int64_t next;     /* pending: not before */
	int64_t expires;  /* not begun later */
	uint64_t command; /* who waits for the result; 0: nobody */
};

struct outputs {
	struct lane *lane;
	struct control *now; /* whose writing is under way */
	struct writing writing;
	struct gw_op *ops; /* room for a plugin's list */
	size_t n;
	struct control c[];
};

static const struct point_type *
type_of(const struct control *c)
{
	return c->point == WRITING_SAFE ? NULL
					: &c->dev->conf->type->points[c->point];
}

static double
safe_value(const struct control *c)
{
	const struct point_type *t = type_of(c);

	return t != NULL && t->safe ? 1 : 0;
}

/* ---- making ---- */

static void
add(struct outputs *o, struct dev *d, uint16_t point, int64_t now)
{
	struct control *c = &o->c[o->n++];
	const struct point_type *t;

	*c = (struct control){.dev = d, .point = point, .next = now};
	t = type_of(c);
	c->output = t == NULL || t->kind == KIND_OUTPUT;
	/* A plugin says by its safe() what makes its outputs safe. */
	c->pending = c->output && (t == NULL || !d->conf->type->plugin);
	c->first = c->pending;
	c->value = safe_value(c);
}

struct outputs *
outputs_new(struct lane *borrow, int64_t now)
{
	struct outputs *o;
	size_t most = 0;

	for (size_t i = 0; i < borrow->ndevs; i++)
		most += borrow->devs[i]->conf->type->npoints + 1;
	o = calloc(1, sizeof(*o) + most * sizeof(o->c[0]));
	if (o == NULL)
		return NULL;
	o->lane = borrow;
	for (size_t i = 0; i < borrow->ndevs; i++) {
		struct dev *d = borrow->devs[i];
		const struct device_type *t = d->conf->type;

		if (t->plugin && o->ops == NULL &&
		    (o->ops = calloc(WRITING_OPS, sizeof(*o->ops))) == NULL)
			return outputs_free(o);
		if (pdevice_has_safe(d))
			add(o, d, WRITING_SAFE, now);
		for (uint16_t p = 0; p < t->npoints; p++)
			if (t->points[p].writable)
				add(o, d, p, now);
	}
	return o;
}

struct outputs *
outputs_free(struct outputs *take)
{
	if (take != NULL) {
		free(take->ops);
		free(take);
	}
	return NULL;
}

/* ---- saying ---- */

static void
subject_of(const struct control *c, char *out, size_t size)
{
	const struct point_type *t = type_of(c);

	(void)snprintf(out, size, "%s%s%s", c->dev->conf->path,
	    t != NULL ? "/" : "", t != NULL ? t->name : "");
}

static void
answer(struct outputs *o, struct control *c, enum command_result result,
    const char *text)
{
	if (c->command != 0)
		sink_result(o->lane->run->sink, c->command, result, text);
	c->command = 0;
}

static void
say_unsafe(struct outputs *o, struct control *c, const char *why)
{
	char subject[MSG_SUBJECT_MAX];

	if (c->alarm || (c->tries < ALARM_TRIES && !c->urgent))
		return;
	c->alarm = true;
	subject_of(c, subject, sizeof(subject));
	log_err("%s: not in its safe state: %s; tried again until it is",
	    subject, why);
	sink_event(o->lane->run->sink, EVENT_OUTPUT, mono_ms(), subject,
	    "alarm: not in its safe state: %s; tried again until it is", why);
}

static void
say_done(struct outputs *o, struct control *c)
{
	char subject[MSG_SUBJECT_MAX];
	struct sink *s = o->lane->run->sink;

	subject_of(c, subject, sizeof(subject));
	if (!c->output || c->on) {
		log_info("%s: %s, confirmed by reading", subject,
		    c->output ? "open" : "set");
		return;
	}
	log_info("%s: safe, confirmed by reading", subject);
	if (c->alarm)
		sink_event(s, EVENT_OUTPUT, mono_ms(), subject,
		    "alarm over: safe, confirmed by reading");
	else if (c->timed_out)
		sink_event(s, EVENT_OUTPUT, mono_ms(), subject,
		    "closed: its time is over");
	c->alarm = c->timed_out = false;
}

/* What the device does is not known before it has been read. */
static void
say_unsure(struct outputs *o, struct control *c)
{
	if (c->unsure != 0 || !c->known || !o->writing.wrote ||
	    c->point == WRITING_SAFE)
		return;
	c->unsure = mono_ms();
	device_bad(c->dev, c->point, 1, REASON_UNCONFIRMED, 0, c->unsure);
}

static void
say_value(struct outputs *o, struct control *c)
{
	const struct answer *a = &o->lane->answer;
	int64_t at = a->done_us / 1000;
	struct decoded v;

	/* Two readings of one point are never of the same moment. */
	if (at <= c->unsure)
		at = c->unsure + 1;
	c->unsure = 0;
	/* A plugin's samples have been told as they were decoded. */
	if (c->dev->plan == NULL || c->point == WRITING_SAFE)
		return;
	decode_point(&c->dev->conf->points[c->point], a->words, &v);
	device_reading(c->dev, c->point,
	    (struct reading){.boot_ms = at,
		.value = v.value,
		.quality = v.quality,
		.reason = v.reason});
}

/* ---- wanting ---- */

static void
want(struct control *c, double value, int64_t now)
{
	c->value = value;
	c->pending = true;
	c->urgent = false;
	c->tries = c->gap = 0;
	c->next = now;
	c->expires = INT64_MAX;
}

static void
want_safe(struct control *c, int64_t now)
{
	c->on = false;
	c->until = 0;
	want(c, safe_value(c), now);
}

/* Outputs whose time is over. */
static void
expire(struct outputs *o, int64_t now)
{
	for (size_t i = 0; i < o->n; i++) {
		struct control *c = &o->c[i];

		if (!c->on || now < c->until)
			continue;
		answer(o, c, RESULT_UNCERTAIN, "its time is over");
		want_safe(c, now);
		c->timed_out = true;
		if (o->now == c)
			o->now = NULL;
	}
}

static int64_t
due_at(const struct control *c)
{
	if (c->pending && (!c->on || c->next < c->until))
		return c->next;
	return c->on ? c->until : INT64_MAX;
}

int64_t
outputs_wake(const struct outputs *o)
{
	int64_t next = INT64_MAX;

	if (o->now != NULL)
		return o->writing.pause_until;
	for (size_t i = 0; i < o->n; i++)
		if (due_at(&o->c[i]) < next)
			next = due_at(&o->c[i]);
	return next;
}

bool
outputs_tried(const struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->c[i].first)
			return false;
	return true;
}

/* ---- results ---- */

static void
done(struct outputs *o, struct control *c, enum writing_news news)
{
	bool read = news == WRITING_CONFIRMED;

	c->pending = c->first = false;
	c->known = true;
	c->tries++;
	o->now = NULL;
	if (read)
		say_value(o, c);
	say_done(o, c);
	answer(o, c, read ? RESULT_DONE : RESULT_SENT,
	    read ? "confirmed by reading it back"
		 : "acknowledged; the device has no way to read it back");
}

static void
put_off(struct control *c)
{
	c->first = false;
	c->tries++;
	if (c->urgent)
		c->gap = STOP_GAP_MS;
	else if (c->gap == 0)
		c->gap = c->command != 0 ? COMMAND_GAP_MS : OUTPUT_GAP_MS;
	else if ((c->gap *= 2) > OUTPUT_GAP_MAX_MS)
		c->gap = OUTPUT_GAP_MAX_MS;
	c->next = mono_ms() + c->gap;
}

/* An opening or a setting that did not take is given up; an output is closed
 * then, since nobody knows what it does. */
static void
give_up(struct outputs *o, struct control *c, const char *why, bool refused)
{
	answer(o, c, refused ? RESULT_REFUSED : RESULT_UNCERTAIN, why);
	c->pending = false;
	if (c->output)
		want_safe(c, mono_ms());
}

static void
not_done(struct outputs *o, struct control *c, enum bus_result result,
    const char *why)
{
	bool refused = result == BUS_EXCEPTION && !o->writing.wrote;

	o->now = NULL;
	put_off(c);
	if (c->on || !c->output) {
		if (refused || c->tries >= COMMAND_TRIES)
			give_up(o, c, why, refused);
		return;
	}
	if (c->command != 0 && c->tries >= COMMAND_TRIES)
		answer(o, c, RESULT_UNCERTAIN, why);
	say_unsafe(o, c, why);
}

/* A device that is silent for one of its outputs is so for all of them. */
static void
put_off_others(struct outputs *o, const struct control *c, const char *why)
{
	for (size_t i = 0; i < o->n; i++) {
		struct control *x = &o->c[i];

		if (x == c || x->dev != c->dev || !x->pending || x->on ||
		    !x->output)
			continue;
		put_off(x);
		say_unsafe(o, x, why);
	}
}

void
outputs_took(struct outputs *o, enum bus_result result)
{
	struct control *c = o->now;
	char why[WHY_MAX] = "";
	enum writing_news news;

	/* Its time may have come to an end during the exchange. */
	if (c == NULL)
		return;
	news = writing_took(&o->writing, result, &o->lane->answer, why);
	if (news != WRITING_CONFIRMED)
		say_unsure(o, c);
	switch (news) {
	case WRITING_CONFIRMED:
	case WRITING_ACKNOWLEDGED:
		done(o, c, news);
		break;
	case WRITING_DIFFERS:
		not_done(o, c, BUS_OK, why);
		break;
	case WRITING_FAILED:
		not_done(o, c, result, why);
		if (result == BUS_TIMEOUT || result == BUS_PORT)
			put_off_others(o, c, why);
		break;
	case WRITING_GOES_ON:
	default:
		break;
	}
}

/* ---- what next ---- */

/* Closing before opening and setting; then what is due for longest. */
static bool
before(const struct control *a, const struct control *b)
{
	bool a_closes = a->output && !a->on, b_closes = b->output && !b->on;

	if (a_closes != b_closes)
		return a_closes;
	return a->next < b->next;
}

static struct control *
most_urgent(struct outputs *o, int64_t now)
{
	struct control *best = NULL;

	for (size_t i = 0; i < o->n; i++) {
		struct control *c = &o->c[i];

		if (c->pending && c->next <= now &&
		    (best == NULL || before(c, best)))
			best = c;
	}
	return best;
}

/* Begins the writing of `c`; false: it will not be. */
static bool
begin(struct outputs *o, struct control *c, int64_t now)
{
	char why[WHY_MAX] = "";

	if (c->command != 0 && c->tries == 0 && now > c->expires &&
	    (c->on || !c->output)) {
		give_up(o, c, "it expired before it could be sent", true);
		return false;
	}
	o->now = c;
	if (writing_begin(&o->writing, c->dev, c->point, c->value, c->tries > 0,
		o->ops, why) == 0)
		return true;
	o->writing.wrote = false;
	not_done(o, c, BUS_EXCEPTION, why);
	return false;
}

bool
outputs_next(
    struct outputs *o, int64_t now, struct request *out, struct dev **dev)
{
	struct control *c;

	expire(o, now);
	while (o->now == NULL) {
		c = most_urgent(o, now);
		if (c == NULL)
			return false;
		(void)begin(o, c, now);
	}
	*dev = o->now->dev;
	if (writing_next(&o->writing, now, out))
		return true;
	/* A plugin's pause; or its list had nothing in it. */
	if (o->writing.pause_until <= now)
		done(o, o->now, WRITING_ACKNOWLEDGED);
	return false;
}

/* ---- from outside ---- */

static struct control *
control_of(struct outputs *o, const struct dev *d, uint16_t point)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->c[i].dev == d && o->c[i].point == point)
			return &o->c[i];
	return NULL;
}

/* Why it cannot be; NULL: it can. */
static const char *
objection(const struct outputs *o, const struct control *c,
    const struct msg_command *m)
{
	const struct point_type *t = c != NULL ? type_of(c) : NULL;

	if (t == NULL)
		return "it cannot be written";
	if ((m->action == COMMAND_SET) == c->output)
		return c->output ? "an output is opened for a time, or closed"
				 : "a setting is set to a value";
	if (m->action == COMMAND_OPEN && m->for_ms == 0)
		return "an output is only opened for a time";
	if (m->action == COMMAND_OPEN && t->max_on_ms > 0 &&
	    m->for_ms > t->max_on_ms)
		return "that is longer than its max_on";
	if (o->lane->run->stop_until > 0)
		return "the line is ending";
	if (m->action == COMMAND_CLOSE)
		return NULL; /* it is tried for as long as it takes */
	if (c->dev->health.state == DEVICE_LOST)
		return "the device is lost: it does not answer";
	return o->lane->port == PORT_OPEN ? NULL : o->lane->why;
}

void
outputs_command(struct outputs *o, struct dev *d, uint16_t point,
    const struct msg_command *m, int64_t now)
{
	struct control *c = control_of(o, d, point);
	const char *why = objection(o, c, m);

	if (why != NULL) {
		sink_result(o->lane->run->sink, m->id, RESULT_REFUSED, why);
		return;
	}
	answer(o, c, RESULT_UNCERTAIN, "a later command took its place");
	if (o->now == c)
		o->now = NULL;
	if (m->action == COMMAND_CLOSE) {
		want_safe(c, now);
	} else {
		want(c, m->action == COMMAND_SET ? m->value : 1 - safe_value(c),
		    now);
		c->on = m->action == COMMAND_OPEN;
		c->until = c->on ? now + m->for_ms : 0;
	}
	c->timed_out = false;
	c->expires = m->expires_ms;
	c->command = m->id;
}

void
outputs_doubt(struct outputs *o, const struct dev *d, int64_t now)
{
	for (size_t i = 0; i < o->n; i++) {
		struct control *c = &o->c[i];

		if (c->dev != d || !c->output || c->pending ||
		    (c->point != WRITING_SAFE && d->conf->type->plugin &&
			!c->on))
			continue;
		c->pending = true;
		c->next = now;
		c->gap = 0;
		c->tries = 1; /* look first */
	}
}

void
outputs_stop(struct outputs *o)
{
	o->now = NULL;
	for (size_t i = 0; i < o->n; i++) {
		struct control *c = &o->c[i];

		answer(o, c, RESULT_UNCERTAIN, "the line is ending");
		c->pending = false;
		if (!c->output || (c->point != WRITING_SAFE &&
				      c->dev->conf->type->plugin && !c->on))
			continue;
		want_safe(c, 0);
		c->urgent = true;
	}
}

size_t
outputs_left(const struct outputs *o)
{
	size_t left = 0;

	for (size_t i = 0; i < o->n; i++)
		left += o->c[i].output && o->c[i].pending;
	return left;
}
