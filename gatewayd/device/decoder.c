/*
 * The ordinary point: one or two registers, words in either order, with or
 * without a mask, a decimal scale and a range.
 */
#include "decoder.h"

#include <math.h>
#include <string.h>

#include "exact.h"
#include "field.h"

/* ---- working it out ---- */

/* With these the number times `mul`, plus `add`, stays whole in a double. */
static const double MUL_MAX = 1 << 20, ADD_MAX = INT64_C(1) << 51;

/* Whether its words stand whole, and where. */
static bool
place_words(struct decoder *d, const struct point_type *t)
{
	if (t->count < 1 || t->count > 2 ||
	    (t->table != TABLE_HOLDING && t->table != TABLE_INPUT))
		return false;
	for (size_t i = 0; i < t->count; i++)
		if (t->order[2 * i] % 2 != 0 ||
		    t->order[2 * i + 1] != t->order[2 * i] + 1)
			return false;
	d->two = t->count == 2;
	d->high = t->order[0] / 2;
	d->low = t->order[2 * t->count - 2] / 2;
	return d->high < t->count && d->low < t->count;
}

/* Its bits, from the lowest. */
static void
work_out_bits(struct decoder *d, const struct point_type *t)
{
	d->mask = (uint32_t)field_own(t);
	d->shift = t->shift;
	d->part = t->mask != 0 || t->shift != 0 || t->nno_data != 0;
	if (field_signed(t))
		d->sign = UINT32_C(1) << (field_width(t) - t->shift - 1);
}

/* raw * mul / div + offset as (raw * mul + add) / div, of whole numbers, so
 * that only the division rounds. */
static bool
work_out_scale(struct decoder *d, const struct point_type *t)
{
	double add = nearbyint(t->offset * t->div);

	if (t->mul < 1 || t->mul > MUL_MAX || t->mul != nearbyint(t->mul) ||
	    t->div < 1 || t->div > 1e12 || t->div != nearbyint(t->div) ||
	    fabs(add) > ADD_MAX || add / t->div != t->offset)
		return false;
	d->mul = (int64_t)t->mul;
	d->add = (int64_t)add;
	d->div = t->div;
	return true;
}

static double
scaled(const struct decoder *d, int64_t i)
{
	return (double)(i * d->mul + d->add) / d->div;
}

/* The largest number of 33 bits, the sign among them, whose value is below the
 * limit, or not above it. The value rises with the number. */
