/* Profiles and plugin descriptions: what each key becomes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "types.h"

struct fixture {
	struct ctx x;
	const struct device_type *t;
};

static void
start(struct fixture *f, const char *text, bool plugin)
{
	struct node *root;

	f->x = (struct ctx){arena_new(), complaints_new()};
	root = yaml_read(f->x.mem, "f", text, strlen(text), f->x.c);
	assert_non_null(root);
	f->t = plugin ? description_read(&f->x, "test", "/p/test.so", root)
		      : profile_read(&f->x, "test", root);
	assert_int_equal(f->t == NULL, complaints_errors(f->x.c) > 0);
	if (!f->t)
		complaints_print(f->x.c, stdout);
}

static void
stop(struct fixture *f)
{
	arena_free(f->x.mem);
	complaints_free(f->x.c);
}

/* The type with the points given, which must be right. */
static void
with_points(struct fixture *f, const char *points)
{
	char text[4000];

	(void)snprintf(text, sizeof(text),
	    "profile: test\nmaker: m\nmodel: m\nsource: s\npoints:\n%s",
	    points);
	start(f, text, false);
	assert_non_null(f->t);
}

static bool
same(double a, double b)
{
	return fabs(a - b) <= 0;
}

static void
about_the_device(void **state)
{
	struct fixture f;

	(void)state;
	start(&f,
	    "profile: test\nmaker: 建大\nmodel: M-1\nsource: manual V1\n"
	    "status: reported\nnotes: none\n"
	    "serial: {baud: 4800, parity: even, stop_bits: 2, unit: 247}\n"
	    "limits: {registers_per_read: 16, coils_per_read: 8, "
	    "bridge_gaps: 3, quiet: 20ms, warm_up: 2s}\n"
	    "points: {a: {holding: 0, type: uint16}}\n",
	    false);
	assert_non_null(f.t);
	assert_string_equal(f.t->name, "test");
	assert_string_equal(f.t->maker, "建大");
	assert_string_equal(f.t->model, "M-1");
	assert_string_equal(f.t->source, "manual V1");
	assert_false(f.t->plugin);
	assert_int_equal(f.t->baud, 4800);
	assert_int_equal(f.t->parity, 1);
	assert_int_equal(f.t->stop_bits, 2);
	assert_int_equal(f.t->unit, 247);
	assert_int_equal(f.t->registers_per_read, 16);
	assert_int_equal(f.t->coils_per_read, 8);
	assert_int_equal(f.t->bridge_gaps, 3);
	assert_int_equal(f.t->quiet_ms, 20);
	assert_int_equal(f.t->warm_up_ms, 2000);
	stop(&f);
	with_points(&f, "  a: {holding: 0, type: uint16}\n");
	assert_int_equal(f.t->baud, 0);
	assert_int_equal(f.t->registers_per_read, 125);
	assert_int_equal(f.t->coils_per_read, 2000);
	assert_int_equal(f.t->bridge_gaps, 0);
	stop(&f);
}

static void
places(void **state)
{
	static const struct {
		enum reg_table table;
		uint16_t addr, count;
		enum reg_type type;
	} want[] = {
	    {TABLE_HOLDING, 2, 2, REG_FLOAT32},
	    {TABLE_INPUT, 65535, 1, REG_INT16},
	    {TABLE_HOLDING, 65534, 2, REG_UINT32},
	    {TABLE_COIL, 65535, 1, REG_BOOL},
	    {TABLE_DISCRETE, 0, 1, REG_BOOL},
	    {TABLE_HOLDING, 40003, 1, REG_UINT16}, /* 0x9C43: on purpose */
	    {TABLE_HOLDING, 0, 4, REG_UINT64},
	    {TABLE_HOLDING, 8, 8, REG_STRING},
	    {TABLE_HOLDING, 1, 2, REG_BCD32},
	    {TABLE_HOLDING, 40000, 1, REG_BITS},
	    {TABLE_COIL, 10001, 1, REG_BOOL},
	    {TABLE_HOLDING, 50000, 1, REG_INT8},
	};
	struct fixture f;

	(void)state;
	with_points(&f, "  a: {holding: 2, type: float32}\n"
			"  b: {input: 65535, type: int16}\n"
			"  c: {holding: 65534, type: uint32}\n"
			"  d: {coil: 65535}\n"
			"  e: {discrete: 0, type: bool}\n"
			"  f: {holding: 0X9c43, type: uint16}\n"
			"  g: {holding: 0, type: uint64}\n"
			"  h: {holding: 8, type: string, length: 8}\n"
			"  i: {holding: 1, type: bcd32}\n"
			"  j: {holding: 40000, type: bits}\n"
			"  k: {coil: 10001}\n"
			"  l: {holding: 50000, type: int8}\n");
	assert_int_equal(f.t->npoints, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < f.t->npoints; i++) {
		const struct point_type *p = &f.t->points[i];
		assert_int_equal(p->name[0], 'a' + (int)i);
		assert_int_equal(p->table, want[i].table);
		assert_int_equal(p->addr, want[i].addr);
		assert_int_equal(p->count, want[i].count);
		assert_int_equal(p->type, want[i].type);
		assert_int_equal(p->text, want[i].type == REG_STRING);
	}
	stop(&f);
}

