/*
 * guard.h: each way a plugin may break its contract, one by one, and its words.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"

static int
init(void *state, const double *settings, struct gw_err *err)
{
	(void)state;
	(void)settings;
	(void)err;
	return 0;
}

static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	(void)state;
	(void)cycle;
	(void)out;
	(void)cap;
	return 0;
}

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	(void)state;
	(void)span;
	(void)words;
	(void)count;
	(void)out;
	(void)cap;
	return 0;
}

/* A sound plugin, in parts that a test may spoil. */
static struct gw_point points[3];
static struct gw_key keys[2];
static struct gw_device_type type;

static int
setup(void **state)
{
	(void)state;
	points[0] = (struct gw_point){
	    .name = "wet", .unit = "%", .max = 100, .flags = GW_RANGE};
	points[1] = (struct gw_point){.name = "count", .kind = GW_COUNTER};
	points[2] = (struct gw_point){.name = "label", .flags = GW_IS_TEXT};
	keys[0] = (struct gw_key){.name = "mode",
	    .help = "raw or not",
	    .type = GW_KEY_CHOICE,
	    .choices = "raw|percent"};
	keys[1] = (struct gw_key){
	    .name = "gain", .type = GW_KEY_REAL, .max = 10, .fallback = 1};
	type = (struct gw_device_type){.abi = GW_ABI,
	    .size = sizeof(type),
	    .name = "probe",
	    .summary = "a probe",
	    .points = points,
	    .npoints = 3,
	    .keys = keys,
	    .nkeys = 2,
	    .state_size = 16,
	    .init = init,
	    .plan = plan,
	    .decode = decode};
	return 0;
}

static void
type_said(const char *words)
{
	char why[200] = "";
	int r = guard_type(&type, "probe", why, sizeof(why));

	if (r != -EPROTO || !strstr(why, words))
		fail_msg("%d \"%s\" lacks \"%s\"", r, why, words);
	(void)setup(NULL);
}

static void
test_type(void **state)
{
	char why[200] = "", longest[66];

	(void)state;
	assert_int_equal(guard_type(&type, "probe", why, sizeof(why)), 0);
	assert_string_equal(why, "");
	type.abi = (GW_ABI_MAJOR + 1) << 16;
	type_said("interface version 2.0, this gateway has 1.2; build it anew");
	type.abi = GW_ABI + 1; /* a later minor is fine */
	type.size += 8;
	assert_int_equal(guard_type(&type, "probe", why, sizeof(why)), 0);
	type.size = offsetof(struct gw_device_type, kept_size); /* of 1.0 */
	assert_int_equal(guard_type(&type, "probe", why, sizeof(why)), 0);
	type.size -= 8;
	type_said("bytes, at least");
	type.max_on_s = 604801;
	type_said("its outputs may be on for 604801 s; at most 604800");
	type.kept_size = 17;
	type_said("keep 17 bytes of its state of 16; at most 56");
	type.state_size = 100;
	type.kept_size = GW_KEPT_MAX;
	assert_int_equal(guard_type(&type, "probe", why, sizeof(why)), 0);
	type.kept_size++;
	type_said("keep 57 bytes of its state of 100; at most 56");
	type.name = "other";
	type_said("it calls itself `other`, its file is probe.so");
	type.name = NULL;
	type_said("it calls itself ``");
	memset(longest, 'a', 65);
	longest[65] = '\0';
	type.name = longest;
	type_said("it calls itself");
	type.summary = "\x1b[31m";
	type_said("summary is no text");
	type.npoints = 0;
	type_said("it has 0 points; 1 to 256 are needed");
	type.npoints = 257;
	type_said("it has 257 points");
	type.points = NULL;
	type_said("points");
	type.nkeys = 65;
	type_said("it has 65 keys; at most 64");
	type.keys = NULL;
	type_said("keys");
	type.state_size = GUARD_STATE + 1;
	type_said("bytes of state");
	type.init = NULL;
	type_said("it lacks init, plan or decode");
	type.plan = NULL;
	type_said("it lacks init, plan or decode");
	type.decode = NULL;
	type_said("it lacks init, plan or decode");
}

