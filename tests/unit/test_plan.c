/*
 * Points to reads: no value cut, no limit passed, no forbidden gap, and never
 * dearer than need be.
 */
#include "plan_field.h"
#include "reply.h"

static void
test_price(void **state)
{
	(void)state;
	struct line l = {.transport = TRANSPORT_RTU,
	    .baud = 9600,
	    .parity = PARITY_NONE,
	    .stop_bits = 1};
	struct price p = plan_price(&l, 5000);

	assert_int_equal(p.byte_ns, 1041666);
	assert_in_range(p.request_ns, usual.request_ns - 20, usual.request_ns);
	l.parity = PARITY_EVEN;
	assert_int_equal(plan_price(&l, 0).byte_ns, 1145833);
	l.stop_bits = 2;
	assert_int_equal(plan_price(&l, 0).byte_ns, 1250000);
	l.baud = 115200;
	p = plan_price(&l, 0);
	assert_int_equal(p.byte_ns, 104166);
	assert_int_equal(p.request_ns, 13 * 104166 + 3500000);

	l = (struct line){.transport = TRANSPORT_RTU_OVER_TCP};
	p = plan_price(&l, 5000);
	assert_int_equal(p.byte_ns, 1041666);
	assert_in_range(p.request_ns, usual.request_ns - 20, usual.request_ns);
	l.transport = TRANSPORT_TCP;
	p = plan_price(&l, 5000);
	assert_in_range(p.request_ns, 5000000, 6000000);
	assert_in_range(p.byte_ns, 1, 10000);
}

static void
test_functions(void **state)
{
	(void)state;
	assert_int_equal(plan_function(TABLE_COIL), FC_READ_COILS);
	assert_int_equal(plan_function(TABLE_DISCRETE), FC_READ_DISCRETE);
	assert_int_equal(plan_function(TABLE_HOLDING), FC_READ_HOLDING);
	assert_int_equal(plan_function(TABLE_INPUT), FC_READ_INPUT);
}

/* C06: 124 registers and a counter of two behind them. */
static void
test_no_value_is_cut(void **state)
{
	(void)state;
	begin(125, 0);
	for (uint16_t a = 0; a < 124; a++)
		hold(a, 1);
	hold(124, 2);
	struct plan *p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 2);
	expect(0, 0, 124);
	expect(1, 124, 2);
	p = plan_free(p);
}

static void
test_gaps_are_bridged_as_allowed(void **state)
{
	(void)state;
	for (uint16_t bridge = 0; bridge < 5; bridge++) {
		begin(125, bridge);
		hold(5, 1);
		hold(0, 2);
		struct plan *p = plan_new(&m.device);
		plan(p, usual);
		assert_int_equal(nreads, bridge < 3 ? 2 : 1);
		p = plan_free(p);
	}
}

static void
test_gaps_are_bridged_if_cheaper(void **state)
{
	(void)state;
	begin(125, 124);
	hold(0, 1);
	hold(13, 1); /* 24 bytes between, and a request costs 24.8 of them */
	hold(27, 1); /* 26 bytes */
	struct plan *p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 2);
	expect(0, 0, 14);
	expect(1, 27, 1);
	plan(p, (struct price){usual.request_ns * 2, usual.byte_ns});
	assert_int_equal(nreads, 1);
	p = plan_free(p);
}

/* Registers of points that are not due are there to be read over. */
static void
test_own_registers_are_no_gap(void **state)
{
	(void)state;
	begin(125, 0);
	for (uint16_t a = 0; a < 6; a++)
		hold(a, 1);
	for (size_t i = 1; i < 5; i++)
		m.due[i] = false;
	struct plan *p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 1);
	expect(0, 0, 6);
	p = plan_free(p);
}

