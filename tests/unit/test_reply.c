/* Frames by the byte: what we send, and what we take for an answer. Examples
 * of the Modbus Application Protocol V1.1b3, section 6, and of reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reply.h"

static uint16_t words[READ_COILS_MAX];
static uint8_t code;

#define CHECK(q, ...)                                                          \
	reply_check(&(q), (const uint8_t[]){__VA_ARGS__},                      \
	    sizeof((const uint8_t[]){__VA_ARGS__}), words, &code)

static void
test_requests(void **state)
{
	static const uint16_t off = 0, three[] = {1, 0, 0x1234};
	struct request q = {
	    .unit = 1, .function = FC_READ_HOLDING, .addr = 10, .count = 1};
	uint8_t f[FRAME_MAX];

	(void)state;
	assert_int_equal(request_frame(&q, f), 8);
	assert_memory_equal(f, "\x01\x03\x00\x0A\x00\x01\xA4\x08", 8);
	q = (struct request){.unit = 2,
	    .function = FC_WRITE_COIL,
	    .addr = 2,
	    .count = 1,
	    .words = &off};
	assert_int_equal(request_frame(&q, f), 8);
	assert_memory_equal(f, "\x02\x05\x00\x02\x00\x00\x6C\x39", 8);
	q = (struct request){.unit = 1,
	    .function = FC_WRITE_HOLDINGS,
	    .addr = 1,
	    .count = 3,
	    .words = three,
	    .tcp = true,
	    .transaction = 0x0102};
	assert_int_equal(request_frame(&q, f), 19);
	assert_memory_equal(f,
	    "\x01\x02\x00\x00\x00\x0D\x01\x10\x00\x01\x00\x03\x06"
	    "\x00\x01\x00\x00\x12\x34",
	    19);
	q.function = FC_WRITE_COILS;
	assert_int_equal(request_frame(&q, f), 14);
	assert_memory_equal(f + 10, "\x00\x03\x01\x05", 4);
}

static void
test_limits(void **state)
{
	static const struct {
		uint8_t function;
		uint32_t most;
	} limits[] = {{1, 2000}, {2, 2000}, {3, 125}, {4, 125}, {5, 1}, {6, 1},
	    {15, 1968}, {16, 123}};
	uint8_t f[FRAME_MAX];

	(void)state;
	memset(words, 0, sizeof(words));
	for (size_t i = 0; i < 8; i++) {
		struct request q = {.unit = 1,
		    .function = limits[i].function,
		    .count = (uint16_t)limits[i].most};
		if (q.function > 4)
			q.words = words;
		assert_int_not_equal(request_frame(&q, f), 0);
		q.addr = (uint16_t)(65536 - limits[i].most);
		assert_int_not_equal(request_frame(&q, f), 0);
		q.addr++; /* to 0 for single writes */
		if (q.addr != 0)
			assert_int_equal(request_frame(&q, f), 0);
		q.addr = 0;
		q.count++;
		assert_int_equal(request_frame(&q, f), 0);
		q.count = 0;
		assert_int_equal(request_frame(&q, f), 0);
	}
}

static void
test_rtu(void **state)
{
	struct request q = {.unit = 1, .function = 3, .count = 2};

	(void)state;
	assert_int_equal(
	    CHECK(q, 1, 3, 4, 0, 0xFA, 1, 0x5E, 0x5A, 0x6A), REPLY_OK);
	assert_int_equal(words[0], 250);
	assert_int_equal(words[1], 350);
	/* One bit off. */
	assert_int_equal(
	    CHECK(q, 1, 3, 4, 0, 0xFB, 1, 0x5E, 0x5A, 0x6A), REPLY_GARBAGE);
	/* Shorter than asked, sound in itself. */
	q.count = 4;
	assert_int_equal(
	    CHECK(q, 1, 3, 4, 0, 1, 0, 2, 0x2A, 0x32), REPLY_GARBAGE);
	q.unit = 2;
	assert_int_equal(
	    CHECK(q, 1, 3, 4, 0, 1, 0, 2, 0x2A, 0x32), REPLY_FOREIGN);
	q.unit = 1;
	q.count = 1;
	assert_int_equal(CHECK(q, 1, 0x83, 6, 0xC1, 0x32), REPLY_EXCEPTION);
	assert_int_equal(code, 6);
	q.function = 4; /* the refusal of another function */
	assert_int_equal(CHECK(q, 1, 0x83, 6, 0xC1, 0x32), REPLY_GARBAGE);
	assert_int_equal(CHECK(q, 1, 3), REPLY_SHORT);
}

