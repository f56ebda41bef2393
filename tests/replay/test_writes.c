/*
 * The ways in which points are written, on a played line: words for on and off,
 * several registers, bits beside others, devices that cannot be read, and what
 * a device needs set before it is polled.
 */
#include "played_commands.h"

/* One point of an output or a setting, as it is usual. */
static struct point_type
output(enum reg_table table, uint16_t addr)
{
	return (struct point_type){.name = "out",
	    .kind = KIND_OUTPUT,
	    .writable = true,
	    .confirm = -1,
	    .table = table,
	    .addr = addr,
	    .count = 1,
	    .type = table == TABLE_COIL ? REG_BOOL : REG_UINT16,
	    .order = {0, 1},
	    .mul = 1,
	    .div = 1};
}

static struct point_type only;
static struct device_type one = {.name = "one",
    .registers_per_read = 125,
    .coils_per_read = 2000,
    .points = &only,
    .npoints = 1};

static void
start(struct point_type t)
{
	only = t;
	site_begin();
	(void)site_add(&one, 10 * SECOND, SECOND);
}

static const struct asked *
last_write(void)
{
	for (size_t i = field.nlog; i-- > 0;)
		if (is_write(field.log[i].function))
			return &field.log[i];
	fail();
	return NULL;
}

static uint64_t
done(enum command_action action, double value)
{
	uint64_t id = command(0, action, value, MINUTE);

	until(field.now + SECOND);
	assert_non_null(result_of(id));
	return id;
}

/* ---- profiles ---- */

static void
test_words_for_on_and_off(void **state)
{
	struct point_type t = output(TABLE_HOLDING, 5);

	(void)state;
	t.has_words = true;
	t.on_word = 0x0100;
	t.off_word = 0x0200;
	start(t);
	unit_of(0)->regs[5] = 0x0100;
	site_start();
	until(field.now + SECOND);
	assert_int_equal(unit_of(0)->regs[5], 0x0200);
	assert_result(done(COMMAND_OPEN, 0), RESULT_DONE, "");
	assert_int_equal(last_write()->function, FC_WRITE_HOLDING);
	assert_int_equal(unit_of(0)->regs[5], 0x0100);
	assert_int_equal(latest(0)->value.i, 1);
	until(field.now + MINUTE);
	assert_int_equal(unit_of(0)->regs[5], 0x0200);
	assert_int_equal(latest(0)->value.i, 0);
	site_end();
}

/* FC05 with more than FF00 and 0000: the word goes out as it stands. */
static void
test_a_coil_with_words_of_its_own(void **state)
{
	struct point_type t = output(TABLE_COIL, 3);

	(void)state;
	t.has_words = true;
	t.on_word = 0x5500;
	t.off_word = 0;
	start(t);
	site_start();
	until(field.now + SECOND);
	assert_result(done(COMMAND_OPEN, 0), RESULT_DONE, "");
	assert_true(last_write()->as_is);
	assert_int_equal(last_write()->word[0], 0x5500);
	site_end();
}

static void
test_functions_15_and_16(void **state)
{
	struct point_type t = output(TABLE_COIL, 3);

	(void)state;
	t.function = FC_WRITE_COILS;
	start(t);
	site_start();
	until(field.now + SECOND);
	assert_result(done(COMMAND_OPEN, 0), RESULT_DONE, "");
	assert_int_equal(last_write()->function, FC_WRITE_COILS);
	assert_true(unit_of(0)->coils[3]);
	site_end();
	t = output(TABLE_HOLDING, 8);
	t.kind = KIND_SETTING;
	t.count = 2;
	t.type = REG_INT32;
	memcpy(t.order, (uint8_t[]){2, 3, 0, 1}, 4);
	start(t);
	site_start();
	until(field.now + SECOND);
	assert_result(done(COMMAND_SET, -70000), RESULT_DONE, "");
	assert_int_equal(last_write()->function, FC_WRITE_HOLDINGS);
	assert_int_equal(last_write()->count, 2);
	assert_int_equal(unit_of(0)->regs[8], (uint16_t)(-70000 & 0xFFFF));
	assert_int_equal(unit_of(0)->regs[9], 0xFFFE);
	assert_int_equal(latest(0)->value.i, -70000);
	site_end();
}