static void
test_written_only_is_never_read(void **state)
{
	(void)state;
	begin(125, 10);
	hold(0, 1);
	hold(1, 1);
	m.types[1].write_only = true;
	hold(2, 1);
	hold(4, 1);
	struct plan *p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 2);
	expect(0, 0, 1);
	expect(1, 2, 3);
	p = plan_free(p);

	begin(125, 10);
	model_add(&m, TABLE_COIL, 7, 1)->write_only = true;
	p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 0);
	p = plan_free(p);
}

static void
test_tables_stay_apart(void **state)
{
	(void)state;
	begin(125, 100);
	hold(0, 1);
	model_add(&m, TABLE_DISCRETE, 1, 1);
	model_add(&m, TABLE_INPUT, 1, 1);
	hold(1, 1);
	model_add(&m, TABLE_COIL, 0, 1);
	struct plan *p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 4);
	p = plan_free(p);
}

static void
test_bits_of_one_register_share_it(void **state)
{
	(void)state;
	begin(125, 0);
	for (int i = 0; i < 16; i++)
		hold(7, 1);
	struct plan *p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 1);
	expect(0, 7, 1);

	/* All of them are gone with it, and come back with it. */
	m.hole[TABLE_HOLDING][7] = true;
	(void)settle(p, true);
	assert_int_equal(seen.refused, 1);
	assert_int_equal(nreads, 0);
	m.hole[TABLE_HOLDING][7] = false;
	memset(seen.missing, 0, sizeof(seen.missing));
	plan_forgive(p);
	assert_int_equal(poll_once(p, true), 0);
	assert_int_equal(seen.asked, 2);
	p = plan_free(p);
}

/* The points are inputs of a formula. */
static void
tie(struct formula *f, size_t n, const uint16_t *inputs)
{
	struct point_type *t = model_add(&m, TABLE_HOLDING, 0, 0);

	*f = (struct formula){.ninputs = (uint16_t)n};
	memcpy(f->inputs, inputs, n * sizeof(*inputs));
	t->formula = f;
	m.due[m.type.npoints - 1] = false;
}

/* 125 registers end in the midst of a total of two points. */
static void
test_inputs_of_a_formula_stay_together(void **state)
{
	struct formula total, sum;

	(void)state;
	begin(125, 0);
	for (uint16_t a = 0; a < 123; a++)
		hold(a, 1);
	hold(123, 2);
	hold(125, 2);
	hold(127, 1);
	struct plan *p = plan_new(&m.device);
	plan(p, usual);
	expect(0, 0, 125);
	p = plan_free(p);

	tie(&total, 2, (const uint16_t[]){124, 123});
	p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 2);
	assert_true(
	    reads[1].addr <= 123 && reads[1].addr + reads[1].count >= 127);
	/* One of them alone may be due. */
	m.due[123] = false;
	plan(p, usual);
	expect(nreads - 1, reads[nreads - 1].addr, reads[nreads - 1].count);
	assert_int_equal(reads[nreads - 1].addr + reads[nreads - 1].count, 128);
	m.due[123] = true;
	p = plan_free(p);

	/* Three in a row, by two formulas. */
	tie(&sum, 2, (const uint16_t[]){122, 123});
	p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 2);
	assert_true(
	    reads[1].addr <= 122 && reads[1].addr + reads[1].count >= 127);
	p = plan_free(p);
}

/* What stands apart, or is longer than the device takes, is read as it can. */
static void
test_inputs_that_cannot_stay_together(void **state)
{
	struct formula total;

	(void)state;
	begin(2, 0);
	hold(0, 2);
	hold(2, 2);
	tie(&total, 2, (const uint16_t[]){0, 1});
	struct plan *p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 2);
	p = plan_free(p);

	begin(125, 0);
	hold(0, 2);
	hold(4, 2);
	tie(&total, 2, (const uint16_t[]){0, 1});
	p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 2);
	p = plan_free(p);
}

