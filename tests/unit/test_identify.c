/*
 * Which profiles a unit's registers fit: against a bank of registers, with
 * profiles made here.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facts.h"
#include "identify.h"
#include "site.h"

enum { REGS = 0x2200, MOST = 100 };

static struct {
	bool there[4][REGS];
	uint16_t words[4][REGS];
	bool deaf[4]; /* to the function */
	unsigned asked;
	int error;
} unit;

static int
read_unit(
    void *arg, uint8_t function, uint16_t addr, uint16_t count, uint16_t *words)
{
	static const enum reg_table tables[] = {[1] = TABLE_COIL,
	    [2] = TABLE_DISCRETE,
	    [3] = TABLE_HOLDING,
	    [4] = TABLE_INPUT};
	enum reg_table t = tables[function];

	(void)arg;
	unit.asked++;
	if (unit.error != 0)
		return unit.error;
	if (unit.deaf[t])
		return FACT_SILENT;
	for (uint16_t i = 0; i < count; i++) {
		if (addr + i >= REGS || !unit.there[t][addr + i])
			return FACT_REFUSED;
		words[i] = unit.words[t][addr + i];
	}
	return FACT_KNOWN;
}

static void
holding(uint16_t addr, uint16_t word)
{
	unit.there[TABLE_HOLDING][addr] = true;
	unit.words[TABLE_HOLDING][addr] = word;
}

/* ---- profiles ---- */

/* One register with a tenth a step. */
#define REG(a, t, ...)                                                         \
	{                                                                      \
		.name = #a, .table = TABLE_HOLDING, .addr = (a), .count = 1,   \
		.type = (t), .order = {0, 1}, .mul = 1, .div = 10, __VA_ARGS__ \
	}
#define WITHIN(l, h) .has_range = true, .min = (l), .max = (h)
#define TYPE(n, p, ...)                                                        \
	{                                                                      \
		.name = (n), .points = (p),                                    \
		.npoints = sizeof(p) / sizeof((p)[0]),                         \
		.registers_per_read = 125, .coils_per_read = 2000, __VA_ARGS__ \
	}

static const struct point_type soil3[] = {REG(0, REG_UINT16, WITHIN(0, 100)),
    REG(1, REG_INT16, WITHIN(-40, 80)), REG(2, REG_UINT16, WITHIN(0, 2000))};
static const struct point_type soil7[] = {REG(0, REG_UINT16, WITHIN(0, 100)),
    REG(1, REG_INT16, WITHIN(-40, 80)), REG(2, REG_UINT16, WITHIN(0, 2000)),
    REG(3, REG_UINT16, WITHIN(3, 9)), REG(4, REG_UINT16, .unit = "mg/kg"),
    REG(5, REG_UINT16, .unit = "mg/kg"), REG(6, REG_UINT16, .unit = "mg/kg")};
static const struct point_type far_off[] = {
    REG(0x12, REG_UINT16, WITHIN(0, 100))};
static const struct choice states[] = {{1, "off"}, {2, "on"}};
static const struct point_type drive[] = {{.name = "state",
    .table = TABLE_HOLDING,
    .addr = 0x2100,
    .count = 1,
    .type = REG_UINT16,
    .order = {0, 1},
    .mul = 1,
    .div = 1,
    .choices = states,
    .nchoices = 2}};
#define FLOAT(...)                                                             \
	{                                                                      \
		.name = "level", .table = TABLE_HOLDING, .addr = 0x16,         \
		.count = 2, .type = REG_FLOAT32, .mul = 1, .div = 1,           \
		WITHIN(0, 20), .order = {                                      \
			__VA_ARGS__                                            \
		}                                                              \
	}
static const struct point_type float_high[] = {FLOAT(0, 1, 2, 3)};
static const struct point_type float_low[] = {FLOAT(2, 3, 0, 1)};
static const struct identity drive_marks[] = {{.table = TABLE_HOLDING,
    .addr = 0x2103,
    .mask = 0xFFFF,
    .least = 0x010C,
    .most = 0x010C}};
static const struct identity no_eight[] = {
    {.table = TABLE_HOLDING, .addr = 8, .lacks = true}};

static const struct device_type a3 = TYPE("a3", soil3, .baud = 4800);
static const struct device_type b3 = TYPE("b3", soil3, .baud = 4800);
static const struct device_type c3 = TYPE("c3", soil3, .baud = 9600);
static const struct device_type n3 = TYPE("n3", soil3, .baud = 4800,
    .commission = {.unit = {.present = true, .addr = 0x07D0}});
