/*
 * Values to writes: what is set is what is read, whatever the type, the order,
 * the scale and the mask; what cannot be held is refused in plain words. The
 * device is played by apply(), as the protocol's clauses have it.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode.h"
#include "encode.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char why[256];

static struct point_type
type_of(enum reg_type type, uint16_t count, const char *order)
{
	struct point_type t = {.name = "p",
	    .table = TABLE_HOLDING,
	    .type = type,
	    .addr = 8,
	    .count = count,
	    .mul = 1,
	    .div = 1};

	/* Letter i of the order is the byte that stands at i on the wire. */
	for (uint8_t i = 0; order[i]; i++)
		t.order[order[i] - 'A'] = i;
	return t;
}

static struct point
point_of(const struct point_type *t)
{
	return (struct point){.type = t, .slope = 1};
}

/* Protocol V1.1b3, sections 6.5, 6.6, 6.11, 6.12 and 6.16. */
static void
apply(const struct request *q, uint16_t *registers)
{
	switch (q->function) {
	case FC_WRITE_COIL:
	case FC_WRITE_COILS:
		registers[0] = q->words[0] != 0;
		break;
	case FC_MASK_WRITE:
		registers[0] =
		    (uint16_t)((registers[0] & q->words[0]) |
			       (q->words[1] & (uint16_t)~q->words[0]));
		break;
	default:
		memcpy(registers, q->words, q->count * sizeof(*registers));
		break;
	}
}

static int
set(const struct point *p, double value, uint16_t *registers)
{
	uint16_t words[ENCODE_WORDS];
	uint8_t frame[FRAME_MAX];
	struct request q;

	why[0] = '\0';
	int rc = encode_point(p, value, registers, &q, words, why, sizeof(why));
	assert_int_equal(rc < 0, why[0] != '\0');
	if (rc < 0)
		return rc;
	assert_ptr_equal(q.words, words);
	q.unit = 1;
	assert_int_not_equal(request_frame(&q, frame), 0);
	apply(&q, registers);
	assert_true(encode_same(p, value, registers));
	return 0;
}

static struct request
write_of(const struct point_type *t, double value, uint16_t *words)
{
	static const uint16_t now[ENCODE_WORDS];
	struct point p = point_of(t);
	struct request q = {0};

	assert_int_equal(
	    encode_point(&p, value, now, &q, words, why, sizeof(why)), 0);
	assert_int_equal(q.addr, t->addr);
	return q;
}

static void
expect_refused(
    const struct point_type *t, double value, int want, const char *text)
{
	struct point p = point_of(t);
	uint16_t words[ENCODE_WORDS];
	struct request q;

	memset(words, 0x5A, sizeof(words));
	memset(&q, 0x5A, sizeof(q));
	assert_int_equal(
	    encode_point(&p, value, words, &q, words, why, sizeof(why)), want);
	assert_string_equal(why, text);
	assert_int_equal(words[0], 0x5A5A);
	assert_int_equal(q.addr, 0x5A5A);
	assert_false(encode_same(&p, value, words));
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
	double value;
} every_type[] = {
    {REG_INT8, 1, 0x00FE, -2},
    {REG_UINT8, 1, 0x00FE, 254},
    {REG_INT16, 1, 0x8001, -32767},
    {REG_INT16, 1, 0x7FFF, 32767},
    {REG_INT16, 1, 0x8000, -32768},
    {REG_UINT16, 1, 0xFF9B, 65435},
    {REG_UINT16, 1, 0x0001, 1},
    {REG_INT32, 2, 0x80000000, -2147483648},
    {REG_INT32, 2, 0xFFFFFF05, -251},
    {REG_UINT32, 2, 0x80000000, 2147483648},
    {REG_UINT32, 2, 0x01020304, 16909060},
    {REG_INT64, 4, 0x8000000000000000, -9223372036854775808.0},
    {REG_INT64, 4, 0xFFFFFFFFFFFFFFFF, -1},
    {REG_UINT64, 4, 0x0102030405060700, 72623859790382848},
    {REG_FLOAT32, 2, 0x41C80000, 25},
    {REG_FLOAT32, 2, 0xC2F6E979, -123.456},
    {REG_FLOAT64, 4, 0x400921FB54442D18, 3.141592653589793},
    {REG_BITS, 1, 0x8001, 32769},
    {REG_BCD16, 1, 0x9876, 9876},
    {REG_BCD32, 2, 0x12345678, 12345678},
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
			struct point p = point_of(&t);
			uint16_t want[4] = {0}, is[4] = {0};

			to_wire(every_type[i].bits, t.count, order, want);
			assert_int_equal(set(&p, every_type[i].value, is), 0);
			assert_memory_equal(want, is, sizeof(want));
		}
}