static void
test_points(void **state)
{
	(void)state;
	points[1].name = "Wet!";
	type_said("point 1 has no name");
	points[1].name = NULL;
	type_said("point 1 has no name");
	points[1].name = "";
	type_said("point 1 has no name");
	points[1].name = "wet";
	type_said("two points are called wet");
	points[0].unit = "";
	type_said("unit of wet");
	points[0].unit = "\xC0\x80";
	type_said("unit of wet");
	points[0].kind = GW_OUTPUT + 1;
	type_said("kind, flags or span of wet");
	points[0].flags = 8;
	type_said("kind, flags or span of wet");
	points[0].span = 256;
	type_said("kind, flags or span of wet");
	points[0].min = 101;
	type_said("range of wet is empty");
	points[0].max = (double)NAN;
	type_said("range of wet is empty");
	points[0].min = (double)-INFINITY;
	type_said("range of wet is empty");
}

static void
test_keys(void **state)
{
	char choice[70];

	(void)state;
	keys[1].name = "a b";
	type_said("key 1 has no name");
	keys[1].name = "mode";
	type_said("two keys are called mode");
	keys[1].type = GW_KEY_CHOICE + 1;
	type_said("type or flags of the key gain");
	keys[1].flags = 2;
	type_said("type or flags of the key gain");
	keys[0].help = "\xFF";
	type_said("a text of the key mode");
	keys[0].choices = NULL;
	type_said("a text of the key mode");
	keys[0].choices = "";
	type_said("a text of the key mode");
	keys[0].choices = "raw||percent";
	type_said("a text of the key mode");
	keys[0].choices = "raw|";
	type_said("a text of the key mode");
	memset(choice, 'c', 64);
	choice[64] = '\0';
	keys[0].choices = choice;
	type_said("a text of the key mode");
	keys[1].max = (double)NAN;
	type_said("bounds of the key gain");
	keys[1].min = 11;
	type_said("bounds of the key gain");
	keys[1].fallback = (double)INFINITY;
	type_said("bounds of the key gain");
}

static const struct gw_op good_read = {
    .op = GW_READ, .table = GW_HOLDING, .addr = 10, .count = 2};

static const unsigned latest = GW_ABI_MINOR;

/* Between two reads, the last of which confirms whatever it is. */
static int
op_result(const struct gw_op *op, enum guard_list list, unsigned minor,
    char *why, size_t size)
{
	struct gw_op ops[3] = {good_read, *op, good_read};

	why[0] = '\0';
	return guard_ops(ops, 3, 3, list, minor, why, size);
}

static void
op_ok(struct gw_op op, enum guard_list list)
{
	char why[200];

	if (op_result(&op, list, latest, why, sizeof(why)) != 0)
		fail_msg("%s", why);
}

static void
op_said_by(
    struct gw_op op, enum guard_list list, unsigned minor, const char *words)
{
	char why[200];
	int r = op_result(&op, list, minor, why, sizeof(why));

	if (r != -EPROTO || strncmp(why, "op 1 ", 5) != 0 ||
	    !strstr(why, words))
		fail_msg("%d \"%s\" lacks \"%s\"", r, why, words);
}

static void
op_said(struct gw_op op, enum guard_list list, const char *words)
{
	op_said_by(op, list, latest, words);
}

static void
test_reads(void **state)
{
	struct gw_op op = good_read;

	(void)state;
	op_ok(op, GUARD_PLAN);
	op.count = 125;
	op_ok(op, GUARD_PLAN);
	op.count = 126;
	op_said(op, GUARD_PLAN, "126 registers; 1 to 125");
	op.count = 0;
	op_said(op, GUARD_PLAN, "0 registers");
	op.table = GW_COIL;
	op.count = 2000;
	op_ok(op, GUARD_PLAN);
	op.count = 2001;
	op_said(op, GUARD_PLAN, "2001 coils; 1 to 2000");
	op.table = GW_DISCRETE + 1;
	op_said(op, GUARD_PLAN, "unknown table 4");
	op = good_read;
	op.addr = 65534;
	op_ok(op, GUARD_PLAN);
	op.addr = 65535;
	op_said(op, GUARD_PLAN, "past address 65535");
	op.op = 0;
	op_said(op, GUARD_PLAN, "unknown kind 0");
	op.op = GW_RAW_WRITE + 1;
	op_said(op, GUARD_PLAN, "unknown kind 6");
	op = (struct gw_op){.op = GW_PAUSE, .count = 1000};
	op_ok(op, GUARD_PLAN);
	op.count = 1001;
	op_said(op, GUARD_PLAN, "pauses 1001 ms");
}

