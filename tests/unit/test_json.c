/* Payloads, to the byte, and readable by a strict parser (jansson). */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "json.h"

static struct stored
row(uint64_t seq, int64_t ts, const char *name, struct value v)
{
	struct stored r = {
	    .seq = seq, .ts_ms = ts, .clock = EPOCH_KNOWN, .value = v};

	if (v.type == VALUE_NONE)
		r.quality = QUALITY_BAD;
	(void)snprintf(r.name, sizeof(r.name), "%s", name);
	return r;
}

static void
expect(const struct stored *rows, size_t n, const char *want)
{
	size_t len = 0;
	char *got = json_readings(rows, n, &len);
	json_error_t e;
	json_t *parsed = json_loads(
	    got, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &e);

	assert_non_null(parsed);
	json_decref(parsed);
	assert_string_equal(got, want);
	assert_int_equal(len, strlen(want));
	free(got);
}

static void
groups_by_device_and_time(void **state)
{
	struct stored r[] = {
	    row(5, 1000, "north/soil-a1/moisture", value_real(18.21)),
	    row(6, 1000, "north/soil-a1/temperature", value_real(-2.51)),
	    row(7, 1500, "station/meter-1/total", value_int(7)),
	    row(8, 2000, "north/soil-a1/moisture", value_real(23.4)),
	    row(9, 2000, "north/soil-a1/ec",
		(struct value){.type = VALUE_NONE}),
	};

	(void)state;
	expect(r, 5,
	    "{\"north/soil-a1\":[{\"ts\":1000,\"values\":{"
	    "\"moisture\":18.21,\"temperature\":-2.51}},{\"ts\":2000,"
	    "\"values\":{\"moisture\":23.4}}],\"station/meter-1\":[{\"ts\":"
	    "1500,\"values\":{\"total\":7}}],\"gateway\":[{\"ts\":2000,"
	    "\"values\":{\"seq\":9}}]}");
}

static void
numbers_are_exact(void **state)
{
	struct stored r[] = {
	    row(1, 1, "a/b/u", value_uint(UINT64_MAX)),
	    row(2, 1, "a/b/i", value_int(INT64_MIN)),
	    row(3, 1, "a/b/j", value_int(9007199254740993)),
	    row(4, 1, "a/b/r", value_real(0.1)),
	    row(5, 1, "a/b/s", value_real(5e-324)),
	};

	(void)state;
	/* A comma in the locale's numbers must not get in (C35). */
	(void)setlocale(LC_ALL, "de_DE.UTF-8");
	expect(r, 5,
	    "{\"a/b\":[{\"ts\":1,\"values\":{\"u\":"
	    "18446744073709551615,\"i\":-9223372036854775808,\"j\":"
	    "9007199254740993,\"r\":0.1,\"s\":4.94065645841247e-324}}],"
	    "\"gateway\":[{\"ts\":1,\"values\":{\"seq\":5}}]}");
	(void)setlocale(LC_ALL, "C");
}

static void
names_survive(void **state)
{
	struct stored r[] = {
	    row(1, 1, "line/North \"5\" \\ x/p", value_int(1)),
	    row(2, 1, "line/O'Brien/p", value_int(2)),
	    row(3, 1, "line/3\xE5\x8F\xB7\xE7\x94\xB0/p", value_text("a\"b")),
	};

	(void)state;
	expect(r, 3,
	    "{\"line/North \\\"5\\\" \\\\ x\":[{\"ts\":1,\"values\":"
	    "{\"p\":1}}],\"line/O'Brien\":[{\"ts\":1,\"values\":{\"p\":2}}],"
	    "\"line/3\xE5\x8F\xB7\xE7\x94\xB0\":[{\"ts\":1,\"values\":{\"p\":"
	    "\"a\\\"b\"}}],\"gateway\":[{\"ts\":1,\"values\":{\"seq\":3}}]}");
}

