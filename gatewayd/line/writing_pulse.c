/*
 * A latching output: current in one coil opens it, in another one closes it,
 * and it stays so without. Current that goes on would burn the coil, and both
 * at once do nobody knows what. So a pulse is always whole, and begins by
 * taking the other coil off, of which a process before us may have lost hold.
 */
#include <errno.h>
#include <stdio.h>

#include "device.h"
#include "encode.h"
#include "field.h"
#include "plan.h"
#include "writing_steps.h"

enum {
	PULSE_TRIES = 3, /* to let go of it, at once */
	PULSE_GAP_MS = 100,
};

bool
writing_is_held(const struct writing *w)
{
	return writing_is_pulse(w) && w->driven && w->phase == WRITING_RELEASE;
}

bool
writing_is_pulse(const struct writing *w)
{
	return w->point != NULL && w->point->type->pulse_ms > 0;
}

/* The coil that is put under current, or the other one. */
static uint16_t
coil(const struct writing *w, bool own)
{
	const struct point_type *t = w->point->type;

	return (w->want.value != 0) == own ? t->addr : t->close_addr;
}

/* The write that puts a coil under current or takes it off. */
static int
encode_coil(struct writing *w, uint16_t addr, bool on, char *why)
{
	int rc =
	    encode_point(w->point, on, NULL, &w->write, w->words, why, WHY_MAX);

	w->write.unit = w->dev->conf->unit;
	w->write.addr = addr;
	return rc;
}

int
pulse_begin(struct writing *w, char *why)
{
	if (w->want.value != 0 && w->want.value != 1) {
		(void)snprintf(why, WHY_MAX, "it can only be 1, on, or 0, off");
		return -ERANGE;
	}
	w->phase = WRITING_REST;
	return encode_coil(w, coil(w, false), false, why);
}

static bool
is_look(const struct writing *w)
{
	return w->phase == WRITING_RESTED || w->phase == WRITING_RELEASED;
}

bool
pulse_next(struct writing *w, int64_t now, struct request *out)
{
	char why[WHY_MAX];
	bool own = w->phase != WRITING_REST && w->phase != WRITING_RESTED;

	if (now < w->pause_until)
		return false;
	if (is_look(w)) {
		*out = (struct request){.unit = w->dev->conf->unit,
		    .function = plan_function(w->point->type->table),
		    .addr = coil(w, own),
		    .count = 1};
		return true;
	}
	w->driven = w->driven || w->phase == WRITING_DRIVE;
	/* It was possible when it began, and nothing has changed since. */
	(void)encode_coil(w, coil(w, own), w->phase == WRITING_DRIVE, why);
	*out = w->write;
	out->words = w->words;
	return true;
}

/* What got no answer may have acted: let go of it all the same. */
static enum writing_news
drove(struct writing *w, enum bus_result result, const struct answer *a,
    char *why)
{
	if (result == BUS_EXCEPTION) {
		w->driven = false;
		writing_explain(result, a, why);
		return WRITING_FAILED;
	}
	w->unsure = result != BUS_OK;
	w->pause_until = (w->unsure ? a->sent_us : a->done_us) / 1000 +
			 w->point->type->pulse_ms;
	w->phase = WRITING_RELEASE;
	return WRITING_GOES_ON;
}

/* It has to be let go of once more. */
static enum writing_news
holds_on(struct writing *w, enum writing_news news, const struct answer *a,
    char *why)
{
	w->phase = WRITING_RELEASE;
	if (++w->tries < PULSE_TRIES) {
		w->pause_until = a->done_us / 1000 + PULSE_GAP_MS;
		return WRITING_GOES_ON;
	}
	(void)snprintf(why, WHY_MAX,
	    "its coil %u could not be switched off after the pulse, and may "
	    "burn: switch off its supply",
	    coil(w, true));
	return news;
}

/* The pulse is over. */
static enum writing_news
let_go(struct writing *w, const struct answer *a, char *why)
{
	w->written_at = a->done_us / 1000;
	if (w->shown != NULL) {
		w->phase = WRITING_CONFIRM;
		return WRITING_GOES_ON;
	}
	if (!w->unsure)
		return WRITING_ACKNOWLEDGED;
	(void)snprintf(why, WHY_MAX, "its pulse got no answer");
	return WRITING_FAILED;
}

/* The other coil is off, as far as the device lets it be seen. */
static enum writing_news
rested(struct writing *w, enum bus_result result, const struct answer *a,
    char *why)
{
	if (result == BUS_OK && field_on(w->point->type, a->words)) {
		(void)snprintf(why, WHY_MAX,
		    "its coil %u is on and stays so, and may burn: switch off "
		    "its supply",
		    coil(w, false));
		return WRITING_DIFFERS;
	}
	if (result != BUS_OK && result != BUS_EXCEPTION) {
		writing_explain(result, a, why);
		return WRITING_FAILED;
	}
	w->phase = WRITING_DRIVE;
	return WRITING_GOES_ON;
}

/* A device that does not let its coil be read has said that it is off: that
 * must do. */
static enum writing_news
released(struct writing *w, enum bus_result result, const struct answer *a,
    char *why)
{
	if (result == BUS_OK && field_on(w->point->type, a->words))
		return holds_on(w, WRITING_DIFFERS, a, why);
	if (result != BUS_OK && result != BUS_EXCEPTION)
		return holds_on(w, WRITING_FAILED, a, why);
	return let_go(w, a, why);
}

enum writing_news
pulse_took(struct writing *w, enum bus_result result, const struct answer *a,
    char *why)
{
	switch (w->phase) {
	case WRITING_RESTED:
		return rested(w, result, a, why);
	case WRITING_DRIVE:
		return drove(w, result, a, why);
	case WRITING_RELEASE:
		if (result != BUS_OK)
			return holds_on(w, WRITING_FAILED, a, why);
		w->phase = WRITING_RELEASED;
		return WRITING_GOES_ON;
	case WRITING_RELEASED:
		return released(w, result, a, why);
	case WRITING_REST:
	default:
		break;
	}
	if (result != BUS_OK) {
		writing_explain(result, a, why);
		return WRITING_FAILED;
	}
	w->phase = WRITING_RESTED;
	return WRITING_GOES_ON;
}
