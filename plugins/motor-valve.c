/*
 * A valve that two relays drive, one to open it and one to close it: a motor
 * with end switches, or a latching one that wants a pulse.
 *
 *   drive: hold    the relay of the last command stays on; the valve's own end
 *                  switches stop the motor
 *   drive: pulse   a pulse of up to one second, which we end
 *   drive: timed   the relay board ends it: FC05 to `timer` + coil closes the
 *                  relay for so many tenths of a second (Waveshare's "flash
 * on", 0x0200; by their wiki). The gateway may go away meanwhile
 *
 * The two are never on together: the other one is off, and has said so, before
 * one comes on. Where the valve stands nobody measures: it is `moving` for
 * `travel` seconds after a command was seen at the relays, then where it was
 * sent, unless its end switches (`feedback`) say otherwise. A relay that falls
 * before the travel is over leaves it in between: `unknown`. What it was sent
 * to last outlives restarts, as the valve does.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gateway_device.h"

enum { VALVE, POSITION, FAILED, POINTS };
enum {
	KEY_OPEN,
	KEY_CLOSE,
	KEY_DRIVE,
	KEY_TRAVEL,
	KEY_ON_TIME,
	KEY_TIMER,
	KEY_FEEDBACK,
	KEY_OPENED,
	KEY_CLOSED,
	KEYS
};
enum { HOLD, PULSE, TIMED };
enum { NO_FEEDBACK, OPENED, CLOSED, BOTH };
enum { UNKNOWN, OPEN, SHUT };
/* The relays are read to know all, or in a command to confirm it. */
enum { SPAN_RELAYS, SPAN_CONFIRM, SPAN_OPENED, SPAN_CLOSED };
enum { APART_MAX = 64, REVERSE_MS = 500, LATEST = 65535 };

struct valve {
	/* Kept: changes with commands only. */
	uint64_t moved_at; /* boot time at which it was seen to set out */
	uint8_t target, moving, between, kept_spare[5];
	/* Not kept. */
	bool anew; /* moved_at is of another boot */
	bool both; /* both relays are on */
	uint8_t feedback, fresh, opened, closed;
	uint8_t drive;
	uint16_t open, close, timer, opened_at, closed_at;
	uint32_t on_ms, travel_ms;
};

static const struct gw_key keys[KEYS] = {
    [KEY_OPEN] = {.name = "open_coil",
	.help = "The relay that opens it.",
	.max = LATEST,
	.type = GW_KEY_INT,
	.flags = GW_REQUIRED},
    [KEY_CLOSE] = {.name = "close_coil",
	.help = "The relay that closes it.",
	.max = LATEST,
	.type = GW_KEY_INT,
	.flags = GW_REQUIRED},
    [KEY_DRIVE] = {.name = "drive",
	.help = "What a relay does for a command.",
	.choices = "hold|pulse|timed",
	.max = TIMED,
	.type = GW_KEY_CHOICE},
    [KEY_TRAVEL] = {.name = "travel",
	.help = "How long it takes from end to end.",
	.unit = "s",
	.min = 0,
	.max = 600,
	.fallback = 15,
	.type = GW_KEY_REAL},
    [KEY_ON_TIME] = {.name = "on_time",
	.help = "How long the relay is on: pulse 0.02 to 1 s, timed 1 s or "
		"longer.",
	.unit = "s",
	.min = 0.02,
	.max = 600,
	.fallback = 1,
	.type = GW_KEY_REAL},
    [KEY_TIMER] = {.name = "timer",
	.help = "timed: what is added to a coil to set its timer.",
	.max = LATEST,
	.fallback = 0x0200,
	.type = GW_KEY_INT},
    [KEY_FEEDBACK] = {.name = "feedback",
	.help = "Which end switches are wired to inputs of the board.",
	.choices = "none|opened|closed|both",
	.max = BOTH,
	.type = GW_KEY_CHOICE},
    [KEY_OPENED] = {.name = "opened_input",
	.help = "The discrete input that is on when it is open.",
	.max = LATEST,
	.type = GW_KEY_INT},
    [KEY_CLOSED] = {.name = "closed_input",
	.help = "The discrete input that is on when it is closed.",
	.max = LATEST,
	.type = GW_KEY_INT},
};

static const struct gw_point points[POINTS] = {
    [VALVE] = {"valve", NULL, 0, 1, GW_OUTPUT, GW_RANGE | GW_WRITABLE,
	SPAN_RELAYS},
    [POSITION] = {"position", NULL, 0, 0, GW_STATE, GW_IS_TEXT, SPAN_RELAYS},
    [FAILED] = {"failed", NULL, 0, 1, GW_STATE, GW_RANGE, SPAN_RELAYS},
};

static int
refuse(struct gw_err *err, int key, const char *why)
{
	err->key = key;
	(void)snprintf(err->text, sizeof(err->text), "%s", why);
	return -1;
}