static void
test_writes(void **state)
{
	struct gw_op op = {.op = GW_WRITE, .table = GW_HOLDING, .count = 1};

	(void)state;
	op_said(op, GUARD_PLAN, "writes where it may not"); /* in a plan */
	op_ok(op, GUARD_SAFE);
	op.table = GW_INPUT;
	op_said(op, GUARD_SAFE, "writes where it may not");
	op.table = GW_DISCRETE;
	op_said(op, GUARD_SAFE, "writes where it may not");
	op.table = GW_COIL;
	op.count = GW_WORDS_MAX;
	op_ok(op, GUARD_SAFE);
	op.count = GW_WORDS_MAX + 1;
	op_said(op, GUARD_SAFE, "1 to 123");
	op.count = 2;
	op.words[1] = 2;
	op_said(op, GUARD_SAFE, "writes 2 to a coil");
	/* One alone may have a value of its maker's own, since 1.1. */
	op.count = 1;
	op.words[0] = 0x5500;
	op_ok(op, GUARD_ENCODE);
	op_said(op, GUARD_PLAN, "writes where it may not");
	op_said_by(op, GUARD_ENCODE, 0, "writes 21760 to a coil");
}

static const struct gw_op good_raw = {
    .op = GW_RAW_READ, .table = 0x41, .addr = 1, .count = 4, .words = {255}};

static void
test_raw(void **state)
{
	static const uint8_t taken[] = {0, 1, 2, 3, 4, 5, 6, 15, 16, 22, 128};
	static const uint8_t harmful[] = {8, 21, 23};
	struct gw_op op = good_raw;

	(void)state;
	op_ok(op, GUARD_PLAN);
	op_said_by(op, GUARD_PLAN, 0, "unknown kind 4");
	op.count = GW_BYTES_MAX;
	op_ok(op, GUARD_PLAN);
	op.count = GW_BYTES_MAX + 1;
	op_said(op, GUARD_PLAN, "wants 253 bytes; 1 to 252");
	op.count = 0;
	op_said(op, GUARD_PLAN, "wants 0 bytes");
	op.op = GW_RAW_WRITE;
	op_ok(op, GUARD_ENCODE);
	op_ok(op, GUARD_SAFE);
	op_said(op, GUARD_PLAN, "writes where it may not");
	op_said_by(op, GUARD_SAFE, 0, "unknown kind 5");
	op = good_raw;
	op.words[0] = 256;
	op_said(op, GUARD_PLAN, "sends 256 as a byte");
	op.addr = 0; /* nothing is sent behind the function */
	op_ok(op, GUARD_PLAN);
	op.words[0] = 0;
	op.addr = GW_WORDS_MAX;
	op_ok(op, GUARD_PLAN);
	op.words[GW_WORDS_MAX - 1] = 0xFFFF;
	op_said(op, GUARD_PLAN, "sends 65535 as a byte");
	op.addr = GW_WORDS_MAX + 1;
	op_said(op, GUARD_PLAN, "sends 124 bytes; at most 123");
	op = good_raw;
	for (size_t i = 0; i < sizeof(taken); i++) {
		op.table = taken[i];
		op_said(op, GUARD_PLAN, "raw; 1 to 127, and none that has");
		op.op = GW_RAW_WRITE;
		op_said(op, GUARD_SAFE, "raw; 1 to 127, and none that has");
		op.op = GW_RAW_READ;
	}
	for (size_t i = 0; i < sizeof(harmful); i++) {
		op.table = harmful[i];
		op.op = GW_RAW_READ;
		op_said(op, GUARD_SAFE, "which changes things");
		op.op = GW_RAW_WRITE;
		op_ok(op, GUARD_SAFE);
		op_said(op, GUARD_PLAN, "writes where it may not");
	}
}

static void
list_said(
    const struct gw_op *ops, int n, enum guard_list list, const char *words)
{
	char why[200] = "";
	int r = guard_ops(ops, n, 8, list, latest, why, sizeof(why));

	if (r != (words ? -EPROTO : 0) || (words && !strstr(why, words)))
		fail_msg("%d \"%s\" lacks \"%s\"", r, why, words);
}

/* What is written can be seen: by the list's own read, or by reading it back
 * word for word. */
