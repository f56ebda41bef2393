/*
 * Counters that go on: over wraps, resets, glitches and restarts of ours, with
 * not one count lost, none twice, and no drift.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "counter.h"
#include "msg.h"

static struct point_type type;
static struct point point;
static struct counter c;

static void
begin(enum reg_type reg, uint16_t count, double div)
{
	type = (struct point_type){.name = "rain",
	    .type = reg,
	    .count = count,
	    .mul = 1,
	    .div = div,
	    .accumulate = true};
	for (uint8_t i = 0; i < ORDER_MAX; i++)
		type.order[i] = i;
	point = (struct point){.type = &type, .every_ms = 1000, .slope = 1};
	counter_init(&c, &point);
}

/* The register as the device shows it. */
static struct decoded
show(uint64_t raw)
{
	uint16_t words[4];
	struct decoded d;

	for (unsigned i = 0; i < type.count; i++)
		words[i] = (uint16_t)(raw >> 16 * (type.count - 1u - i));
	decode_point(&point, words, &d);
	counter_took(&c, &point, &d, true);
	return d;
}

static void
expect(uint64_t raw, double total)
{
	struct decoded d = show(raw);

	assert_int_equal(d.quality, QUALITY_GOOD);
	assert_int_equal(d.reason, REASON_NONE);
	if (value_number(&d.value) != total)
		fail_msg("%.17g is not %.17g", value_number(&d.value), total);
}

/* It is not believed yet. */
static void
expect_still(uint64_t raw, double total)
{
	struct decoded d = show(raw);

	assert_int_equal(d.quality, QUALITY_UNCERTAIN);
	assert_int_equal(d.reason, REASON_STALE);
	assert_true(value_number(&d.value) == total);
}

/* Our process ends and begins again. */
static void
restart(void)
{
	static uint8_t bytes[KEPT_BYTES], n;

	(void)counter_kept(&c, bytes, &n);
	counter_init(&c, &point);
	assert_true(counter_keep(&c, bytes, n));
}

static void
test_counts(void **state)
{
	(void)state;
	begin(REG_UINT16, 1, 10);
	expect(1234, 123.4); /* what the device shows at first */
	expect(1234, 123.4);
	expect(1235, 123.5);
	expect(60000, 6000);
	/* Whole numbers stay whole. */
	begin(REG_UINT32, 2, 1);
	assert_int_equal(show(70000).value.type, VALUE_INT);
}

static void
test_wraps(void **state)
{
	(void)state;
	begin(REG_UINT16, 1, 10);
	expect(65530, 6553.0);
	expect_still(4, 6553.0);
	expect(5, 6554.1);
	expect(65000, 13053.6);
	/* Not the width: the device's own end. */
	begin(REG_UINT32, 2, 1);
	type.wraps_at = 100000;
	expect(99990, 99990);
	expect_still(2, 99990);
	expect(2, 100002);
	/* Decimal digits. */
	begin(REG_BCD16, 1, 1);
	expect(0x9998, 9998);
	expect_still(0x0001, 9998);
	expect(0x0001, 10001);
	/* Some bits of a register. */
	begin(REG_UINT16, 1, 1);
	type.mask = 0x0FF0;
	type.shift = 4;
	expect(0xFFEF, 254);
	expect_still(0xF01F, 254);
	expect(0xF01F, 257);
}

/* A register with a sign goes on below zero. */
static void
test_wraps_below_zero(void **state)
{
	(void)state;
	begin(REG_INT16, 1, 1);
	expect(32767, 32767);
	expect_still(0x8001, 32767); /* -32767 */
	expect(0x8001, 32769);
	expect(0xFFFF, 65535);
	expect(0x0001, 65537);
}

static void
test_cleared(void **state)
{
	(void)state;
	begin(REG_UINT16, 1, 10);
	expect(500, 50);
	expect_still(0, 50);
	expect(3, 50.3);
	expect(10, 51);
	/* Once more, and not from the top quarter to the bottom one. */
	expect(40000, 4050);
	expect_still(20, 4050);
	expect(20, 4052);
	/* From the top, but to the middle: cleared, too. */
	expect(65000, 10550);
	expect_still(30000, 10550);
	expect(30001, 13550.1);
}

