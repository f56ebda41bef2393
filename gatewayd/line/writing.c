/* Look, write, confirm. */
#include "writing.h"

#include <errno.h>
#include <stdio.h>

#include "decode.h"
#include "device.h"
#include "encode.h"
#include "plan.h"
#include "writing_steps.h"

/* ---- beginning ---- */

const struct point *
writing_shown_by(const struct dev *d, uint16_t point)
{
	const struct point *p = &d->conf->points[point];
	int32_t confirm = p->type->confirm;

	if (d->plan != NULL && confirm >= 0 && confirm != point)
		return &d->conf->points[confirm];
	return p->type->write_only || p->type->pulse_ms > 0 ? NULL : p;
}

static bool
opens(const struct writing *w)
{
	return w->point->type->kind == KIND_OUTPUT &&
	       (w->want.value != 0) != w->point->type->safe;
}

/* A device's timer opens it instead of a plain "on". */
static const struct output_timer *
timer_of(const struct writing *w)
{
	const struct point_type *t = w->point->type;
	bool arms = t->timer.nwords > 0 && t->timer.step_ms > 0 &&
		    t->pulse_ms == 0 && w->want.value != 0 && opens(w);

	return arms ? &t->timer : NULL;
}

/* Whether what is read can spare the write. A timer is to be armed even if it
 * is open; that a drive does not run yet, or a valve does not move yet, is no
 * proof that it was told to stay so; and how a latching one stands says nothing
 * of its coils, which a pulse sees to. */
static bool
look_spares(const struct writing *w)
{
	if (w->shown == NULL || w->timer != NULL || writing_is_pulse(w))
		return false;
	return w->shown == w->point || opens(w);
}

/* The request that sets the point; `now` is what its registers hold. */
static int
encode(struct writing *w, const uint16_t *now, char *why)
{
	int rc = encode_point(w->point, w->want.value,
	    encode_needs(w->point) ? now : NULL, &w->write, w->words, why,
	    WHY_MAX);

	w->write.unit = w->dev->conf->unit;
	return rc;
}

/* How it is written when a look has not spared it. */
static enum writing_phase
write_phase(const struct writing *w)
{
	if (writing_is_pulse(w))
		return WRITING_REST;
	return w->timer == NULL && encode_needs(w->point) ? WRITING_AROUND
							  : WRITING_WRITE;
}

static enum writing_phase
first_phase(const struct writing *w)
{
	enum writing_how how = w->want.how;

	if (how == WRITING_WATCHING && w->shown != NULL)
		return WRITING_CONFIRM;
	if ((how == WRITING_REARMING && w->shown != NULL) ||
	    (how == WRITING_LOOKING && look_spares(w)))
		return WRITING_LOOK;
	return write_phase(w);
}

int
writing_begin(struct writing *w, struct dev *borrow, const struct wanted *want,
    struct gw_op *ops, char *why)
{
	static const uint16_t zeros[WRITING_WORDS];
	int rc;

	*w = (struct writing){.dev = borrow,
	    .want = *want,
	    .phase = WRITING_WRITE,
	    .ops = ops,
	    .same = true};
	if (borrow->plan == NULL)
		return list_begin(w, why);
	w->point = &borrow->conf->points[want->point];
	if (w->point->type->count > WRITING_WORDS) {
		(void)snprintf(why, WHY_MAX, "longer values cannot be written");
		return -EINVAL;
	}
	w->shown = writing_shown_by(borrow, want->point);
	w->timer = timer_of(w);
	/* After a look it is made anew from what is there. */
	rc = writing_is_pulse(w) ? pulse_begin(w, why) : encode(w, zeros, why);
	w->phase = first_phase(w);
	return rc;
}

void
writing_begin_setup(
    struct writing *w, struct dev *borrow, const struct setup *s)
{
	*w = (struct writing){.dev = borrow,
	    .setup = s,
	    .phase = WRITING_LOOK,
	    .want = {.how = WRITING_LOOKING},
	    .words = {s->value}};
	w->write = (struct request){.unit = borrow->conf->unit,
	    .function =
		s->table == TABLE_COIL ? FC_WRITE_COIL : FC_WRITE_HOLDING,
	    .addr = s->addr,
	    .count = 1};
}

/* ---- the next exchange ---- */

static bool
is_reading(const struct writing *w)
{
	return w->phase == WRITING_LOOK || w->phase == WRITING_AROUND ||
	       w->phase == WRITING_CONFIRM;
}

static struct request
reading_of(const struct writing *w)
{
	const struct point *p =
	    w->phase == WRITING_AROUND ? w->point : w->shown;

	if (w->setup != NULL)
		return (struct request){.unit = w->dev->conf->unit,
		    .function = plan_function(w->setup->table),
		    .addr = w->setup->addr,
		    .count = 1};
	return (struct request){.unit = w->dev->conf->unit,
	    .function = plan_function(p->type->table),
	    .addr = p->type->addr,
	    .count = p->type->count};
}

bool
writing_next(struct writing *w, int64_t now, struct request *out)
{
	if (writing_is_list(w))
		return list_next(w, now, out);
	if (is_reading(w)) {
		*out = reading_of(w);
		return true;
	}
	if (writing_is_pulse(w))
		return pulse_next(w, now, out);
	if (w->timer != NULL) {
		w->armed = output_timer_arm(
		    w->timer, w->want.until - now, &w->write, w->words);
		w->write.unit = w->dev->conf->unit;
	}
	*out = w->write;
	out->words = w->words;
	return true;
}

