/* Registers to a reading. */
#include "decode.h"

#include <math.h>
#include <string.h>

#include "curve.h"
#include "exact.h"
#include "field.h"

void
decoded_bad(struct decoded *out, enum reason reason)
{
	out->value.type = VALUE_NONE;
	out->quality = QUALITY_BAD;
	out->reason = reason;
}

static void
good(struct decoded *out, struct value v)
{
	*out = (struct decoded){.value = v, .quality = QUALITY_GOOD};
	if (v.type == VALUE_NONE)
		decoded_bad(out, REASON_NO_DATA);
}

/* How many bytes follow a lead byte, and the least code point they may make;
 * -1: no lead byte. */
static int
utf8_tail(unsigned char c, uint32_t *least, uint32_t *bits)
{
	if (c >= 0xC2 && c <= 0xDF) {
		*least = 0x80;
		*bits = c & 0x1Fu;
		return 1;
	}
	if (c >= 0xE0 && c <= 0xEF) {
		*least = 0x800;
		*bits = c & 0x0Fu;
		return 2;
	}
	if (c >= 0xF0 && c <= 0xF4) {
		*least = 0x10000;
		*bits = c & 0x07u;
		return 3;
	}
	return -1;
}

bool
utf8_text(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p) {
		uint32_t least = 0, code = 0;
		if (*p < 0x80) {
			if (*p < 0x20 || *p == 0x7F)
				return false;
			p++;
			continue;
		}
		int n = utf8_tail(*p++, &least, &code);
		if (n < 0)
			return false;
		for (; n > 0; n--, p++) {
			if ((*p & 0xC0) != 0x80)
				return false;
			code = code << 6 | (*p & 0x3Fu);
		}
		/* 80 to 9F are control characters, too. */
		if (code < least || code < 0xA0 || code > 0x10FFFF ||
		    (code >= 0xD800 && code <= 0xDFFF))
			return false;
	}
	return true;
}

static uint8_t
wire_byte(const uint16_t *words, unsigned i)
{
	return (uint8_t)(i & 1 ? words[i / 2] & 0xFF : words[i / 2] >> 8);
}

/* Of a number that is `bits` wide. */
static int64_t
sign_extend(uint64_t raw, unsigned bits)
{
	uint64_t sign = bits ? UINT64_C(1) << (bits - 1) : 0;

	if (raw & sign)
		raw |= ~low_bits(bits);
	return (int64_t)raw; /* two's complement, as gcc and clang define it */
}