static void
test_glitch(void **state)
{
	(void)state;
	begin(REG_UINT16, 1, 10);
	expect(65530, 6553);
	expect_still(0, 6553);
	expect(65531, 6553.1);
	expect_still(7, 6553.1);
	expect(65531, 6553.1);
	/* Still falling is no confirmation. */
	expect_still(9000, 6553.1);
	expect_still(50, 6553.1);
	expect(60, 6559.6);
}

/* What cannot be read says nothing. */
static void
test_bad_between(void **state)
{
	struct decoded d;

	(void)state;
	begin(REG_UINT16, 1, 1);
	expect(100, 100);
	expect_still(1, 100);
	decoded_bad(&d, REASON_TIMEOUT);
	counter_took(&c, &point, &d, true);
	assert_int_equal(d.quality, QUALITY_BAD);
	assert_int_equal(d.reason, REASON_TIMEOUT);
	expect(2, 102);
	/* A bad first value is not the beginning. */
	begin(REG_UINT16, 1, 1);
	decoded_bad(&d, REASON_NO_DATA);
	counter_took(&c, &point, &d, true);
	expect(40, 40);
}

static void
test_restart(void **state)
{
	(void)state;
	begin(REG_UINT16, 1, 10);
	expect(500, 50);
	expect_still(0, 50);
	expect(5, 50.5);
	restart();
	expect(6, 50.6);
	/* Cleared while we were away. */
	restart();
	expect_still(2, 50.6);
	restart(); /* between the two reads */
	expect(3, 50.9);
	/* Wrapped while we were away. */
	expect(65530, 6603.6);
	restart();
	expect_still(1, 6603.6);
	restart();
	expect(1, 6604.3);
	/* A glitch, and we go in the midst of it. */
	expect(100, 6614.2);
	expect_still(0, 6614.2);
	restart();
	expect(101, 6614.3);
}

static void
test_kept_when_changed(void **state)
{
	uint8_t bytes[KEPT_BYTES], n = 0;

	(void)state;
	begin(REG_UINT16, 1, 1);
	assert_false(counter_kept(&c, bytes, &n)); /* nothing yet */
	expect(5, 5);
	assert_true(counter_kept(&c, bytes, &n));
	assert_true(n > 0 && n <= KEPT_BYTES);
	assert_false(counter_kept(&c, bytes, &n));
	expect(5, 5);
	assert_false(counter_kept(&c, bytes, &n));
	expect_still(0, 5);
	assert_true(counter_kept(&c, bytes, &n));
	expect(5, 5); /* the glitch is over: that is news */
	assert_true(counter_kept(&c, bytes, &n));
}

static void
refuse(const uint8_t *bytes, uint8_t n)
{
	struct counter was = c;

	assert_false(counter_keep(&c, bytes, n));
	assert_memory_equal(&c, &was, sizeof(c));
}

static void
test_foreign_bytes(void **state)
{
	uint8_t bytes[KEPT_BYTES], n = 0, odd[KEPT_BYTES];

	(void)state;
	begin(REG_UINT16, 1, 10);
	expect(500, 50);
	expect_still(0, 50);
	assert_true(counter_kept(&c, bytes, &n));
	counter_init(&c, &point);
	memcpy(odd, bytes, sizeof(odd));
	refuse(odd, 0);
	refuse(odd, (uint8_t)(n - 1));
	refuse(odd, (uint8_t)(n + 1));
	odd[0]++; /* another version */
	refuse(odd, n);
	odd[0]--;
	odd[1] ^= 1; /* of a register that is no whole number */
	refuse(odd, n);
	odd[1] ^= 1;
	odd[2] = 2;
	refuse(odd, n);
	odd[2] = 1;
	odd[10] = 0x7F; /* a base that leaves no room */
	memset(odd + 3, 0xFF, 7);
	refuse(odd, n);
	memcpy(odd, bytes, sizeof(odd));
	odd[18 + 8] = 0x7F; /* pending at more than the last */
	refuse(odd, n);
	assert_true(counter_keep(&c, bytes, n));
	expect(2, 50.2);
	/* Reals that are none. */
	begin(REG_FLOAT32, 2, 1);
	memset(odd, 0xFF, sizeof(odd));
	odd[0] = 1;
	odd[1] = odd[2] = 0;
	refuse(odd, n);
}