/* The device refuses both at once, or has one of them only. */
static void
test_inputs_that_are_refused(void **state)
{
	struct formula total;

	(void)state;
	begin(125, 0);
	hold(0, 2);
	hold(2, 2);
	hold(4, 2);
	tie(&total, 2, (const uint16_t[]){1, 2});
	m.hole[TABLE_HOLDING][5] = true;
	m.hole_code = 2;
	struct plan *p = plan_new(&m.device);
	(void)settle(p, true);
	assert_true(seen.answered[0] && seen.answered[1]);
	assert_true(seen.missing[2]);
	p = plan_free(p);

	begin(125, 0);
	hold(0, 2);
	hold(2, 2);
	tie(&total, 2, (const uint16_t[]){0, 1});
	m.limit = 3;
	m.limit_code = 3;
	p = plan_new(&m.device);
	(void)settle(p, true);
	assert_true(seen.answered[0] && seen.answered[1]);
	assert_int_equal(nreads, 2);
	p = plan_free(p);
}

static void
test_top_of_the_table(void **state)
{
	(void)state;
	begin(125, 10);
	hold(65535, 1);
	hold(65530, 4);
	struct plan *p = plan_new(&m.device);
	plan(p, usual);
	assert_int_equal(nreads, 1);
	expect(0, 65530, 6);
	(void)settle(p, true);
	p = plan_free(p);
}

static void
test_many_coils(void **state)
{
	(void)state;
	begin(125, 0);
	for (uint16_t a = 0; a < 2050; a++)
		model_add(&m, TABLE_COIL, a, 1);
	struct plan *p = plan_new(&m.device);
	nreads = plan_reads(p, m.due, usual, reads, MODEL_POINTS);
	assert_int_equal(nreads, 2);
	assert_int_equal(reads[0].npoints + reads[1].npoints, 2050);
	p = plan_free(p);
}

static void
test_no_more_than_there_is_room_for(void **state)
{
	(void)state;
	begin(125, 0);
	for (uint16_t a = 0; a < 20; a += 2)
		hold(a, 1);
	struct plan *p = plan_new(&m.device);
	for (size_t cap = 0; cap < 12; cap++) {
		size_t n = plan_reads(p, m.due, usual, reads, cap);

		assert_int_equal(n, cap < 10 ? cap : 10);
	}
	p = plan_free(p);
}

static struct price
any_price(unsigned *seed)
{
	return (struct price){model_below(seed, 60), model_below(seed, 3)};
}

static void
test_never_dearer_than_the_best(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 6000; round++) {
		unsigned seed = round;

		any_map(&seed, 9, 8 + model_below(&seed, 40));
		struct plan *p = plan_new(&m.device);
		for (int times = 0; times < 3; times++) {
			struct price price = any_price(&seed);

			for (size_t i = 0; i < m.type.npoints; i++)
				m.due[i] = model_below(&seed, 3) > 0;
			plan(p, price);
			assert_int_equal(model_sum(reads, nreads, price),
			    model_best(&m, price, false));
		}
		p = plan_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_price),
	    cmocka_unit_test(test_functions),
	    cmocka_unit_test(test_no_value_is_cut),
	    cmocka_unit_test(test_gaps_are_bridged_as_allowed),
	    cmocka_unit_test(test_gaps_are_bridged_if_cheaper),
	    cmocka_unit_test(test_own_registers_are_no_gap),
	    cmocka_unit_test(test_written_only_is_never_read),
	    cmocka_unit_test(test_tables_stay_apart),
	    cmocka_unit_test(test_bits_of_one_register_share_it),
	    cmocka_unit_test(test_inputs_of_a_formula_stay_together),
	    cmocka_unit_test(test_inputs_that_cannot_stay_together),
	    cmocka_unit_test(test_inputs_that_are_refused),
	    cmocka_unit_test(test_top_of_the_table),
	    cmocka_unit_test(test_many_coils),
	    cmocka_unit_test(test_no_more_than_there_is_room_for),
	    cmocka_unit_test(test_never_dearer_than_the_best),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