/* thingsboard/thingsboard-gateway issue 289: writing 1 put 256 there. */
static void
test_write_one(void **state)
{
	struct point_type t = type_of(REG_UINT16, 1, "AB");
	uint16_t words[ENCODE_WORDS];
	uint8_t frame[FRAME_MAX];

	(void)state;
	struct request q = write_of(&t, 1, words);
	q.unit = 1;
	assert_int_equal(request_frame(&q, frame), 8);
	assert_memory_equal(frame, "\x01\x06\x00\x08\x00\x01", 6);
}

static void
test_scaled(void **state)
{
	struct point_type t = type_of(REG_INT16, 1, "AB");
	struct point p = {.type = &t, .slope = 1.02, .off = -0.4};
	uint16_t words[ENCODE_WORDS], is = 0;

	(void)state;
	t.div = 100;
	assert_int_equal(write_of(&t, -2.51, words).words[0], 0xFF05);
	assert_int_equal(write_of(&t, 18.21, words).words[0], 0x071D);
	/* As a program works it out, a hair beside the step. */
	assert_int_equal(write_of(&t, 0.1 + 0.2, words).words[0], 30);
	t.offset = -100;
	assert_int_equal(write_of(&t, 21.34, words).words[0], 12134);
	t.offset = 0;
	t.div = 10;
	assert_int_equal(set(&p, 23.162, &is), 0);
	assert_int_equal(is, 231);
	p.slope = -1;
	p.off = 0;
	assert_int_equal(set(&p, 23.1, &is), 0);
	assert_int_equal(is, (uint16_t)-231);
}

