/*
 * Readings that follow from others, as a line makes them: formulas over parts,
 * frozen soil, a device that warms up, a counter over a restart; and the
 * watchdog register of one that closes its outputs by itself.
 */
#include "played_field.h"
#include "played_types.h"

enum { WHOLE, TENTHS, TOTAL, SOIL, COLD, RAIN, SLOW };

static const struct formula_step total_steps[] = {
    {.op = F_POINT, .point = WHOLE}, {.op = F_POINT, .point = TENTHS},
    {.op = F_ADD}};
static const struct formula total = {total_steps, 3, {WHOLE, TENTHS}, 2};
static const struct formula_step frost_steps[] = {
    {.op = F_POINT, .point = COLD}, {.op = F_NUMBER, .number = 0},
    {.op = F_LESS_EQUAL}};
static const struct formula frost = {frost_steps, 3, {COLD}, 1};

static struct device_type *t;

/* A meter's total in two registers, soil and its temperature, rain. */
static int
begin(void **state)
{
	(void)state;
	site_begin();
	t = type(0, SLOW + 1, 125);
	pool[0][WHOLE].kind = pool[0][TENTHS].kind = KIND_PART;
	pool[0][TENTHS].div = 10;
	pool[0][TOTAL].formula = &total;
	pool[0][SOIL].frozen = &frost;
	pool[0][COLD].type = REG_INT16;
	pool[0][RAIN].accumulate = true;
	pool[0][SLOW].every_ms = 60 * MINUTE;
	(void)site_add(t, 10 * SECOND, 300);
	unit_of(0)->regs[WHOLE] = 41;
	unit_of(0)->regs[TENTHS] = 7;
	unit_of(0)->regs[SOIL] = 30;
	unit_of(0)->regs[COLD] = 5;
	unit_of(0)->regs[RAIN] = 100;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	site_end();
	return 0;
}

static size_t
readings(uint32_t series)
{
	size_t n = 0;

	for (size_t i = 0; i < heard.nr; i++)
		n += heard.r[i].series == series;
	return n;
}

static void
expect(uint32_t series, double value)
{
	const struct reading *r = latest(series);

	assert_int_equal(r->quality, QUALITY_GOOD);
	assert_true(value_number(&r->value) == value);
}

static void
expect_not(uint32_t series, enum quality q, enum reason reason)
{
	const struct reading *r = latest(series);

	assert_int_equal(r->quality, q);
	assert_int_equal(r->reason, reason);
}

static void
test_formula(void **state)
{
	(void)state;
	site_start();
	until(field.now + 55 * SECOND);
	expect(TOTAL, 41.7);
	assert_int_equal(readings(TOTAL), readings(SOIL));
	assert_int_equal(readings(WHOLE) + readings(TENTHS), 0);
	/* One read brings it all; the formula is nobody's register. */
	for (size_t i = 0; i < field.nlog; i++)
		assert_true(field.log[i].addr != TOTAL);
	/* One of its registers is refused: the reason is the formula's, too. */
	unit_of(0)->missing[TENTHS] = true;
	until(field.now + 30 * SECOND);
	expect_not(TOTAL, QUALITY_BAD, REASON_EXCEPTION);
	assert_int_equal(latest(TOTAL)->detail, 2);
	expect(SOIL, 30);
}

static void
test_lost(void **state)
{
	size_t was[SLOW + 1];

	(void)state;
	site_start();
	until(field.now + 25 * SECOND);
	for (uint32_t s = 0; s <= SLOW; s++)
		was[s] = readings(s);
	unit_of(0)->dead = true;
	until(field.now + 30 * SECOND);
	for (uint32_t s = TOTAL; s <= SLOW; s++) {
		expect_not(s, QUALITY_BAD, REASON_TIMEOUT);
		assert_int_equal(readings(s), was[s] + 1);
	}
	assert_int_equal(readings(WHOLE) + readings(TENTHS), 0);
	unit_of(0)->dead = false;
	until(field.now + 2 * MINUTE);
	expect(TOTAL, 41.7);
	/* Back, it was never bad again. */
	size_t bad = 0;
	for (size_t i = 0; i < heard.nr; i++)
		bad += heard.r[i].series == TOTAL &&
		       heard.r[i].quality == QUALITY_BAD;
	assert_true(bad >= 1 && bad <= 3);
}

/* Soil stands before its temperature, and is judged by that of the same read.
 */
