/*
 * op.h: a plugin's operations as the bytes that go out, and what may be
 * believed of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "op.h"

/* The request behind its MBAP header: unit, function and what follows. */
static void
sent(const struct gw_op *op, const uint8_t *want, size_t n)
{
	uint8_t bytes[GW_WORDS_MAX], frame[FRAME_MAX];
	struct request q;

	assert_true(op_request(op, 9, bytes, &q));
	q.tcp = true;
	assert_int_equal(request_frame(&q, frame), n + 6);
	assert_memory_equal(frame + 6, want, n);
}

#define SENT(op, ...)                                                          \
	sent(op, (const uint8_t[]){__VA_ARGS__},                               \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

static void
test_tables(void **state)
{
	struct gw_op op = {.op = GW_READ, .addr = 0x0102, .count = 2};

	(void)state;
	SENT(&op, 9, 3, 1, 2, 0, 2);
	op.table = GW_INPUT;
	SENT(&op, 9, 4, 1, 2, 0, 2);
	op.table = GW_COIL;
	SENT(&op, 9, 1, 1, 2, 0, 2);
	op.table = GW_DISCRETE;
	SENT(&op, 9, 2, 1, 2, 0, 2);
	op = (struct gw_op){
	    .op = GW_WRITE, .addr = 0x0102, .count = 2, .words = {1, 0xABCD}};
	SENT(&op, 9, 16, 1, 2, 0, 2, 4, 0, 1, 0xAB, 0xCD);
	op.count = 1;
	SENT(&op, 9, 6, 1, 2, 0, 1);
	op.table = GW_COIL;
	SENT(&op, 9, 5, 1, 2, 0xFF, 0);
	op.words[1] = 1;
	op.count = 2;
	SENT(&op, 9, 15, 1, 2, 0, 2, 1, 3);
}

static void
test_odd_coil(void **state)
{
	struct gw_op op = {.op = GW_WRITE,
	    .table = GW_COIL,
	    .addr = 0x0200,
	    .count = 1,
	    .words = {7}};

	(void)state;
	SENT(&op, 9, 5, 2, 0, 0, 7);
	assert_true(op_writes(&op) && !op_plain(&op));
	op.words[0] = 1;
	assert_true(op_writes(&op) && op_plain(&op));
}

/* What holds nothing to read back is written as any register is. */
static void
test_write_only(void **state)
{
	struct gw_op op = {.op = GW_WRITE, .addr = 0x2000, .count = 1};

	(void)state;
	op.words[0] = 5;
	assert_true(op_plain(&op));
	op.flags = GW_WRITE_ONLY;
	assert_false(op_plain(&op));
	SENT(&op, 9, 6, 0x20, 0, 0, 5);
}

static void
test_raw(void **state)
{
	struct gw_op op = {.op = GW_RAW_READ,
	    .table = 0x41,
	    .addr = 2,
	    .count = 3,
	    .words = {1, 255}};
	struct gw_op pause = {.op = GW_PAUSE, .count = 1};
	uint8_t bytes[GW_WORDS_MAX];
	struct request q;

	(void)state;
	SENT(&op, 9, 0x41, 1, 255);
	assert_true(op_request(&op, 9, bytes, &q));
	assert_int_equal(request_answer_len(&q), 2 + 3 + 2);
	assert_true(op_reads(&op) && !op_writes(&op));
	op.op = GW_RAW_WRITE;
	op.addr = op.count = 0;
	SENT(&op, 9, 0x41);
	assert_true(op_writes(&op) && !op_reads(&op) && !op_plain(&op));
	assert_false(op_request(&pause, 9, bytes, &q));
}

static void
test_echo(void **state)
{
	const uint16_t same[] = {1, 255}, other[] = {1, 254};
	struct gw_op op = {.op = GW_RAW_READ,
	    .table = 0x41,
	    .addr = 2,
	    .count = 2,
	    .words = {1, 255}};

	(void)state;
	assert_true(op_echoed(&op, same));
	assert_false(op_echoed(&op, other));
	op.count = 1;
	assert_false(op_echoed(&op, same));
	op.op = GW_RAW_WRITE;
	op.count = 2;
	assert_false(op_echoed(&op, same));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_odd_coil),
	    cmocka_unit_test(test_write_only),
	    cmocka_unit_test(test_raw),
	    cmocka_unit_test(test_echo),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("op", tests, NULL, NULL);
}