static int
check(const struct valve *v, double on_time, struct gw_err *err)
{
	int apart = v->open - v->close;

	if (apart == 0)
		return refuse(err, KEY_CLOSE, "it is open_coil, too");
	if (apart > APART_MAX || apart < -APART_MAX)
		return refuse(err, KEY_CLOSE,
		    "it is more than 64 from open_coil; they are read "
		    "together");
	if (v->drive == PULSE && on_time > 1)
		return refuse(err, KEY_ON_TIME,
		    "a pulse is at most 1 s; longer ones want `drive: timed`");
	if (v->drive == TIMED && on_time < 1)
		return refuse(err, KEY_ON_TIME,
		    "it is at least 1 s when timed, or nobody would see it on");
	if (v->drive == TIMED &&
	    (v->open > LATEST - v->timer || v->close > LATEST - v->timer))
		return refuse(err, KEY_TIMER, "the coil behind it is no coil");
	if (v->feedback == BOTH && v->opened_at == v->closed_at)
		return refuse(err, KEY_CLOSED, "it is opened_input, too");
	return 0;
}

static int
init(void *state, const double *settings, struct gw_err *err)
{
	struct valve *v = state;

	v->open = (uint16_t)settings[KEY_OPEN];
	v->close = (uint16_t)settings[KEY_CLOSE];
	v->drive = (uint8_t)settings[KEY_DRIVE];
	v->travel_ms = (uint32_t)(settings[KEY_TRAVEL] * 1000);
	v->timer = (uint16_t)settings[KEY_TIMER];
	v->feedback = (uint8_t)settings[KEY_FEEDBACK];
	v->opened_at = (uint16_t)settings[KEY_OPENED];
	v->closed_at = (uint16_t)settings[KEY_CLOSED];
	v->on_ms = (uint32_t)(settings[KEY_ON_TIME] * 1000);
	return check(v, settings[KEY_ON_TIME], err);
}

/* Any bytes: what is not known is unknown. */
static void
restored(void *state, uint32_t same_boot)
{
	struct valve *v = state;

	if (v->target > SHUT)
		v->target = UNKNOWN;
	v->moving = v->moving != 0 && v->target != UNKNOWN;
	v->between = v->between != 0;
	v->anew = !same_boot;
}

/* ---- what it asks ---- */

static struct gw_op
relays(const struct valve *v, uint8_t span)
{
	uint16_t first = v->open < v->close ? v->open : v->close;
	uint16_t last = v->open < v->close ? v->close : v->open;

	return (struct gw_op){.op = GW_READ,
	    .table = GW_COIL,
	    .span = span,
	    .addr = first,
	    .count = (uint16_t)(last - first + 1)};
}

static struct gw_op
input(uint8_t span, uint16_t addr)
{
	return (struct gw_op){.op = GW_READ,
	    .table = GW_DISCRETE,
	    .span = span,
	    .addr = addr,
	    .count = 1};
}

/* The end switches first: what the relays say is judged with them. */
static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	const struct valve *v = state;
	int n = 0;

	(void)cycle;
	if (cap < 3)
		return -1;
	if (v->feedback & OPENED)
		out[n++] = input(SPAN_OPENED, v->opened_at);
	if (v->feedback & CLOSED)
		out[n++] = input(SPAN_CLOSED, v->closed_at);
	out[n++] = relays(v, SPAN_RELAYS);
	return n;
}

/* ---- where it is ---- */

static bool
on_its_way(const struct valve *v, uint64_t now)
{
	return v->moving && now >= v->moved_at &&
	       now - v->moved_at < v->travel_ms;
}

static void
sent(struct valve *v, uint8_t target, uint64_t now)
{
	if (v->target == target && !v->between)
		return;
	v->target = target;
	v->between = false;
	v->moving = true;
	v->moved_at = now;
}

/* What the relays say was commanded. */
static void
look(struct valve *v, bool open, bool close, uint64_t now)
{
	if (v->anew) {
		v->anew = false;
		v->moved_at = now;
	}
	v->both = open && close;
	if (v->both) {
		v->target = UNKNOWN;
		v->moving = v->between = false;
	} else if (open || close) {
		sent(v, open ? OPEN : SHUT, now);
	} else if (v->drive == HOLD && on_its_way(v, now)) {
		v->between = true;
		v->moving = false;
	}
	if (v->moving && !on_its_way(v, now))
		v->moving = false;
}

static struct gw_sample
whole(uint32_t point, bool known, int64_t v)
{
	struct gw_sample s = {.point = point,
	    .quality = known ? GW_GOOD : GW_BAD,
	    .type = GW_INT64};

	s.value.i = v;
	return s;
}

static struct gw_sample
position(bool known, const char *words)
{
	struct gw_sample s = {.point = POSITION,
	    .quality = known ? GW_GOOD : GW_BAD,
	    .type = GW_TEXT};

	(void)snprintf(s.value.text, sizeof(s.value.text), "%s", words);
	return s;
}

