/*
 * The exact total of a TUF-2000 ultrasonic flow meter, which no profile can
 * express: total = (N + Nf) x 10^(n - 3), N a 32-bit integer, Nf a float, n and
 * the unit in registers of their own. The meter's ready-made float at REG 115
 * loses litres above 16,000 m3.
 *
 * Source: "MODBUS registers table" with its notes 1 and 4, in the TUF-2000F
 * user manual (5.1.1) and, the same table, in the communication protocol of the
 * DTI-1, a sister model: REG 1-28, 72, 1438, 1439, 1529. Not tried on a meter:
 * compare with its display once. REG n is address n - 1; of 32 bits the low
 * word comes first. How large an imperial oil barrel is they do not say: such a
 * total is bad rather than guessed.
 *
 * Unit and multiplier are read before the totals in every poll and forgotten
 * after them, so that no total is made with those of an earlier one.
 */
#include <math.h>
#include <string.h>

#include "gateway_device.h"

enum { FLOW, TOTAL, REVERSE, NET, ERRORS, SERIAL, POINTS };
enum { KEY_UNIT, KEY_MULTIPLIER, KEYS };
enum { SPAN_UNIT, SPAN_TOTALS, SPAN_ERRORS, SPAN_SERIAL };
/* The serial number is asked for now and then: a meter may be exchanged. */
enum { UNITS = 8, SERIAL_EVERY = 60 };

struct meter {
	int64_t fixed_unit, fixed_power; /* fixed_unit -1: ask the meter */
	uint32_t known; /* unit and power hold for what comes */
	int32_t unit, power;
};

/* m3 = x * mul / div, in the order of REG 1438; div 0: not known. */
static const struct {
	double mul, div;
} units[UNITS] = {
    {1, 1},                 /* m3 */
    {1, 1000},              /* litre */
    {3785411784.0, 1e12},   /* US gallon */
    {454609, 1e8},          /* imperial gallon */
    {3785411784.0, 1e6},    /* a million US gallons */
    {28316846592.0, 1e12},  /* cubic foot */
    {158987294928.0, 1e12}, /* US oil barrel: 42 US gallons */
    {0, 0},                 /* imperial oil barrel */
};

static const struct gw_key keys[KEYS] = {
    [KEY_UNIT] = {.name = "unit",
	.help = "Unit of the meter's totals; `meter` asks it.",
	.choices = "meter|m3|L|gal_us|gal_uk|Mgal_us|ft3|bbl_us",
	.max = UNITS - 1,
	.type = GW_KEY_CHOICE},
    [KEY_MULTIPLIER] = {.name = "multiplier",
	.help = "Power of ten of the totals, where `unit` is given.",
	.min = -3,
	.max = 4,
	.type = GW_KEY_INT},
};

static const struct gw_point points[POINTS] = {
    [FLOW] = {"flow", "m3/h", -1e6, 1e6, GW_GAUGE, GW_RANGE, SPAN_TOTALS},
    [TOTAL] = {"total", "m3", 0, 1e13, GW_COUNTER, GW_RANGE, SPAN_TOTALS},
    [REVERSE] = {"reverse_total", "m3", 0, 1e13, GW_COUNTER, GW_RANGE,
	SPAN_TOTALS},
    [NET] = {"net_total", "m3", -1e13, 1e13, GW_GAUGE, GW_RANGE, SPAN_TOTALS},
    [ERRORS] = {"errors", NULL, 0, 65535, GW_STATE, GW_RANGE, SPAN_ERRORS},
    [SERIAL] = {"serial_number", NULL, 0, 0, GW_STATE, GW_IS_TEXT, SPAN_SERIAL},
};

static int
init(void *state, const double *settings, struct gw_err *err)
{
	struct meter *m = state;

	(void)err; /* the gateway has checked all there is to check */
	m->fixed_unit = (int64_t)settings[KEY_UNIT] - 1;
	m->fixed_power = (int64_t)settings[KEY_MULTIPLIER];
	m->known = 0;
	return 0;
}

