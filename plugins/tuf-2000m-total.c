/*
 * Exact totals of TUF-2000M/F/B ultrasonic flow meters, always in m3.
 *
 * Such a meter keeps a total as a whole number and a fraction, multiplied by
 * 10^(n - 3), in a unit chosen at its menu 31. Its total as one float32 loses
 * whole cubic metres once there are enough of them; this one does not.
 *
 * Source: TUF-2000F Ultrasonic Flow Meter user manual, Modbus register address
 * table (its REG n is holding n - 1; 32 bits with the low word first). Seen in
 * the maker's manual: 0, 8 to 15. Taken from the same table as others quote
 * it, and not tried on a meter: 1437 (unit), 1438 (multiplier), 1528 (serial
 * number, BCD, high word first). Compare with the display once.
 *
 * Never write registers 58 and 59: they press the meter's keys.
 */
#include <math.h>
#include <string.h>

#include "gateway_device.h"

enum { SPAN_LIVE, SPAN_FORMAT, SPAN_SERIAL };
enum { POSITIVE, NEGATIVE, NET, FLOW, SERIAL };
enum { LIVE_WORDS = 16, FORMAT_WORDS = 2, SERIAL_WORDS = 2 };
/* The serial number is asked for now and then: a meter may be exchanged. */
enum { SERIAL_EVERY = 60 };

struct meter {
	/* A step of the total is mul / div m3; both exact, so that a division
	 * by 1000 rounds once. mul 0: unit or multiplier is unknown. */
	double mul, div;
};

static const struct gw_point points[] = {
    [POSITIVE] = {.name = "total_positive",
	.unit = "m3",
	.kind = GW_COUNTER,
	.span = SPAN_LIVE},
    [NEGATIVE] = {.name = "total_negative",
	.unit = "m3",
	.kind = GW_COUNTER,
	.span = SPAN_LIVE},
    [NET] = {.name = "total_net",
	.unit = "m3",
	.kind = GW_GAUGE,
	.span = SPAN_LIVE},
    [FLOW] = {.name = "flow",
	.unit = "m3/h",
	.kind = GW_GAUGE,
	.span = SPAN_LIVE},
    [SERIAL] = {.name = "serial",
	.kind = GW_STATE,
	.flags = GW_IS_TEXT,
	.span = SPAN_SERIAL},
};

static int
init(void *state, const double *settings, struct gw_err *err)
{
	struct meter *m = state;

	(void)settings;
	(void)err;
	m->mul = 0;
	m->div = 1;
	return 0;
}

/* The unit and the multiplier first: a total without them is no total. */
static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	int n = 2;

	(void)state;
	if (cap < 3)
		return -1;
	out[0] = (struct gw_op){.op = GW_READ,
	    .table = GW_HOLDING,
	    .span = SPAN_FORMAT,
	    .addr = 1437,
	    .count = FORMAT_WORDS};
	out[1] = (struct gw_op){.op = GW_READ,
	    .table = GW_HOLDING,
	    .span = SPAN_LIVE,
	    .addr = 0,
	    .count = LIVE_WORDS};
	if (cycle % SERIAL_EVERY == 0)
		out[n++] = (struct gw_op){.op = GW_READ,
		    .table = GW_HOLDING,
		    .span = SPAN_SERIAL,
		    .addr = 1528,
		    .count = SERIAL_WORDS};
	return n;
}

static void
take_format(struct meter *m, const uint16_t *words)
{
	/* Register 1437 in m3: litre, US and imperial gallon, a million US
	 * gallons, cubic foot, US oil barrel (42 US gallons), imperial oil
	 * barrel (36 imperial gallons). */
	static const double m3[] = {1, 1, 3.785411784, 4.54609, 3785.411784,
	    0.028316846592, 0.158987294928, 0.16365924};
	static const double per[] = {1, 1e3, 1e3, 1e3, 1, 1, 1, 1};
	/* Times 10^(n - 3), by a division where the power is negative. */
	static const double up[] = {1, 1, 1, 1, 10, 100, 1e3, 1e4};
	static const double down[] = {1e3, 100, 10, 1, 1, 1, 1, 1};

	m->mul = 0;
	if (words[0] > 7 || words[1] > 7)
		return;
	m->mul = m3[words[0]] * up[words[1]];
	m->div = per[words[0]] * down[words[1]];
}

static uint32_t
low_first(const uint16_t *words)
{
	return (uint32_t)words[1] << 16 | words[0];
}

static double
real_at(const uint16_t *words)
{
	uint32_t raw = low_first(words);
	float f;

	memcpy(&f, &raw, sizeof(f));
	return (double)f;
}

static void
put(struct gw_sample *s, uint32_t point, double v)
{
	*s = (struct gw_sample){.point = point,
	    .quality = isfinite(v) ? GW_GOOD : GW_BAD,
	    .type = GW_DOUBLE};
	s->value.r = v;
}

/* NaN where the meter gives no total. */
static double
total(const struct meter *m, const uint16_t *words)
{
	double whole = (double)(int32_t)low_first(words);
	double rest = real_at(words + 2);

	if (m->mul == 0 || !(rest > -1.0001 && rest < 1.0001))
		return (double)NAN;
	return (whole + rest) * m->mul / m->div;
}

static int
decode_serial(const uint16_t *words, struct gw_sample *out)
{
	uint32_t bcd = (uint32_t)words[0] << 16 | words[1];

	*out = (struct gw_sample){.point = SERIAL, .type = GW_TEXT};
	for (int i = 0; i < 8; i++) {
		uint32_t digit = bcd >> (28 - 4 * i) & 0xF;
		if (digit > 9)
			out->quality = GW_BAD;
		out->value.text[i] = (char)('0' + digit);
	}
	return 1;
}

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	struct meter *m = state;

	if (cap < 4)
		return -1;
	if (span == SPAN_FORMAT && count == FORMAT_WORDS) {
		take_format(m, words);
		return 0;
	}
	if (span == SPAN_SERIAL && count == SERIAL_WORDS)
		return decode_serial(words, out);
	if (span != SPAN_LIVE || count != LIVE_WORDS)
		return -1;
	double positive = total(m, words + 8), negative = total(m, words + 12);
	put(&out[0], POSITIVE, positive);
	put(&out[1], NEGATIVE, negative);
	/* The meter counts water running backwards as a negative total or a
	 * positive one, by its firmware. */
	put(&out[2], NET, positive - fabs(negative));
	put(&out[3], FLOW, real_at(words));
	return 4;
}

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(struct gw_device_type),
    .name = "tuf-2000m-total",
    .summary = "TUF-2000M ultrasonic flow meter: exact totals in m3",
    .points = points,
    .npoints = sizeof(points) / sizeof(points[0]),
    .state_size = sizeof(struct meter),
    .init = init,
    .plan = plan,
    .decode = decode,
};
