/* gatewayctl's way with devices: reads planned, writes judged, rows drawn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "raw.h"
#include "spans.h"
#include "watching.h"
#include "writable.h"

/* ---- reads ---- */

static void
neighbours_are_read_together(void **state)
{
	static const struct point_type points[] = {
	    {.name = "c", .table = TABLE_HOLDING, .addr = 4, .count = 2},
	    {.name = "a", .table = TABLE_HOLDING, .addr = 0, .count = 2},
	    {.name = "b", .table = TABLE_HOLDING, .addr = 2, .count = 1},
	    {.name = "again", .table = TABLE_HOLDING, .addr = 0, .count = 1},
	    {.name = "d", .table = TABLE_HOLDING, .addr = 6, .count = 2},
	    {.name = "made",
		.formula = (const struct formula *)points,
		.count = 1},
	    {.name = "deaf",
		.table = TABLE_HOLDING,
		.addr = 8,
		.count = 1,
		.write_only = true},
	    {.name = "bit", .table = TABLE_COIL, .addr = 7, .count = 1},
	    {.name = "last", .table = TABLE_HOLDING, .addr = 65535, .count = 1},
	};
	static const struct device_type type = {.points = points,
	    .npoints = sizeof(points) / sizeof(points[0]),
	    .registers_per_read = 3,
	    .coils_per_read = 2000};
	struct span out[sizeof(points) / sizeof(points[0])];

	(void)state;
	assert_int_equal(spans_of(&type, out), 5);
	assert_int_equal(out[0].addr, 0);
	assert_int_equal(out[0].count, 3);
	assert_int_equal(out[1].addr, 4);
	assert_int_equal(out[1].count, 2);
	assert_int_equal(out[2].addr, 6);
	assert_int_equal(out[2].count, 2);
	assert_int_equal(out[3].addr, 65535);
	assert_int_equal(out[4].table, TABLE_COIL);
	assert_true(span_has(&out[0], &points[3]));
	assert_false(span_has(&out[1], &points[3]));
}

static void
registers_are_named(void **state)
{
	static const char *const good[] = {"input", "0x10", "4"};
	static const char *const bad[][3] = {{"holding", "40003", NULL},
	    {"holding", "65536", NULL}, {"holding", "-1", NULL},
	    {"holding", "1x", NULL}, {"holding", "65535", "2"},
	    {"holding", "0", "0"}, {"holding", "0", "126"},
	    {"register", "0", NULL}, {"holding", "", NULL}};
	struct raw_place p;
	char why[300];

	(void)state;
	assert_true(raw_place(&p, good, 3, why, sizeof(why)));
	assert_int_equal(p.table, TABLE_INPUT);
	assert_int_equal(p.addr, 16);
	assert_int_equal(p.count, 4);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (raw_place(&p, bad[i], bad[i][2] != NULL ? 3 : 2, why,
			sizeof(why)))
			fail_msg("%s %s is taken", bad[i][0], bad[i][1]);
	assert_false(raw_place(&p, bad[0], 2, why, sizeof(why)));
	assert_non_null(strstr(why, "that is holding 2 "));
	assert_false(raw_place(&p, good, 1, why, sizeof(why)));
}

/* ---- writes ---- */

static const struct point_type board[] = {
    {.name = "relay",
	.table = TABLE_COIL,
	.addr = 0,
	.count = 1,
	.kind = KIND_OUTPUT,
	.timer = {.table = TABLE_COIL, .addr = 512, .nwords = 1}},
    {.name = "gate",
	.table = TABLE_COIL,
	.addr = 1,
	.count = 1,
	.kind = KIND_OUTPUT,
	.pulse_ms = 100,
	.close_addr = 2},
    {.name = "light",
	.table = TABLE_COIL,
	.addr = 9,
	.count = 1,
	.kind = KIND_SETTING},
};
static const struct never_write never[] = {
    {TABLE_HOLDING, 58, 2, "they press its keys"}};
static const struct device_type board_type = {.name = "board",
    .points = board,
    .npoints = sizeof(board) / sizeof(board[0]),
    .never = never,
    .nnever = 1};
static const struct device in_site = {
    .name = "valves", .path = "north/valves", .type = &board_type};

static void
outputs_are_not_written_by_hand(void **state)
{
	static const uint16_t coils[] = {0, 1, 2, 512};
	char why[400];

	(void)state;
	for (size_t i = 0; i < sizeof(coils) / sizeof(coils[0]); i++)
		if (writable(&in_site, TABLE_COIL, coils[i], 1, false, why,
			sizeof(why)))
			fail_msg("coil %u is written", coils[i]);
	assert_false(
	    writable(&in_site, TABLE_COIL, 0, 1, true, why, sizeof(why)));
	assert_non_null(
	    strstr(why, "`gatewayctl write north/valves/relay on --for"));
	/* Several at once, one of which is. */
	assert_false(
	    writable(&in_site, TABLE_COIL, 500, 20, false, why, sizeof(why)));
	assert_true(
	    writable(&in_site, TABLE_COIL, 9, 1, true, why, sizeof(why)));
	assert_true(
	    writable(&in_site, TABLE_HOLDING, 0, 1, true, why, sizeof(why)));
	assert_true(writable(NULL, TABLE_COIL, 0, 1, false, why, sizeof(why)));
	assert_false(writable(NULL, TABLE_COIL, 0, 1, true, why, sizeof(why)));
}