static void
doubt_is_marked(void **state)
{
	struct stored r[] = {
	    row(1, 1, "a/b/p", value_int(1)), row(2, 1, "a/b/q", value_int(2))};

	(void)state;
	r[0].quality = QUALITY_UNCERTAIN;
	r[1].clock = EPOCH_RELEASED;
	expect(r, 2,
	    "{\"a/b\":[{\"ts\":1,\"values\":{\"p\":1,\"p_quality\":"
	    "\"uncertain\",\"q\":2,\"q_quality\":\"uncertain\"}}],\"gateway\":"
	    "[{\"ts\":1,\"values\":{\"seq\":2}}]}");
}

static void
one_point_twice_at_one_time(void **state)
{
	struct stored r[] = {
	    row(1, 1, "a/b/p", value_int(1)), row(2, 1, "a/b/p", value_int(2))};

	(void)state;
	expect(r, 2,
	    "{\"a/b\":[{\"ts\":1,\"values\":{\"p\":1}},{\"ts\":1,"
	    "\"values\":{\"p\":2}}],\"gateway\":[{\"ts\":1,\"values\":"
	    "{\"seq\":2}}]}");
}

/* Whatever order they come in: each row once, and all of a device together. */
static void
none_is_lost_or_doubled(void **state)
{
	enum { ROWS = 700 };
	static struct stored r[ROWS];
	unsigned seed = 7;
	char name[64], *got;
	size_t len, values = 0;
	const char *device;
	json_t *all, *moments, *moment;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS; i++) {
		unsigned x = seed = seed * 1103515245 + 12345;
		(void)snprintf(name, sizeof(name), "l/d%u/p%u", x >> 16 & 31,
		    x >> 22 & 63);
		r[i] = row(
		    i + 1, 1000 + (x >> 12 & 3), name, value_int((int64_t)i));
	}
	got = json_readings(r, ROWS, &len);
	all = json_loads(got, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(all);
	json_object_foreach(all, device, moments)
	    json_array_foreach(moments, i, moment)
	{
		const char *point;
		json_t *value, *at = json_object_get(moment, "ts");
		json_t *set = json_object_get(moment, "values");
		json_object_foreach(set, point, value)
		{
			json_int_t n = json_integer_value(value);
			if (strcmp(device, "gateway") == 0)
				continue;
			(void)snprintf(
			    name, sizeof(name), "%s/%s", device, point);
			assert_in_range(n, 0, ROWS - 1);
			assert_string_equal(r[n].name, name);
			assert_int_equal(r[n].ts_ms, json_integer_value(at));
			values++;
			r[n].name[0] = '\0'; /* not a second time */
		}
	}
	assert_int_equal(values, ROWS);
	json_decref(all);
	free(got);
}

static void
nothing_to_say(void **state)
{
	struct stored r[] = {
	    row(1, 1, "a/b/p", (struct value){.type = VALUE_NONE})};
	size_t len = 9;

	(void)state;
	assert_null(json_readings(r, 1, &len));
	assert_int_equal(len, 0);
}

static void
an_event(void **state)
{
	struct stored r = {.seq = 3,
	    .ts_ms = 5,
	    .is_event = true,
	    .clock = EPOCH_KNOWN,
	    .kind = EVENT_DEVICE};
	size_t len = 0;

	(void)state;
	(void)snprintf(r.name, sizeof(r.name), "north/soil-a1");
	(void)snprintf(r.text, sizeof(r.text), "lost \"again\"");
	char *got = json_event(&r, &len);
	assert_string_equal(got,
	    "{\"seq\":3,\"ts\":5,\"kind\":\"device\","
	    "\"subject\":\"north/soil-a1\",\"text\":\"lost \\\"again\\\"\"}");
	free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(groups_by_device_and_time),
	    cmocka_unit_test(numbers_are_exact),
	    cmocka_unit_test(names_survive),
	    cmocka_unit_test(doubt_is_marked),
	    cmocka_unit_test(one_point_twice_at_one_time),
	    cmocka_unit_test(none_is_lost_or_doubled),
	    cmocka_unit_test(nothing_to_say),
	    cmocka_unit_test(an_event),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
