/* gatewayctl's parts: times, tables, nearest names, JSON answers. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "devices.h"
#include "jdoc.h"
#include "nearest.h"
#include "table.h"
#include "when.h"

enum { NOW_S = 1777816800 }; /* 2026-05-03T14:00:00Z */
static const int64_t now = NOW_S * INT64_C(1000);

static void
times_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
	    {"now", 0},
	    {"0s", 0},
	    {"90s", -90000},
	    {"250ms", -250},
	    {"15min", -900000},
	    {"2h", -7200000},
	    {"3d", -259200000},
	    {"1w", -604800000},
	    {"2026-05-03T14:00Z", 0},
	    {"2026-05-03 22:00+08:00", 0},
	    {"2026-05-03T22:00:30.25 +0800", 30250},
	    {"2026-05-03T09:30:00-04:30", 0},
	    {"2026-05-03T22:00", 0}, /* local: TZ is eight hours east */
	    {"2026-05-03", -22 * 3600 * INT64_C(1000)},
	    {"1777816800001", 1},
	};

	(void)state;
	assert_int_equal(setenv("TZ", "CST-8", 1), 0);
	tzset();
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t ms = 7;
		if (!when_parse(good[i].text, now, &ms))
			fail_msg("%s is refused", good[i].text);
		if (ms - now != good[i].ms)
			fail_msg(
			    "%s: %lld", good[i].text, (long long)(ms - now));
	}
}

static void
what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {"", "x", "2", "2 h", "2hours", "-2h",
	    "1777816800", "2026-13-01", "2026-05-03T", "2026-05-03T25:00",
	    "2026-05-03T22:00Zulu", "2026-05-03T22:00+8", "tomorrow",
	    "99999999999h"};
	int64_t ms = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (when_parse(bad[i], now, &ms))
			fail_msg("%s is taken", bad[i]);
	assert_int_equal(ms, 7);
}

static void
durations_are_read(void **state)
{
	static const char *const bad[] = {
	    "", "10", "min", "-1s", "1.5h", "10 min", "10min ", "1e3s"};
	int64_t ms = 7;

	(void)state;
	assert_true(when_duration("10min", &ms));
	assert_int_equal(ms, 600000);
	assert_true(when_duration("250ms", &ms));
	assert_int_equal(ms, 250);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (when_duration(bad[i], &ms))
			fail_msg("%s is taken", bad[i]);
	assert_int_equal(ms, 250);
}

static void
times_are_written(void **state)
{
	char s[64];

	(void)state;
	assert_int_equal(setenv("TZ", "CST-8", 1), 0);
	tzset();
	assert_string_equal(when_format(now + 7, true, s, sizeof(s)),
	    "2026-05-03T14:00:00.007Z");
	assert_string_equal(when_format(now + 7, false, s, sizeof(s)),
	    "2026-05-03 22:00:00.007 +0800");
	assert_string_equal(
	    when_format(-1, true, s, sizeof(s)), "1969-12-31T23:59:59.999Z");
	assert_string_equal(when_span(450, s, sizeof(s)), "0.4 s");
	assert_string_equal(when_span(12000, s, sizeof(s)), "12 s");
	assert_string_equal(when_span(300000, s, sizeof(s)), "5 min");
	assert_string_equal(when_span(12000000, s, sizeof(s)), "3 h 20 min");
	assert_string_equal(when_span(352800000, s, sizeof(s)), "4 d 2 h");
}

static void
nearest_names_come_first(void **state)
{
	struct nearest x;

	(void)state;
	nearest_init(&x, "north/soil-a1/moistur");
	nearest_offer(&x, "station/meter-1/total");
	nearest_offer(&x, "north/soil-a2/moisture");
	nearest_offer(&x, "north/soil-a3/moisture");
	nearest_offer(&x, "north/soil-b4/moisture");
	nearest_offer(&x, "north/soil-a1/moisture");
	assert_int_equal(x.n, 3);
	assert_string_equal(x.name[0], "north/soil-a1/moisture");
	nearest_init(&x, "statsu");
	nearest_offer(&x, "check");
	nearest_offer(&x, "status");
	assert_int_equal(x.n, 1);
	assert_string_equal(x.name[0], "status");
	nearest_init(&x, "");
	nearest_offer(&x, "points");
	assert_int_equal(x.n, 0);
	nearest_init(&x, "moisture");
	nearest_offer(&x, "north/soil-a1/moisture");
	assert_int_equal(x.n, 1);
}

