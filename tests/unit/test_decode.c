/*
 * Registers to readings: every type in every order, the cases from the
 * field (a frost that became an oven, swapped words, NaN), and decimals that
 * must come out as a person would write them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decoder.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
near(double is, double want, double by)
{
	if (!(fabs(is - want) <= by))
		fail_msg("%.17g is not %.17g", is, want);
}

static struct point_type
type_of(enum reg_type type, uint16_t count, const char *order)
{
	struct point_type t = {.name = "p",
	    .table = TABLE_HOLDING,
	    .type = type,
	    .count = count,
	    .mul = 1,
	    .div = 1};

	/* Letter i of the order is the byte that stands at i on the wire. */
	for (uint8_t i = 0; order[i]; i++)
		t.order[order[i] - 'A'] = i;
	return t;
}

/* The quick way says the same. */
static void
assert_decoder_agrees(
    const struct point *p, const uint16_t *words, const struct decoded *want)
{
	const uint16_t first = 0;
	struct decoder d;
	struct decoded is;

	decoder_init(&d, p);
	decoder_read(&d, &first, 1, words, p->type->addr, &is);
	assert_int_equal(is.quality, want->quality);
	assert_int_equal(is.reason, want->reason);
	assert_true(value_equal(&is.value, &want->value));
}

static struct decoded
decode_cal(
    const struct point_type *t, const uint16_t *words, double slope, double off)
{
	struct point p = {.type = t, .slope = slope, .off = off};
	struct decoded d;

	memset(&d, 0xA5, sizeof(d));
	decode_point(&p, words, &d);
	assert_decoder_agrees(&p, words, &d);
	assert_int_equal(d.value.type == VALUE_NONE, d.quality == QUALITY_BAD);
	assert_int_equal(d.reason == REASON_NONE, d.quality == QUALITY_GOOD);
	return d;
}

static struct decoded
decode(const struct point_type *t, const uint16_t *words)
{
	return decode_cal(t, words, 1, 0);
}

static void
expect_text(const struct point_type *t, const uint16_t *words, const char *want)
{
	struct decoded d = decode(t, words);
	char text[64];

	assert_int_equal(d.quality, QUALITY_GOOD);
	assert_string_equal(value_format(&d.value, text, sizeof(text)), want);
}

static void
expect_bad(
    const struct point_type *t, const uint16_t *words, enum reason reason)
{
	struct decoded d = decode(t, words);

	assert_int_equal(d.quality, QUALITY_BAD);
	assert_int_equal(d.reason, reason);
}

static const char *const orders[5][5] = {
    [1] = {"AB", "BA"},
    [2] = {"ABCD", "CDAB", "BADC", "DCBA"},
    [4] = {"ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA"},
};

/* `bits` as the words that an order puts on the wire. */
static void
to_wire(uint64_t bits, unsigned count, const char *order, uint16_t *words)
{
	for (unsigned i = 0; i < 2 * count; i++) {
		unsigned rank = (unsigned)(order[i] - 'A');
		unsigned byte =
		    (unsigned)(bits >> 8 * (2 * count - 1 - rank)) & 0xFF;
		if (i % 2 == 0)
			words[i / 2] = (uint16_t)(byte << 8);
		else
			words[i / 2] |= (uint16_t)byte;
	}
}

static const struct {
	enum reg_type type;
	uint16_t count;
	uint64_t bits;
	const char *want;
} every_type[] = {
    {REG_INT8, 1, 0x00FE, "-2"},
    {REG_UINT8, 1, 0x00FE, "254"},
    {REG_INT16, 1, 0x8001, "-32767"},
    {REG_INT16, 1, 0x7FFF, "32767"},
    {REG_INT16, 1, 0x8000, "-32768"},
    {REG_INT16, 1, 0xFFFF, "-1"},
    {REG_UINT16, 1, 0xFF9B, "65435"},
    {REG_UINT16, 1, 0x0001, "1"},
    {REG_INT32, 2, 0x80000000, "-2147483648"},
    {REG_INT32, 2, 0xFFFFFF05, "-251"},
    {REG_UINT32, 2, 0x80000000, "2147483648"},
    {REG_UINT32, 2, 0x01020304, "16909060"},
    {REG_INT64, 4, 0x8000000000000000, "-9223372036854775808"},
    {REG_INT64, 4, 0xFFFFFFFFFFFFFFFF, "-1"},
    {REG_INT64, 4, 0x0020000000000001, "9007199254740993"},
    {REG_UINT64, 4, 0xFFFFFFFFFFFFFFFF, "18446744073709551615"},
    {REG_UINT64, 4, 0x0020000000000001, "9007199254740993"},
    {REG_UINT64, 4, 0x0102030405060700, "72623859790382848"},
    {REG_FLOAT32, 2, 0x41C80000, "25"},
    {REG_FLOAT32, 2, 0xC2F6E979, "-123.45600128173828"},
    {REG_FLOAT64, 4, 0x400921FB54442D18, "3.141592653589793"},
    {REG_FLOAT64, 4, 0xBFB999999999999A, "-0.1"},
    {REG_BITS, 1, 0x8001, "32769"},
    {REG_BCD16, 1, 0x9876, "9876"},
    {REG_BCD32, 2, 0x12345678, "12345678"},
};

