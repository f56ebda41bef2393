/* Points to requests: no value cut, no limit passed, no forbidden gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan.h"
#include "reply.h"

enum { MOST = 2100 };

static struct point_type types[MOST];
static struct point points[MOST];
static struct device_type type;
static struct device device;

static void
begin(uint16_t registers, uint16_t bridge)
{
	memset(types, 0, sizeof(types));
	memset(points, 0, sizeof(points));
	type = (struct device_type){.registers_per_read = registers,
	    .coils_per_read = 2000,
	    .bridge_gaps = bridge,
	    .points = types};
	device = (struct device){.type = &type, .points = points};
}

static void
add(enum reg_table t, uint16_t addr, uint16_t count, uint32_t every_ms)
{
	size_t i = type.npoints++;

	types[i] =
	    (struct point_type){.table = t, .addr = addr, .count = count};
	points[i] = (struct point){.type = &types[i], .every_ms = every_ms};
}

/* What must hold for any plan. */
static void
check(const struct plan *p)
{
	static unsigned seen[MOST];

	memset(seen, 0, sizeof(seen));
	for (size_t b = 0; b < p->nblocks; b++) {
		const struct block *k = &p->blocks[b];
		uint32_t most =
		    k->table == TABLE_COIL || k->table == TABLE_DISCRETE
			? type.coils_per_read
			: type.registers_per_read;

		assert_true(k->npoints > 0);
		assert_in_range(k->count, 1, most);
		for (size_t i = k->first; i < k->first + k->npoints; i++) {
			const struct point *pt = &points[p->points[i]];

			seen[p->points[i]]++;
			assert_int_equal(pt->every_ms, k->every_ms);
			assert_int_equal(pt->type->table, k->table);
			assert_true(pt->type->addr >= k->addr);
			assert_true(pt->type->addr + pt->type->count <=
				    k->addr + k->count);
		}
	}
	for (size_t i = 0; i < type.npoints; i++)
		assert_int_equal(seen[i], 1);
}

/* C06: 124 registers and a counter of two behind them. */
static void
test_no_value_is_cut(void **state)
{
	(void)state;
	begin(125, 0);
	for (uint16_t a = 0; a < 124; a++)
		add(TABLE_HOLDING, a, 1, 1000);
	add(TABLE_HOLDING, 124, 2, 1000);
	struct plan *p = plan_new(&device);
	assert_int_equal(p->nblocks, 2);
	assert_int_equal(p->blocks[0].count, 124);
	assert_int_equal(p->blocks[1].addr, 124);
	assert_int_equal(p->blocks[1].count, 2);
	check(p);
	p = plan_free(p);
}

static void
test_gaps_are_bridged_only_as_allowed(void **state)
{
	(void)state;
	for (uint16_t bridge = 0; bridge < 4; bridge++) {
		begin(125, bridge);
		add(TABLE_HOLDING, 5, 1, 1000);
		add(TABLE_HOLDING, 0, 2, 1000);
		struct plan *p = plan_new(&device);
		assert_int_equal(p->nblocks, bridge < 3 ? 2 : 1);
		check(p);
		p = plan_free(p);
	}
}

static void
test_tables_and_periods_stay_apart(void **state)
{
	(void)state;
	begin(125, 100);
	add(TABLE_HOLDING, 0, 1, 1000);
	add(TABLE_INPUT, 1, 1, 1000);
	add(TABLE_HOLDING, 1, 1, 5000);
	add(TABLE_COIL, 0, 1, 1000);
	add(TABLE_DISCRETE, 1, 1, 1000);
	struct plan *p = plan_new(&device);
	assert_int_equal(p->nblocks, 5);
	check(p);
	p = plan_free(p);
	assert_int_equal(plan_function(TABLE_COIL), FC_READ_COILS);
	assert_int_equal(plan_function(TABLE_DISCRETE), FC_READ_DISCRETE);
	assert_int_equal(plan_function(TABLE_HOLDING), FC_READ_HOLDING);
	assert_int_equal(plan_function(TABLE_INPUT), FC_READ_INPUT);
}

static void
test_bits_of_one_register_share_it(void **state)
{
	(void)state;
	begin(125, 0);
	for (int i = 0; i < 16; i++)
		add(TABLE_HOLDING, 7, 1, 1000);
	struct plan *p = plan_new(&device);
	assert_int_equal(p->nblocks, 1);
	assert_int_equal(p->blocks[0].count, 1);
	check(p);
	p = plan_free(p);
}

static void
test_top_of_the_table(void **state)
{
	(void)state;
	begin(125, 10);
	add(TABLE_HOLDING, 65535, 1, 1000);
	add(TABLE_HOLDING, 65530, 4, 1000);
	struct plan *p = plan_new(&device);
	assert_int_equal(p->nblocks, 1);
	assert_int_equal(p->blocks[0].count, 6);
	check(p);
	p = plan_free(p);
}

static void
test_many_coils(void **state)
{
	(void)state;
	begin(125, 0);
	for (uint16_t a = 0; a < 2050; a++)
		add(TABLE_COIL, a, 1, 1000);
	struct plan *p = plan_new(&device);
	assert_int_equal(p->nblocks, 2);
	check(p);
	p = plan_free(p);
}

static void
test_split_at_the_widest_gap_then_in_half(void **state)
{
	(void)state;
	begin(125, 8);
	add(TABLE_HOLDING, 0, 1, 1000);
	add(TABLE_HOLDING, 2, 1, 1000);
	add(TABLE_HOLDING, 8, 1, 1000);
	add(TABLE_HOLDING, 9, 1, 1000);
	struct plan *p = plan_new(&device);
	assert_int_equal(p->nblocks, 1);
	assert_true(plan_split(p, &device, 0));
	check(p);
	assert_int_equal(p->blocks[0].count, 3);
	assert_int_equal(p->blocks[1].addr, 8);
	assert_int_equal(p->blocks[1].count, 2);
	assert_true(plan_split(p, &device, 1));
	assert_true(plan_split(p, &device, 0));
	check(p);
	assert_int_equal(p->nblocks, 4);
	for (size_t b = 0; b < 4; b++)
		assert_false(plan_split(p, &device, b));
	p = plan_free(p);
}

/* Random maps: whatever is planned and split, the rules hold. */
static void
test_random_maps(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 300; round++) {
		begin((uint16_t)(8 + rand() % 118), (uint16_t)(rand() % 10));
		for (int i = rand() % 60 + 1; i > 0; i--)
			add((enum reg_table)(rand() % 2),
			    (uint16_t)(rand() % 300),
			    (uint16_t)(1 << rand() % 4),
			    rand() % 2 ? 1000 : 5000);
		struct plan *p = plan_new(&device);
		check(p);
		for (int i = 0; i < 40; i++)
			(void)plan_split(
			    p, &device, (size_t)rand() % p->nblocks);
		check(p);
		p = plan_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_value_is_cut),
	    cmocka_unit_test(test_gaps_are_bridged_only_as_allowed),
	    cmocka_unit_test(test_tables_and_periods_stay_apart),
	    cmocka_unit_test(test_bits_of_one_register_share_it),
	    cmocka_unit_test(test_top_of_the_table),
	    cmocka_unit_test(test_many_coils),
	    cmocka_unit_test(test_split_at_the_widest_gap_then_in_half),
	    cmocka_unit_test(test_random_maps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