static char *
printed(const struct table *t)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	table_print(t, 1, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void
tables_line_up_in_any_script(void **state)
{
	static const char *const cell[] = {"POINT", "VALUE", "", "NOTE",
	    "六家子/墒情", "23.1", "", "", "north/ph", "7", "",
	    "bell\a and \033[31mred"};
	struct table *t = table_new("lrll");
	char *text;

	(void)state;
	assert_int_equal(table_width("六家子"), 6);
	assert_int_equal(table_width("Zo\xc3\xab"), 3);
	for (size_t i = 0; i < sizeof(cell) / sizeof(cell[0]); i++)
		table_cell(t, "%s", cell[i]);
	text = printed(t);
	assert_string_equal(text, " POINT        VALUE  NOTE\n"
				  " 六家子/墒情   23.1\n"
				  " north/ph         7  bell? and ?[31mred\n");
	free(text);
	t = table_free(t);
	assert_null(t);
}

/* A healthy device, one that is lost, one that is slow and refuses. */
static const char farm[] =
    "{\"lines\":[{\"devices\":[{\"name\":\"n/a\",\"type\":\"t\",\"unit\":1,"
    "\"state\":\"online\",\"trouble\":false,\"requests\":500,"
    "\"answers\":499,\"timeouts\":1,\"median_ms\":20,\"p95_ms\":50,"
    "\"deadline_ms\":300,\"line_ms\":12300,\"last_ok_age_ms\":400,"
    "\"text\":\"online\"},"
    "{\"name\":\"n/b\",\"type\":\"t\",\"unit\":2,\"state\":\"lost\","
    "\"trouble\":true,\"requests\":50,\"answers\":0,\"timeouts\":50,"
    "\"median_ms\":null,\"p95_ms\":null,\"deadline_ms\":300,"
    "\"line_ms\":9000,\"last_ok_age_ms\":null,\"text\":\"no answer\"}]},"
    "{\"devices\":[{\"name\":\"s/c\",\"type\":\"u\",\"unit\":3,"
    "\"state\":\"online\",\"trouble\":true,\"requests\":100,"
    "\"answers\":93,\"exceptions\":7,\"codes\":{\"2\":5,\"other\":2},"
    "\"median_ms\":2000,\"p95_ms\":null,\"deadline_ms\":15000,"
    "\"line_ms\":0,\"last_ok_age_ms\":3000,\"text\":\"\"}]}]}";

static char *
devices_text(const char *json, void (*print)(const struct json_t *, FILE *))
{
	char error[64], *text = NULL;
	size_t size;
	struct jdoc *j = jdoc_parse(json, strlen(json), error, sizeof(error));
	FILE *f = open_memstream(&text, &size);

	assert_non_null(j);
	assert_non_null(f);
	print(jdoc_get(jdoc_root(j), "lines"), f);
	assert_int_equal(fclose(f), 0);
	jdoc_free(j);
	return text;
}

static void
devices_in_trouble_are_told_in_full(void **state)
{
	static const char healthy[] =
	    "{\"lines\":[{\"devices\":[{\"name\":\"n/a\","
	    "\"state\":\"online\",\"timeouts\":3}]}]}";
	char *text = devices_text(farm, devices_print);

	(void)state;
	assert_string_equal(text,
	    "DEVICE  TYPE  UNIT  STATE   LAST ANSWER  REQUESTS  HALF WITHIN"
	    "  95 % WITHIN  DEADLINE\n"
	    "n/a     t        1  online        0.4 s       500        20 ms"
	    "        50 ms    300 ms\n"
	    "n/b     t        2  lost          never        50            -"
	    "            -    300 ms  no answer\n"
	    "s/c     u        3  online        3.0 s       100      2000 ms"
	    "     over 2 s      15 s\n"
	    "\n"
	    "IN TROUBLE  REQUESTS  ANSWERS  TIMEOUTS  EXCEPTIONS\n"
	    "n/b               50        0        50\n"
	    "s/c              100       93            7 (2: 5, other: 2)\n");
	free(text);
	text = devices_text(healthy, devices_print);
	assert_null(strstr(text, "TROUBLE"));
	assert_null(strstr(text, "TIMEOUTS"));
	free(text);
	text = devices_text(farm, devices_print_all);
	assert_non_null(strstr(text, "TIMEOUTS"));
	assert_null(strstr(text, "NOISE"));
	assert_non_null(strstr(text, "7 (2: 5, other: 2)"));
	assert_non_null(strstr(text, "12 s"));
	free(text);
	text = devices_text("{\"lines\":{}}", devices_print_all);
	free(text);
}

static void
answers_are_read_whatever_they_hold(void **state)
{
	static const char good[] =
	    "{\"points\":[{\"point\":\"n/a\",\"value\":23.1,\"u\":null},"
	    "{\"point\":\"s/b\",\"value\":18446744073709551615},"
	    "{\"point\":\"n/c\",\"value\":9007199254740993}]}";
	static const char *const bad[] = {
	    "", "[]", "{", "{\"a\":1} x", "{\"a\":1,\"a\":2}", "\"x\""};
	const struct json_t *points;
	char s[64];
	struct jdoc *j = jdoc_parse(good, strlen(good), s, sizeof(s));

	(void)state;
	assert_non_null(j);
	points = jdoc_get(jdoc_root(j), "points");
	assert_int_equal(jdoc_count(points), 3);
	assert_string_equal(
	    jdoc_show(jdoc_at(points, 0), "value", s, sizeof(s)), "23.1");
	assert_string_equal(
	    jdoc_show(jdoc_at(points, 1), "value", s, sizeof(s)),
	    "18446744073709551615");
	assert_string_equal(
	    jdoc_show(jdoc_at(points, 2), "value", s, sizeof(s)),
	    "9007199254740993");
	assert_string_equal(
	    jdoc_show(jdoc_at(points, 0), "u", s, sizeof(s)), "");
	assert_false(jdoc_has_number(jdoc_at(points, 0), "u"));
	assert_int_equal(jdoc_int(jdoc_at(points, 0), "none", -3), -3);
	jdoc_filter(j, "points", "point", "n/");
	assert_int_equal(jdoc_count(jdoc_get(jdoc_root(j), "points")), 2);
	j = jdoc_free(j);
	assert_null(j);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(jdoc_parse(bad[i], strlen(bad[i]), s, sizeof(s)));
}

static void
long_integers_stay_exact(void **state)
{
	static const char text[] = "{\"a\":[18446744073709551615,"
				   "-9223372036854775808,1.5,12],"
				   "\"1844674407370955161500\":\"\\\"\","
				   "\"b\":\":18446744073709551615\"}\n";
	char error[64], *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);
	struct jdoc *j = jdoc_parse(text, strlen(text), error, sizeof(error));

	(void)state;
	assert_non_null(j);
	assert_non_null(f);
	assert_true(jdoc_print(j, f));
	assert_int_equal(fclose(f), 0);
	assert_string_equal(out, text);
	free(out);
	j = jdoc_free(j);
	assert_null(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_read),
	    cmocka_unit_test(what_is_no_time_is_refused),
	    cmocka_unit_test(durations_are_read),
	    cmocka_unit_test(times_are_written),
	    cmocka_unit_test(nearest_names_come_first),
	    cmocka_unit_test(tables_line_up_in_any_script),
	    cmocka_unit_test(devices_in_trouble_are_told_in_full),
	    cmocka_unit_test(answers_are_read_whatever_they_hold),
	    cmocka_unit_test(long_integers_stay_exact),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