static uint64_t
float_bits(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

static void
test_reals(void **state)
{
	(void)state;
	begin(REG_FLOAT32, 2, 1);
	expect(float_bits(1.5F), 1.5);
	expect(float_bits(10.25F), 10.25);
	expect_still(float_bits(0), 10.25);
	expect(float_bits(0.5F), 10.75);
	restart();
	expect(float_bits(2), 12.25);
	type.wraps_at = 1000;
	expect(float_bits(999), 1009.25);
	expect_still(float_bits(1), 1009.25);
	expect(float_bits(1), 1011.25);
}

/* Another profile, scale or variant by now: the device's figures mean something
 * else, and what was counted in the old ones would stay in the total for ever.
 */
static void
test_figures_of_another_kind(void **state)
{
	uint8_t bytes[KEPT_BYTES], n = 0;

	(void)state;
	begin(REG_UINT32, 2, 1);
	expect(0x10000, 0x10000); /* 1, in the wrong order */
	assert_true(counter_kept(&c, bytes, &n));
	memcpy(type.order, (const uint8_t[]){2, 3, 0, 1}, 4);
	counter_init(&c, &point);
	refuse(bytes, n);
	type.order[0] = 0;
	type.addr = 7;
	counter_init(&c, &point);
	refuse(bytes, n);
	/* Whole steps are what they are, whatever they are called. */
	begin(REG_UINT32, 2, 10);
	point.slope = 2;
	counter_init(&c, &point);
	assert_true(counter_keep(&c, bytes, n));
	begin(REG_FLOAT32, 2, 1);
	expect(float_bits(100000), 100000); /* litres */
	assert_true(counter_kept(&c, bytes, &n));
	counter_init(&c, &point);
	assert_true(counter_keep(&c, bytes, n));
	point.slope = 0.001;
	counter_init(&c, &point);
	refuse(bytes, n);
	expect(float_bits(100000), 100);
}

/* Offsets, the profile's and the site's, count once. */
static void
test_offsets(void **state)
{
	(void)state;
	begin(REG_UINT16, 1, 10);
	point.slope = 2;
	point.off = 100;
	expect(50, 110);
	expect_still(0, 110);
	expect(10, 112);
	begin(REG_FLOAT32, 2, 1);
	point.off = 100;
	expect(float_bits(5), 105);
	expect_still(float_bits(0), 105);
	expect(float_bits(1), 106);
	/* The site's curve makes it real. */
	begin(REG_UINT16, 1, 1);
	point.curve =
	    (struct curve){CURVE_POLYNOMIAL, (const double[]){0, 0.5}, 2};
	expect(10, 5);
	expect_still(0, 5);
	expect(4, 7);
}

/* A million tips of 0.1 mm, and a power cut every thousand: each tip counts
 * once, and the total is the decimal that a person would write. */
static void
test_no_drift(void **state)
{
	uint64_t raw = 0;

	(void)state;
	begin(REG_UINT16, 1, 10);
	expect(0, 0);
	for (int i = 1; i <= 1000000; i++) {
		struct decoded d = show(++raw);

		if (i % 1000 == 0) {
			raw = 0;
			(void)show(0);
			d = show(0);
		}
		assert_true(value_number(&d.value) == (double)i / 10);
	}
}

/* Beyond what 64 bits can add up. */
static void
test_too_large(void **state)
{
	(void)state;
	begin(REG_UINT64, 4, 1);
	assert_int_equal(show(UINT64_MAX).reason, REASON_RANGE);
	expect(1, 1);
	begin(REG_UINT64, 4, 1);
	struct decoded d = show(INT64_MAX);
	assert_true(d.value.type == VALUE_INT && d.value.i == INT64_MAX);
	d = show(INT64_MAX / 2);
	assert_int_equal(d.quality, QUALITY_UNCERTAIN);
	assert_int_equal(show(INT64_MAX / 2).reason, REASON_RANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_wraps),
	    cmocka_unit_test(test_wraps_below_zero),
	    cmocka_unit_test(test_cleared),
	    cmocka_unit_test(test_glitch),
	    cmocka_unit_test(test_bad_between),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_kept_when_changed),
	    cmocka_unit_test(test_foreign_bytes),
	    cmocka_unit_test(test_reals),
	    cmocka_unit_test(test_figures_of_another_kind),
	    cmocka_unit_test(test_offsets),
	    cmocka_unit_test(test_no_drift),
	    cmocka_unit_test(test_too_large),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