static int64_t
last_below(const struct decoder *d, double limit, bool or_at)
{
	int64_t low = -(INT64_C(1) << 32) - 1, high = INT64_C(1) << 32;

	while (low < high) {
		int64_t mid = low + (high - low + 1) / 2;
		double v = scaled(d, mid);

		if (v < limit || (or_at && v == limit))
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

/* The range, in numbers. */
static void
work_out_bounds(struct decoder *d, const struct point_type *t)
{
	d->least = INT64_MIN;
	d->most = INT64_MAX;
	if (!t->has_range)
		return;
	d->least = last_below(d, t->min, false) + 1;
	d->most = last_below(d, t->max, true);
}

/* A float is compared as the device does: 0.1f is not above 0.1. */
static void
work_out_float_range(struct decoder *d, const struct point_type *t)
{
	d->min = -INFINITY;
	d->max = INFINITY;
	if (!t->has_range)
		return;
	d->min = fmin(t->min, (double)(float)t->min);
	d->max = fmax(t->max, (double)(float)t->max);
}

static bool
is_plain(const struct point *p)
{
	const struct point_type *t = p->type;

	return !t->has_words && t->non_words == 0 && t->shift < 16 &&
	       t->curve.kind == CURVE_NONE && p->curve.kind == CURVE_NONE &&
	       p->slope == 1 && p->off == 0;
}

static bool
is_switch(const struct point_type *t)
{
	return (t->table == TABLE_COIL || t->table == TABLE_DISCRETE) &&
	       t->type == REG_BOOL && !t->has_words && t->non_words == 0 &&
	       !t->has_range && t->nno_data == 0 && t->mask == 0 &&
	       t->shift == 0;
}

static enum decoder_way
way_of(struct decoder *d, const struct point *p)
{
	const struct point_type *t = p->type;

	if (is_switch(t))
		return DECODER_SWITCH;
	if (!is_plain(p) || !place_words(d, t))
		return DECODER_IN_FULL;
	work_out_bits(d, t);
	switch (t->type) {
	case REG_FLOAT32:
		work_out_float_range(d, t);
		return !d->part && scale_is_one(p) ? DECODER_FLOAT
						   : DECODER_IN_FULL;
	case REG_BCD16:
	case REG_BCD32:
		return !d->part && !t->has_range && scale_is_one(p)
			   ? DECODER_BCD
			   : DECODER_IN_FULL;
	case REG_INT16:
	case REG_UINT16:
	case REG_INT32:
	case REG_UINT32:
	case REG_BITS:
		if (!work_out_scale(d, t))
			return DECODER_IN_FULL;
		work_out_bounds(d, t);
		return scale_is_one(p) ? DECODER_WHOLE : DECODER_SCALED;
	default:
		return DECODER_IN_FULL;
	}
}

void
decoder_init(struct decoder *d, const struct point *borrow)
{
	*d = (struct decoder){.point = borrow, .addr = borrow->type->addr};
	d->way = (uint8_t)way_of(d, borrow);
}

/* ---- decoding ---- */

static inline uint32_t
bits_of(const struct decoder *d, const uint16_t *words)
{
	uint32_t bits = words[d->low];

	if (d->two)
		bits |= (uint32_t)words[d->high] << 16;
	return bits;
}

static bool
is_no_data(const struct decoder *d, uint32_t bits)
{
	const struct point_type *t = d->point->type;

	for (unsigned i = 0; i < t->nno_data && i < NO_DATA_MAX; i++)
		if (t->no_data[i] == bits)
			return true;
	return false;
}

static inline void
put_int(struct decoded *out, int64_t i)
{
	out->value.type = VALUE_INT;
	out->value.i = i;
	out->quality = QUALITY_GOOD;
	out->reason = REASON_NONE;
}

static inline void
put_real(struct decoded *out, double r)
{
	out->value.type = VALUE_REAL;
	out->value.r = r;
	out->quality = QUALITY_GOOD;
	out->reason = REASON_NONE;
}

static inline void
read_float(const struct decoder *d, const uint16_t *words, struct decoded *out)
{
	uint32_t bits = bits_of(d, words);
	float f;

	memcpy(&f, &bits, sizeof(f));
	if (!isfinite(f))
		decoded_bad(out, REASON_NO_DATA);
	else if ((double)f < d->min || (double)f > d->max)
		decoded_bad(out, REASON_RANGE);
	else
		put_real(out, (double)f);
}

static inline void
read_bcd(const struct decoder *d, const uint16_t *words, struct decoded *out)
{
	uint32_t bits = bits_of(d, words), v = 0;

	for (unsigned i = 8; i-- > 0;) {
		uint32_t digit = bits >> 4 * i & 0xF;

		if (digit > 9) {
			decoded_bad(out, REASON_NO_DATA);
			return;
		}
		v = v * 10 + digit;
	}
	put_int(out, v);
}

/* The number, if it has a value. Two's complement of any width: the sign's bit
 * turned, and taken away. */
static inline bool
read_number(const struct decoder *d, const uint16_t *words, int64_t *i,
    struct decoded *out)
{
	uint32_t bits = bits_of(d, words);

	if (d->part) {
		bits = (bits & d->mask) >> d->shift;
		if (is_no_data(d, bits)) {
			decoded_bad(out, REASON_NO_DATA);
			return false;
		}
	}
	*i = (int64_t)(bits ^ d->sign) - (int64_t)d->sign;
	if (*i >= d->least && *i <= d->most)
		return true;
	decoded_bad(out, REASON_RANGE);
	return false;
}

/* Apart, so that the loop over most points keeps to the registers that the
 * processor has. */
__attribute__((noinline)) static void
read_other(const struct decoder *d, const uint16_t *words, struct decoded *out)
{
	if (d->way == DECODER_FLOAT)
		read_float(d, words, out);
	else if (d->way == DECODER_BCD)
		read_bcd(d, words, out);
	else
		decode_point(d->point, words, out);
}

static inline void
read_point(const struct decoder *d, const uint16_t *words, struct decoded *out)
{
	int64_t i;

	if (d->way == DECODER_SWITCH) {
		put_int(out, words[0] != 0);
	} else if (d->way == DECODER_WHOLE) {
		if (read_number(d, words, &i, out))
			put_int(out, i);
	} else if (d->way == DECODER_SCALED) {
		if (read_number(d, words, &i, out))
			put_real(out, scaled(d, i));
	} else {
		read_other(d, words, out);
	}
}

void
decoder_read(const struct decoder *all, const uint16_t *points, size_t n,
    const uint16_t *words, uint16_t addr, struct decoded *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct decoder *d = &all[points[i]];

		read_point(d, words + (uint16_t)(d->addr - addr), &out[i]);
	}
}
