/* Value to registers and back; see encode.h. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device_type.h"
#include "encode.h"

struct num
num_real(double v)
{
	return (struct num){.kind = NUM_REAL, .r = v};
}

struct num
num_int(int64_t v)
{
	return (struct num){.kind = NUM_INT, .i = v};
}

bool
num_parse(const char *word, struct num *out)
{
	char *end;
	bool negative = word[0] == '-';
	int base = strncasecmp(word, "0x", 2) == 0 ? 16 : 10;

	if (strcasecmp(word, "on") == 0 || strcasecmp(word, "off") == 0) {
		*out = num_int(strcasecmp(word, "on") == 0);
		return true;
	}
	errno = 0;
	if (negative)
		*out = num_int(strtoll(word, &end, 10));
	else {
		uint64_t u = strtoull(word, &end, base);
		*out = num_int((int64_t)u);
		if (u > INT64_MAX)
			*out = (struct num){.kind = NUM_UINT, .u = u};
	}
	if (end != word && *end == '\0' && errno == 0)
		return true;
	*out = num_real(strtod(word, &end));
	return end != word && *end == '\0';
}

double
num_double(const struct num *v)
{
	switch (v->kind) {
	case NUM_INT:
		return (double)v->i;
	case NUM_UINT:
		return (double)v->u;
	case NUM_REAL:
		return v->r;
	case NUM_TEXT:
		break;
	}
	return 0;
}

static void
print_text(const char *s, char out[NUM_PRINT_MAX])
{
	size_t n = 0;

	out[n++] = '"';
	for (; *s && n < NUM_PRINT_MAX - 8; s++) {
		unsigned char c = (unsigned char)*s;
		if (c < 0x20 || c == '"' || c == '\\')
			n += (size_t)snprintf(out + n, 7, "\\u%04x", c);
		else
			out[n++] = *s;
	}
	out[n++] = '"';
	out[n] = '\0';
}

void
num_print(const struct num *v, char out[NUM_PRINT_MAX])
{
	switch (v->kind) {
	case NUM_INT:
		snprintf(out, NUM_PRINT_MAX, "%" PRId64, v->i);
		return;
	case NUM_UINT:
		snprintf(out, NUM_PRINT_MAX, "%" PRIu64, v->u);
		return;
	case NUM_TEXT:
		print_text(v->text, out);
		return;
	case NUM_REAL:
		break;
	}
	if (!isfinite(v->r)) {
		snprintf(out, NUM_PRINT_MAX, "null");
		return;
	}
	if (v->r == trunc(v->r) && fabs(v->r) < 1e15) {
		snprintf(out, NUM_PRINT_MAX, "%.0f", v->r);
		return;
	}
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(out, NUM_PRINT_MAX, "%.*g", digits, v->r);
		if (strtod(out, NULL) == v->r)
			return;
	}
}

static bool
is_signed(enum reg_type type)
{
	return type == REG_INT8 || type == REG_INT16 || type == REG_INT32 ||
	       type == REG_INT64;
}

static bool
is_float(enum reg_type type)
{
	return type == REG_FLOAT32 || type == REG_FLOAT64;
}

static bool
is_plain(const struct point_type *t)
{
	return t->mul == t->div && t->offset == 0;
}

/* Bits that the value has in the registers. */
static unsigned
width(const struct point_type *t)
{
	if (t->mask)
		return 64u - (unsigned)__builtin_clzll(t->mask) - t->shift;
	if (t->type == REG_INT8 || t->type == REG_UINT8)
		return 8;
	return 16u * t->count;
}

static uint64_t
ones(unsigned bits)
{
	return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

static uint64_t
from_bcd(uint64_t bcd)
{
	uint64_t v = 0;

	for (int shift = 60; shift >= 0; shift -= 4)
		v = v * 10 + ((bcd >> shift) & 0xF);
	return v;
}

static uint64_t
to_bcd(uint64_t v)
{
	uint64_t bcd = 0;

	for (unsigned shift = 0; v && shift < 64; shift += 4, v /= 10)
		bcd |= (v % 10) << shift;
	return bcd;
}

static uint64_t
top(const struct point_type *t)
{
	if (t->type == REG_BCD16)
		return 9999;
	if (t->type == REG_BCD32)
		return 99999999;
	if (t->type == REG_BOOL)
		return 1;
	return is_signed(t->type) && !t->mask ? ones(width(t) - 1)
					      : ones(width(t));
}

/* The whole number to store, clamped to the register. */
static uint64_t
whole(const struct point_type *t, const struct num *v)
{
	bool sign = is_signed(t->type) && !t->mask;
	uint64_t max = top(t);
	double r;

	if (is_plain(t) && v->kind == NUM_UINT)
		return v->u > max ? max : v->u;
	if (is_plain(t) && v->kind == NUM_INT && v->i >= 0)
		return (uint64_t)v->i > max ? max : (uint64_t)v->i;
	if (is_plain(t) && v->kind == NUM_INT) {
		uint64_t magnitude = 0 - (uint64_t)v->i;
		if (!sign)
			return 0;
		return magnitude > max + 1 ? ~max : (uint64_t)v->i;
	}
	r = round((num_double(v) - t->offset) * t->div / t->mul);
	if (isnan(r))
		return 0;
	if (r >= (double)max)
		return max;
	if (r >= 0)
		return (uint64_t)r;
	if (!sign)
		return 0;
	return r <= -(double)max - 1 ? ~max : (uint64_t)(int64_t)r;
}

static uint64_t
float_bits(const struct point_type *t, const struct num *v)
{
	double r = num_double(v);
	uint64_t bits;
	uint32_t bits32;
	float f;

	if (!is_plain(t))
		r = (r - t->offset) * t->div / t->mul;
	memcpy(&bits, &r, sizeof(bits));
	if (t->type == REG_FLOAT64)
		return bits;
	f = (float)r;
	memcpy(&bits32, &f, sizeof(bits32));
	return bits32;
}

static void
text_to_words(const struct point_type *t, const char *s, uint16_t *words)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < t->count; i++) {
		unsigned hi = 2 * i < n ? (unsigned char)s[2 * i] : 0;
		unsigned lo = 2 * i + 1 < n ? (unsigned char)s[2 * i + 1] : 0;
		words[i] = (uint16_t)(hi << 8 | lo);
	}
}