bool
writing_holds(const struct writing *w)
{
	return writing_is_list(w) ? w->phase != WRITING_LOOK
				  : w->driven && !is_reading(w);
}

/* ---- what became of it ---- */

enum bus_result
writing_result(enum bus_result result, const struct answer *a)
{
	return result == BUS_EXCEPTION &&
		       (a->code == EXC_PATH || a->code == EXC_TARGET)
		   ? BUS_TIMEOUT
		   : result;
}

void
writing_explain(enum bus_result result, const struct answer *a, char *why)
{
	switch (result) {
	case BUS_EXCEPTION:
		(void)snprintf(why, WHY_MAX,
		    "the device refused (exception %02X)", a->code);
		break;
	case BUS_NOISE:
		(void)snprintf(why, WHY_MAX, "%s",
		    a->hint[0] != '\0' ? a->hint
				       : "the answer cannot be trusted");
		break;
	case BUS_PORT:
		(void)snprintf(why, WHY_MAX, "the port is gone");
		break;
	case BUS_TIMEOUT:
	case BUS_PENDING:
	case BUS_OK:
	case BUS_RECALLED:
	case BUS_OPENED:
	default:
		(void)snprintf(why, WHY_MAX, "the device does not answer");
		break;
	}
}

static void
explain(const struct writing *w, enum bus_result result, const struct answer *a,
    char *why)
{
	if (result != BUS_EXCEPTION || w->timer == NULL ||
	    w->phase != WRITING_WRITE) {
		writing_explain(result, a, why);
		return;
	}
	(void)snprintf(why, WHY_MAX,
	    "the device refused to arm its own timer, %s %u (exception %02X); "
	    "check that it is the model of its profile, or use a profile "
	    "without timer",
	    w->timer->table == TABLE_COIL ? "coil" : "register", w->timer->addr,
	    a->code);
}

/* Whether the words read say that it is as wanted. */
static bool
is_so(const struct writing *w, const uint16_t *back)
{
	struct decoded d;

	if (w->setup != NULL)
		return (w->setup->table == TABLE_COIL
			       ? w->setup->value != 0
			       : w->setup->value) == back[0];
	if (w->shown == w->point)
		return encode_same(w->point, w->want.value, back);
	decode_point(w->shown, back, &d);
	return d.quality != QUALITY_BAD &&
	       (value_number(&d.value) != 0) == (w->want.value != 0);
}

static enum writing_news
differs(const struct writing *w, char *why)
{
	if (w->setup != NULL || w->shown == w->point)
		(void)snprintf(why, WHY_MAX, "it reads back differently");
	else
		(void)snprintf(why, WHY_MAX, "%s does not show that it is %s",
		    w->shown->type->name, w->want.value != 0 ? "on" : "off");
	return WRITING_DIFFERS;
}

static enum writing_news
looked(struct writing *w, const struct answer *a, char *why)
{
	bool so = is_so(w, a->words);

	if (w->want.how == WRITING_REARMING) {
		w->phase = so ? WRITING_WRITE : w->phase;
		return so ? WRITING_GOES_ON : differs(w, why);
	}
	if (so)
		return WRITING_CONFIRMED;
	w->phase = w->setup != NULL ? WRITING_WRITE : write_phase(w);
	/* They are its own registers: what is around it has been read. */
	if (w->phase == WRITING_AROUND && w->shown == w->point)
		w->phase = WRITING_WRITE;
	if (w->setup != NULL || writing_is_pulse(w) || w->shown != w->point ||
	    encode(w, a->words, why) == 0)
		return WRITING_GOES_ON;
	return WRITING_FAILED;
}

static enum writing_news
took(struct writing *w, const struct answer *a, char *why)
{
	switch (w->phase) {
	case WRITING_LOOK:
		return looked(w, a, why);
	case WRITING_AROUND:
		w->phase = WRITING_WRITE;
		return encode(w, a->words, why) == 0 ? WRITING_GOES_ON
						     : WRITING_FAILED;
	case WRITING_WRITE:
		w->written_at = a->done_us / 1000;
		w->phase = WRITING_CONFIRM;
		return w->setup == NULL && w->shown == NULL
			   ? WRITING_ACKNOWLEDGED
			   : WRITING_GOES_ON;
	case WRITING_CONFIRM:
	default:
		return is_so(w, a->words) ? WRITING_CONFIRMED : differs(w, why);
	}
}

enum writing_news
writing_took(struct writing *w, enum bus_result result, const struct answer *a,
    char *why)
{
	bool list = writing_is_list(w);
	bool write = list ? list_writes(w) : !is_reading(w);
	bool rests = w->phase == WRITING_REST || w->phase == WRITING_RESTED;

	/* 05: accepted, still at it; the reading back tells. */
	if (result == BUS_EXCEPTION && write && a->code == EXC_ACKNOWLEDGE)
		result = BUS_OK;
	/* Refused is refused; of anything else it may have acted. */
	if (write && result != BUS_EXCEPTION && !rests)
		w->wrote = true;
	if (!list && !is_reading(w) && writing_is_pulse(w))
		return pulse_took(w, result, a, why);
	if (result == BUS_OK)
		return list ? list_took(w, a, why) : took(w, a, why);
	explain(w, result, a, why);
	return WRITING_FAILED;
}
