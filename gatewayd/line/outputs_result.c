/* What became of a writing, and what follows. */
#include <stdio.h>

#include "device.h"
#include "lane.h"
#include "mono.h"
#include "outputs.h"
#include "run.h"
#include "writing.h"
#include "written.h"

enum {
	STOP_GAP_MS = 100,
	WATCH_GAP_MS = 500,
	ANSWER_MS = 8000, /* who gave a command waits no longer for it */
	SECOND_PULSE_MS = 5000,
};

/* ---- done ---- */

/* A closing pulse that nobody can confirm is sent twice: a plunger that stuck
 * under pressure, or a capacitor that was not full, gets a second chance. */
static bool
wants_second(const struct written *c, enum writing_news news)
{
	const struct point_type *t = written_type(c);

	return news == WRITING_ACKNOWLEDGED && written_closes(c) &&
	       !c->urgent && t != NULL && t->pulse_ms > 0;
}

/* The device has a write. Its timer runs from then, if that was one. */
static void
note_written(struct written *c, const struct writing *w)
{
	if (w->written_at == 0)
		return;
	c->armed_until = c->rearm = 0;
	if (w->timer == NULL)
		return;
	c->armed_until = w->written_at + w->armed.ms;
	if (w->armed.partial)
		c->rearm = w->written_at + w->armed.ms / 2;
}

void
outputs_done(struct outputs *o, struct written *c, enum writing_news news)
{
	bool read = news == WRITING_CONFIRMED, second = c->second;

	note_written(c, &o->writing);
	c->pending = c->first = c->left = c->again = c->second = false;
	c->settles = 0;
	c->known = true;
	c->tries++;
	o->now = NULL;
	if (second)
		return;
	if (wants_second(c, news)) {
		c->pending = c->second = true;
		c->next = mono_ms() + SECOND_PULSE_MS;
	}
	if (read)
		written_say_value(o, c);
	written_say_done(o, c, read);
	written_answer(o, c, read ? RESULT_DONE : RESULT_SENT,
	    read ? "confirmed by reading it back"
		 : "acknowledged; the device has no way to read it back");
}

/* ---- not done ---- */

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
void
outputs_give_up(
    struct outputs *o, struct written *c, const char *why, bool refused)
{
	if (c->command == 0 && c->on)
		written_say_given_up(o, c, why);
	written_answer(o, c, refused ? RESULT_REFUSED : RESULT_UNCERTAIN, why);
	c->pending = false;
	if (c->output)
		written_want_safe(c, mono_ms());
}

/* The device's timer could not be armed again. It is still open, and tried
 * until the timer runs out; unless it went off by itself: then it is left so,
 * as whenever it does. */
static void
not_rearmed(struct outputs *o, struct written *c, bool off, const char *why)
{
	char text[WHY_MAX];

	if (off) {
		c->pending = c->again = false;
		c->rearm = 0;
		if (!c->astray)
			written_say_astray(o, c, c->value == 0);
		c->astray = true;
		return;
	}
	put_off(c);
	if (c->next < c->armed_until)
		return;
	(void)snprintf(text, sizeof(text),
	    "the device's timer could not be armed again: %.180s", why);
	outputs_give_up(o, c, text, false);
}

/* All the time that the device may take is worth as much as all tries. */
static const char *
settled_why(struct written *c, const char *why, char *text)
{
	double s = written_type(c)->settle_ms / 1000.0;

	c->tries = COMMAND_TRIES;
	c->gap = 0;
	c->settles = 0;
	(void)snprintf(text, WHY_MAX, "%.200s after %g s", why, s);
	return text;
}