static uint64_t
gather(const struct point_type *t, const uint16_t *words)
{
	size_t n = 2 * (size_t)t->count;
	uint64_t raw = 0;

	for (size_t i = 0; i < n && i < ORDER_MAX; i++) {
		size_t at = t->order[i];
		uint16_t w = words[at / 2];
		raw = raw << 8 | (at % 2 ? w & 0xFFu : w >> 8);
	}
	return raw;
}

static void
scatter(const struct point_type *t, uint64_t raw, uint16_t *words)
{
	size_t n = 2 * (size_t)t->count;

	if (n > ORDER_MAX)
		n = ORDER_MAX;
	for (size_t i = 0; i < n; i++) {
		size_t at = t->order[i];
		unsigned byte = (unsigned)(raw >> 8 * (n - 1 - i)) & 0xFF;
		uint16_t *w = &words[at / 2];
		*w = (uint16_t)(at % 2 ? (*w & 0xFF00u) | byte
				       : (*w & 0xFFu) | byte << 8);
	}
}

void
encode_words(const struct point_type *t, const struct num *v, uint16_t *words)
{
	uint64_t raw;

	if (t->table == TABLE_COIL || t->table == TABLE_DISCRETE) {
		words[0] = num_double(v) != 0;
		return;
	}
	if (t->type == REG_STRING) {
		text_to_words(t, v->kind == NUM_TEXT ? v->text : "", words);
		return;
	}
	if (is_float(t->type))
		raw = float_bits(t, v);
	else if (t->type == REG_BCD16 || t->type == REG_BCD32)
		raw = to_bcd(whole(t, v));
	else
		raw = whole(t, v);
	if (t->mask)
		raw = (gather(t, words) & ~t->mask) |
		      ((raw << t->shift) & t->mask);
	else
		raw &= ones(width(t));
	scatter(t, raw, words);
}

static void
words_to_text(const struct point_type *t, const uint16_t *words, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count && n + 2 < NUM_TEXT_MAX; i++) {
		out[n++] = (char)(words[i] >> 8);
		out[n++] = (char)(words[i] & 0xFF);
	}
	out[n] = '\0'; /* a NUL inside ends it, as it does on a device */
	for (n = strlen(out); n > 0 && out[n - 1] == ' '; n--)
		out[n - 1] = '\0';
}

static struct num
integer(const struct point_type *t, uint64_t raw)
{
	if (is_signed(t->type) && !t->mask) {
		unsigned bits = width(t);
		if (bits < 64 && raw >> (bits - 1) & 1)
			raw |= ~ones(bits);
		return num_int((int64_t)raw);
	}
	if (raw > INT64_MAX)
		return (struct num){.kind = NUM_UINT, .u = raw};
	return num_int((int64_t)raw);
}

void
decode_words(const struct point_type *t, const uint16_t *words, struct num *out)
{
	uint64_t raw;

	if (t->table == TABLE_COIL || t->table == TABLE_DISCRETE) {
		*out = num_int(words[0] & 1);
		return;
	}
	if (t->type == REG_STRING) {
		*out = (struct num){.kind = NUM_TEXT};
		words_to_text(t, words, out->text);
		return;
	}
	raw = gather(t, words);
	if (t->mask)
		raw = (raw & t->mask) >> t->shift;
	else
		raw &= ones(width(t));
	if (t->type == REG_FLOAT32) {
		uint32_t low = (uint32_t)raw;
		float f;
		memcpy(&f, &low, sizeof(f));
		*out = num_real((double)f);
	} else if (t->type == REG_FLOAT64) {
		*out = num_real(0);
		memcpy(&out->r, &raw, sizeof(out->r));
	} else if (t->type == REG_BCD16 || t->type == REG_BCD32)
		*out = num_int((int64_t)from_bcd(raw));
	else if (t->type == REG_BOOL)
		*out = num_int(raw != 0);
	else
		*out = integer(t, raw);
	if (!is_plain(t))
		*out = num_real(num_double(out) * t->mul / t->div + t->offset);
}