static const struct device_type l3 =
    TYPE("l3", soil3, .baud = 4800, .identity = no_eight, .nidentity = 1);
static const struct device_type s7 = TYPE("s7", soil7, .baud = 4800);
static const struct device_type far_one = TYPE("far", far_off, .baud = 4800);
static const struct device_type inverter =
    TYPE("drive", drive, .identity = drive_marks, .nidentity = 1);
static const struct device_type high = TYPE("high", float_high, .baud = 9600);
static const struct device_type low = TYPE("low", float_low, .baud = 9600);

/* ---- what comes of it ---- */

static struct candidate found[16];
static struct verdict verdict;
static struct facts *facts;
static struct found_at at;

static int
fresh(void **state)
{
	(void)state;
	memset(&unit, 0, sizeof(unit));
	at = (struct found_at){.unit = 5, .baud = 4800};
	facts = facts_free(facts);
	facts =
	    facts_new((struct fact_reader){.read = read_unit, .most = MOST});
	return facts == NULL;
}

#define TRY(...)                                                               \
	identify(facts, &at, (const struct device_type *const[]){__VA_ARGS__}, \
	    sizeof((const struct device_type *[]){__VA_ARGS__}) /              \
		sizeof(struct device_type *),                                  \
	    found, &verdict)

static void
soil_values(void)
{
	holding(0, 234);
	holding(1, (uint16_t)-53);
	holding(2, 1200);
}

static void
test_nothing_fits(void **state)
{
	(void)state;
	holding(0x100, 7);
	assert_int_equal(TRY(&a3, &far_one, &inverter), 0);
	assert_int_equal(verdict.sure, SURE_NONE);
	assert_int_equal(verdict.fits, 0);
}

static void
test_one_fits(void **state)
{
	(void)state;
	soil_values();
	assert_int_equal(TRY(&far_one, &a3, &s7), 0);
	assert_int_equal(verdict.fits, 1);
	assert_string_equal(found[0].type->name, "a3");
	assert_int_equal(verdict.sure, SURE_LIKELY);
	assert_true(found[0].factory);
	assert_int_equal(found[0].points, 3);
	assert_int_equal(found[0].within, 3);
	assert_non_null(strstr(verdict.why, "at its maker's speed"));
}

/* The label decides. */
static void
test_many_alike(void **state)
{
	(void)state;
	soil_values();
	assert_int_equal(TRY(&a3, &b3, &far_one), 0);
	assert_int_equal(verdict.fits, 2);
	assert_int_equal(verdict.alike, 2);
	assert_int_equal(verdict.sure, SURE_POSSIBLE);
	assert_non_null(strstr(verdict.why, "like 2 profiles"));
}

static void
test_makers_speed(void **state)
{
	(void)state;
	soil_values();
	at.baud = 9600;
	assert_int_equal(TRY(&a3, &b3, &c3), 0);
	assert_string_equal(found[0].type->name, "c3");
	assert_int_equal(verdict.sure, SURE_LIKELY);
	at.baud = 0; /* over TCP it says nothing */
	assert_int_equal(TRY(&a3, &b3, &c3), 0);
	assert_int_equal(verdict.alike, 3);
}

/* More registers that hold something are the better fit. */
static void
test_larger_map(void **state)
{
	(void)state;
	soil_values();
	holding(3, 65);
	holding(4, 12);
	holding(5, 7);
	holding(6, 99);
	assert_int_equal(TRY(&a3, &s7), 0);
	assert_string_equal(found[0].type->name, "s7");
	assert_int_equal(verdict.alike, 1);
}

/* Cheap probes answer 0 for what they do not have. */
static void
test_zeros_prove_nothing(void **state)
{
	(void)state;
	soil_values();
	for (uint16_t i = 3; i < 7; i++)
		holding(i, 0);
	assert_int_equal(TRY(&a3, &s7), 0);
	assert_string_equal(found[0].type->name, "a3");
}

static void
test_own_number(void **state)
{
	(void)state;
	soil_values();
	holding(0x07D0, 5);
	assert_int_equal(TRY(&a3, &n3), 0);
	assert_string_equal(found[0].type->name, "n3");
	assert_true(found[0].own_number);
	assert_int_equal(verdict.sure, SURE_LIKELY);
	fresh(NULL);
	soil_values();
	holding(0x07D0, 9); /* something else */
	assert_int_equal(TRY(&a3, &n3), 0);
	assert_int_equal(verdict.fits, 1);
	assert_string_equal(found[0].type->name, "a3");
}