static void
test_out_of_reach(void **state)
{
	static const struct {
		enum reg_type type;
		uint16_t count;
		double value;
		const char *why;
	} out[] = {
	    {REG_INT8, 1, 128, "128 is above 127, the most"},
	    {REG_INT8, 1, -129, "-129 is below -128, the least"},
	    {REG_UINT8, 1, 256, "256 is above 255, the most"},
	    {REG_UINT8, 1, -1, "-1 is below 0, the least"},
	    {REG_INT16, 1, 32768, "32768 is above 32767, the most"},
	    {REG_UINT16, 1, 65536, "65536 is above 65535, the most"},
	    {REG_UINT16, 1, -0.25, "-0.25 is below 0, the least"},
	    {REG_INT32, 2, 2147483648,
		"2147483648 is above 2147483647, the "
		"most"},
	    {REG_UINT32, 2, 1e300, "1e+300 is above 4294967295, the most"},
	    {REG_INT64, 4, 9223372036854775808.0,
		"9.223372036854776e+18 is above"},
	    {REG_UINT64, 4, 18446744073709551616.0,
		"1.8446744073709552e+19 is above"},
	    {REG_BCD16, 1, 10000, "10000 is above 9999, the most"},
	    {REG_FLOAT32, 2, 1e39, "1e+39 is above 3.4028234663852886e+38"},
	    {REG_FLOAT32, 2, -1e39, "-1e+39 is below -3.4028234663852886e+38"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(out); i++) {
		struct point_type t =
		    type_of(out[i].type, out[i].count, orders[out[i].count][0]);
		struct point p = point_of(&t);
		uint16_t words[4] = {0};

		if (set(&p, out[i].value, words) != -ERANGE ||
		    strncmp(why, out[i].why, strlen(out[i].why)) != 0)
			fail_msg("%zu: %s", i, why);
	}
	struct point_type t = type_of(REG_UINT16, 1, "AB");
	t.div = 10;
	expect_refused(&t, 6553.6, -ERANGE,
	    "6553.6 is above 6553.5, the most that the register can hold");
	t.has_range = true;
	t.min = 5;
	t.max = 50;
	expect_refused(
	    &t, 50.1, -ERANGE, "50.1 is above 50, the most its range allows");
	expect_refused(
	    &t, 4, -ERANGE, "4 is below 5, the least its range allows");
	expect_refused(&t, (double)NAN, -ERANGE, "it is no number");
	expect_refused(&t, (double)INFINITY, -ERANGE, "it is no number");
}

static void
test_between_steps(void **state)
{
	struct point_type t = type_of(REG_UINT16, 1, "AB");

	(void)state;
	expect_refused(&t, 12.5, -EDOM,
	    "12.5 lies between two steps; the nearest are 12 and 13");
	t.div = 100;
	expect_refused(&t, 12.345, -EDOM,
	    "12.345 lies between two steps; the nearest are 12.34 and 12.35");
	t.div = 1;
	t.mul = -5;
	expect_refused(&t, -12, -EDOM,
	    "-12 lies between two steps; the nearest are -15 and -10");
	t.mul = 1;
	t.no_data[0] = 0x7FFF;
	t.nno_data = 1;
	expect_refused(&t, 32767, -EDOM,
	    "the device uses this number to say that it has no value");
}

static void
test_no_way(void **state)
{
	struct point_type t = type_of(REG_STRING, 2, "AB");

	(void)state;
	expect_refused(&t, 1, -ENOTSUP, "a text cannot be written");
	t = type_of(REG_UINT16, 1, "AB");
	t.table = TABLE_INPUT;
	expect_refused(
	    &t, 1, -ENOTSUP, "it stands in a table that can only be read");
	t = type_of(REG_UINT32, 2, "ABCD");
	t.function = FC_WRITE_HOLDING;
	expect_refused(&t, 1, -ENOTSUP,
	    "the profile's function for writing it does not fit its type");
	t.function = FC_WRITE_COIL;
	expect_refused(&t, 1, -ENOTSUP,
	    "the profile's function for writing it does not fit its type");
}

/* Function, words, for on and off. */
static void
expect_switch(const struct point_type *t, uint8_t function, uint16_t on,
    uint16_t off, bool as_is)
{
	uint16_t words[ENCODE_WORDS];
	struct request q = write_of(t, 1, words);

	assert_int_equal(q.function, function);
	assert_int_equal(q.count, 1);
	assert_int_equal(words[0], on);
	assert_int_equal(q.as_is, as_is);
	q = write_of(t, 0, words);
	assert_int_equal(q.function, function);
	assert_int_equal(words[0], off);
	expect_refused(t, 0.5, -ERANGE, "it can only be 1, on, or 0, off");
	expect_refused(t, 2, -ERANGE, "it can only be 1, on, or 0, off");
}

static void
test_switches(void **state)
{
	struct point_type t = type_of(REG_BOOL, 1, "AB");

	(void)state;
	expect_switch(&t, FC_WRITE_HOLDING, 1, 0, false);
	t.function = FC_WRITE_HOLDINGS;
	expect_switch(&t, FC_WRITE_HOLDINGS, 1, 0, false);
	t.function = 0;
	t.table = TABLE_COIL;
	expect_switch(&t, FC_WRITE_COIL, 1, 0, false);
	t.function = FC_WRITE_COILS;
	expect_switch(&t, FC_WRITE_COILS, 1, 0, false);
	/* An old board's relay: FC05 with 0100. */
	t.function = 0;
	t.has_words = true;
	t.on_word = 0x0100;
	expect_switch(&t, FC_WRITE_COIL, 0x0100, 0, true);
	/* Command words, to a register: 0100 on, 0200 off. */
	t.table = TABLE_HOLDING;
	t.off_word = 0x0200;
	expect_switch(&t, FC_WRITE_HOLDING, 0x0100, 0x0200, false);
	t.table = TABLE_COIL;
	t.function = FC_WRITE_HOLDING;
	expect_switch(&t, FC_WRITE_HOLDING, 0x0100, 0x0200, false);
}

static void
test_switch_read_back(void **state)
{
	struct point_type t = type_of(REG_BOOL, 1, "AB");
	struct point p = point_of(&t);

	(void)state;
	assert_true(encode_same(&p, 1, (const uint16_t[]){1}));
	assert_true(encode_same(&p, 1, (const uint16_t[]){0xFF00}));
	assert_false(encode_same(&p, 1, (const uint16_t[]){0}));
	assert_false(encode_same(&p, 0, (const uint16_t[]){1}));
	/* No value is no confirmation. */
	t.no_data[0] = 0xFFFF;
	t.nno_data = 1;
	assert_false(encode_same(&p, 1, (const uint16_t[]){0xFFFF}));
	assert_false(encode_same(&p, 0, (const uint16_t[]){0xFFFF}));
	/* Others' bits do not matter. */
	t.mask = 0x0004;
	assert_true(encode_same(&p, 0, (const uint16_t[]){0xFFFB}));
	assert_true(encode_same(&p, 1, (const uint16_t[]){0x0004}));
}

static void
test_mask_write(void **state)
{
	struct point_type t = type_of(REG_UINT16, 1, "AB");
	struct point p = point_of(&t);
	uint16_t words[ENCODE_WORDS], is = 0xA5A5;

	(void)state;
	t.mask = 0x0FF0;
	t.shift = 4;
	assert_true(encode_needs(&p)); /* unless the profile says 22 */
	t.function = FC_MASK_WRITE;
	struct request q = write_of(&t, 0x12, words);
	assert_int_equal(q.function, FC_MASK_WRITE);
	assert_int_equal(words[0], 0xF00F);
	assert_int_equal(words[1], 0x0120);
	assert_false(encode_needs(&p));
	assert_int_equal(set(&p, 0x12, &is), 0);
	assert_int_equal(is, 0xA125);
	assert_true(encode_same(&p, 0x12, (const uint16_t[]){0x5120}));
	assert_false(encode_same(&p, 0x12, (const uint16_t[]){0xA135}));
	expect_refused(&t, 256, -ERANGE,
	    "256 is above 255, the most that the register can hold");
	t.type = REG_BOOL;
	(void)write_of(&t, 1, words);
	assert_int_equal(words[0], 0xF00F);
	assert_int_equal(words[1], 0x0FF0);
	/* Bytes swapped: the mask is turned like the value. */
	t = type_of(REG_UINT16, 1, "BA");
	t.mask = 0x00FF;
	t.function = FC_MASK_WRITE;
	is = 0xAA55;
	assert_int_equal(set(&p, 0x12, &is), 0);
	assert_int_equal(is, 0x1255);
	/* A hole in the mask has no place for a bit. */
	t.mask = 0x0005;
	expect_refused(
	    &t, 2, -EDOM, "it takes bits that are not the point's own");
}

/* Without FC22 the rest of the register is written as it was read. */
static void
test_rest_stays(void **state)
{
	struct point_type t = type_of(REG_UINT16, 1, "AB");
	struct point p = point_of(&t);
	uint16_t is[2] = {0xA5A5, 0x1234}, words[ENCODE_WORDS];
	struct request q;

	(void)state;
	t.mask = 0x00FF;
	t.function = FC_WRITE_HOLDING;
	assert_true(encode_needs(&p));
	assert_int_equal(
	    encode_point(&p, 1, NULL, &q, words, why, sizeof(why)), -EINVAL);
	assert_int_equal(set(&p, 1, is), 0);
	assert_int_equal(is[0], 0xA501);
	/* A byte has a neighbour in its register. */
	t = type_of(REG_UINT8, 1, "BA");
	assert_true(encode_needs(&p));
	assert_int_equal(set(&p, 0x77, is), 0);
	assert_int_equal(is[0], 0x7701);
	t = type_of(REG_UINT32, 2, "CDAB");
	t.mask = 0xFF0000FF;
	assert_true(encode_needs(&p));
	assert_int_equal(set(&p, 0x99000088, is), 0);
	assert_int_equal(is[0], 0x7788);
	assert_int_equal(is[1], 0x9934);
	assert_int_equal(write_of(&t, 1, words).function, FC_WRITE_HOLDINGS);
	t.mask = 0;
	assert_false(encode_needs(&p));
}

/* ---- any point, any registers ---- */

static uint64_t
chance(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static struct point_type
some_type(uint64_t *seed)
{
	static const enum reg_type types[] = {REG_INT8, REG_UINT8, REG_INT16,
	    REG_UINT16, REG_BITS, REG_BCD16, REG_BOOL, REG_INT32, REG_UINT32,
	    REG_FLOAT32, REG_BCD32, REG_INT64, REG_UINT64, REG_FLOAT64};
	static const double muls[] = {1, 1, 1, 5, -1, 0.3},
			    offs[] = {0, 0, -40, -273.15, 1000};
	size_t i = chance(seed) % COUNT(types);
	uint16_t count = i < 7 ? 1 : i < 11 ? 2 : 4;
	const char *const *order = orders[count];
	struct point_type t = type_of(
	    types[i], count, order[chance(seed) % (count == 1 ? 2 : 4)]);

	if (t.type == REG_FLOAT64)
		return t;
	if (t.type != REG_BOOL && count < 4) {
		t.mul = muls[chance(seed) % COUNT(muls)];
		t.div = (double[]){1, 10, 1000}[chance(seed) % 3];
		/* Beside an offset a float's last digits are lost. */
		if (t.type != REG_FLOAT32)
			t.offset = offs[chance(seed) % COUNT(offs)];
	}
	if (t.type != REG_FLOAT32 && chance(seed) % 3 == 0) {
		t.shift = (uint8_t)(chance(seed) % 16);
		t.mask = chance(seed) % 2 ? (chance(seed) & 0xFFFF) : 0;
	}
	if (count == 1 && chance(seed) % 3 == 0)
		t.function = (uint8_t[]){6, 16, 22}[chance(seed) % 3];
	return t;
}

static bool
one_of_many(uint64_t *seed)
{
	struct point_type t = some_type(seed);
	struct point p = {.type = &t,
	    .slope = chance(seed) % 4 || t.count == 4 ? 1 : 1.25,
	    .off = 0};
	struct decoded d, again;
	uint16_t words[4], is[4];

	for (size_t i = 0; i < 4; i++)
		is[i] = words[i] = (uint16_t)chance(seed);
	if (t.count == 4) /* beyond a double's digits not each has its own */
		for (size_t i = 0; i < 4; i++)
			if (t.order[0] / 2 == i)
				is[i] = words[i] = 0;
	decode_point(&p, words, &d);
	if (d.quality == QUALITY_BAD)
		return false;
	double v = value_number(&d.value);
	if (set(&p, v, is) < 0)
		fail_msg("type %d: %.17g was read: %s", t.type, v, why);
	decode_point(&p, is, &again);
	assert_true(value_equal(&d.value, &again.value));
	if (t.type != REG_BOOL)
		assert_memory_equal(words, is, sizeof(words));
	/* From other registers: the point's bits alone are set. */
	for (size_t i = 0; i < 4; i++)
		is[i] = (uint16_t)~words[i];
	assert_int_equal(set(&p, v, is), 0);
	decode_point(&p, is, &again);
	assert_true(value_equal(&d.value, &again.value));
	return true;
}

static void
test_what_is_read_can_be_set(void **state)
{
	uint64_t seed = 0x9E3779B97F4A7C15;
	unsigned good = 0;

	(void)state;
	for (unsigned i = 0; i < 200000; i++)
		good += one_of_many(&seed);
	assert_true(good > 100000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_type_and_order),
	    cmocka_unit_test(test_write_one),
	    cmocka_unit_test(test_scaled),
	    cmocka_unit_test(test_out_of_reach),
	    cmocka_unit_test(test_between_steps),
	    cmocka_unit_test(test_no_way),
	    cmocka_unit_test(test_switches),
	    cmocka_unit_test(test_switch_read_back),
	    cmocka_unit_test(test_mask_write),
	    cmocka_unit_test(test_rest_stays),
	    cmocka_unit_test(test_what_is_read_can_be_set),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
