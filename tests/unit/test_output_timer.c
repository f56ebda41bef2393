/* How long a device's timer is armed for, and by which write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output_timer.h"

/* Waveshare's flash-on: FC05 to 0x0200 + n, tenths of a second, to 0x7FFF. */
static const struct output_timer flash = {.table = TABLE_COIL,
    .addr = 0x0203,
    .nwords = 1,
    .step_ms = 100,
    .longest_ms = 3276700};

/* A command word and the time behind it. */
static const struct output_timer words = {.table = TABLE_HOLDING,
    .addr = 3,
    .nwords = 2,
    .time_at = 1,
    .words = {0x0004},
    .step_ms = 1000,
    .longest_ms = 600000};

static uint16_t word[TIMER_WORDS_MAX];
static struct request q;

static struct arming
arm(const struct output_timer *t, int64_t left_ms)
{
	return output_timer_arm(t, left_ms, &q, word);
}

static void
test_a_coil(void **state)
{
	struct arming a = arm(&flash, 600000);

	(void)state;
	/* 600 s, 1 s, and 1 %. */
	assert_int_equal(word[0], 6070);
	assert_int_equal(a.ms, 607000);
	assert_false(a.partial);
	assert_int_equal(q.function, FC_WRITE_COIL);
	assert_int_equal(q.addr, 0x0203);
	assert_int_equal(q.count, 1);
	assert_true(q.as_is);
	assert_ptr_equal(q.words, word);
}

static void
test_registers(void **state)
{
	struct output_timer one = words;
	struct arming a = arm(&words, 10000);

	(void)state;
	assert_int_equal(word[0], 4);
	assert_int_equal(word[1], 12); /* 11.1 s, rounded up */
	assert_int_equal(a.ms, 12000);
	assert_int_equal(q.function, FC_WRITE_HOLDINGS);
	assert_int_equal(q.count, 2);
	assert_false(q.as_is);
	one.nwords = 1;
	one.time_at = 0;
	(void)arm(&one, 10000);
	assert_int_equal(word[0], 12);
	assert_int_equal(q.function, FC_WRITE_HOLDING);
}

/* Never shorter than what is left, never longer than the device can. */
static void
test_limits(void **state)
{
	struct output_timer fine = flash;
	struct arming a;

	(void)state;
	for (int64_t left = 0; left < 4000000; left += 777) {
		a = arm(&flash, left);
		assert_int_equal(a.ms, word[0] * 100u);
		assert_true(a.ms <= flash.longest_ms);
		if (a.partial) {
			assert_int_equal(a.ms, flash.longest_ms);
			assert_true(left * 101 / 100 + 1000 > a.ms);
		} else {
			assert_true(a.ms >= left + 1000);
			assert_true(a.ms <= left + left / 100 + 1000 + 101);
		}
	}
	a = arm(&flash, 0);
	assert_int_equal(word[0], 10);
	a = arm(&flash, -5);
	assert_int_equal(word[0], 10);
	/* Longer than a word can say. */
	fine.step_ms = 1;
	a = arm(&fine, 3000000);
	assert_true(a.partial);
	assert_int_equal(word[0], UINT16_MAX);
	assert_int_equal(a.ms, UINT16_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_coil),
	    cmocka_unit_test(test_registers),
	    cmocka_unit_test(test_limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