static void
test_confirmed(void **state)
{
	const struct gw_op write = {
	    .op = GW_WRITE, .table = GW_COIL, .count = 1, .words = {1}};
	const struct gw_op odd = {
	    .op = GW_WRITE, .table = GW_COIL, .count = 1, .words = {7}};
	const struct gw_op raw = {.op = GW_RAW_WRITE, .table = 100};
	const struct gw_op pause = {.op = GW_PAUSE, .count = 9};
	const struct gw_op list[] = {
	    write, good_read, odd, good_raw, raw, pause, good_read};

	(void)state;
	list_said(list, 7, GUARD_ENCODE, NULL);
	list_said(list, 7, GUARD_SAFE, NULL);
	list_said(list, 6, GUARD_ENCODE, "no read behind op 4 confirms");
	list_said(list, 6, GUARD_SAFE, "no read behind op 4 confirms");
	list_said(list, 3, GUARD_SAFE, "no read behind op 2 confirms");
	list_said(list, 1, GUARD_ENCODE, "no read behind op 0 confirms");
	list_said(list, 1, GUARD_SAFE, NULL);
	list_said(list + 1, 1, GUARD_ENCODE, "it writes nothing");
	list_said(list, 0, GUARD_ENCODE, "it writes nothing");
	list_said(list, 0, GUARD_SAFE, NULL);
	list_said(list + 3, 1, GUARD_PLAN, NULL);
	/* A command's word: nothing of it could be read back. */
	const struct gw_op word = {
	    .op = GW_WRITE, .count = 1, .words = {5}, .flags = GW_WRITE_ONLY};
	const struct gw_op words[] = {word, good_read};
	list_said(words, 2, GUARD_SAFE, NULL);
	list_said(words, 1, GUARD_SAFE, "no read behind op 0 confirms");
	const struct gw_op last[] = {write, good_read, pause};
	list_said(last, 3, GUARD_ENCODE, "op 2 pauses, and nothing follows");
	list_said(last, 3, GUARD_SAFE, "op 2 pauses, and nothing follows");
}

static void
test_flags(void **state)
{
	struct gw_op op = good_read;

	(void)state;
	op.flags = GW_WRITE_ONLY;
	op_said(op, GUARD_PLAN, "op 1 has the flags 1, which it may not");
	op.op = GW_WRITE;
	op_ok(op, GUARD_SAFE);
	op_said_by(op, GUARD_SAFE, 1, "has the flags 1");
	op.flags = 2;
	op_said(op, GUARD_SAFE, "op 1 has the flags 2, which it may not");
}

static void
test_counts(void **state)
{
	char why[200];
	struct gw_op ops[3] = {good_read, good_read, good_read};

	(void)state;
	assert_int_equal(
	    guard_ops(ops, 0, 3, GUARD_PLAN, latest, why, sizeof(why)), 0);
	assert_int_equal(
	    guard_ops(ops, 3, 3, GUARD_PLAN, latest, why, sizeof(why)), 0);
	assert_int_equal(
	    guard_ops(ops, 4, 3, GUARD_PLAN, latest, why, sizeof(why)),
	    -EPROTO);
	assert_string_equal(why, "it says it filled 4 of 3");
	assert_int_equal(
	    guard_ops(ops, -7, 3, GUARD_PLAN, latest, why, sizeof(why)),
	    -EPROTO);
	assert_string_equal(why, "it returned -7");
}

static int
sample(struct gw_sample s, struct plugin_sample *out, char *why, size_t size)
{
	why[0] = '\0';
	return guard_samples(&type, &s, 1, 4, out, why, size);
}

static void
sample_said(struct gw_sample s, const char *words)
{
	struct plugin_sample out;
	char why[200];
	int r = sample(s, &out, why, sizeof(why));

	if (r != -EPROTO || !strstr(why, words))
		fail_msg("%d \"%s\" lacks \"%s\"", r, why, words);
}

static struct gw_sample
real(uint32_t point, double v)
{
	struct gw_sample s = {.point = point, .type = GW_DOUBLE};

	s.value.r = v;
	return s;
}