static void
test_every_type_and_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(every_type); i++)
		for (int o = 0; orders[every_type[i].count][o]; o++) {
			const char *order = orders[every_type[i].count][o];
			struct point_type t = type_of(
			    every_type[i].type, every_type[i].count, order);
			uint16_t words[4] = {0};

			to_wire(every_type[i].bits, t.count, order, words);
			expect_text(&t, words, every_type[i].want);
		}
}

/* int8 and uint8: the order may pick the high byte. */
static void
test_byte_of_register(void **state)
{
	const uint16_t word = 0x12FE;
	struct point_type low = type_of(REG_INT8, 1, "AB");
	struct point_type high = type_of(REG_UINT8, 1, "BA");

	(void)state;
	expect_text(&low, &word, "-2");
	expect_text(&high, &word, "18");
}

/* Frost in the soil, read with the right sign: reply FF05 071D 012C, and
 * 0104 FF9B 007D. */
static void
test_frost(void **state)
{
	struct point_type i = type_of(REG_INT16, 1, "AB");
	struct point_type u = type_of(REG_UINT16, 1, "AB");

	(void)state;
	i.div = u.div = 100;
	expect_text(&i, (const uint16_t[]){0xFF05}, "-2.51");
	expect_text(&u, (const uint16_t[]){0x071D}, "18.21");
	i.div = u.div = 10;
	expect_text(&u, (const uint16_t[]){0x0104}, "26");
	expect_text(&i, (const uint16_t[]){0xFF9B}, "-10.1");
	u.div = 1;
	expect_text(&u, (const uint16_t[]){0x012C}, "300");
	expect_text(&u, (const uint16_t[]){0x007D}, "125");
	assert_int_equal(
	    decode(&u, (const uint16_t[]){125}).value.type, VALUE_INT);
}

static double
float_in_order(const uint16_t *words, const char *order)
{
	struct point_type t = type_of(REG_FLOAT32, 2, order);
	struct decoded d = decode(&t, words);

	assert_int_equal(d.value.type, VALUE_REAL);
	return d.value.r;
}

/* 77.5146 in four orders; and the same bits under a wrong type stay visible as
 * the wrong number they are. */
static void
test_order_words(void **state)
{
	static const uint16_t a[] = {0x077A, 0x429B}, b[] = {0x9BD4, 0x436E};
	struct point_type u = type_of(REG_UINT32, 2, "CDAB");

	(void)state;
	near(float_in_order(a, "CDAB"), 77.51460266, 1e-7);
	near(float_in_order(a, "ABCD") * 1e34, 1.88274832, 1e-7);
	near(float_in_order(a, "BADC") / 1e35, 1.76027270, 1e-7);
	near(float_in_order(a, "DCBA") * 1e22, -1.60867330, 1e-7);
	near(float_in_order(b, "CDAB"), 238.6087, 1e-4);
	u.div = 100;
	expect_text(&u, b, "11313223.24");
}