/* By its end switches: where it must be, as far as they tell. */
static uint8_t
by_switches(const struct valve *v)
{
	bool opened = v->feedback & OPENED && v->opened;
	bool closed = v->feedback & CLOSED && v->closed;

	if (opened != closed)
		return opened ? OPEN : SHUT;
	if (opened)
		return UNKNOWN; /* both */
	/* Where there is one switch, the other end has none to speak up. */
	if (v->feedback == OPENED && v->target == SHUT)
		return SHUT;
	if (v->feedback == CLOSED && v->target == OPEN)
		return OPEN;
	return UNKNOWN;
}

/* Before its time, if the switch of that end says so. */
static bool
arrived(const struct valve *v)
{
	bool opened = v->feedback & OPENED && v->opened;
	bool closed = v->feedback & CLOSED && v->closed;

	return opened != closed && (opened ? OPEN : SHUT) == v->target;
}

static int
say(struct valve *v, uint64_t now, struct gw_sample *out)
{
	static const char *const names[] = {"unknown", "open", "closed"};
	bool known = v->fresh == v->feedback, moving = on_its_way(v, now);
	uint8_t at = v->between ? UNKNOWN : v->target;

	v->fresh = 0;
	if (v->feedback != NO_FEEDBACK)
		at = by_switches(v);
	out[0] = whole(VALVE, v->target != UNKNOWN, v->target == OPEN);
	out[1] = position(known, moving && !arrived(v) ? "moving" : names[at]);
	out[2] = whole(FAILED, known,
	    v->both || (v->feedback != NO_FEEDBACK && !moving &&
			   v->target != UNKNOWN && at != v->target));
	return POINTS;
}

static int
decode_at(void *state, uint64_t now, uint32_t span, const uint16_t *words,
    int count, struct gw_sample *out, int cap)
{
	struct valve *v = state;

	if (cap < POINTS)
		return -1;
	if (span == SPAN_OPENED || span == SPAN_CLOSED) {
		if (span == SPAN_OPENED)
			v->opened = words[0] != 0;
		else
			v->closed = words[0] != 0;
		v->fresh |= span == SPAN_OPENED ? OPENED : CLOSED;
		return 0;
	}
	if (count != relays(v, 0).count)
		return -1;
	bool up = v->open < v->close;
	bool open = words[up ? 0 : count - 1],
	     close = words[up ? count - 1 : 0];
	look(v, open, close, now);
	if (span == SPAN_RELAYS)
		return say(v, now, out);
	out[0] = whole(VALVE, v->target != UNKNOWN, v->target == OPEN);
	return 1;
}

/* ---- what it is told ---- */

static struct gw_op
coil(uint16_t addr, uint16_t value)
{
	return (struct gw_op){.op = GW_WRITE,
	    .table = GW_COIL,
	    .addr = addr,
	    .count = 1,
	    .words = {value}};
}

static struct gw_op
wait_ms(uint16_t ms)
{
	return (struct gw_op){.op = GW_PAUSE, .count = ms};
}

static int
drive(const struct valve *v, bool open, struct gw_op *out, int cap)
{
	uint16_t it = open ? v->open : v->close;
	uint16_t other = open ? v->close : v->open;
	int n = 0;

	if (cap < 7)
		return -1;
	out[n++] = coil(other, 0);
	out[n++] = wait_ms(REVERSE_MS);
	if (v->drive == TIMED)
		out[n++] =
		    coil((uint16_t)(it + v->timer), (uint16_t)(v->on_ms / 100));
	else
		out[n++] = coil(it, 1);
	out[n++] = relays(v, SPAN_CONFIRM);
	if (v->drive != PULSE)
		return n;
	out[n++] = wait_ms((uint16_t)v->on_ms);
	out[n++] = coil(it, 0);
	out[n++] = relays(v, SPAN_CONFIRM);
	return n;
}

static int
encode(const void *state, uint32_t point, double value, struct gw_op *out,
    int cap, struct gw_err *err)
{
	(void)point; /* there is one */
	if (value != 0 && value != 1)
		return refuse(err, -1, "it is 1 (open) or 0 (close)");
	return drive(state, value == 1, out, cap);
}

static int
safe(const void *state, struct gw_op *out, int cap)
{
	return drive(state, false, out, cap);
}

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(struct gw_device_type),
    .name = "motor-valve",
    .summary = "Motorised or latching valve with an open and a close relay",
    .keys = keys,
    .points = points,
    .nkeys = KEYS,
    .npoints = POINTS,
    .state_size = sizeof(struct valve),
    .init = init,
    .plan = plan,
    .encode = encode,
    .safe = safe,
    .max_on_s = 12 * 3600,
    .kept_size = 16,
    .restored = restored,
    .decode_at = decode_at,
};