static void
some_registers_are_never_written(void **state)
{
	char why[400];

	(void)state;
	assert_false(
	    writable(&in_site, TABLE_HOLDING, 57, 2, true, why, sizeof(why)));
	assert_non_null(strstr(why, "they press its keys"));
	assert_false(
	    writable(&in_site, TABLE_HOLDING, 59, 1, true, why, sizeof(why)));
	assert_true(
	    writable(&in_site, TABLE_HOLDING, 60, 1, true, why, sizeof(why)));
	assert_false(writable(NULL, TABLE_INPUT, 0, 1, true, why, sizeof(why)));
}

/* ---- rows ---- */

static void
a_row_is_of_a_line_a_device_a_point(void **state)
{
	(void)state;
	assert_true(watch_covers("north", "north/soil-a1/moisture"));
	assert_true(watch_covers("north/", "north/soil-a1/moisture"));
	assert_true(watch_covers("north/soil-a1", "north/soil-a1/moisture"));
	assert_true(
	    watch_covers("north/soil-a1/moisture", "north/soil-a1/moisture"));
	assert_false(watch_covers("nor", "north/soil-a1/moisture"));
	assert_false(watch_covers("north/soil-a", "north/soil-a1/moisture"));
	assert_false(watch_covers("south", "north/soil-a1/moisture"));
}

static void
add(struct rows *x, const char *point, int64_t i, const char *quality,
    int64_t ts)
{
	struct row *r = rows_add(x);

	assert_non_null(r);
	(void)snprintf(r->point, sizeof(r->point), "%s", point);
	(void)snprintf(r->quality, sizeof(r->quality), "%s", quality);
	(void)snprintf(r->shown, sizeof(r->shown), "%d", (int)i);
	r->value = value_int(i);
	r->ts_ms = ts;
	r->age_ms = 500;
}

static char *
drawn(const struct rows *x, size_t height, bool colour, size_t *lines)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	*lines = rows_draw(x, height, colour, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void
rows_fit_the_terminal(void **state)
{
	struct rows x = {.n = 0};
	char name[8];
	size_t lines, newlines = 0;
	char *text;

	(void)state;
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "n/p%d", i);
		add(&x, name, i, i == 1 ? "bad" : "good", 1000);
	}
	text = drawn(&x, 8, true, &lines);
	for (const char *s = text; *s != '\0'; s++)
		newlines += *s == '\n';
	assert_int_equal(lines, 8);
	assert_int_equal(newlines, 8);
	assert_non_null(strstr(text, "... and 14 more"));
	assert_non_null(strstr(text, "\033[31mn/p1 "));
	assert_null(strstr(text, "\033[31mn/p2 "));
	free(text);
	text = drawn(&x, 0, false, &lines);
	assert_int_equal(lines, 21);
	assert_null(strchr(text, '\033'));
	free(text);
	free(x.row);
}

static void
only_what_is_new_is_printed(void **state)
{
	struct rows before = {.n = 0}, now = {.n = 0};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	add(&before, "n/a", 1, "good", 1000);
	add(&before, "n/b", 2, "good", 1000);
	add(&before, "n/d", 2, "", 0);
	add(&now, "n/b", 2, "good", 1000);
	add(&now, "n/a", 1, "good", 2000);
	add(&now, "n/c", 3, "good", 1500);
	add(&now, "n/d", 2, "", 0);
	rows_fresh(&now, &before);
	assert_false(now.row[0].fresh);
	assert_true(now.row[1].fresh);
	assert_true(now.row[2].fresh);
	assert_false(now.row[3].fresh);
	now.row[2].fresh = false;
	rows_print(&now, f);
	rows_json(&now, f);
	assert_int_equal(fclose(f), 0);
	assert_non_null(strstr(text, " n/a  1  good\n"));
	assert_non_null(strstr(text,
	    "\n{\"ts\":2000,\"point\":\"n/a\",\"value\":1,\"unit\":\"\","
	    "\"quality\":\"good\",\"reason\":\"\"}\n"));
	free(text);
	free(before.row);
	free(now.row);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(neighbours_are_read_together),
	    cmocka_unit_test(registers_are_named),
	    cmocka_unit_test(outputs_are_not_written_by_hand),
	    cmocka_unit_test(some_registers_are_never_written),
	    cmocka_unit_test(a_row_is_of_a_line_a_device_a_point),
	    cmocka_unit_test(rows_fit_the_terminal),
	    cmocka_unit_test(only_what_is_new_is_printed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