static void
test_no_number(void **state)
{
	static const uint16_t floats[][2] = {
	    {0x7FC0, 0}, {0xFFC0, 0}, {0x7F80, 0}, {0xFF80, 0}, {0x7F80, 1}};
	static const uint16_t doubles[][4] = {
	    {0x7FF8, 0, 0, 0}, {0x7FF0, 0, 0, 0}, {0xFFF0, 0, 0, 0}};
	struct point_type f = type_of(REG_FLOAT32, 2, "ABCD");
	struct point_type d = type_of(REG_FLOAT64, 4, "ABCDEFGH");

	(void)state;
	for (size_t i = 0; i < COUNT(floats); i++)
		expect_bad(&f, floats[i], REASON_NO_DATA);
	for (size_t i = 0; i < COUNT(doubles); i++)
		expect_bad(&d, doubles[i], REASON_NO_DATA);
	/* A scale that makes it infinite. */
	d.mul = 1e12;
	expect_bad(
	    &d, (const uint16_t[]){0x7FEF, 0xFFFF, 0, 0}, REASON_NO_DATA);
}

static void
test_no_data_codes(void **state)
{
	static const uint16_t words[] = {0x8000, 0x0000};
	struct point_type i = type_of(REG_INT32, 2, "ABCD");
	struct point_type u = type_of(REG_UINT32, 2, "ABCD");
	struct point_type s = type_of(REG_INT16, 1, "AB");
	struct point_type b = type_of(REG_BOOL, 1, "AB");

	(void)state;
	expect_text(&i, words, "-2147483648");
	expect_text(&u, words, "2147483648");
	i.no_data[0] = u.no_data[0] = 0x80000000;
	i.nno_data = u.nno_data = 1;
	expect_bad(&i, words, REASON_NO_DATA);
	expect_bad(&u, words, REASON_NO_DATA);
	/* Several; the raw bits, whatever the sign and the scale. */
	s.div = 10;
	s.no_data[0] = 0x7FFF;
	s.no_data[1] = 0xFFFF;
	s.nno_data = 2;
	expect_bad(&s, (const uint16_t[]){0xFFFF}, REASON_NO_DATA);
	expect_bad(&s, (const uint16_t[]){0x7FFF}, REASON_NO_DATA);
	expect_text(&s, (const uint16_t[]){0xFFFE}, "-0.2");
	/* The code is looked for before a bool is made of the bits. */
	b.no_data[0] = 0xFFFF;
	b.nno_data = 1;
	expect_bad(&b, (const uint16_t[]){0xFFFF}, REASON_NO_DATA);
	expect_text(&b, (const uint16_t[]){0x0100}, "1");
	/* After mask and shift. */
	u = type_of(REG_UINT16, 1, "AB");
	u.mask = 0x0FF0;
	u.shift = 4;
	u.no_data[0] = 0xFF;
	u.nno_data = 1;
	expect_bad(&u, (const uint16_t[]){0xAFF5}, REASON_NO_DATA);
	expect_text(&u, (const uint16_t[]){0xA125}, "18");
}

static void
test_fields(void **state)
{
	struct point_type t = type_of(REG_UINT16, 1, "AB");
	struct point_type i = type_of(REG_INT16, 1, "AB");
	struct point_type b = type_of(REG_BOOL, 1, "AB");

	(void)state;
	t.mask = 0xF000;
	t.shift = 12;
	expect_text(&t, (const uint16_t[]){0xC123}, "12");
	/* Without a mask the sign stays; a masked field has none. */
	i.shift = 4;
	expect_text(&i, (const uint16_t[]){0xFFF0}, "-1");
	expect_text(&i, (const uint16_t[]){0x7FF0}, "2047");
	i.shift = 0;
	i.mask = 0x00FF;
	expect_text(&i, (const uint16_t[]){0xFFFE}, "254");
	b.mask = 0x0004;
	b.shift = 2;
	expect_text(&b, (const uint16_t[]){0x0004}, "1");
	expect_text(&b, (const uint16_t[]){0xFFFB}, "0");
}

static void
test_coils(void **state)
{
	struct point_type t = type_of(REG_BOOL, 1, "AB");

	(void)state;
	t.table = TABLE_COIL;
	expect_text(&t, (const uint16_t[]){0}, "0");
	expect_text(&t, (const uint16_t[]){1}, "1");
	t.table = TABLE_DISCRETE;
	expect_text(&t, (const uint16_t[]){1}, "1");
}

/* Relay boards that take command words: some read them back, some only 0 and
 * 1; and a valve that is open at 0. */