/* The letters say which byte, A the most significant, stands where. */
static void
orders(void **state)
{
	static const char *const want[] = {"ABCD", "ABCD", "CDAB", "BADC",
	    "DCBA", "AB", "BA", "ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA",
	    "BA"};
	struct fixture f;

	(void)state;
	with_points(&f,
	    "  a: {holding: 0, type: float32}\n"
	    "  b: {holding: 0, type: float32, order: ABCD}\n"
	    "  c: {holding: 0, type: float32, order: CDAB}\n"
	    "  d: {holding: 0, type: uint32, order: BADC}\n"
	    "  e: {holding: 0, type: bcd32, order: DCBA}\n"
	    "  f: {holding: 0, type: int16, order: AB}\n"
	    "  g: {holding: 0, type: uint16, order: BA}\n"
	    "  h: {holding: 0, type: uint64}\n"
	    "  i: {holding: 0, type: uint64, order: GHEFCDAB}\n"
	    "  j: {holding: 0, type: float64, order: BADCFEHG}\n"
	    "  k: {holding: 0, type: int64, order: HGFEDCBA}\n"
	    "  l: {holding: 0, type: string, length: 2, order: BA}\n");
	for (size_t i = 0; i < f.t->npoints; i++)
		for (size_t j = 0; want[i][j]; j++)
			assert_int_equal(
			    want[i][f.t->points[i].order[j]], 'A' + (int)j);
	stop(&f);
}

static void
scales_are_exact(void **state)
{
	static const struct {
		const char *text;
		double mul, div;
	} want[] = {
	    {"1", 1, 1},
	    {"0.1", 1, 10},
	    {"0.01", 1, 100},
	    {"2.5", 5, 2},
	    {"0.0061035", 12207, 2000000},
	    {"-0.01", -1, 100},
	    {"10", 10, 1},
	    {"1.000", 1, 1},
	    {"+.25", 1, 4},
	    {"1e-3", 0.001, 1},
	};
	char points[200];
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		(void)snprintf(points, sizeof(points),
		    "  a: {holding: 0, type: uint16, scale: %s, offset: -40}\n",
		    want[i].text);
		with_points(&f, points);
		assert_true(same(f.t->points[0].mul, want[i].mul));
		assert_true(same(f.t->points[0].div, want[i].div));
		assert_true(same(f.t->points[0].offset, -40));
		stop(&f);
	}
	with_points(&f, "  a: {holding: 0, type: uint16}\n");
	assert_true(same(f.t->points[0].mul, 1));
	assert_true(same(f.t->points[0].div, 1));
	assert_true(same(f.t->points[0].offset, 0));
	stop(&f);
}