static void
test_marks(void **state)
{
	(void)state;
	holding(0x2100, 2);
	holding(0x2103, 0x010C);
	assert_int_equal(TRY(&inverter), 0);
	assert_int_equal(verdict.sure, SURE_IDENTIFIED);
	fresh(NULL);
	holding(0x2100, 2);
	holding(0x2103, 0x0110);
	assert_int_equal(TRY(&inverter), 0);
	assert_int_equal(verdict.sure, SURE_NONE);
	fresh(NULL);
	soil_values();
	assert_int_equal(TRY(&a3, &l3), 0);
	assert_string_equal(found[0].type->name, "l3");
	fresh(NULL);
	soil_values();
	holding(8, 1);
	/* There all the same: it speaks against it, and no more. */
	assert_int_equal(TRY(&a3, &l3), 0);
	assert_int_equal(verdict.fits, 2);
	assert_string_equal(found[0].type->name, "a3");
}

static void
test_values_that_cannot_be(void **state)
{
	(void)state;
	soil_values();
	holding(0, 30000); /* 3000 % */
	assert_int_equal(TRY(&a3), 0);
	assert_int_equal(verdict.sure, SURE_POSSIBLE);
	assert_int_equal(found[0].wrong, 1);
	assert_non_null(strstr(verdict.why, "1 cannot be true"));
	holding(1, 20000);
	fresh(NULL);
	holding(0, 30000);
	holding(1, 20000);
	holding(2, 7);
	assert_int_equal(TRY(&a3), 0);
	assert_int_equal(verdict.fits, 0);
	holding(0x2100, 3); /* no word of it */
	assert_int_equal(TRY(&inverter), 0);
	assert_int_equal(verdict.fits, 0);
}

static void
test_order_of_words(void **state)
{
	(void)state;
	holding(0x16, 0); /* 4.5 */
	holding(0x17, 0x4090);
	assert_int_equal(TRY(&high, &low), 0);
	assert_int_equal(verdict.fits, 1);
	assert_string_equal(found[0].type->name, "low");
}

/* ---- few requests ---- */

static void
test_reads_are_shared(void **state)
{
	(void)state;
	soil_values();
	assert_int_equal(TRY(&a3, &b3, &c3), 0);
	assert_int_equal(unit.asked, 1);
	assert_int_equal(TRY(&s7), 0); /* 7 at once: refused, and known */
	assert_int_equal(TRY(&s7), 0);
	assert_int_equal(unit.asked, 2);
}

static void
test_deaf_to_a_function(void **state)
{
	uint16_t w;

	(void)state;
	unit.deaf[TABLE_INPUT] = true;
	for (uint16_t i = 0; i < 20; i++)
		assert_int_equal(
		    facts_get(facts, TABLE_INPUT, i, 1, &w), FACT_SILENT);
	assert_int_equal(unit.asked, 2);
}

static void
test_no_more_than_allowed(void **state)
{
	uint16_t w;

	(void)state;
	for (uint16_t i = 0; i < MOST + 20; i++) {
		holding((uint16_t)(2 * i), 1);
		(void)facts_get(facts, TABLE_HOLDING, (uint16_t)(2 * i), 1, &w);
	}
	assert_int_equal(unit.asked, MOST);
	assert_int_equal(facts_asked(facts), MOST);
	assert_true(facts_short(facts));
}

static void
test_nobody_to_ask(void **state)
{
	(void)state;
	unit.error = -EPIPE;
	assert_int_equal(TRY(&a3), -EPIPE);
}

static void
test_values_in_words(void **state)
{
	char out[64];

	(void)state;
	soil_values();
	holding(0x2100, 2);
	assert_string_equal(
	    identify_value(facts, &soil3[1], out, sizeof(out)), "-5.3");
	assert_string_equal(
	    identify_value(facts, &drive[0], out, sizeof(out)), "on");
	assert_string_equal(
	    identify_value(facts, &far_off[0], out, sizeof(out)), "?");
}

static int
all_done(void **state)
{
	(void)state;
	facts = facts_free(facts);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup(f, fresh)
	    T(test_nothing_fits),
	    T(test_one_fits),
	    T(test_many_alike),
	    T(test_makers_speed),
	    T(test_larger_map),
	    T(test_zeros_prove_nothing),
	    T(test_own_number),
	    T(test_marks),
	    T(test_values_that_cannot_be),
	    T(test_order_of_words),
	    T(test_reads_are_shared),
	    T(test_deaf_to_a_function),
	    T(test_no_more_than_allowed),
	    T(test_nobody_to_ask),
	    T(test_values_in_words),
#undef T
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, all_done);
}
