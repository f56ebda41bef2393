/* Points that are written: what is wanted of each, and how far it got. */
#include "outputs.h"

#include <stdlib.h>

#include "device.h"
#include "lane.h"
#include "mono.h"
#include "pdevice.h"
#include "run.h"
#include "writing.h"
#include "written.h"

enum { STOP_GAP_MS = 100 };

/* ---- making ---- */

static void
add(struct outputs *o, struct dev *d, uint16_t point, int64_t now)
{
	struct written *c = &o->c[o->n++];
	const struct point_type *t;

	*c = (struct written){.dev = d, .point = point, .next = now};
	t = written_type(c);
	c->output = t == NULL || t->kind == KIND_OUTPUT;
	/* A plugin says by its safe() what makes its outputs safe. */
	c->pending = c->output && (t == NULL || !d->conf->type->plugin);
	c->first = c->pending;
	c->value = written_safe_value(c);
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

/* Outputs whose time is over. */
static void
expire(struct outputs *o, int64_t now)
{
	for (size_t i = 0; i < o->n; i++) {
		struct written *c = &o->c[i];

		if (!c->on || now < c->until)
			continue;
		written_answer(o, c, RESULT_UNCERTAIN, "its time is over");
		written_leave(o, c);
		written_want_safe(c, now);
		c->timed_out = true;
	}
}

static int64_t
due_at(const struct written *c)
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
outputs_pause(const struct outputs *o)
{
	return o->now != NULL;
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
done(struct outputs *o, struct written *c, enum writing_news news)
{
	bool read = news == WRITING_CONFIRMED;

	c->pending = c->first = c->left = false;
	c->known = true;
	c->tries++;
	o->now = NULL;
	if (read)
		written_say_value(o, c);
	written_say_done(o, c, read);
	written_answer(o, c, read ? RESULT_DONE : RESULT_SENT,
	    read ? "confirmed by reading it back"
		 : "acknowledged; the device has no way to read it back");
}

static void
put_off(struct written *c)
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
give_up(struct outputs *o, struct written *c, const char *why, bool refused)
{
	written_answer(o, c, refused ? RESULT_REFUSED : RESULT_UNCERTAIN, why);
	c->pending = false;
	if (c->output)
		written_want_safe(c, mono_ms());
}

static void
not_done(struct outputs *o, struct written *c, enum bus_result result,
    const char *why)
{
	bool wrote = o->writing.wrote || c->left;
	bool refused = result == BUS_EXCEPTION && !wrote;

	o->now = NULL;
	c->left = wrote && result != BUS_OK;
	put_off(c);
	if (c->on || !c->output) {
		if (refused || c->tries >= COMMAND_TRIES)
			give_up(o, c, why, refused);
		return;
	}
	if (c->command != 0 && c->tries >= COMMAND_TRIES)
		written_answer(o, c, RESULT_UNCERTAIN, why);
	written_say_unsafe(o, c, why);
}

/* A device that is silent for one of its outputs is so for all of them. */
static void
put_off_others(struct outputs *o, const struct written *c, const char *why)
{
	for (size_t i = 0; i < o->n; i++) {
		struct written *x = &o->c[i];

		if (x == c || x->dev != c->dev || !x->pending || x->on ||
		    !x->output)
			continue;
		put_off(x);
		written_say_unsafe(o, x, why);
	}
}

/* A device that reads back is there. What only acknowledges may be our own
 * echo: that is believed where nothing else is known. */
static void
is_there(struct written *c, enum writing_news news)
{
	if (news == WRITING_CONFIRMED || c->dev->health.state == DEVICE_UNKNOWN)
		device_alive(c->dev, mono_ms());
}

void
outputs_took(struct outputs *o, enum bus_result result)
{
	struct written *c = o->now;
	char why[WHY_MAX] = "";
	enum writing_news news;

	/* Its time may have come to an end during the exchange. */
	if (c == NULL)
		return;
	news = writing_took(&o->writing, result, &o->lane->answer, why);
	if (news != WRITING_CONFIRMED)
		written_say_unsure(o, c);
	switch (news) {
	case WRITING_CONFIRMED:
	case WRITING_ACKNOWLEDGED:
		is_there(c, news);
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

int64_t
outputs_port_gone(struct outputs *o, int64_t now)
{
	expire(o, now);
	if (o->now != NULL)
		o->now->left = true;
	o->now = NULL;
	o->writing.wrote = false;
	for (size_t i = 0; i < o->n; i++) {
		struct written *c = &o->c[i];
		bool first = c->first;

		if (!c->pending || c->next > now)
			continue;
		/* No growing gaps, for it is to be closed as soon as the port
		 * is there; and it is still to be tried before the first
		 * poll. */
		c->gap = 0;
		not_done(o, c, BUS_PORT, o->lane->why);
		c->first = first;
	}
	return outputs_wake(o);
}

/* ---- what next ---- */

static bool
closes(const struct written *c)
{
	return c->output && !c->on;
}

/* Closing before opening and setting; then what is due for longest. */
static bool
before(const struct written *a, const struct written *b)
{
	if (closes(a) != closes(b))
		return closes(a);
	return a->next < b->next;
}

static struct written *
most_urgent(struct outputs *o, int64_t now)
{
	struct written *best = NULL;

	for (size_t i = 0; i < o->n; i++) {
		struct written *c = &o->c[i];

		if (c->pending && c->next <= now &&
		    (best == NULL || before(c, best)))
			best = c;
	}
	return best;
}

/* A closing does not wait for the rest of an opening or a setting; that is
 * begun anew later, with a look. Only a plugin's list is one whole: half a
 * pulse to a latching valve would be worse than the wait. */
static void
give_way(struct outputs *o, int64_t now)
{
	struct written *c = o->now;

	if (c == NULL || closes(c) || c->dev->plan == NULL ||
	    !closes(most_urgent(o, now)))
		return;
	c->left = true;
	o->now = NULL;
}

/* Begins the writing of `c`; false: it will not be. What may have acted is
 * looked at before it is repeated; but a plugin's list that was left in the
 * middle has to come to its end, or a pulse would last for ever. */
static bool
begin(struct outputs *o, struct written *c, int64_t now)
{
	bool list = c->dev->plan == NULL;
	bool look = c->left ? !list : c->tries > 0;
	char why[WHY_MAX] = "";

	if (c->command != 0 && c->tries == 0 && !c->left && now > c->expires &&
	    !closes(c)) {
		give_up(o, c, "it expired before it could be sent", true);
		return false;
	}
	o->now = c;
	if (writing_begin(&o->writing, c->dev, c->point, c->value, look, o->ops,
		why) == 0)
		return true;
	o->writing.wrote = false;
	not_done(o, c, BUS_EXCEPTION, why);
	return false;
}

bool
outputs_next(
    struct outputs *o, int64_t now, struct request *out, struct dev **dev)
{
	struct written *c;

	expire(o, now);
	give_way(o, now);
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