static void
test_on_off_words(void **state)
{
	struct point_type t = type_of(REG_BOOL, 1, "AB");

	(void)state;
	t.has_words = true;
	t.on_word = 0x0100;
	t.off_word = 0x0200;
	expect_text(&t, (const uint16_t[]){0x0100}, "1");
	expect_text(&t, (const uint16_t[]){0x0200}, "0");
	expect_text(&t, (const uint16_t[]){1}, "1");
	expect_text(&t, (const uint16_t[]){0}, "0");
	t.on_word = 0;
	t.off_word = 1;
	expect_text(&t, (const uint16_t[]){0}, "1");
	expect_text(&t, (const uint16_t[]){1}, "0");
	expect_text(&t, (const uint16_t[]){7}, "0");
	t.table = TABLE_COIL;
	t.off_word = 0xFF00;
	expect_text(&t, (const uint16_t[]){0}, "1");
	expect_text(&t, (const uint16_t[]){1}, "0");
}

/* A drive's running forwards and backwards. */
static void
test_on_at_words(void **state)
{
	struct point_type t = type_of(REG_BOOL, 1, "AB");

	(void)state;
	t.non_words = 2;
	t.on_words[0] = 1;
	t.on_words[1] = 2;
	expect_text(&t, (const uint16_t[]){1}, "1");
	expect_text(&t, (const uint16_t[]){2}, "1");
	expect_text(&t, (const uint16_t[]){0}, "0");
	expect_text(&t, (const uint16_t[]){3}, "0");
	expect_text(&t, (const uint16_t[]){0x0100}, "0");
	/* On at nothing, and in some bits. */
	t.non_words = 1;
	t.on_words[0] = 0;
	expect_text(&t, (const uint16_t[]){0}, "1");
	expect_text(&t, (const uint16_t[]){1}, "0");
	t.mask = 0x00F0;
	t.shift = 4;
	t.on_words[0] = 5;
	expect_text(&t, (const uint16_t[]){0xAB5C}, "1");
	expect_text(&t, (const uint16_t[]){0xAB6C}, "0");
}

static struct decoded
decode_curves(const struct point_type *t, struct curve site, double slope,
    double off, uint16_t word)
{
	struct point p = {.type = t, .slope = slope, .off = off, .curve = site};
	struct decoded d;

	decode_point(&p, &word, &d);
	assert_decoder_agrees(&p, &word, &d);
	return d;
}

/* Scale, the profile's curve, the site's, its slope and offset, the range. */
static void
test_curves(void **state)
{
	const double topp[] = {-0.053, 0.0292, -5.5e-4, 4.3e-6};
	const double steps[] = {0, 0, 50, 1.2, 100, 3}, twice[] = {1, 2};
	const struct curve none = {CURVE_NONE, NULL, 0};
	const struct curve site = {CURVE_POLYNOMIAL, twice, 2};
	struct point_type t = type_of(REG_UINT16, 1, "AB");
	struct decoded d;

	(void)state;
	t.div = 100;
	t.curve = (struct curve){CURVE_POLYNOMIAL, topp, 4};
	d = decode(&t, (const uint16_t[]){2000});
	near(value_number(&d.value), 0.3454, 0);
	t.div = 10;
	t.offset = -5;
	t.curve = (struct curve){CURVE_TABLE, steps, 6};
	d = decode(&t, (const uint16_t[]){300}); /* 25 */
	near(value_number(&d.value), 0.6, 0);
	d = decode_curves(&t, site, 1, 0, 300);
	near(value_number(&d.value), 2.2, 0);
	d = decode_curves(&t, site, 0.1, 0.3, 300);
	near(value_number(&d.value), 0.52, 0);
	expect_bad(&t, (const uint16_t[]){40}, REASON_RANGE);
	expect_bad(&t, (const uint16_t[]){1051}, REASON_RANGE);
	t.has_range = true;
	t.max = 2;
	expect_bad(&t, (const uint16_t[]){1000}, REASON_RANGE);
	/* The site's alone; whole numbers become real. */
	t = type_of(REG_INT16, 1, "AB");
	d = decode_curves(&t, site, 1, 0, 0xFFFF);
	assert_int_equal(d.value.type, VALUE_REAL);
	near(d.value.r, -1, 0);
	assert_int_equal(
	    decode_curves(&t, none, 1, 0, 7).value.type, VALUE_INT);
}

