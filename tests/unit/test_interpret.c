/* Raw registers: every meaning, which of them is likely, and what to paste. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "interpret.h"
#include "words.h"

/* The one meaning of that type, place and order; fails without. */
static const struct meaning *
one(const struct meaning *m, size_t n, enum reg_type type, unsigned at,
    const char *order)
{
	for (size_t i = 0; i < n; i++)
		if (m[i].type == type && m[i].at == at &&
		    strcmp(m[i].order, order) == 0)
			return &m[i];
	fail_msg("no %s at %u in order %s", word_type(type), at, order);
	return NULL;
}

static void
expect(const struct meaning *m, const char *text, bool likely)
{
	char out[VALUE_TEXT_MAX];

	assert_string_equal(value_format(&m->value, out, sizeof(out)), text);
	if (m->likely != likely)
		fail_msg("%s as %s %s is %slikely", text, word_type(m->type),
		    m->order, m->likely ? "" : "not ");
}

static void
one_register_has_signs_and_digits(void **state)
{
	static const uint16_t words[] = {0x0292, 0xFF9B, 0x1234, 0};
	size_t n;
	struct meaning *m = interpret(words, 4, &n);

	(void)state;
	assert_non_null(m);
	expect(one(m, n, REG_UINT16, 0, "AB"), "658", true);
	expect(one(m, n, REG_INT16, 0, "AB"), "658", false);
	expect(one(m, n, REG_UINT16, 0, "BA"), "37378", false);
	expect(one(m, n, REG_UINT16, 1, "AB"), "65435", false);
	expect(one(m, n, REG_INT16, 1, "AB"), "-101", true);
	expect(one(m, n, REG_BCD16, 0, "AB"), "292", false);
	expect(one(m, n, REG_BCD16, 1, "AB"), "", false);
	expect(one(m, n, REG_BCD16, 2, "AB"), "1234", false);
	expect(one(m, n, REG_BCD16, 2, "BA"), "3412", false);
	expect(one(m, n, REG_UINT16, 3, "AB"), "0", false);
	free(m);
}

/* 18.21f is 4191AE14. */
static void
a_float_is_found_in_each_order(void **state)
{
	static const struct {
		uint16_t words[2];
		const char *order;
	} as[] = {
	    {{0x4191, 0xAE14}, "ABCD"},
	    {{0xAE14, 0x4191}, "CDAB"},
	    {{0x9141, 0x14AE}, "BADC"},
	    {{0x14AE, 0x9141}, "DCBA"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(as) / sizeof(as[0]); i++) {
		size_t n;
		struct meaning *m = interpret(as[i].words, 2, &n);
		const struct meaning *f;

		assert_non_null(m);
		f = one(m, n, REG_FLOAT32, 0, as[i].order);
		assert_true(f->likely);
		assert_true(f->value.r > 18.2099 && f->value.r < 18.2101);
		free(m);
	}
}

static void
wide_numbers_are_exact(void **state)
{
	static const uint16_t words[] = {
	    0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE, 0x0001, 0xE240};
	static const uint16_t real[] = {0x4032, 0x35C2, 0x8F5C, 0x28F6};
	size_t n;
	struct meaning *m = interpret(words, 6, &n);

	(void)state;
	assert_non_null(m);
	expect(one(m, n, REG_UINT64, 0, "ABCDEFGH"), "18446744073709551614",
	    false);
	expect(one(m, n, REG_INT64, 0, "ABCDEFGH"), "-2", true);
	expect(one(m, n, REG_INT32, 2, "ABCD"), "-2", true);
	expect(one(m, n, REG_UINT32, 4, "ABCD"), "123456", true);
	expect(one(m, n, REG_UINT32, 4, "CDAB"), "3795845121", false);
	free(m);
	m = interpret(real, 4, &n);
	assert_non_null(m);
	expect(one(m, n, REG_FLOAT64, 0, "ABCDEFGH"), "18.21", true);
	free(m);
}

static void
texts_are_found_with_their_length(void **state)
{
	static const uint16_t words[] = {7, 0x5455, 0x462D, 0x324D, 0, 0x4100};
	char yaml[96];
	const struct meaning *t;
	size_t n;
	struct meaning *m = interpret(words, 6, &n);

	(void)state;
	assert_non_null(m);
	t = one(m, n, REG_STRING, 1, "AB");
	expect(t, "TUF-2M", true);
	assert_int_equal(t->count, 3);
	assert_string_equal(
	    meaning_yaml(t, TABLE_INPUT, 10, yaml, sizeof(yaml)),
	    "input_11: {input: 11, type: string, length: 3}");
	t = one(m, n, REG_STRING, 1, "BA");
	expect(t, "UT-FM2", true);
	assert_string_equal(
	    meaning_yaml(t, TABLE_INPUT, 10, yaml, sizeof(yaml)),
	    "input_11: {input: 11, type: string, length: 3, order: BA}");
	free(m);
}

static void
a_meaning_can_be_pasted(void **state)
{
	static const uint16_t words[] = {0xAE14, 0x4191};
	char yaml[96];
	size_t n;
	struct meaning *m = interpret(words, 2, &n);

	(void)state;
	assert_non_null(m);
	assert_string_equal(meaning_yaml(one(m, n, REG_FLOAT32, 0, "CDAB"),
				TABLE_HOLDING, 4112, yaml, sizeof(yaml)),
	    "holding_4112: {holding: 4112, type: float32, order: CDAB}");
	assert_string_equal(meaning_yaml(one(m, n, REG_UINT16, 1, "AB"),
				TABLE_HOLDING, 4112, yaml, sizeof(yaml)),
	    "holding_4113: {holding: 4113, type: uint16}");
	free(m);
}

static void
any_words_are_survived(void **state)
{
	uint16_t words[125];
	uint32_t seed = 4711;

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		size_t n, room = round % 126;
		struct meaning *m;

		for (size_t i = 0; i < room; i++) {
			seed = seed * 1664525 + 1013904223;
			words[i] =
			    round % 3 == 0 ? 0x4141 : (uint16_t)(seed >> 16);
		}
		m = interpret(words, room, &n);
		assert_non_null(m);
		for (size_t i = 0; i < n; i++)
			assert_true(m[i].at + m[i].count <= room);
		free(m);
	}
}

static void
words_and_orders_go_both_ways(void **state)
{
	struct raw_point p;

	(void)state;
	for (unsigned i = 0; i <= REG_STRING; i++) {
		enum reg_type type;
		unsigned count = type_registers((enum reg_type)i);

		assert_true(type_of(word_type((enum reg_type)i), &type));
		assert_int_equal(type, i);
		for (const char *const *o = orders_of(count); *o; o++) {
			assert_true(
			    raw_point(&p, TABLE_HOLDING, 0, type, 0, *o));
			assert_string_equal(order_word(&p.type),
			    o == orders_of(count) ? "" : *o);
		}
	}
	assert_false(raw_point(&p, TABLE_HOLDING, 0, REG_FLOAT32, 0, "ACBD"));
	assert_false(raw_point(&p, TABLE_HOLDING, 0, REG_INT16, 0, "CDAB"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_register_has_signs_and_digits),
	    cmocka_unit_test(a_float_is_found_in_each_order),
	    cmocka_unit_test(wide_numbers_are_exact),
	    cmocka_unit_test(texts_are_found_with_their_length),
	    cmocka_unit_test(a_meaning_can_be_pasted),
	    cmocka_unit_test(any_words_are_survived),
	    cmocka_unit_test(words_and_orders_go_both_ways),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