static bool
bcd(uint64_t raw, unsigned digits, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned i = digits; i-- > 0;) {
		unsigned d = (unsigned)(raw >> (4 * i)) & 0xF;
		if (d > 9)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

static double
as_float(const struct point_type *t, uint64_t raw)
{
	uint32_t half = (uint32_t)raw;
	double d;
	float f;

	if (t->type == REG_FLOAT32) {
		memcpy(&f, &half, sizeof(f));
		return (double)f;
	}
	memcpy(&d, &raw, sizeof(d));
	return d;
}

/* A float is compared as the device does: 0.1f is not above 0.1. */
static void
check_range(const struct point_type *t, struct decoded *out)
{
	double v = value_number(&out->value), min = t->min, max = t->max;

	if (!t->has_range || out->quality == QUALITY_BAD)
		return;
	if (t->type == REG_FLOAT32) {
		min = fmin(min, (double)(float)min);
		max = fmax(max, (double)(float)max);
	}
	if (v < min || v > max)
		decoded_bad(out, REASON_RANGE);
}

static void
decode_string(
    const struct point_type *t, const uint16_t *words, struct decoded *out)
{
	char text[VALUE_TEXT_MAX] = "";
	size_t n = 0;

	for (unsigned i = 0; i < 2u * t->count && n < sizeof(text) - 1; i++)
		text[n++] =
		    (char)wire_byte(words, (i & ~1u) + t->order[i & 1] % 2);
	n = strnlen(text, n);
	while (n && (text[n - 1] == ' ' || text[n - 1] == '\0'))
		n--;
	text[n] = '\0';
	if (utf8_text(text))
		good(out, value_text(text));
	else
		decoded_bad(out, REASON_NO_DATA);
}

static bool
is_no_data(const struct point_type *t, uint64_t raw)
{
	for (unsigned i = 0; i < t->nno_data && i < NO_DATA_MAX; i++)
		if (t->no_data[i] == raw)
			return true;
	return false;
}

static bool
has_curve(const struct point *p)
{
	return p->type->curve.kind != CURVE_NONE || p->curve.kind != CURVE_NONE;
}

/* From the profile's curve on. */
static void
calibrate(const struct point *p, double v, struct decoded *out)
{
	if (!curve_value(&p->type->curve, v, &v) ||
	    !curve_value(&p->curve, v, &v))
		decoded_bad(out, REASON_RANGE);
	else if (p->slope == 1 && p->off == 0)
		good(out, value_real(v));
	else
		good(out, value_real(exact_decimal(v * p->slope + p->off)));
}

/* The site's slope and offset come behind the curves. */
static void
decode_curved(const struct point *p, int64_t raw, struct decoded *out)
{
	struct point plain = {.type = p->type, .slope = 1};

	calibrate(p, scale_whole(&plain, raw), out);
}

static void
decode_real(const struct point *p, long double raw, struct decoded *out)
{
	struct point plain = {.type = p->type, .slope = 1};

	if (has_curve(p))
		calibrate(p, scale_real(&plain, raw), out);
	else
		good(out, value_real(scale_real(p, raw)));
}

static void
decode_int(const struct point *p, int64_t raw, struct decoded *out)
{
	if (has_curve(p))
		decode_curved(p, raw, out);
	else if (scale_is_one(p))
		good(out, value_int(raw));
	else
		good(out, value_real(scale_whole(p, raw)));
}

static void
decode_whole(const struct point *p, uint64_t raw, struct decoded *out)
{
	const struct point_type *t = p->type;
	unsigned bits = field_width(t);

	if ((t->type == REG_BCD16 || t->type == REG_BCD32) &&
	    !bcd(raw, bits / 4, &raw)) {
		decoded_bad(out, REASON_NO_DATA);
		return;
	}
	if (field_signed(t))
		decode_int(p, sign_extend(raw, bits - t->shift), out);
	else if (raw <= INT64_MAX)
		decode_int(p, (int64_t)raw, out);
	else if (scale_is_one(p) && !has_curve(p))
		good(out, value_uint(raw));
	else
		decode_real(p, (long double)raw, out);
}

static void
decode_float(const struct point *p, uint64_t raw, struct decoded *out)
{
	double v = as_float(p->type, raw);

	if (!isfinite(v))
		decoded_bad(out, REASON_NO_DATA);
	else if (scale_is_one(p) && !has_curve(p))
		good(out, value_real(v));
	else
		decode_real(p, (long double)v, out);
}

void
decode_number(const struct point *p, double v, struct decoded *out)
{
	if (!isfinite(v))
		decoded_bad(out, REASON_NO_DATA);
	else if (p->type->kind == KIND_STATE)
		good(out, value_int(v != 0));
	else
		calibrate(p, v, out);
	check_range(p->type, out);
}

void
decode_point(const struct point *p, const uint16_t *words, struct decoded *out)
{
	const struct point_type *t = p->type;
	uint64_t raw;

	if (t->type == REG_STRING) {
		decode_string(t, words, out);
		return;
	}
	raw = field_get(t, words);
	if (is_no_data(t, raw)) {
		decoded_bad(out, REASON_NO_DATA);
		return;
	}
	if (t->type == REG_BOOL || t->has_words || t->non_words)
		good(out, value_int(field_on(t, words)));
	else if (t->type == REG_FLOAT32 || t->type == REG_FLOAT64)
		decode_float(p, raw, out);
	else
		decode_whole(p, raw, out);
	check_range(t, out);
}