/* Every word there is, under scales, masks, signs and ranges of many kinds. */
static void
test_quick_way(void **state)
{
	static const double scales[][3] = {{1, 1, 0}, {1, 10, 0},
	    {1, 100, -273.15}, {25, 1, 0}, {1, 1000, 0.5}, {-1, 10, 0},
	    {0.3, 1, 0}, {1, 10, 1e9}};
	const double site = 1.02;

	(void)state;
	for (size_t i = 0; i < COUNT(scales) * 16; i++) {
		struct point_type t = type_of(
		    i & 1 ? REG_INT16 : REG_UINT16, 1, i & 8 ? "BA" : "AB");
		struct point p = {.type = &t, .slope = i % 61 == 60 ? site : 1};

		t.mul = scales[i / 16][0];
		t.div = scales[i / 16][1];
		t.offset = scales[i / 16][2];
		t.has_range = i & 2;
		t.min = -10.5;
		t.max = 655.3;
		if (i & 4) {
			t.shift = 4;
			t.no_data[0] = 0x123;
			t.nno_data = 1;
		}
		for (uint32_t w = 0; w < 65536; w += i & 8 ? 7 : 1) {
			const uint16_t word = (uint16_t)w;
			struct decoded d;

			decode_point(&p, &word, &d);
			assert_decoder_agrees(&p, &word, &d);
		}
	}
}

/* What a formula makes. */
static void
test_numbers(void **state)
{
	struct point_type t = {.name = "p", .kind = KIND_GAUGE};
	struct point p = {.type = &t, .slope = 2, .off = 1};
	struct decoded d;

	(void)state;
	decode_number(&p, 0.1, &d);
	assert_int_equal(d.quality, QUALITY_GOOD);
	near(value_number(&d.value), 1.2, 0);
	decode_number(&p, NAN, &d);
	assert_int_equal(d.reason, REASON_NO_DATA);
	decode_number(&p, INFINITY, &d);
	assert_int_equal(d.reason, REASON_NO_DATA);
	t.has_range = true;
	t.max = 100;
	decode_number(&p, 50, &d);
	assert_int_equal(d.reason, REASON_RANGE);
	t.kind = KIND_STATE;
	decode_number(&p, 0.5, &d);
	assert_true(d.value.type == VALUE_INT && d.value.i == 1);
}

static void
test_range(void **state)
{
	struct point_type t = type_of(REG_UINT16, 1, "AB");

	(void)state;
	t.div = 10;
	t.has_range = true;
	t.min = 0;
	t.max = 100;
	expect_text(&t, (const uint16_t[]){0}, "0");
	expect_text(&t, (const uint16_t[]){1000}, "100");
	expect_bad(&t, (const uint16_t[]){1001}, REASON_RANGE);
	expect_bad(&t, (const uint16_t[]){0xFF9B}, REASON_RANGE);
	struct point_type f = type_of(REG_FLOAT32, 2, "ABCD");
	f.has_range = true;
	f.min = -0.7;
	f.max = 0.1;
	expect_text(
	    &f, (const uint16_t[]){0x3DCC, 0xCCCD}, "0.10000000149011612");
	expect_bad(&f, (const uint16_t[]){0x3DCC, 0xCCCE}, REASON_RANGE);
	/* The range is that of the calibrated value. */
	assert_int_equal(
	    decode_cal(&t, (const uint16_t[]){995}, 1.02, 0).reason,
	    REASON_RANGE);
}

static void
test_bcd(void **state)
{
	struct point_type t = type_of(REG_BCD16, 1, "AB");
	struct point_type l = type_of(REG_BCD32, 2, "CDAB");

	(void)state;
	expect_bad(&t, (const uint16_t[]){0x12A4}, REASON_NO_DATA);
	expect_bad(&t, (const uint16_t[]){0xF000}, REASON_NO_DATA);
	expect_bad(&l, (const uint16_t[]){0x1234, 0x567B}, REASON_NO_DATA);
	expect_text(&l, (const uint16_t[]){0x5678, 0x0034}, "345678");
}