static void
meanings(void **state)
{
	const struct point_type *p;
	struct fixture f;

	(void)state;
	with_points(&f,
	    "  a: {holding: 0, type: uint16, mask: 0x0F00, shift: 8, "
	    "no_data: [0x7FFF, -1], range: [-1.5, 1e12], unit: '%'}\n"
	    "  b: {holding: 0, type: uint16, enum: {0: closed, 0x01: open}, "
	    "every: 1h, help: text}\n"
	    "  c: {coil: 0, kind: output, safe: on, max_on: 4h}\n"
	    "  d: {holding: 0, type: uint16, kind: setting}\n"
	    "  e: {holding: 0, type: int64, no_data: [-1]}\n"
	    "  f: {holding: 0, type: uint32, kind: counter, writable: no}\n"
	    "  g: {holding: 0, type: int8, no_data: [0xFF]}\n"
	    "  h: {holding: 0, type: bool, mask: 4}\n");
	p = f.t->points;
	assert_true(p[0].mask == 0x0F00 && p[0].shift == 8);
	assert_int_equal(p[0].nno_data, 2);
	assert_true(p[0].no_data[0] == 0x7FFF && p[0].no_data[1] == 0xFFFF);
	assert_true(
	    p[0].has_range && same(p[0].min, -1.5) && same(p[0].max, 1e12));
	assert_string_equal(p[0].unit, "%");
	assert_int_equal(p[0].kind, KIND_GAUGE);
	assert_int_equal(p[1].kind, KIND_STATE);
	assert_int_equal(p[1].nchoices, 2);
	assert_string_equal(p[1].choices[1].name, "open");
	assert_true(p[1].choices[1].value == 1);
	assert_int_equal(p[1].every_ms, 3600000);
	assert_int_equal(p[2].kind, KIND_OUTPUT);
	assert_true(p[2].safe && p[2].writable);
	assert_int_equal(p[2].max_on_ms, 14400000);
	assert_true(p[3].kind == KIND_SETTING && p[3].writable);
	assert_true(p[4].no_data[0] == UINT64_MAX);
	assert_true(p[5].kind == KIND_COUNTER && !p[5].writable);
	assert_true(p[6].no_data[0] == 0xFF);
	assert_true(p[7].kind == KIND_STATE && p[7].mask == 4);
	assert_false(p[7].has_range);
	assert_null(p[7].unit);
	stop(&f);
}

/* Each key on its own: what the line is told. */
static void
writing(void **state)
{
	const struct point_type *p;
	struct fixture f;

	(void)state;
	with_points(&f,
	    "  a: {coil: 0, kind: output, max_on: 1s}\n"
	    "  b: {holding: 1, type: bool, kind: output, max_on: 1s, "
	    "on: 0x0100, off: 0x0200}\n"
	    "  c: {coil: 1, kind: output, max_on: 1s, on: 256, off: 0, "
	    "function: 5, write_only: yes}\n"
	    "  d: {holding: 2, type: uint16, mask: 0x0F00, shift: 8, "
	    "writable: yes, function: 22, write_only: on}\n"
	    "  e: {holding: 4, type: uint64, kind: setting, function: 16}\n"
	    "  f: {holding: 8, type: int16, kind: setting, write_only: no}\n");
	p = f.t->points;
	assert_true(p[0].writable && !p[0].write_only && !p[0].has_words);
	assert_int_equal(p[0].function, 0);
	assert_true(p[1].has_words && p[1].on_word == 0x0100);
	assert_int_equal(p[1].off_word, 0x0200);
	assert_true(p[2].has_words && p[2].write_only);
	assert_int_equal(p[2].function, 5);
	assert_true(p[3].write_only && p[3].writable);
	assert_int_equal(p[3].function, 22);
	assert_int_equal(p[4].function, 16);
	assert_true(p[5].writable && !p[5].write_only);
	assert_int_equal(f.t->nsetup, 0);
	stop(&f);
}

static void
set_up(void **state)
{
	static const struct setup want[] = {
	    {TABLE_HOLDING, 0x4002, 5},
	    {TABLE_COIL, 65535, 1},
	    {TABLE_COIL, 0, 0},
	    {TABLE_HOLDING, 0, 0xFFFE},
	};
	struct fixture f;

	(void)state;
	with_points(&f, "  a: {coil: 1}\n"
			"setup:\n"
			"  - {holding: 0x4002, value: 0x0005}\n"
			"  - {coil: 65535, value: on}\n"
			"  - {value: off, coil: 0}\n"
			"  - {holding: 0, value: -2}\n");
	assert_int_equal(f.t->nsetup, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < f.t->nsetup; i++) {
		assert_int_equal(f.t->setup[i].table, want[i].table);
		assert_int_equal(f.t->setup[i].addr, want[i].addr);
		assert_int_equal(f.t->setup[i].value, want[i].value);
	}
	stop(&f);
}