static void
test_sample_values(void **state)
{
	struct gw_sample s = {.point = 1, .type = GW_UINT64};
	struct plugin_sample out;
	char why[200];

	(void)state;
	s.value.u = UINT64_MAX;
	assert_int_equal(sample(s, &out, why, sizeof(why)), 0);
	assert_int_equal(out.point, 1);
	assert_int_equal(out.d.quality, QUALITY_GOOD);
	assert_int_equal(out.d.value.type, VALUE_UINT);
	assert_true(out.d.value.u == UINT64_MAX);
	s.type = GW_INT64;
	s.value.i = INT64_MIN;
	s.quality = GW_UNCERTAIN;
	assert_int_equal(sample(s, &out, why, sizeof(why)), 0);
	assert_int_equal(out.d.quality, QUALITY_UNCERTAIN);
	assert_true(out.d.value.i == INT64_MIN);
	s = (struct gw_sample){.point = 2, .type = GW_TEXT};
	(void)snprintf(s.value.text, GW_TEXT_MAX, "泵房 7");
	assert_int_equal(sample(s, &out, why, sizeof(why)), 0);
	assert_string_equal(out.d.value.text, "泵房 7");
}

static void
test_sample_bad(void **state)
{
	struct plugin_sample out;
	struct gw_sample s;
	char why[200];

	(void)state;
	/* Said to be bad: the value is not looked at. */
	s = real(0, (double)NAN);
	s.quality = GW_BAD;
	assert_int_equal(sample(s, &out, why, sizeof(why)), 0);
	assert_int_equal(out.d.quality, QUALITY_BAD);
	assert_int_equal(out.d.reason, REASON_NO_DATA);
	assert_int_equal(out.d.value.type, VALUE_NONE);
	/* Outside the range: bad as well, and no breach. */
	assert_int_equal(sample(real(0, 100), &out, why, sizeof(why)), 0);
	assert_int_equal(out.d.quality, QUALITY_GOOD);
	assert_int_equal(sample(real(0, 100.01), &out, why, sizeof(why)), 0);
	assert_int_equal(out.d.quality, QUALITY_BAD);
	assert_int_equal(out.d.reason, REASON_RANGE);
	assert_int_equal(out.d.value.type, VALUE_NONE);
}

static void
test_sample_breaches(void **state)
{
	struct gw_sample s = real(0, 1);

	(void)state;
	sample_said(real(3, 1), "sample 0 is of point 3; there are 3");
	sample_said(real(UINT32_MAX, 1), "there are 3");
	sample_said(real(0, (double)NAN), "wet is NaN");
	sample_said(real(0, (double)INFINITY), "wet is NaN");
	sample_said(real(2, 1), "label is NaN, infinite, of the wrong type");
	s.quality = GW_BAD + 1;
	sample_said(s, "quality 3 of wet");
	s = real(0, 1);
	s.type = GW_NONE;
	sample_said(s, "wet is NaN");
	s.type = GW_TEXT + 1;
	sample_said(s, "wet is NaN");
	s = (struct gw_sample){.point = 0, .type = GW_TEXT};
	sample_said(s, "wet is NaN"); /* a text for a number */
	s.point = 2;
	memset(s.value.text, 'x', GW_TEXT_MAX); /* without its end */
	sample_said(s, "no text");
	(void)snprintf(s.value.text, GW_TEXT_MAX, "a\nb");
	sample_said(s, "no text");
	(void)snprintf(s.value.text, GW_TEXT_MAX, "\xED\xA0\x80");
	sample_said(s, "no text");
}

static void
test_sample_lists(void **state)
{
	struct gw_sample list[3] = {real(0, 1), real(1, 2), real(0, 3)};
	struct plugin_sample out[3];
	char why[200];

	(void)state;
	assert_int_equal(
	    guard_samples(&type, list, 2, 2, out, why, sizeof(why)), 0);
	assert_int_equal(
	    guard_samples(&type, list, 3, 3, out, why, sizeof(why)), -EPROTO);
	assert_string_equal(why, "wet comes twice");
	assert_int_equal(
	    guard_samples(&type, list, 3, 2, out, why, sizeof(why)), -EPROTO);
	assert_string_equal(why, "it says it filled 3 of 2");
	assert_int_equal(
	    guard_samples(&type, list, -1, 2, out, why, sizeof(why)), -EPROTO);
	assert_string_equal(why, "it returned -1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_type, setup),
	    cmocka_unit_test_setup(test_points, setup),
	    cmocka_unit_test_setup(test_keys, setup),
	    cmocka_unit_test(test_reads),
	    cmocka_unit_test(test_writes),
	    cmocka_unit_test(test_raw),
	    cmocka_unit_test(test_confirmed),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test_setup(test_sample_values, setup),
	    cmocka_unit_test_setup(test_sample_bad, setup),
	    cmocka_unit_test_setup(test_sample_breaches, setup),
	    cmocka_unit_test_setup(test_sample_lists, setup),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