static void
test_strings(void **state)
{
	struct point_type t = type_of(REG_STRING, 3, "AB");
	struct point_type swapped = type_of(REG_STRING, 2, "BA");
	uint16_t full[31];

	(void)state;
	expect_text(&t, (const uint16_t[]){0x534E, 0x3132, 0x2000}, "SN12");
	expect_text(&t, (const uint16_t[]){0x534E, 0x3132, 0x3334}, "SN1234");
	expect_text(&t, (const uint16_t[]){0, 0, 0}, "");
	expect_text(&t, (const uint16_t[]){0xE6B0, 0xB400, 0}, "\u6c34");
	expect_text(&swapped, (const uint16_t[]){0x4E53, 0x3231}, "SN12");
	/* No UTF-8, half a character, control characters. */
	expect_bad(
	    &t, (const uint16_t[]){0xFFFF, 0xFFFF, 0xFFFF}, REASON_NO_DATA);
	expect_bad(&t, (const uint16_t[]){0x41E6, 0xB000, 0}, REASON_NO_DATA);
	expect_bad(&t, (const uint16_t[]){0x410A, 0, 0}, REASON_NO_DATA);
	expect_bad(&t, (const uint16_t[]){0x41C2, 0x8500, 0}, REASON_NO_DATA);
	expect_bad(&t, (const uint16_t[]){0xEDA0, 0x8000, 0}, REASON_NO_DATA);
	t.count = 31;
	for (size_t i = 0; i < COUNT(full); i++)
		full[i] = 0x7878;
	assert_int_equal(strlen(decode(&t, full).value.text), 62);
}

/* What a person would write: 4567 at 0.001 is 4.567 and no neighbour of it. */
static void
test_decimals(void **state)
{
	static const unsigned steps[] = {10, 100, 1000, 10000};
	struct point_type t = type_of(REG_UINT16, 1, "AB");
	char want[32];

	(void)state;
	for (size_t s = 0; s < COUNT(steps); s++)
		for (unsigned raw = 0; raw <= UINT16_MAX; raw++) {
			const uint16_t word = (uint16_t)raw;
			t.div = steps[s];
			(void)snprintf(want, sizeof(want), "%u.%0*u",
			    raw / steps[s], (int)s + 1, raw % steps[s]);
			assert_true(
			    decode(&t, &word).value.r == strtod(want, NULL));
		}
	/* Truebner SMT100: (raw - 10000) / 100. */
	t.div = 100;
	t.offset = -100;
	expect_text(&t, (const uint16_t[]){12134}, "21.34");
	expect_text(&t, (const uint16_t[]){9990}, "-0.1");
	t.offset = -273.15;
	expect_text(&t, (const uint16_t[]){29546}, "22.31");
	t.mul = 5;
	t.div = 9;
	t.offset = 0;
	assert_true(decode(&t, (const uint16_t[]){7}).value.r == 35 / 9.0);
}

static void
test_calibration(void **state)
{
	struct point_type t = type_of(REG_UINT16, 1, "AB");
	struct decoded d;
	char text[64];

	(void)state;
	d = decode_cal(&t, (const uint16_t[]){7}, 1, 0);
	assert_int_equal(d.value.type, VALUE_INT);
	t.div = 10;
	d = decode_cal(&t, (const uint16_t[]){231}, 1.02, -0.4);
	assert_string_equal(
	    value_format(&d.value, text, sizeof(text)), "23.162");
	d = decode_cal(&t, (const uint16_t[]){231}, 1.0 / 3, 0);
	near(d.value.r, 7.7, 1e-12);
}

static void
test_large_scaled(void **state)
{
	struct point_type t = type_of(REG_UINT64, 4, "ABCDEFGH");
	struct point_type i = type_of(REG_INT64, 4, "ABCDEFGH");

	(void)state;
	t.div = 1000;
	assert_true(
	    decode(&t, (const uint16_t[]){0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF})
		.value.r == 18446744073709551.615);
	i.div = 10;
	assert_true(decode(&i, (const uint16_t[]){0x8000, 0, 0, 0}).value.r ==
		    -922337203685477580.8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_type_and_order),
	    cmocka_unit_test(test_byte_of_register),
	    cmocka_unit_test(test_frost),
	    cmocka_unit_test(test_order_words),
	    cmocka_unit_test(test_no_number),
	    cmocka_unit_test(test_no_data_codes),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_coils),
	    cmocka_unit_test(test_on_off_words),
	    cmocka_unit_test(test_on_at_words),
	    cmocka_unit_test(test_curves),
	    cmocka_unit_test(test_quick_way),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_range),
	    cmocka_unit_test(test_bcd),
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_decimals),
	    cmocka_unit_test(test_calibration),
	    cmocka_unit_test(test_large_scaled),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