/* The device leaves the other bits, or we read them first. */
static void
bit_beside_others(uint8_t function)
{
	struct point_type t = output(TABLE_HOLDING, 5);
	size_t from;

	t.mask = 0x0010;
	t.shift = 4;
	t.function = function;
	start(t);
	unit_of(0)->regs[5] = 0xA5B5;
	site_start();
	until(field.now + SECOND);
	assert_int_equal(unit_of(0)->regs[5], 0xA5A5);
	unit_of(0)->regs[5] = 0x5AA5; /* by another master */
	from = field.nlog;
	assert_result(done(COMMAND_OPEN, 0), RESULT_DONE, "");
	assert_int_equal(unit_of(0)->regs[5], 0x5AB5);
	assert_int_equal(field.log[from].function,
	    function != 0 ? function : FC_READ_HOLDING);
	site_end();
}

static void
test_a_bit_beside_others(void **state)
{
	(void)state;
	bit_beside_others(0);
	bit_beside_others(FC_MASK_WRITE);
}

/* ---- devices that cannot be read ---- */

static void
test_what_cannot_be_read_is_sent(void **state)
{
	struct point_type t = output(TABLE_COIL, 3);
	uint64_t id;

	(void)state;
	t.write_only = true;
	start(t);
	unit_of(0)->coils[3] = true;
	site_start();
	until(field.now + 15 * SECOND);
	assert_false(unit_of(0)->coils[3]);
	assert_true(run_ready(run));
	assert_int_equal(run_left(run), 0);
	assert_result(done(COMMAND_OPEN, 0), RESULT_SENT, "no way to read");
	assert_true(unit_of(0)->coils[3]);
	until(field.now + MINUTE);
	assert_false(unit_of(0)->coils[3]);
	for (size_t i = 0; i < field.nlog; i++)
		assert_true(is_write(field.log[i].function));
	/* Nobody says what it does: no reading has a value. */
	for (size_t i = 0; i < heard.nr; i++)
		assert_int_equal(heard.r[i].value.type, VALUE_NONE);
	/* Not even acknowledged. */
	unit_of(0)->dead = true;
	id = command(0, COMMAND_OPEN, 0, MINUTE);
	until(field.now + 15 * SECOND);
	assert_result(id, RESULT_UNCERTAIN, "does not answer");
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "), 1);
	unit_of(0)->dead = false;
	until(field.now + 16 * SECOND);
	assert_int_equal(run_left(run), 0);
	site_end();
}

/* It answered what was written: it is there. */
static void
test_a_device_that_is_only_written_is_there(void **state)
{
	struct point_type t = output(TABLE_COIL, 3);

	(void)state;
	t.write_only = true;
	start(t);
	site_start();
	until(field.now + 15 * SECOND);
	assert_int_equal(heard.device[0].state, DEVICE_ONLINE);
	site_end();
}

/* ---- set-up ---- */

static const struct setup setup[] = {
    {.table = TABLE_HOLDING, .addr = 5, .value = 7},
    {.table = TABLE_HOLDING, .addr = 6, .value = 9},
    {.table = TABLE_COIL, .addr = 2, .value = 1},
};

static const struct device_type set_up = {.name = "set-up",
    .registers_per_read = 125,
    .setup = setup,
    .nsetup = 3,
    .points = &probe_point,
    .npoints = 1};

