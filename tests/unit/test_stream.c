/* Frames in a stream: registration and heartbeat texts around them, frames of
 * others, pieces of any size, and what is no Modbus at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stream.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Registers 250 and 350 of unit 1, and how it refuses: busy. */
#define GOOD "\x01\x03\x04\x00\xFA\x01\x5E\x5A\x6A"
#define BUSY "\x01\x83\x06\xC1\x32"
/* Others: unit 2 says its coil is on; unit 1 was asked for one register. */
#define COIL "\x02\x01\x01\x01\x90\x0C"
#define LATE "\x01\x03\x02\x00\x64\xB9\xAF"

static const struct request two = {.unit = 1, .function = 3, .count = 2};

struct seen {
	size_t junk, frames, answers;
	size_t left; /* bytes for which more would have to come */
	bool broken;
};

/* The stream as it comes in pieces of `piece` bytes. */
static struct seen
follow(const struct request *q, const char *text, size_t len, size_t piece)
{
	const uint8_t *bytes = (const uint8_t *)text;
	struct seen seen = {0};
	size_t at = 0, come = 0, n;
	uint8_t code;

	while (come < len) {
		come = len - come > piece ? come + piece : len;
		for (;;) {
			enum stream s =
			    stream_look(q, bytes + at, come - at, &n);
			if (s == STREAM_FRAME) {
				enum reply r =
				    reply_check(q, bytes + at, n, NULL, &code);
				seen.frames++;
				seen.answers +=
				    r == REPLY_OK || r == REPLY_EXCEPTION;
			} else if (s == STREAM_JUNK) {
				seen.junk += n;
			} else {
				assert_int_equal(n, 0);
				seen.broken = s == STREAM_BROKEN;
				break;
			}
			assert_in_range(n, 1, come - at);
			at += n;
		}
	}
	seen.left = len - at;
	return seen;
}

#define FOLLOW(q, text, piece) follow(q, text, sizeof(text) - 1, piece)

static void
test_texts_around(void **state)
{
	static const char stream[] =
	    "REG:0001\r\n" GOOD "PING" BUSY "PING" COIL "\r\n" GOOD;

	(void)state;
	for (size_t piece = 1; piece <= sizeof(stream); piece++) {
		struct seen s = FOLLOW(&two, stream, piece);
		assert_int_equal(s.answers, 3);
		assert_int_equal(s.frames, 4);
		assert_int_equal(s.junk, 10 + 4 + 4 + 2);
		assert_int_equal(s.left, 0);
	}
}

/* What another unit says, or what this one says to an earlier request, is a
 * frame, so that it is known who is late; only the answer is an answer. */
static void
test_frames_of_others(void **state)
{
	struct seen s = FOLLOW(&two, COIL LATE GOOD COIL, 3);

	(void)state;
	assert_int_equal(s.frames, 4);
	assert_int_equal(s.answers, 1);
	assert_int_equal(s.junk, 0);
	/* Sound in itself, but for four registers two are too few. */
	struct request four = {.unit = 1, .function = 3, .count = 4};
	s = FOLLOW(&four, "\x01\x03\x04\x00\x01\x00\x02\x2A\x32", 1);
	assert_int_equal(s.frames, 1);
	assert_int_equal(s.answers, 0);
}

static void
test_stray_and_damaged(void **state)
{
	struct seen s = FOLLOW(&two, "\0" GOOD, 1);

	(void)state;
	assert_int_equal(s.junk, 1);
	assert_int_equal(s.answers, 1);
	/* One bit off; then the same again, sound. */
	s = FOLLOW(&two, "\x01\x03\x04\x00\xFB\x01\x5E\x5A\x6A" GOOD, 2);
	assert_int_equal(s.junk, 9);
	assert_int_equal(s.answers, 1);
	/* Our own request heard back is no answer. */
	s = FOLLOW(&two, "\x01\x03\x00\x00\x00\x02\xC4\x0B" GOOD, 1);
	assert_int_equal(s.answers, 1);
	assert_int_equal(s.frames, 1);
	/* Cut off: what is there may still become one. */
	s = FOLLOW(&two, "\x01\x03\x04\x00", 1);
	assert_int_equal(s.junk, 0);
	assert_int_equal(s.left, 4);
}

/* Bytes that another's long answer could begin with do not keep us from the
 * answer behind them. */
