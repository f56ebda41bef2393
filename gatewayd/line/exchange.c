/* The phases of an exchange, and its ends. */
#include "exchange.h"

#include <stdio.h>
#include <string.h>

#include "pace.h"
#include "port.h"

enum {
	SETTLE_US = 30000,      /* silence that ends a disturbance */
	SETTLE_MAX_US = 500000, /* a unit that babbles must not hold us */
	EARLY_US = 100,         /* a timer comes about so much late */
};

void
exchange_init(struct exchange *x, const struct line *line)
{
	*x = (struct exchange){.line = line};
	ear_init(&x->ear, line, &x->req);
}

void
exchange_reset(struct exchange *x)
{
	x->phase = PHASE_IDLE;
	x->last_us = port_now_us();
	ear_clear(&x->ear);
}

void
exchange_tune(struct exchange *x, const struct line *line)
{
	x->line = x->ear.line = line;
	x->last_us = port_now_us();
	ear_clear(&x->ear);
}

static bool
copy_request(struct exchange *x, const struct request *q)
{
	size_t n = q->function == FC_MASK_WRITE ? 2 : q->count;

	x->req = *q;
	x->req.tcp = x->line->transport == TRANSPORT_TCP;
	x->req.transaction = ++x->transaction;
	if (q->raw != NULL && q->nraw > 0) {
		if (q->nraw > sizeof(x->raw))
			return false;
		memcpy(x->raw, q->raw, q->nraw);
		x->req.raw = x->raw;
	}
	if (q->words != NULL) {
		if (n > WRITE_COILS_MAX)
			return false;
		memcpy(x->words, q->words, n * sizeof(q->words[0]));
		x->req.words = x->words;
	}
	return true;
}

void
exchange_begin(struct exchange *x, const struct ask *ask)
{
	x->nframe =
	    copy_request(x, &ask->req) ? request_frame(&x->req, x->frame) : 0;
	x->timeout_ms = ask->timeout_ms;
	x->silence_us = pace_silence_us(x->line, ask->rest_ms);
	x->quiet = ask->quiet;
	x->stranger = ask->stranger;
	x->paid = x->recalled = false;
	x->phase = PHASE_SILENCE;
	x->sent_us = 0;
	x->until_us = port_now_us() + SETTLE_MAX_US + x->silence_us;
}

/* The end of the phase. */
static int64_t
end_us(const struct exchange *x)
{
	int64_t still;

	switch (x->phase) {
	case PHASE_SILENCE:
		still = x->last_us + x->silence_us;
		break;
	case PHASE_SETTLE:
		still = x->last_us + SETTLE_US;
		break;
	case PHASE_ANSWER:
	case PHASE_QUIET:
		return x->until_us;
	case PHASE_IDLE:
	default:
		return INT64_MAX;
	}
	return still < x->until_us ? still : x->until_us;
}

static bool
is_serial(const struct exchange *x)
{
	return x->line->transport == TRANSPORT_RTU;
}

/* The silence is most of what we could waste on a serial line: we come a little
 * too early for its end, and meet it awake. */
int64_t
exchange_until(const struct exchange *x)
{
	if (x->recalled)
		return 0;
	return end_us(x) -
	       (x->phase == PHASE_SILENCE && is_serial(x) ? EARLY_US : 0);
}

static void
meet_end_of_silence(const struct exchange *x)
{
	while (is_serial(x) && port_now_us() < end_us(x) &&
	       port_now_us() >= exchange_until(x))
		;
}

void
exchange_hurry(struct exchange *x)
{
	x->quiet = false;
	if (x->phase == PHASE_QUIET)
		x->until_us = 0;
}

void
exchange_recall(struct exchange *x)
{
	exchange_hurry(x);
	x->recalled = x->phase == PHASE_SILENCE;
}

/* ---- ends ---- */

/* An answer that has not come may still come, however short its timeout was: a
 * unit that is busy is no quicker for that. Whole milliseconds, as health
 * counts: who waits that long must find nothing owed any more. */
static void
owe(struct exchange *x)
{
	owed_add(&x->ear.owed, &x->req, x->sent_us,
	    (x->sent_us / 1000 + OWED_MS) * 1000, x->stranger);
}

static enum bus_result
end(struct exchange *x, enum bus_result result, const char *hint,
    struct answer *out)
{
	(void)snprintf(out->hint, sizeof(out->hint), "%s", hint);
	if (x->phase == PHASE_IDLE)
		return result;
	if (x->sent_us != 0 && !x->paid)
		owe(x);
	x->phase = PHASE_IDLE;
	ear_rest(&x->ear);
	out->crc = result == BUS_NOISE && x->ear.crc;
	out->late_ms = 0;
	out->took_us = 0;
	out->sent_us = x->sent_us;
	out->done_us = port_now_us();
	return result;
}

enum bus_result
exchange_cut(struct exchange *x, struct answer *out)
{
	return end(x, BUS_PORT, "", out);
}

