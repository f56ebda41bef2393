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
	q = (struct request){.unit = 5,
	    .function = FC_WRITE_COIL,
	    .addr = 3,
	    .count = 1,
	    .words = three};
	assert_int_equal(request_frame(&q, f), 8);
	assert_memory_equal(f, "\x05\x05\x00\x03\xFF\x00\x7D\xBE", 8);
}

/* All the coils that one frame can carry. */
static void
test_many_coils(void **state)
{
	struct request q = {.unit = 1,
	    .function = FC_WRITE_COILS,
	    .count = WRITE_COILS_MAX,
	    .words = words,
	    .tcp = true};
	uint8_t f[FRAME_MAX];

	(void)state;
	memset(words, 0, sizeof(words));
	words[0] = words[WRITE_COILS_MAX - 1] = 1;
	assert_int_equal(request_frame(&q, f), 13 + 246);
	assert_memory_equal(f, "\0\0\0\0\0\xFD\1\x0F\0\0\x07\xB0\xF6\1\0", 15);
	assert_int_equal(f[13 + 245], 0x80);
	q.count++;
	assert_int_equal(request_frame(&q, f), 0);
	q.count = 8;
	q.tcp = false;
	q.unit = 5;
	words[2] = 1;
	assert_int_equal(request_frame(&q, f), 10);
	assert_memory_equal(f, "\x05\x0F\x00\x00\x00\x08\x01\x05\x3F\x65", 10);
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

/* Section 6.16: register 4, AND 00F2, OR 0025. */
static void
test_mask_write(void **state)
{
	static const uint16_t masks[] = {0x00F2, 0x0025};
	struct request q = {.unit = 1,
	    .function = FC_MASK_WRITE,
	    .addr = 4,
	    .count = 1,
	    .words = masks};
	uint8_t f[FRAME_MAX];

	(void)state;
	assert_int_equal(request_frame(&q, f), 10);
	assert_memory_equal(f, "\x01\x16\x00\x04\x00\xF2\x00\x25\x67\xEE", 10);
	assert_int_equal(request_answer_len(&q), 10);
	assert_int_equal(reply_check(&q, f, 10, words, &code), REPLY_OK);
	assert_int_equal(CHECK(q, 1, 0x96, 1, 0x8E, 0x60), REPLY_EXCEPTION);
	assert_int_equal(code, 1);
	q.tcp = true;
	assert_int_equal(
	    CHECK(q, 0, 0, 0, 0, 0, 8, 1, 22, 0, 4, 0, 0xF2, 0, 0x25),
	    REPLY_OK);
	/* Another OR mask; and too short. */
	assert_int_equal(
	    CHECK(q, 0, 0, 0, 0, 0, 8, 1, 22, 0, 4, 0, 0xF2, 0, 0x24),
	    REPLY_GARBAGE);
	assert_int_equal(
	    CHECK(q, 0, 0, 0, 0, 0, 6, 1, 22, 0, 4, 0, 0xF2), REPLY_SHORT);
	q.count = 2;
	assert_int_equal(request_frame(&q, f), 0);
	q.count = 1;
	q.words = NULL;
	assert_int_equal(request_frame(&q, f), 0);
}

/* Waveshare Modbus RTU Relay: channel 0 on for 700 ms, and over. */
static void
test_coil_as_it_stands(void **state)
{
	uint16_t word = 7;
	struct request q = {.unit = 1,
	    .function = FC_WRITE_COIL,
	    .addr = 0x0200,
	    .count = 1,
	    .words = &word,
	    .as_is = true};
	uint8_t f[FRAME_MAX];

	(void)state;
	assert_int_equal(request_frame(&q, f), 8);
	assert_memory_equal(f, "\x01\x05\x02\x00\x00\x07\x8D\xB0", 8);
	assert_int_equal(reply_check(&q, f, 8, words, &code), REPLY_OK);
	word = 8;
	assert_int_equal(reply_check(&q, f, 8, words, &code), REPLY_GARBAGE);
	word = 0x5500;
	q.addr = 0;
	assert_int_equal(request_frame(&q, f), 8);
	assert_memory_equal(f, "\x01\x05\x00\x00\x55\x00\xF2\x9A", 8);
	q.as_is = false;
	assert_int_equal(request_frame(&q, f), 8);
	assert_int_equal(f[4], 0xFF);
}

/* Functions of which we know nothing but the lengths: 17 (who are you) and the
 * example of section 6.17 (write, then read). */
static void
test_raw(void **state)
{
	static const uint8_t ask[] = {
	    0, 3, 0, 6, 0, 14, 0, 3, 6, 0, 0xFF, 0, 0xFF, 0, 0xFF};
	struct request q = {.unit = 1, .function = 17, .nraw_answer = 3};
	uint8_t f[FRAME_MAX];

	(void)state;
	assert_int_equal(request_frame(&q, f), 4);
	assert_memory_equal(f, "\x01\x11\xC0\x2C", 4);
	assert_int_equal(
	    CHECK(q, 1, 17, 3, 0x41, 0xFF, 1, 0x2D, 0xA9), REPLY_GARBAGE);
	q.nraw_answer = 4;
	assert_int_equal(request_answer_len(&q), 8);
	words[4] = 0x5A5A;
	assert_int_equal(
	    CHECK(q, 1, 17, 3, 0x41, 0xFF, 1, 0x2D, 0xA9), REPLY_OK);
	assert_int_equal(words[0], 3);
	assert_int_equal(words[2], 0xFF);
	assert_int_equal(words[3], 1);
	assert_int_equal(words[4], 0x5A5A);
	q.function = 23;
	q.raw = ask;
	q.nraw = sizeof(ask);
	q.nraw_answer = 13;
	assert_int_equal(request_frame(&q, f), 19);
	assert_memory_equal(f + 17, "\x46\x91", 2);
	assert_int_equal(CHECK(q, 1, 23, 12, 0, 0xFE, 10, 0xCD, 0, 1, 0, 3, 0,
			     13, 0, 0xFF, 0x1D, 0x79),
	    REPLY_OK);
	assert_int_equal(words[12], 0xFF);
	q.tcp = true;
	q.nraw_answer = 0;
	assert_int_equal(CHECK(q, 0, 0, 0, 0, 0, 2, 1, 23), REPLY_OK);
}

static void
test_raw_limits(void **state)
{
	static const uint8_t bytes[255];
	struct request q = {.unit = 1,
	    .function = 0x41,
	    .raw = bytes,
	    .nraw = RAW_MAX,
	    .nraw_answer = RAW_MAX,
	    .tcp = true};
	uint8_t f[FRAME_MAX];

	(void)state;
	assert_int_equal(request_frame(&q, f), FRAME_MAX);
	assert_int_equal(request_answer_len(&q), FRAME_MAX);
	q.nraw++;
	assert_int_equal(request_frame(&q, f), 0);
	q.nraw = 1;
	q.nraw_answer++;
	assert_int_equal(request_frame(&q, f), 0);
	q.nraw_answer = 1;
	q.raw = NULL;
	assert_int_equal(request_frame(&q, f), 0);
	q.nraw = 0;
	assert_int_equal(request_frame(&q, f), 8);
	q.function = 0x80;
	assert_int_equal(request_frame(&q, f), 0);
	q.function = 0;
	assert_int_equal(request_frame(&q, f), 0);
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

/* Each unit's own way to say no. */
static void
test_refusals(void **state)
{
	static const uint16_t on = 1;
	struct request q = {
	    .unit = 5, .function = 5, .addr = 3, .count = 1, .words = &on};

	(void)state;
	assert_int_equal(CHECK(q, 5, 0x85, 6, 0x83, 0x53), REPLY_EXCEPTION);
	assert_int_equal(code, 6);
	q = (struct request){.unit = 7, .function = 4, .count = 1};
	assert_int_equal(CHECK(q, 7, 0x84, 11, 0xE2, 0xC6), REPLY_EXCEPTION);
	assert_int_equal(code, 11);
	q = (struct request){.unit = 1, .function = 3, .count = 1};
	assert_int_equal(CHECK(q, 1, 0x83, 2, 0xC0, 0xF1), REPLY_EXCEPTION);
	assert_int_equal(code, 2);
}

/* A universal id: CWT's probes answer from it, others from their own unit. The
 * first is the manual's frame. */
static void
test_universal(void **state)
{
	struct request q = {.unit = 0xFF,
	    .function = FC_READ_HOLDING,
	    .addr = 0x07D0,
	    .count = 1,
	    .any_unit = true};

	(void)state;
	assert_int_equal(CHECK(q, 0xFF, 3, 2, 0, 1, 0x50, 0x50), REPLY_OK);
	assert_int_equal(words[0], 1);
	assert_int_equal(CHECK(q, 1, 3, 2, 0, 0x2A, 0x39, 0x9B), REPLY_OK);
	assert_int_equal(words[0], 0x2A);
	assert_int_equal(CHECK(q, 1, 0x83, 2, 0xC0, 0xF1), REPLY_EXCEPTION);
	assert_int_equal(CHECK(q, 1, 4, 2, 0, 0x2A, 0x38, 0xEF), REPLY_GARBAGE);
	q.any_unit = false;
	assert_int_equal(CHECK(q, 1, 3, 2, 0, 0x2A, 0x39, 0x9B), REPLY_FOREIGN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_many_coils),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_rtu),
	    cmocka_unit_test(test_coils),
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_writes),
	    cmocka_unit_test(test_mask_write),
	    cmocka_unit_test(test_coil_as_it_stands),
	    cmocka_unit_test(test_raw),
	    cmocka_unit_test(test_raw_limits),
	    cmocka_unit_test(test_found_behind_stray_bytes),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_universal),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