static void
test_frozen(void **state)
{
	(void)state;
	unit_of(0)->regs[COLD] = 0xFFFF;
	site_start();
	until(field.now + 5 * SECOND);
	assert_int_equal(readings(SOIL), 1);
	expect_not(SOIL, QUALITY_UNCERTAIN, REASON_FROZEN);
	unit_of(0)->regs[COLD] = 1;
	until(field.now + 10 * SECOND);
	assert_int_equal(readings(SOIL), 2);
	expect(SOIL, 30);
}

static void
test_warm_up(void **state)
{
	(void)state;
	t->warm_up_ms = 15 * SECOND;
	site_start();
	until(field.now + 14 * SECOND);
	assert_int_equal(readings(SLOW), 1);
	expect_not(SLOW, QUALITY_UNCERTAIN, REASON_WARM_UP);
	expect_not(TOTAL, QUALITY_UNCERTAIN, REASON_WARM_UP);
	/* Warm: all of it once more, however seldom it is read. */
	until(field.now + 5 * SECOND);
	assert_int_equal(readings(SLOW), 2);
	expect(SLOW, 0);
	expect(TOTAL, 41.7);
	until(field.now + MINUTE);
	assert_int_equal(readings(SLOW), 2);

	unit_of(0)->dead = true;
	until(field.now + 30 * SECOND);
	expect_not(SLOW, QUALITY_BAD, REASON_TIMEOUT);
	unit_of(0)->dead = false;
	while (latest(SLOW)->quality == QUALITY_BAD)
		until(field.now + SECOND);
	expect_not(SLOW, QUALITY_UNCERTAIN, REASON_WARM_UP);
	until(field.now + 20 * SECOND);
	expect(SLOW, 0);
}

static void
test_counter_over_restart(void **state)
{
	struct kept k;

	(void)state;
	site_start();
	until(field.now + 25 * SECOND);
	expect(RAIN, 100);
	assert_int_equal(heard.nkept, 1);
	k = heard.kept[0];
	assert_int_equal(k.series, RAIN);
	assert_false(device_kept(&run->devs[0], RAIN, &k));
	run = run_free(run);
	/* A power cut, for us and for the gauge. */
	unit_of(0)->regs[RAIN] = 2;
	site_start();
	assert_true(device_keep(&run->devs[0], &k));
	until(field.now + 5 * SECOND);
	expect_not(RAIN, QUALITY_UNCERTAIN, REASON_STALE);
	assert_true(value_number(&latest(RAIN)->value) == 100);
	unit_of(0)->regs[RAIN] = 3;
	until(field.now + 10 * SECOND);
	expect(RAIN, 103);
	/* What is not its own. */
	k.n--;
	assert_false(device_keep(&run->devs[0], &k));
	k.series = 99;
	assert_false(device_keep(&run->devs[0], &k));
}

static size_t
writes(uint16_t addr)
{
	size_t n = 0;

	for (size_t i = 0; i < field.nlog; i++)
		n += is_write(field.log[i].function) &&
		     field.log[i].addr == addr;
	return n;
}

/* Set behind the set-up, once, and again when the device is back with what it
 * had from the factory. */
static void
test_watchdog(void **state)
{
	static const struct setup setup[] = {{TABLE_HOLDING, 20, 1}};

	(void)state;
	t->setup = setup;
	t->nsetup = 1;
	t->watchdog = (struct watchdog){
	    .present = true, .addr = 21, .step_ms = 100, .time_ms = 30000};
	site_start();
	until(field.now + 25 * SECOND);
	assert_int_equal(unit_of(0)->regs[20], 1);
	assert_int_equal(unit_of(0)->regs[21], 300);
	assert_int_equal(writes(20), 1);
	assert_int_equal(writes(21), 1);
	expect(TOTAL, 41.7);
	unit_of(0)->dead = true;
	until(field.now + 30 * SECOND);
	unit_of(0)->dead = false;
	unit_of(0)->regs[21] = 0;
	until(field.now + 2 * MINUTE);
	assert_int_equal(unit_of(0)->regs[21], 300);
	assert_int_equal(writes(20), 1); /* it is so already */
	assert_int_equal(writes(21), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_formula),
	    TEST(test_lost),
	    TEST(test_frozen),
	    TEST(test_warm_up),
	    TEST(test_counter_over_restart),
	    TEST(test_watchdog),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