static enum bus_result
answered(struct exchange *x, enum bus_result result, struct answer *out)
{
	int64_t heard = x->ear.at_us;
	int64_t went = x->sent_us + pace_wire_us(x->line, x->nframe);
	bool late = x->phase == PHASE_QUIET;

	x->paid = true;
	result = end(x, late ? BUS_TIMEOUT : result, "", out);
	out->done_us = heard;
	out->unit = x->ear.by;
	if (late)
		out->late_ms = (uint32_t)((heard - x->sent_us) / 1000) + 1;
	else if (heard > went)
		out->took_us = (uint32_t)(heard - went);
	return result;
}

/* Something came that spoils the exchange. */
static enum bus_result
disturbed(struct exchange *x, struct answer *out)
{
	if (x->req.tcp && x->phase == PHASE_ANSWER)
		return end(x, BUS_NOISE, x->ear.hint, out);
	if (x->phase == PHASE_ANSWER) {
		x->phase = PHASE_SETTLE;
		x->until_us = port_now_us() + SETTLE_MAX_US;
	}
	return BUS_PENDING;
}

/* ---- what came ---- */

/* Bytes that came, or negative: the link is gone. */
static int
take(struct exchange *x, struct link *k)
{
	size_t cap;
	uint8_t *room = ear_room(&x->ear, &cap);
	int n = link_take(k, room, cap);
	int64_t now;

	if (n <= 0)
		return n;
	now = port_now_us();
	ear_put(&x->ear, (size_t)n, now);
	if (now > x->last_us)
		x->last_us = now;
	return n;
}

static enum bus_result
hear(struct exchange *x, struct answer *out)
{
	enum bus_result r = BUS_PENDING;

	while (r == BUS_PENDING) {
		switch (ear_hear(&x->ear, out->words, &out->code)) {
		case HEARD_NOTHING:
			return BUS_PENDING;
		case HEARD_ANSWER:
			r = answered(x, BUS_OK, out);
			break;
		case HEARD_REFUSAL:
			r = answered(x, BUS_EXCEPTION, out);
			break;
		case HEARD_SPOILT:
			x->paid = true;
			r = disturbed(x, out);
			break;
		case HEARD_ECHO:
			r = disturbed(x, out);
			break;
		case HEARD_BROKEN:
		default:
			r = end(x, x->ear.waits ? BUS_NOISE : BUS_PORT,
			    x->ear.hint, out);
			break;
		}
	}
	return r;
}

/* ---- what time brings ---- */

static enum bus_result
send_now(struct exchange *x, struct link *k, struct answer *out)
{
	if (x->nframe == 0)
		return end(x, BUS_NOISE,
		    "the request is larger than Modbus allows", out);
	x->sent_us = port_now_us();
	if (link_send(k, x->frame, x->nframe) < 0)
		return end(x, BUS_PORT, "", out);
	if (x->req.words != NULL || x->req.raw != NULL)
		owed_distrust(&x->ear.owed, x->req.unit);
	x->last_us = port_now_us() + pace_wire_us(x->line, x->nframe);
	x->until_us = x->last_us + (int64_t)x->timeout_ms * 1000 +
		      pace_wire_us(x->line, request_answer_len(&x->req));
	ear_wait(&x->ear, x->frame, x->nframe, x->sent_us);
	x->phase = PHASE_ANSWER;
	return BUS_PENDING;
}

static enum bus_result
timed_out(struct exchange *x, struct answer *out)
{
	uint32_t ms =
	    x->timeout_ms < QUIET_MAX_MS ? x->timeout_ms : QUIET_MAX_MS;

	if (x->phase == PHASE_ANSWER && x->quiet && !x->req.tcp) {
		x->phase = PHASE_QUIET;
		x->until_us = port_now_us() + (int64_t)ms * 1000;
		return BUS_PENDING;
	}
	if (x->ear.junk)
		return end(
		    x, BUS_NOISE, "bytes came, and no answer among them", out);
	return end(x, BUS_TIMEOUT,
	    x->line->echo && x->ear.echoed == 0
		? "not even the request was heard back: check the adapter, or "
		  "remove `echo: true`"
		: "",
	    out);
}

enum bus_result
exchange_step(struct exchange *x, struct link *k, struct answer *out)
{
	enum bus_result r;
	int got;

	if (x->recalled) {
		x->recalled = false;
		return end(x, BUS_RECALLED, "", out);
	}
	/* A transaction tells what is old: there is nothing to take off. */
	if (x->phase == PHASE_SILENCE && x->req.tcp &&
	    port_now_us() >= end_us(x))
		return send_now(x, k, out);
	if (x->phase == PHASE_SILENCE)
		meet_end_of_silence(x);
	got = take(x, k);
	if (got < 0)
		return end(x, BUS_PORT, "", out);
	if (got > 0 && (r = hear(x, out)) != BUS_PENDING)
		return r;
	if (port_now_us() < end_us(x))
		return BUS_PENDING;
	switch (x->phase) {
	case PHASE_SILENCE:
		return send_now(x, k, out);
	case PHASE_ANSWER:
	case PHASE_QUIET:
		return timed_out(x, out);
	case PHASE_SETTLE:
		return end(x, BUS_NOISE, x->ear.hint, out);
	case PHASE_IDLE:
	default:
		return BUS_PENDING;
	}
}