static void
test_a_device_is_set_up_first(void **state)
{
	static const uint8_t want[] = {FC_READ_HOLDING, FC_WRITE_HOLDING,
	    FC_READ_HOLDING, FC_READ_HOLDING, FC_READ_COILS, FC_WRITE_COIL,
	    FC_READ_COILS};
	static const uint16_t addr[] = {5, 5, 5, 6, 2, 2, 2};
	size_t from;

	(void)state;
	site_begin();
	(void)site_add(&set_up, 10 * SECOND, SECOND);
	unit_of(0)->regs[6] = 9; /* as it should be already */
	site_start();
	until(field.now + 5 * SECOND);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(field.log[i].function, want[i]);
		assert_int_equal(field.log[i].addr, addr[i]);
	}
	assert_int_equal(field.log[7].addr, 0);
	assert_int_equal(unit_of(0)->regs[5], 7);
	assert_true(unit_of(0)->coils[2]);
	/* Power cut: it has forgotten one of them. */
	unit_of(0)->dead = true;
	until(field.now + MINUTE);
	assert_int_equal(heard.device[0].state, DEVICE_LOST);
	unit_of(0)->dead = false;
	unit_of(0)->regs[5] = 0;
	from = field.nlog;
	until(field.now + 61 * SECOND);
	assert_int_equal(unit_of(0)->regs[5], 7);
	size_t writes = 0;
	for (size_t i = from; i < field.nlog; i++)
		writes += is_write(field.log[i].function);
	assert_int_equal(writes, 1);
	assert_int_equal(latest(0)->quality, QUALITY_GOOD);
	assert_int_equal(events(EVENT_DEVICE, "could not be set"), 0);
	site_end();
}

static void
test_a_silent_device_behind_a_converter_is_not_there(void **state)
{
	(void)state;
	site_begin();
	(void)site_add(&set_up, 10 * SECOND, SECOND);
	unit_of(0)->code = 0x0B;
	site_start();
	for (int i = 0; i < 40; i++) {
		until(field.now + 500);
		assert_int_not_equal(heard.device[0].state, DEVICE_ONLINE);
	}
	assert_int_equal(heard.device[0].state, DEVICE_LOST);
	site_end();
}

static void
test_a_set_up_that_is_refused(void **state)
{
	size_t writes = 0, good = 0;
	int64_t t0;

	(void)state;
	site_begin();
	(void)site_add(&set_up, 10 * SECOND, SECOND);
	unit_of(0)->regs[6] = 9;
	unit_of(0)->coils[2] = true;
	unit_of(0)->write_code = 3;
	t0 = field.now;
	site_start();
	until(t0 + 10 * MINUTE - SECOND);
	assert_int_equal(events(EVENT_DEVICE, "could not be set"), 1);
	assert_int_equal(events(EVENT_DEVICE, "exception 03"), 1);
	for (size_t i = 0; i < field.nlog; i++)
		writes += is_write(field.log[i].function);
	assert_int_equal(writes, 3);
	for (size_t i = 0; i < heard.nr; i++)
		good += heard.r[i].quality == QUALITY_GOOD;
	assert_int_equal(good, 60);
	site_end();
}

/* One that is not there costs what any dead device costs, and is set up when
 * it comes. */
static void
test_a_set_up_without_an_answer(void **state)
{
	(void)state;
	site_begin();
	(void)site_add(&set_up, 10 * SECOND, SECOND);
	unit_of(0)->dead = true;
	site_start();
	until(field.now + MINUTE);
	assert_int_equal(heard.device[0].state, DEVICE_LOST);
	assert_int_equal(events(EVENT_DEVICE, "lost"), 1);
	assert_true(field.nlog < 12);
	unit_of(0)->dead = false;
	until(field.now + 61 * SECOND);
	assert_int_equal(unit_of(0)->regs[5], 7);
	assert_int_equal(unit_of(0)->regs[6], 9);
	assert_int_equal(events(EVENT_DEVICE, "could not be set"), 0);
	assert_int_equal(latest(0)->quality, QUALITY_GOOD);
	site_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words_for_on_and_off),
	    cmocka_unit_test(test_a_coil_with_words_of_its_own),
	    cmocka_unit_test(test_functions_15_and_16),
	    cmocka_unit_test(test_a_bit_beside_others),
	    cmocka_unit_test(test_what_cannot_be_read_is_sent),
	    cmocka_unit_test(test_a_device_that_is_only_written_is_there),
	    cmocka_unit_test(test_a_device_is_set_up_first),
	    cmocka_unit_test(
		test_a_silent_device_behind_a_converter_is_not_there),
	    cmocka_unit_test(test_a_set_up_that_is_refused),
	    cmocka_unit_test(test_a_set_up_without_an_answer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
