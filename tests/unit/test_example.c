/*
 * A manual's examples: what is read out of their frames, and what is said of
 * one that is not so.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "example.h"

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define BYTES(...) ((const uint8_t[]){__VA_ARGS__})
#define FRAME(a, b)                                                            \
	{                                                                      \
		(a), (b), sizeof(a), sizeof(b)                                 \
	}

enum { MOISTURE, TEMPERATURE, CONDUCTIVITY, DRY, VALVE, FLOW, POINTS };

static const struct formula_step cold_steps[] = {
    {.op = F_POINT, .point = TEMPERATURE}, {.op = F_NUMBER, .number = 0},
    {.op = F_LESS_EQUAL}};
static const struct formula cold = {
    cold_steps, COUNT(cold_steps), {TEMPERATURE}, 1};
static const struct formula_step dry_steps[] = {{.op = F_NUMBER, .number = 100},
    {.op = F_POINT, .point = MOISTURE}, {.op = F_SUBTRACT},
    {.op = F_NUMBER, .number = 3}, {.op = F_DIVIDE}};
static const struct formula dry = {dry_steps, COUNT(dry_steps), {MOISTURE}, 1};
static const struct choice flows[] = {{0, "none"}, {7, "reverse"}};

#define REGISTER(n, a, t)                                                      \
	.name = (n), .addr = (a), .count = 1, .type = (t), .mul = 1, .div = 1, \
	.order = {0, 1}

static const struct point_type points[POINTS] = {
    [MOISTURE] = {REGISTER("moisture", 0, REG_UINT16)},
    [TEMPERATURE] = {REGISTER("temperature", 1, REG_INT16)},
    [CONDUCTIVITY] = {REGISTER("conductivity", 2, REG_UINT16)},
    [DRY] = {.name = "dry", .formula = &dry},
    [VALVE] = {REGISTER("valve", 0, REG_BOOL), .table = TABLE_COIL,
	.kind = KIND_OUTPUT},
    [FLOW] = {REGISTER("flow", 9, REG_UINT16), .choices = flows,
	.nchoices = COUNT(flows)},
};

/* Of the THC-S manual: 65.8 %, -10.1 Cel, 1000 uS/cm. */
static const uint8_t ask[] = {0x01, 0x03, 0, 0, 0, 0x03, 0x05, 0xCB};
static const uint8_t told[] = {
    0x01, 0x03, 0x06, 0x02, 0x92, 0xFF, 0x9B, 0x03, 0xE8, 0xD8, 0x0F};
static const uint8_t ask_valves[] = {0x01, 0x01, 0, 0, 0, 1, 0xFD, 0xCA};
static const uint8_t told_open[] = {0x01, 0x01, 1, 1, 0x90, 0x48};

static struct device_type type;
static struct point_type own[POINTS];
static char why[160];

static int
begin(void **state)
{
	(void)state;
	memcpy(own, points, sizeof(own));
	own[MOISTURE].div = own[TEMPERATURE].div = 10;
	type =
	    (struct device_type){.name = "t", .points = own, .npoints = POINTS};
	memset(why, 0, sizeof(why));
	return 0;
}

static int
check(const struct example_frames *frames, size_t nframes, uint16_t point,
    const char *text)
{
	const struct example_reading r = {point, text};
	const struct example e = {.frames = frames,
	    .nframes = nframes,
	    .readings = &r,
	    .nreadings = 1};

	return example_check(&type, &e, why, sizeof(why));
}

static void
right(uint16_t point, const char *text)
{
	const struct example_frames f[] = {
	    FRAME(ask, told), FRAME(ask_valves, told_open)};

	if (check(f, COUNT(f), point, text) != 0)
		fail_msg("%s", why);
}

static void
wrong(uint16_t point, const char *text, const char *say)
{
	const struct example_frames f[] = {FRAME(ask, told)};

	assert_int_equal(check(f, COUNT(f), point, text), -EINVAL);
	assert_string_equal(why, say);
}

static void
test_right(void **state)
{
	(void)state;
	right(MOISTURE, "65.8");
	right(TEMPERATURE, "-10.1");
	right(CONDUCTIVITY, "1000");
	right(VALVE, "on");
	right(VALVE, "1");
	/* 11.4 when it is rounded as a manual does. */
	right(DRY, "11.4");
	right(DRY, "11");
}

static void
test_wrong(void **state)
{
	(void)state;
	wrong(MOISTURE, "6.58", "moisture is 65.8, the example says 6.58");
	wrong(MOISTURE, "66", "moisture is 65.8, the example says 66");
	wrong(DRY, "11.3", "dry is 11.4, the example says 11.3");
	wrong(MOISTURE, "wet", "moisture is 65.8, the example says wet");
	wrong(MOISTURE, "bad", "moisture is 65.8, the example says bad");
	wrong(VALVE, "on",
	    "valve has no reading: the frames do not hold its registers");
	type.npoints = DRY + 1;
}

static void
test_quality(void **state)
{
	(void)state;
	own[MOISTURE].frozen = &cold;
	right(MOISTURE, "uncertain");
	right(MOISTURE, "uncertain frozen");
	right(DRY, "uncertain frozen");
	wrong(MOISTURE, "65.8",
	    "moisture is 65.8, uncertain frozen, the example says 65.8");
	wrong(MOISTURE, "uncertain range",
	    "moisture is 65.8, uncertain frozen, the example says uncertain "
	    "range");
	own[MOISTURE].has_range = true;
	own[MOISTURE].max = 50;
	right(MOISTURE, "bad");
	right(MOISTURE, "bad range");
	right(DRY, "bad range");
	wrong(MOISTURE, "bad no_data",
	    "moisture is bad range, the example says bad no_data");
}

static void
test_choices(void **state)
{
	const uint8_t q[] = {0x01, 0x03, 0, 9, 0, 1, 0x54, 0x08};
	const uint8_t a[] = {0x01, 0x03, 2, 0, 7, 0xF9, 0x86};
	const struct example_frames f[] = {FRAME(q, a)};

	(void)state;
	assert_int_equal(check(f, 1, FLOW, "reverse"), 0);
	assert_int_equal(check(f, 1, FLOW, "7"), 0);
	assert_int_equal(check(f, 1, FLOW, "none"), -EINVAL);
}

static void
refuse(const struct example_frames *f, const char *say)
{
	assert_int_equal(check(f, 1, MOISTURE, "65.8"), -EINVAL);
	assert_string_equal(why, say);
}

static void
test_frames(void **state)
{
	const struct example_frames none = FRAME(ask, ask);
	const struct example_frames cut = {ask, told, sizeof(ask), 6};
	const struct example_frames empty = {ask, told, 0, 0};
	const uint8_t id[] = {0x01, 0x11, 0xC0, 0x2C};
	const struct example_frames other = FRAME(id, id);
	const uint8_t refusal[] = {0x01, 0x83, 0x02, 0xC0, 0xF1};
	const struct example_frames refused = FRAME(ask, refusal);

	(void)state;
	refuse(&none, "the answer to function 3 at 0 is none to that request");
	assert_int_equal(check(&cut, 1, MOISTURE, "65.8"), -EINVAL);
	refuse(&empty, "a request of function 0 and 0 bytes is no read");
	refuse(&other, "a request of function 17 and 4 bytes is no read");
	refuse(&refused, "the answer to function 3 at 0 is a refusal");
}

#define TEST(f) cmocka_unit_test_setup(f, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_right),
	    TEST(test_wrong),
	    TEST(test_quality),
	    TEST(test_choices),
	    TEST(test_frames),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
