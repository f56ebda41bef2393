/* Whose a late frame is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "owed.h"

static struct owed owed;
static const uint16_t one[] = {1, 2}, other[] = {3, 4};

static int
fresh(void **state)
{
	(void)state;
	memset(&owed, 0, sizeof(owed));
	return 0;
}

static struct request
reading(uint16_t addr, uint16_t count)
{
	return (struct request){.unit = 1,
	    .function = FC_READ_HOLDING,
	    .addr = addr,
	    .count = count};
}

static struct request
writing(uint8_t function, const uint16_t *words, uint16_t count)
{
	return (struct request){.unit = 1,
	    .function = function,
	    .addr = 5,
	    .count = count,
	    .words = words};
}

/* The right answer, all zeros. */
static size_t
answer_to(const struct request *q, uint8_t out[FRAME_MAX])
{
	struct request like = *q;
	uint8_t head[REPLY_HEAD_MAX], body[RAW_MAX] = {0};
	size_t n = reply_head(q, head);

	/* As a raw request it is sent out as it stands, with a checksum. */
	memcpy(body, head + 2, n - 2);
	like.function = 0x41;
	like.raw = body;
	like.nraw = (uint8_t)(request_answer_len(q) - 4);
	n = request_frame(&like, out);
	unsigned crc = 0xFFFF;
	out[1] = q->function;
	for (size_t i = 0; i + 2 < n; i++) {
		crc ^= out[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
	}
	out[n - 2] = (uint8_t)crc;
	out[n - 1] = (uint8_t)(crc >> 8);
	return n;
}

/* What becomes of the answer to `now` while that to `before` is owed. */
static enum claim
claim(struct request before, struct request now)
{
	uint8_t frame[FRAME_MAX];
	size_t n = answer_to(&now, frame);

	(void)fresh(NULL);
	owed_add(&owed, &before, 1000, 5000, false);
	return owed_claim(&owed, &now, frame, n, 3000);
}

static void
test_reads(void **state)
{
	struct request elsewhere = reading(0, 2);

	(void)state;
	elsewhere.unit = 2;
	assert_int_equal(claim(reading(0, 2), reading(10, 2)), CLAIM_LATE);
	assert_int_equal(claim(reading(0, 2), reading(0, 2)), CLAIM_SAME);
	assert_int_equal(claim(reading(0, 2), reading(0, 3)), CLAIM_NONE);
	assert_int_equal(claim(elsewhere, reading(0, 2)), CLAIM_NONE);
}

/* A late answer never confirms another write. */
static void
test_writes(void **state)
{
	static const uint16_t on[] = {1}, off[] = {0};

	(void)state;
	/* Their answers repeat the value, or do not. */
	assert_int_equal(claim(writing(FC_WRITE_HOLDING, one, 1),
			     writing(FC_WRITE_HOLDING, other, 1)),
	    CLAIM_NONE);
	assert_int_equal(claim(writing(FC_WRITE_COIL, on, 1),
			     writing(FC_WRITE_COIL, off, 1)),
	    CLAIM_NONE);
	assert_int_equal(claim(writing(FC_WRITE_HOLDINGS, one, 2),
			     writing(FC_WRITE_HOLDINGS, other, 2)),
	    CLAIM_LATE);
	assert_int_equal(claim(writing(FC_WRITE_COILS, on, 1),
			     writing(FC_WRITE_COILS, off, 1)),
	    CLAIM_LATE);
	assert_int_equal(claim(writing(FC_MASK_WRITE, one, 1),
			     writing(FC_MASK_WRITE, other, 1)),
	    CLAIM_NONE);
	assert_int_equal(claim(writing(FC_WRITE_HOLDINGS, one, 2),
			     writing(FC_WRITE_HOLDINGS, one, 2)),
	    CLAIM_SAME);
}

static void
test_words_are_kept(void **state)
{
	uint16_t words[] = {1, 2};
	struct request q = writing(FC_MASK_WRITE, words, 1);
	uint8_t frame[FRAME_MAX];
	size_t n = answer_to(&q, frame);

	(void)state;
	owed_add(&owed, &q, 1000, 5000, false);
	words[0] = words[1] = 9;
	assert_int_equal(owed_claim(&owed, NULL, frame, n, 3000), CLAIM_LATE);
	assert_int_equal(owed_claim(&owed, NULL, frame, n, 3000), CLAIM_NONE);
}

static void
test_refusals(void **state)
{
	static const uint8_t busy[] = {1, 0x83, 6, 0xC1, 0x32};
	struct request now = reading(10, 9), write = now;

	(void)state;
	/* It names the function and no more. */
	(void)claim(reading(0, 2), reading(0, 3));
	assert_int_equal(
	    owed_claim(&owed, &now, busy, sizeof(busy), 3000), CLAIM_LATE);
	write.function = FC_READ_INPUT;
	(void)fresh(NULL);
	owed_add(&owed, &write, 1000, 5000, false);
	assert_int_equal(
	    owed_claim(&owed, &now, busy, sizeof(busy), 3000), CLAIM_NONE);
}

static void
test_time(void **state)
{
	struct request a = reading(0, 2), b = reading(10, 2);
	uint8_t frame[FRAME_MAX];
	size_t n = answer_to(&b, frame);

	(void)state;
	owed_add(&owed, &a, 1000, 5000, false);
	assert_int_equal(owed_doubt(&owed, &b, 4999), 5000);
	assert_int_equal(owed_doubt(&owed, &a, 4999), 0);
	assert_int_equal(owed_doubt(&owed, &b, 5000), 0);
	assert_true(owed_by(&owed, 1, 4999));
	assert_false(owed_by(&owed, 2, 4999));
	assert_int_equal(owed_claim(&owed, &b, frame, n, 5000), CLAIM_NONE);
	/* Asked the same again at 4000, and one of the two has come. */
	assert_int_equal(owed_claim(&owed, &a, frame, n, 4000), CLAIM_SAME);
	assert_int_equal(owed_doubt(&owed, &b, 7999), 8000);
	assert_int_equal(owed_claim(&owed, &b, frame, n, 7999), CLAIM_LATE);
	assert_int_equal(owed_doubt(&owed, &b, 7999), 0);
}

static void
test_answering_the_newest_settles_all(void **state)
{
	struct request a = reading(0, 2), b = reading(10, 2), c = a;

	(void)state;
	c.unit = 2;
	owed_add(&owed, &a, 1000, 5000, false);
	owed_add(&owed, &c, 1000, 5000, false);
	owed_settle(&owed, 1);
	assert_int_equal(owed_doubt(&owed, &b, 2000), 0);
	assert_true(owed_by(&owed, 2, 2000));
}

static void
test_the_oldest_is_forgotten(void **state)
{
	struct request b = reading(100, 2);

	(void)state;
	for (uint16_t i = 0; i < OWED_MAX + 3; i++) {
		struct request a = reading(i, 2);
		owed_add(&owed, &a, 1000, 5000 + i, false);
	}
	assert_int_equal(owed_doubt(&owed, &b, 2000), 5000 + OWED_MAX + 2);
}

/* As a search through all units makes them. */
static void
test_strangers_give_way(void **state)
{
	struct request own = reading(0, 2), far = reading(100, 2);

	(void)state;
	own.unit = 1;
	owed_add(&owed, &own, 1000, 500000, false);
	for (uint16_t i = 0; i < 3 * OWED_MAX; i++) {
		far.unit = (uint8_t)(50 + i);
		owed_add(&owed, &far, 2000 + i, 500000, true);
	}
	assert_true(owed_by(&owed, 1, 3000));
	assert_true(owed_by(&owed, (uint8_t)(50 + 3 * OWED_MAX - 1), 3000));
	assert_false(owed_by(&owed, 50, 3000));
	for (uint16_t i = 0; i < OWED_MAX; i++) {
		own.unit = (uint8_t)(1 + i);
		owed_add(&owed, &own, 4000 + i, 500000, false);
	}
	owed_add(&owed, &far, 5000, 500000, true);
	for (uint8_t i = 1; i <= OWED_MAX; i++)
		assert_true(owed_by(&owed, i, 6000));
}

/* To a universal id anybody may answer: that must not make all answers late. */
static void
test_universal_ids(void **state)
{
	static const uint8_t answer[] = {1, 3, 2, 0, 0x2A, 0x39, 0x9B};
	struct request any = reading(0x07D0, 1), next = reading(0, 1);

	(void)state;
	any.unit = 0xFF;
	any.any_unit = true;
	owed_add(&owed, &any, 1000, 5000, true);
	assert_int_equal(
	    owed_claim(&owed, &next, answer, sizeof(answer), 2000), CLAIM_NONE);
}

static void
test_transactions(void **state)
{
	static const uint8_t late[] = {0, 7, 0, 0, 0, 5, 1, 3, 2, 0, 100};
	struct request a = reading(0, 1), b = reading(10, 1);

	(void)state;
	a.tcp = b.tcp = true;
	a.transaction = 7;
	b.transaction = 8;
	owed_add(&owed, &a, 1000, 5000, false);
	assert_int_equal(owed_doubt(&owed, &b, 2000), 0);
	assert_int_equal(
	    owed_claim(&owed, &b, late, sizeof(late), 2000), CLAIM_LATE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_reads, fresh),
	    cmocka_unit_test_setup(test_writes, fresh),
	    cmocka_unit_test_setup(test_words_are_kept, fresh),
	    cmocka_unit_test_setup(test_refusals, fresh),
	    cmocka_unit_test_setup(test_time, fresh),
	    cmocka_unit_test_setup(
		test_answering_the_newest_settles_all, fresh),
	    cmocka_unit_test_setup(test_the_oldest_is_forgotten, fresh),
	    cmocka_unit_test_setup(test_strangers_give_way, fresh),
	    cmocka_unit_test_setup(test_universal_ids, fresh),
	    cmocka_unit_test_setup(test_transactions, fresh),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
