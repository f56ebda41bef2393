/* Values to writes. FC22: Modbus Application Protocol V1.1b3, section 6.16. */
#include "encode.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "decode.h"
#include "exact.h"
#include "field.h"

enum { NUMBER = 32 };

/* Where the reason goes. */
struct why {
	char *text;
	size_t size;
};

static const char *
number(double v, char out[NUMBER])
{
	struct value real = value_real(v);

	return value_format(&real, out, NUMBER);
}

static int
too_far(const struct why *why, double value, double limit, const char *what)
{
	char a[NUMBER], b[NUMBER];

	(void)snprintf(why->text, why->size, "%s is %s %s, the %s %s",
	    number(value, a), value >= limit ? "above" : "below",
	    number(limit, b), value >= limit ? "most" : "least", what);
	return -ERANGE;
}

static int
between(const struct why *why, double value, double one, double other)
{
	char a[NUMBER], b[NUMBER], c[NUMBER];

	(void)snprintf(why->text, why->size,
	    "%s lies between two steps; the nearest are %s and %s",
	    number(value, a), number(fmin(one, other), b),
	    number(fmax(one, other), c));
	return -EDOM;
}

static int
refused(const struct why *why, int rc, const char *text)
{
	(void)snprintf(why->text, why->size, "%s", text);
	return rc;
}

/* ---- the number that stands in the registers ---- */

static const char holds[] = "that the register can hold";

/* The reading of a raw number. */
static double
reading_of(const struct point *p, long double raw)
{
	if (fabsl(raw) < ldexpl(1, 63))
		return scale_whole(p, (int64_t)raw);
	return scale_real(p, raw);
}

/* The raw number of a reading, between the steps where it must be. */
static long double
raw_of(const struct point *p, double value)
{
	const struct point_type *t = p->type;
	long double v =
	    ((long double)value - (long double)p->off) / (long double)p->slope;

	return (v - (long double)t->offset) * (long double)t->div /
	       (long double)t->mul;
}

/* Least and most that the field can hold. */
static void
limits(const struct point_type *t, long double *least, long double *most)
{
	unsigned bits = field_width(t);

	*least = 0;
	*most = (long double)(t->shift < 64 ? field_own(t) >> t->shift : 0);
	if (field_signed(t)) {
		*least = -ldexpl(1, (int)(bits - t->shift) - 1);
		*most = -*least - 1;
	} else if (t->type == REG_BCD16) {
		*most = 9999;
	} else if (t->type == REG_BCD32) {
		*most = 99999999;
	}
}

/* Whether two readings are the same but for the last digits of a double. */
static bool
alike(const struct point *p, double a, double b)
{
	double step = fabs(p->type->mul / p->type->div * p->slope);

	return fabs(a - b) <= step * 1e-6 + fabs(b) * DBL_EPSILON;
}

static int
whole_number(const struct point *p, double value, long double *out,
    const struct why *why)
{
	long double least, most, exact = raw_of(p, value);
	long double near = roundl(exact);

	limits(p->type, &least, &most);
	if (!isfinite(exact))
		return refused(why, -EDOM, "the scale leads to no number");
	if (near >= least && near <= most &&
	    alike(p, reading_of(p, near), value)) {
		*out = near;
		return 0;
	}
	if (exact < least || exact > most)
		return too_far(why, value,
		    reading_of(p, exact < least ? least : most), holds);
	return between(why, value, reading_of(p, floorl(exact)),
	    reading_of(p, ceill(exact)));
}

static uint64_t
to_bcd(uint64_t v)
{
	uint64_t raw = 0;

	for (unsigned digit = 0; v > 0; digit++, v /= 10)
		raw |= v % 10 << (4 * digit);
	return raw;
}

static int
whole_bits(
    const struct point *p, double value, uint64_t *bits, const struct why *why)
{
	const struct point_type *t = p->type;
	uint64_t own = field_own(t), raw;
	long double v = 0;
	int rc = whole_number(p, value, &v, why);

	if (rc < 0)
		return rc;
	raw = v < 0 ? (uint64_t)(int64_t)v : (uint64_t)v;
	if (t->type == REG_BCD16 || t->type == REG_BCD32)
		raw = to_bcd(raw);
	if (t->shift >= 64 ||
	    (v >= 0 && (raw << t->shift & own) >> t->shift != raw))
		return refused(
		    why, -EDOM, "it takes bits that are not the point's own");
	*bits = raw << t->shift & own;
	return 0;
}

static int
float_bits(
    const struct point *p, double value, uint64_t *bits, const struct why *why)
{
	bool single = p->type->type == REG_FLOAT32;
	long double v = raw_of(p, value);
	float f = (float)v;
	double d = (double)v, top = single ? (double)FLT_MAX : DBL_MAX;
	uint32_t half;

	if (!(single ? isfinite(f) : isfinite(d)))
		return too_far(why, value,
		    scale_real(p, v < 0 ? -(long double)top : top), holds);
	if (single) {
		memcpy(&half, &f, sizeof(half));
		*bits = half;
	} else {
		memcpy(bits, &d, sizeof(d));
	}
	return 0;
}

static int
number_bits(
    const struct point *p, double value, uint64_t *bits, const struct why *why)
{
	const struct point_type *t = p->type;
	int rc;

	if (t->has_range && (value < t->min || value > t->max))
		return too_far(why, value, value < t->min ? t->min : t->max,
		    "its range allows");
	if (t->type == REG_FLOAT32 || t->type == REG_FLOAT64)
		rc = float_bits(p, value, bits, why);
	else
		rc = whole_bits(p, value, bits, why);
	for (unsigned i = 0; rc == 0 && i < t->nno_data && i < NO_DATA_MAX; i++)
		if (t->no_data[i] == *bits >> t->shift)
			rc = refused(why, -EDOM,
			    "the device uses this number to say that it has "
			    "no value");
	return rc;
}