/* registers_per_read is about reading: what is only written may be longer. */
static void
only_writable(void **state)
{
	struct fixture f;

	(void)state;
	start(&f,
	    "profile: test\nmaker: m\nmodel: m\nsource: s\n"
	    "limits: {registers_per_read: 1}\n"
	    "points: {a: {holding: 0, type: uint32, kind: setting, "
	    "write_only: true}}\n",
	    false);
	assert_non_null(f.t);
	assert_true(f.t->points[0].write_only);
	stop(&f);
}

static void
plugins(void **state)
{
	struct fixture f;

	(void)state;
	start(&f,
	    "plugin: test\nabi: \"1.0\"\nsummary: \"a \\\"meter\\\"\"\n"
	    "keys:\n"
	    "  reads: {type: int, help: \"how often\", unit: s, min: 1, "
	    "max: 1e1, default: 2}\n"
	    "  mode: {type: choice, choices: [\"raw\", \"percent\"], min: 0, "
	    "max: 0, default: 1}\n"
	    "  free: {type: int}\n"
	    "  sure: {type: bool, default: 1, required: true}\n"
	    "points:\n"
	    "  total: {kind: counter, unit: \"m3\", range: [0, 1e+12]}\n"
	    "  serial: {kind: state, text: true}\n"
	    "  factor: {kind: setting, writable: true}\n",
	    true);
	assert_non_null(f.t);
	assert_true(f.t->plugin);
	assert_string_equal(f.t->path, "/p/test.so");
	assert_string_equal(f.t->model, "a \"meter\"");
	assert_int_equal(f.t->nkeys, 4);
	assert_true(same(f.t->keys[0].min, 1) && same(f.t->keys[0].max, 10) &&
		    same(f.t->keys[0].fallback, 2));
	assert_int_equal(f.t->keys[1].type, KEY_CHOICE);
	assert_int_equal(f.t->keys[1].nchoices, 2);
	assert_string_equal(f.t->keys[1].choices[1], "percent");
	assert_true(same(f.t->keys[2].max, 9007199254740992.0));
	assert_true(f.t->keys[3].required);
	assert_int_equal(f.t->npoints, 3);
	assert_int_equal(f.t->points[0].kind, KIND_COUNTER);
	assert_true(same(f.t->points[0].max, 1e12));
	assert_true(f.t->points[1].text && f.t->points[2].writable);
	stop(&f);
}

static void
wrong_plugins(void **state)
{
	static const char *const bad[] = {
	    "plugin: other\nabi: \"1.0\"\npoints: {a: {}}\n",
	    "plugin: test\nabi: \"1.0\"\npoints: {}\n",
	    "plugin: test\nabi: \"1.0\"\npoints:\n",
	    "plugin: test\nabi: \"1.0\"\npoints: {A: {}}\n",
	    "plugin: test\npoints: {a: {kind: x}}\n",
	    "plugin: test\npoints: {a: {range: [1, 0]}}\n",
	    "plugin: test\nkeys: {k: {type: int, min: 2, max: 1}}\n"
	    "points: {a: {}}\n",
	    "plugin: test\nkeys: {k: {type: choice}}\npoints: {a: {}}\n",
	    "plugin: test\nkeys: {k: {}}\npoints: {a: {}}\n",
	    "plugin: test\nsecret: 1\npoints: {a: {}}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ctx x = {arena_new(), complaints_new()};
		struct node *n =
		    yaml_read(x.mem, "f", bad[i], strlen(bad[i]), x.c);
		assert_non_null(n);
		if (description_read(&x, "test", "p", n))
			fail_msg("%s is taken", bad[i]);
		assert_true(complaints_errors(x.c) > 0);
		arena_free(x.mem);
		complaints_free(x.c);
	}
}

int
main(void)
{
	static const struct CMUnitTest test[] = {
	    cmocka_unit_test(about_the_device),
	    cmocka_unit_test(places),
	    cmocka_unit_test(orders),
	    cmocka_unit_test(scales_are_exact),
	    cmocka_unit_test(meanings),
	    cmocka_unit_test(writing),
	    cmocka_unit_test(set_up),
	    cmocka_unit_test(only_writable),
	    cmocka_unit_test(plugins),
	    cmocka_unit_test(wrong_plugins),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(test, NULL, NULL);
}