void
outputs_not_done(struct outputs *o, struct written *c, enum bus_result result,
    const char *why)
{
	bool wrote = o->writing.wrote || c->left;
	bool refused = result == BUS_EXCEPTION && !wrote;
	char text[WHY_MAX];

	o->now = NULL;
	if (c->settles != 0 && result != BUS_PORT)
		why = settled_why(c, why, text);
	c->settles = 0;
	c->left = wrote && result != BUS_OK;
	if (c->again) {
		not_rearmed(o, c, result == BUS_OK, why);
		return;
	}
	if (c->second) {
		c->second = c->pending = false;
		return;
	}
	put_off(c);
	if (c->on || !c->output) {
		if (refused || c->tries >= COMMAND_TRIES)
			outputs_give_up(o, c, why, refused);
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
		    !x->output || x->second)
			continue;
		put_off(x);
		if (x->settles == 0)
			written_say_unsafe(o, x, why);
	}
}

/* ---- not yet ---- */

static uint32_t
watch_gap(const struct written *c, enum writing_news news)
{
	if (c->urgent)
		return STOP_GAP_MS;
	if (news == WRITING_DIFFERS || c->gap < WATCH_GAP_MS)
		return WATCH_GAP_MS;
	/* It does not answer: others are not to wait for it time and again. */
	return c->gap * 2 < OUTPUT_GAP_MAX_MS ? c->gap * 2 : OUTPUT_GAP_MAX_MS;
}

/* Whether the device may still be on its way to what was written. Others go on
 * meanwhile, and it is looked at again. */
static bool
settles(struct outputs *o, struct written *c, enum writing_news news)
{
	const struct writing *w = &o->writing;
	int64_t now = mono_ms();
	char text[WHY_MAX];

	if (w->point == NULL || w->phase != WRITING_CONFIRM ||
	    w->point->type->settle_ms == 0 || c->second)
		return false;
	note_written(c, w);
	if (w->written_at != 0)
		c->settles = w->written_at + w->point->type->settle_ms;
	if (now >= c->settles)
		return false;
	c->first = c->left = false;
	c->gap = watch_gap(c, news);
	c->next = now + c->gap < c->settles ? now + c->gap : c->settles;
	o->now = NULL;
	if (c->settles - now > ANSWER_MS) {
		(void)snprintf(text, sizeof(text),
		    "acknowledged; %s may take %g s to show it",
		    w->shown->type->name, w->point->type->settle_ms / 1000.0);
		written_answer(o, c, RESULT_SENT, text);
	}
	return true;
}

/* ---- an exchange ---- */

/* A device that reads back is there. What only acknowledges may be our own
 * echo: that is believed where nothing else is known. */
static void
is_there(struct written *c, enum writing_news news)
{
	if (news == WRITING_CONFIRMED || c->dev->health.state == DEVICE_UNKNOWN)
		device_alive(c->dev, mono_ms());
}

/* What is left of a pulse that nobody waits for, only its end counts. */
static bool
rest_is_over(const struct outputs *o)
{
	return o->now == &o->rest && !writing_holds(&o->writing);
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
	result = writing_result(result, &o->lane->answer);
	news = writing_took(&o->writing, result, &o->lane->answer, why);
	/* No more of that: an alarm, and whatever makes it safe. */
	if (news > WRITING_ACKNOWLEDGED && writing_is_held(&o->writing)) {
		c->tries = COMMAND_TRIES;
		c->second = false;
	}
	if (news != WRITING_CONFIRMED)
		written_say_unsure(o, c);
	switch (news) {
	case WRITING_CONFIRMED:
	case WRITING_ACKNOWLEDGED:
		is_there(c, news);
		outputs_done(o, c, news);
		break;
	case WRITING_DIFFERS:
		if (!settles(o, c, news))
			outputs_not_done(o, c, BUS_OK, why);
		break;
	case WRITING_FAILED:
		if (!settles(o, c, news))
			outputs_not_done(o, c, result, why);
		if (result == BUS_TIMEOUT || result == BUS_PORT)
			put_off_others(o, c, why);
		break;
	case WRITING_GOES_ON:
	default:
		if (rest_is_over(o))
			o->now = NULL;
		break;
	}
}