static void
test_coils(void **state)
{
	struct request q = {.unit = 2, .function = 1, .addr = 2, .count = 1};
	struct request many = {
	    .unit = 1, .function = 2, .count = 10, .tcp = true};

	(void)state;
	assert_int_equal(CHECK(q, 2, 1, 1, 1, 0x90, 0x0C), REPLY_OK);
	assert_int_equal(words[0], 1);
	assert_int_equal(CHECK(q, 2, 1, 1, 0, 0x51, 0xCC), REPLY_OK);
	assert_int_equal(words[0], 0);
	assert_int_equal(
	    CHECK(many, 0, 0, 0, 0, 0, 5, 1, 2, 2, 0x05, 0x02), REPLY_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(words[i], i == 0 || i == 2 || i == 9);
	assert_int_equal(
	    CHECK(many, 0, 0, 0, 0, 0, 4, 1, 2, 1, 0x05), REPLY_GARBAGE);
	assert_int_equal(
	    CHECK(many, 0, 0, 0, 0, 0, 6, 1, 2, 3, 5, 2, 0), REPLY_GARBAGE);
}

static void
test_tcp(void **state)
{
	struct request q = {.unit = 2,
	    .function = 3,
	    .count = 4,
	    .tcp = true,
	    .transaction = 1};

	(void)state;
	assert_int_equal(
	    CHECK(q, 0, 1, 0, 0, 0, 7, 2, 3, 4, 0, 1, 0, 2), REPLY_GARBAGE);
	assert_int_equal(
	    CHECK(q, 0, 1, 0, 0, 0, 13, 2, 3, 10, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5),
	    REPLY_GARBAGE);
	assert_int_equal(
	    CHECK(q, 0, 1, 0, 0, 0, 11, 2, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4),
	    REPLY_OK);
	assert_int_equal(words[3], 4);
	assert_int_equal(
	    CHECK(q, 0, 2, 0, 0, 0, 11, 2, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4),
	    REPLY_STALE);
	assert_int_equal(
	    CHECK(q, 0, 1, 0, 1, 0, 11, 2, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4),
	    REPLY_GARBAGE);
	assert_int_equal(
	    CHECK(q, 0, 1, 0, 0, 0, 3, 2, 0x83, 0x0B), REPLY_EXCEPTION);
	assert_int_equal(code, 0x0B);
	assert_int_equal(CHECK(q, 0, 1, 0, 0, 0, 2, 2, 0x83), REPLY_GARBAGE);
	assert_int_equal(CHECK(q, 0, 1, 0, 0, 1, 0, 2, 0x83), REPLY_GARBAGE);
}

static void
test_writes(void **state)
{
	static const uint16_t on = 1;
	struct request q = {
	    .unit = 2, .function = 5, .addr = 2, .count = 1, .words = &on};

	(void)state;
	assert_int_equal(CHECK(q, 2, 5, 0, 2, 0xFF, 0, 0x2D, 0xC9), REPLY_OK);
	/* Sound, but it says off. */
	assert_int_equal(CHECK(q, 2, 5, 0, 2, 0, 0, 0x6C, 0x39), REPLY_GARBAGE);
}

static void
test_found_behind_stray_bytes(void **state)
{
	static const uint8_t late[] = {0, 1, 1, 3, 2, 0, 0x64, 0xB9, 0xAF};
	struct request q = {.unit = 1, .function = 3, .count = 1};

	(void)state;
	assert_true(reply_find(&q, late, sizeof(late)));
	assert_false(reply_find(&q, late, sizeof(late) - 1));
	q.count = 2;
	assert_false(reply_find(&q, late, sizeof(late)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_rtu),
	    cmocka_unit_test(test_coils),
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_writes),
	    cmocka_unit_test(test_found_behind_stray_bytes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
