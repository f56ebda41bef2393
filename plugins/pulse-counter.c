/*
 * A water meter on a pulse input: the total goes on where it was when the
 * device is reset, wraps round or is exchanged, and when the gateway restarts.
 * Any module that has its count in one or two registers will do, such as the
 * Wiren Board WB-MCM8 (input registers from 60, two a channel, 32 bits; holding
 * register 100 clears them all; by the maker's template for wb-mqtt-serial).
 *
 * A count that is lower than before has wrapped if it stood near its end and
 * stands near its beginning now; else the device began anew, and has counted
 * what it shows since then. What it counted between our last read and its reset
 * nobody knows. While the gateway is down the device counts on, and the first
 * read afterwards has it all.
 */
#include <math.h>
#include <stddef.h>

#include "gateway_device.h"

enum { TOTAL, RATE, RESETS, POINTS };
enum {
	KEY_LITRES,
	KEY_REGISTER,
	KEY_TABLE,
	KEY_BITS,
	KEY_ORDER,
	KEY_START,
	KEY_OVER,
	KEYS
};

/* A sixteenth of the range on either side of its end. */
enum { NEAR = 16 };

struct counter {
	/* Kept. */
	uint64_t pulses;
	uint32_t last; /* what the device showed */
	uint16_t resets;
	uint16_t begun; /* `last` is of a read */
	/* Not kept. The rate is over one to two windows: from the older of two
	 * marks to now. */
	struct {
		uint64_t at, pulses;
	} older, newer;
	uint32_t marks;
	/* Of the settings. */
	uint16_t addr, words;
	uint8_t table, low_first;
	double litres, start, over_ms;
};

static const struct gw_key keys[KEYS] = {
    [KEY_LITRES] = {.name = "litres_per_pulse",
	.help = "What one pulse of the meter stands for.",
	.unit = "L",
	.min = 0.000001,
	.max = 1e6,
	.type = GW_KEY_REAL,
	.flags = GW_REQUIRED},
    [KEY_REGISTER] = {.name = "register",
	.help = "Where the count stands.",
	.max = 65534,
	.type = GW_KEY_INT,
	.flags = GW_REQUIRED},
    [KEY_TABLE] = {.name = "table",
	.help = "Which registers these are.",
	.choices = "holding|input",
	.max = 1,
	.type = GW_KEY_CHOICE},
    [KEY_BITS] = {.name = "bits",
	.help = "How wide the count is: one register or two.",
	.choices = "32|16",
	.max = 1,
	.type = GW_KEY_CHOICE},
    [KEY_ORDER] = {.name = "order",
	.help = "Of two registers: the high word first, or the low one.",
	.choices = "ABCD|CDAB",
	.max = 1,
	.type = GW_KEY_CHOICE},
    [KEY_START] = {.name = "start",
	.help = "What the meter's dial showed when the counting began.",
	.unit = "m3",
	.max = 1e9,
	.type = GW_KEY_REAL},
    [KEY_OVER] = {.name = "rate_over",
	.help = "The rate is over so long, up to twice that.",
	.unit = "s",
	.min = 1,
	.max = 3600,
	.fallback = 60,
	.type = GW_KEY_REAL},
};

static const struct gw_point points[POINTS] = {
    [TOTAL] = {"total", "m3", 0, 0, GW_COUNTER, 0, 0},
    [RATE] = {"rate", "m3/h", 0, 0, GW_GAUGE, 0, 0},
    [RESETS] = {"resets", NULL, 0, 0, GW_COUNTER, 0, 0},
};

static int
init(void *state, const double *settings, struct gw_err *err)
{
	struct counter *c = state;

	(void)err; /* the gateway has checked all there is to check */
	c->litres = settings[KEY_LITRES];
	c->addr = (uint16_t)settings[KEY_REGISTER];
	c->table = settings[KEY_TABLE] != 0 ? GW_INPUT : GW_HOLDING;
	c->words = settings[KEY_BITS] != 0 ? 1 : 2;
	c->low_first = settings[KEY_ORDER] != 0;
	c->start = settings[KEY_START];
	c->over_ms = settings[KEY_OVER] * 1000;
	return 0;
}

static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	const struct counter *c = state;

	(void)cycle;
	if (cap < 1)
		return -1;
	out[0] = (struct gw_op){.op = GW_READ,
	    .table = c->table,
	    .addr = c->addr,
	    .count = c->words};
	return 1;
}

/* Pulses since the last read. */
static uint32_t
counted(struct counter *c, uint32_t now, uint32_t top)
{
	uint32_t last = c->last & top, on = (now - last) & top;

	if (now >= last || (last > top - top / NEAR && now < top / NEAR))
		return on;
	c->resets++;
	return now;
}

/* False: it has not been counted for long enough. */
static int
rate(struct counter *c, uint64_t now, double *m3_per_h)
{
	double over;

	if (c->marks == 0 || now < c->newer.at) {
		c->newer.at = now;
		c->newer.pulses = c->pulses;
		c->older = c->newer;
		c->marks = 1;
		return 0;
	}
	over = (double)(now - c->older.at);
	if (over < c->over_ms)
		return 0;
	*m3_per_h = (double)(c->pulses - c->older.pulses) * c->litres / 1000 /
		    (over / 3600000);
	if ((double)(now - c->newer.at) >= c->over_ms) {
		c->older = c->newer;
		c->newer.at = now;
		c->newer.pulses = c->pulses;
	}
	return 1;
}

static struct gw_sample
number(uint32_t point, double v)
{
	struct gw_sample s = {.point = point,
	    .quality = isfinite(v) ? GW_GOOD : GW_BAD,
	    .type = GW_DOUBLE};

	s.value.r = v;
	return s;
}

static int
decode_at(void *state, uint64_t now, uint32_t span, const uint16_t *words,
    int count, struct gw_sample *out, int cap)
{
	struct counter *c = state;
	uint32_t top = c->words == 1 ? UINT16_MAX : UINT32_MAX, shown;
	double flow;
	int n = 2;

	(void)span;
	if (count != c->words || cap < POINTS)
		return -1;
	shown = count == 1     ? words[0]
		: c->low_first ? (uint32_t)words[1] << 16 | words[0]
			       : (uint32_t)words[0] << 16 | words[1];
	if (c->begun == 1)
		c->pulses += counted(c, shown, top);
	c->last = shown;
	c->begun = 1;
	/* To the millilitre: pulses of 0.1 L would leave a tail else. */
	out[0] = number(TOTAL,
	    round((c->start + (double)c->pulses * c->litres / 1000) * 1e6) /
		1e6);
	out[1] = (struct gw_sample){.point = RESETS, .type = GW_UINT64};
	out[1].value.u = c->resets;
	if (rate(c, now, &flow))
		out[n++] = number(RATE, flow);
	return n;
}

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(struct gw_device_type),
    .name = "pulse-counter",
    .summary = "Water meter on a pulse input: a total that goes on, and a rate",
    .keys = keys,
    .points = points,
    .nkeys = KEYS,
    .npoints = POINTS,
    .state_size = sizeof(struct counter),
    .init = init,
    .plan = plan,
    .kept_size = 16,
    .decode_at = decode_at,
};