static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	static const struct {
		uint8_t span;
		uint16_t addr, count;
	} reads[] = {{SPAN_UNIT, 1437, 2}, {SPAN_TOTALS, 0, 28},
	    {SPAN_ERRORS, 71, 1}, {SPAN_SERIAL, 1528, 2}};
	const struct meter *m = state;
	int n = 0;

	for (unsigned i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		if (reads[i].span == SPAN_UNIT && m->fixed_unit >= 0)
			continue;
		if (reads[i].span == SPAN_SERIAL && cycle % SERIAL_EVERY != 0)
			continue;
		if (n == cap)
			return -1;
		out[n++] = (struct gw_op){.op = GW_READ,
		    .table = GW_HOLDING,
		    .span = reads[i].span,
		    .addr = reads[i].addr,
		    .count = reads[i].count};
	}
	return n;
}

static uint32_t
low_first(const uint16_t *words)
{
	return (uint32_t)words[1] << 16 | words[0];
}

static double
real_at(const uint16_t *words)
{
	uint32_t bits = low_first(words);
	float f;

	memcpy(&f, &bits, sizeof(f));
	return (double)f;
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

/* Whole number and fraction in m3; bad when they cannot be. */
static struct gw_sample
volume(const struct meter *m, uint32_t point, const uint16_t *words)
{
	double whole = (double)(int32_t)low_first(words);
	double part = real_at(words + 2), mul, div;

	if (!m->known || !(fabs(part) <= 1))
		return (struct gw_sample){.point = point, .quality = GW_BAD};
	mul = units[m->unit].mul;
	div = units[m->unit].div;
	for (int i = m->power; i > 0; i--)
		mul *= 10;
	for (int i = m->power; i < 0; i++)
		div *= 10;
	return number(point, (whole + part) * mul / div);
}

static void
set_unit(struct meter *m, int64_t unit, int64_t power)
{
	m->known = unit >= 0 && unit < UNITS && units[unit].div > 0 &&
		   power >= -3 && power <= 4;
	m->unit = m->known ? (int32_t)unit : 0;
	m->power = m->known ? (int32_t)power : 0;
}

static int
totals(struct meter *m, const uint16_t *words, struct gw_sample *out)
{
	if (m->fixed_unit >= 0)
		set_unit(m, m->fixed_unit, m->fixed_power);
	out[0] = number(FLOW, real_at(words));
	out[1] = volume(m, TOTAL, words + 8);
	out[2] = volume(m, REVERSE, words + 12);
	out[3] = volume(m, NET, words + 24);
	/* Water running backwards is counted below zero, or above it, by the
	 * meter's firmware. */
	if (out[2].quality == GW_GOOD)
		out[2].value.r = fabs(out[2].value.r);
	m->known = 0;
	return 4;
}

/* Eight decimal digits, the high word first. */
static struct gw_sample
serial(const uint16_t *words)
{
	struct gw_sample s = {.point = SERIAL, .type = GW_TEXT};

	for (int i = 0; i < 8; i++) {
		int digit = words[i / 4] >> (12 - 4 * (i % 4)) & 0xF;
		if (digit > 9)
			s.quality = GW_BAD;
		s.value.text[i] = (char)('0' + digit);
	}
	return s;
}

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	struct meter *m = state;

	if (cap < POINTS)
		return -1;
	if (span == SPAN_UNIT && count == 2) {
		set_unit(m, words[0], (int64_t)words[1] - 3);
		return 0;
	}
	if (span == SPAN_TOTALS && count == 28)
		return totals(m, words, out);
	if (span == SPAN_ERRORS && count == 1) {
		out[0] = (struct gw_sample){.point = ERRORS, .type = GW_UINT64};
		out[0].value.u = words[0];
		return 1;
	}
	if (span == SPAN_SERIAL && count == 2) {
		out[0] = serial(words);
		return 1;
	}
	return -1;
}

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(struct gw_device_type),
    .name = "tuf-2000m-total",
    .summary = "TUF-2000 ultrasonic flow meter: exact totals in m3",
    .keys = keys,
    .points = points,
    .nkeys = KEYS,
    .npoints = POINTS,
    .state_size = sizeof(struct meter),
    .init = init,
    .plan = plan,
    .decode = decode,
};