/* ---- the write ---- */

static bool
is_switch(const struct point_type *t)
{
	return t->type == REG_BOOL || t->has_words || t->table == TABLE_COIL ||
	       t->kind == KIND_OUTPUT;
}

static uint8_t
function_of(const struct point_type *t)
{
	if (t->function != 0)
		return t->function;
	if (t->table == TABLE_COIL)
		return FC_WRITE_COIL;
	/* A mask write would leave the other bits to the device, but few
	 * devices know it: a profile has to say so. */
	return t->count > 1 ? FC_WRITE_HOLDINGS : FC_WRITE_HOLDING;
}

static int
can_write(const struct point *p, const struct why *why)
{
	const struct point_type *t = p->type;
	bool fits;

	if (t->formula != NULL || t->kind == KIND_PART)
		return refused(why, -ENOTSUP, "it is worked out, not set");
	if (t->curve.kind != CURVE_NONE || p->curve.kind != CURVE_NONE)
		return refused(why, -ENOTSUP,
		    "its calibration is a curve, which only leads one way");
	if (t->table == TABLE_INPUT || t->table == TABLE_DISCRETE)
		return refused(why, -ENOTSUP,
		    "it stands in a table that can only be read");
	if (t->type == REG_STRING || t->count > ENCODE_WORDS)
		return refused(why, -ENOTSUP, "a text cannot be written");
	switch (function_of(t)) {
	case FC_WRITE_COIL:
	case FC_WRITE_COILS:
		fits = is_switch(t);
		break;
	case FC_WRITE_HOLDING:
	case FC_MASK_WRITE:
		fits = t->count == 1;
		break;
	case FC_WRITE_HOLDINGS:
		fits = true;
		break;
	default:
		fits = false;
		break;
	}
	if (fits && (t->count == 1 || !is_switch(t)))
		return 0;
	return refused(why, -ENOTSUP,
	    "the profile's function for writing it does not fit its type");
}

bool
encode_needs(const struct point *p)
{
	const struct point_type *t = p->type;
	uint8_t function = function_of(t);

	return (function == FC_WRITE_HOLDING ||
		   function == FC_WRITE_HOLDINGS) &&
	       !t->has_words && !field_whole(t);
}

/* On: all the bits of a mask; of a whole register the lowest. */
static int
switch_bits(const struct point_type *t, double value, uint64_t *bits,
    const struct why *why)
{
	if (value != 0 && value != 1)
		return refused(why, -ERANGE, "it can only be 1, on, or 0, off");
	if (value == 0)
		*bits = 0;
	else if (t->has_words || !t->mask)
		*bits = t->shift < 64 ? UINT64_C(1) << t->shift : 0;
	else
		*bits = field_own(t);
	return 0;
}

/* The words of registers that are to hold the bits. */
static void
put_words(const struct point_type *t, uint64_t bits, const uint16_t *now,
    uint16_t *words)
{
	uint16_t own[ENCODE_WORDS], set[ENCODE_WORDS];

	field_put(t, field_own(t), own);
	field_put(t, bits, set);
	for (unsigned i = 0; i < t->count; i++)
		words[i] =
		    (uint16_t)(set[i] |
			       (now != NULL ? now[i] & (uint16_t)~own[i] : 0));
}

static void
put_write(const struct point_type *t, uint64_t bits, const uint16_t *now,
    struct request *q, uint16_t *words)
{
	uint16_t word = bits != 0 ? t->on_word : t->off_word;
	uint16_t own[ENCODE_WORDS];

	*q = (struct request){.function = function_of(t),
	    .addr = t->addr,
	    .count = t->count,
	    .words = words};
	if (q->function == FC_WRITE_COIL || q->function == FC_WRITE_COILS) {
		q->as_is = t->has_words && q->function == FC_WRITE_COIL;
		words[0] = t->has_words ? word : bits != 0;
	} else if (q->function != FC_MASK_WRITE) {
		put_words(t, bits, now, words);
		if (t->has_words)
			words[0] = word;
	} else {
		field_put(t, field_own(t), own);
		field_put(t, bits, words + 1);
		words[0] = t->has_words ? 0 : (uint16_t)~own[0];
		if (t->has_words)
			words[1] = word;
	}
}

static int
bits_of(
    const struct point *p, double value, uint64_t *bits, const struct why *why)
{
	int rc = can_write(p, why);

	if (rc < 0)
		return rc;
	if (!isfinite(value))
		return refused(why, -ERANGE, "it is no number");
	if (is_switch(p->type))
		return switch_bits(p->type, value, bits, why);
	return number_bits(p, value, bits, why);
}

int
encode_point(const struct point *p, double value, const uint16_t *now,
    struct request *q, uint16_t *words, char *why, size_t size)
{
	const struct why reason = {why, size};
	uint64_t bits = 0;
	int rc = bits_of(p, value, &bits, &reason);

	if (rc < 0)
		return rc;
	if (now == NULL && encode_needs(p))
		return refused(&reason, -EINVAL,
		    "the registers around it have not been read");
	put_write(p->type, bits, encode_needs(p) ? now : NULL, q, words);
	return 0;
}

bool
encode_same(const struct point *p, double value, const uint16_t *back)
{
	const struct why nowhere = {NULL, 0};
	struct decoded d;
	uint64_t bits = 0;

	if (bits_of(p, value, &bits, &nowhere) < 0)
		return false;
	if (!is_switch(p->type))
		return field_get(p->type, back) == bits >> p->type->shift;
	decode_point(p, back, &d);
	return d.quality == QUALITY_GOOD &&
	       field_on(p->type, back) == (value != 0);
}