static void
test_false_beginning(void **state)
{
	struct seen s = FOLLOW(&two, "\xFE\x03\xC8" GOOD, 1);

	(void)state;
	assert_int_equal(s.answers, 1);
	assert_int_equal(s.junk, 3);
	assert_int_equal(s.left, 0);
}

/* An answer whose data happen to hold a sound frame of another unit is one
 * answer and not cut in two. */
static void
test_frame_inside_answer(void **state)
{
	struct request q = {.unit = 5, .function = 4, .count = 3};
	char stream[] = "\x05\x04\x06" COIL "\0\0";
	unsigned crc = 0xFFFF;

	(void)state;
	for (size_t i = 0; i < (size_t)9 * 8; i++) {
		unsigned byte = (uint8_t)stream[i / 8];
		unsigned bit = (crc ^ byte >> i % 8) & 1;
		crc = crc >> 1 ^ (bit ? 0xA001 : 0);
	}
	stream[9] = (char)crc;
	stream[10] = (char)(crc >> 8);
	for (size_t piece = 1; piece < sizeof(stream); piece++) {
		struct seen s = FOLLOW(&q, stream, piece);
		assert_int_equal(s.answers, 1);
		assert_int_equal(s.frames, 1);
	}
}

/* A write is answered by itself, and by nothing else. */
static void
test_write(void **state)
{
	static const uint16_t on = 1;
	struct request q = {
	    .unit = 2, .function = 5, .addr = 2, .count = 1, .words = &on};
	struct seen s = FOLLOW(&q,
	    "\x02\x05\x00\x02\x00\x00\x6C\x39"
	    "\x02\x05\x00\x02\xFF\x00\x2D\xC9",
	    5);

	(void)state;
	assert_int_equal(s.frames, 2);
	assert_int_equal(s.answers, 1);
	assert_int_equal(s.left, 0);
}

static void
test_never_more_than_the_room(void **state)
{
	static const uint8_t begin[][3] = {
	    {1, 3, 250}, {2, 3, 250}, {1, 1, 250}, {9, 22, 9}, {1, 1, 1}};
	struct request q = {.unit = 1, .function = 3, .count = 125};
	uint8_t bytes[STREAM_ROOM];
	size_t n;

	(void)state;
	for (size_t k = 0; k < COUNT(begin); k++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = begin[k][i % 3];
		assert_int_not_equal(
		    stream_look(&q, bytes, sizeof(bytes), &n), STREAM_MORE);
		assert_in_range(n, 1, sizeof(bytes));
	}
}

static void
test_tcp(void **state)
{
	struct request q = {.unit = 2,
	    .function = 3,
	    .count = 4,
	    .tcp = true,
	    .transaction = 2};
	static const char stream[] =
	    "\0\1\0\0\0\x0B\2\3\x08\0\1\0\2\0\3\0\4" /* the one before */
	    "\0\2\0\0\0\x0B\2\3\x08\0\1\0\2\0\3\0\4"
	    "\0\2\0\0\0\3\2\x83\x06";

	(void)state;
	for (size_t piece = 1; piece < sizeof(stream); piece++) {
		struct seen s = FOLLOW(&q, stream, piece);
		assert_int_equal(s.frames, 3);
		assert_int_equal(s.answers, 2);
		assert_int_equal(s.junk, 0);
		assert_int_equal(s.left, 0);
		assert_false(s.broken);
	}
}

static void
test_tcp_broken(void **state)
{
	static const char *const heads[] = {"\0\1\0\1\0\6", "\0\1\1\0\0\6",
	    "\0\1\0\0\0\1", "\0\1\0\0\0\0", "\0\1\0\0\0\xFF", "\0\1\0\0\1\0",
	    "HTTP/1"};
	struct request q = {.unit = 2, .function = 3, .count = 4, .tcp = true};

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		assert_true(follow(&q, heads[i], 6, 6).broken);
		assert_true(follow(&q, heads[i], 6, 1).broken);
	}
	assert_false(follow(&q, "\0\1\0\0\0\xFE", 6, 6).broken);
	assert_int_equal(follow(&q, "\0\1\0\0\0", 5, 1).left, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts_around),
	    cmocka_unit_test(test_frames_of_others),
	    cmocka_unit_test(test_stray_and_damaged),
	    cmocka_unit_test(test_false_beginning),
	    cmocka_unit_test(test_frame_inside_answer),
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_never_more_than_the_room),
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_tcp_broken),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
