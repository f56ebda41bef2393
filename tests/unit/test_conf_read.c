/* Values as installers write them: what is taken, as what, and what is not. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "read.h"

struct fixture {
	struct ctx x;
	struct node n;
};

static struct fixture
with(const char *text)
{
	return (struct fixture){.x = {arena_new(), complaints_new()},
	    .n = {.kind = NODE_SCALAR, .text = text, .at = {"f", 1, 1}}};
}

/* Whether what was returned fits what was said. */
static bool
done(struct fixture *f, bool taken)
{
	assert_int_equal(complaints_errors(f->x.c), !taken);
	arena_free(f->x.mem);
	complaints_free(f->x.c);
	return taken;
}

static void
whole_numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t v;
	} good[] = {
	    {"0", 0},
	    {"7", 7},
	    {"-7", -7},
	    {"+7", 7},
	    {"0x10", 16},
	    {"0xfF", 255},
	    {"-0x10", -16},
	    {"9223372036854775807", INT64_MAX},
	    {"-9223372036854775807", -INT64_MAX},
	};
	static const char *const bad[] = {"", "-", "+", "0x", "x", "010", "00",
	    "-08", "1.0", "1e3", " 1", "1 ", "1_000", "0b1", "0o7", "--1",
	    "0xG", "9223372036854775808", "18446744073709551616", "NaN", "true",
	    "\xEF\xBC\x91"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct fixture f = with(good[i].text);
		int64_t v = 99;
		if (!done(&f,
			read_whole(&f.x, &f.n, "n", INT64_MIN, INT64_MAX, &v)))
			fail_msg("%s is refused", good[i].text);
		assert_true(v == good[i].v);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture f = with(bad[i]);
		int64_t v = 99;
		if (done(&f,
			read_whole(&f.x, &f.n, "n", INT64_MIN, INT64_MAX, &v)))
			fail_msg("%s is taken", bad[i]);
		assert_true(v == 99);
	}
}

static void
raw_bits(void **state)
{
	static const struct {
		const char *text;
		uint64_t v;
	} good[] = {
	    {"0x7FFF", 0x7FFF},
	    {"18446744073709551615", UINT64_MAX},
	    {"0xFFFFFFFFFFFFFFFF", UINT64_MAX},
	    {"-1", UINT64_MAX},
	    {"-9223372036854775808", UINT64_C(1) << 63},
	};
	static const char *const bad[] = {
	    "18446744073709551616", "-9223372036854775809", "-", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct fixture f = with(good[i].text);
		uint64_t v = 99;
		if (!done(&f, read_bits(&f.x, &f.n, "n", &v)))
			fail_msg("%s is refused", good[i].text);
		assert_true(v == good[i].v);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture f = with(bad[i]);
		uint64_t v;
		if (done(&f, read_bits(&f.x, &f.n, "n", &v)))
			fail_msg("%s is taken", bad[i]);
	}
}

static void
real_numbers(void **state)
{
	static const struct {
		const char *text;
		double v;
	} good[] = {
	    {"0", 0},
	    {"23.4", 23.4},
	    {"-0.5", -0.5},
	    {".5", 0.5},
	    {"5.", 5},
	    {"1e3", 1000},
	    {"1e+12", 1e12},
	    {"2.5E-3", 0.0025},
	    {"007", 7},
	};
	static const char *const bad[] = {"", ".", "-", "e3", "1e", "1,5",
	    "inf", "nan", "-inf", "0x10", "0x1p4", "1e400", "1.2.3", "1 ", " 1",
	    "1f", "1e7",
	    "1111111111111111111111111111111111111111111111111111111111"
	    "11111111"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct fixture f = with(good[i].text);
		double v = 99;
		if (!done(&f, read_real(&f.x, &f.n, "n", -1, 1e300, &v)))
			fail_msg("%s is refused", good[i].text);
		assert_true(fabs(v - good[i].v) < 1e-300);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture f = with(bad[i]);
		double v;
		if (done(&f, read_real(&f.x, &f.n, "n", -1, 1e6, &v)))
			fail_msg("%s is taken", bad[i]);
	}
}

static void
durations_and_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t v;
	} time[] = {
	    {"0s", 0},
	    {"250ms", 250},
	    {"5s", 5000},
	    {"5 s", 5000},
	    {"5min", 300000},
	    {"4h", 14400000},
	    {"30d", 2592000000},
	};
	static const char *const no_time[] = {"", "5", "s", "-5s", "+5s",
	    "0.5s", "05s", "5m", "5sec", "5S", "1h30min", "5s ",
	    "99999999999999999999s", "213503982335d", "0x5s", "1e3s"};
	static const char *const no_size[] = {
	    "", "4", "0MB", "4gb", "4GiB", "-4GB", "4.5GB", "99999999999TB"};
	struct fixture f;
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(time) / sizeof(time[0]); i++) {
		f = with(time[i].text);
		if (!done(
			&f, read_duration(&f.x, &f.n, "t", 0, UINT64_MAX, &v)))
			fail_msg("%s is refused", time[i].text);
		assert_true(v == time[i].v);
	}
	for (size_t i = 0; i < sizeof(no_time) / sizeof(no_time[0]); i++) {
		f = with(no_time[i]);
		if (done(&f, read_duration(&f.x, &f.n, "t", 0, UINT64_MAX, &v)))
			fail_msg("%s is taken", no_time[i]);
	}
	for (size_t i = 0; i < sizeof(no_size) / sizeof(no_size[0]); i++) {
		f = with(no_size[i]);
		if (done(&f, read_size(&f.x, &f.n, "s", &v)))
			fail_msg("%s is taken", no_size[i]);
	}
	f = with("20MB");
	assert_true(done(&f, read_size(&f.x, &f.n, "s", &v)));
	assert_true(v == 20000000);
	f = with("4 GB");
	assert_true(done(&f, read_size(&f.x, &f.n, "s", &v)));
	assert_true(v == 4000000000);
}

static void
quantities(void **state)
{
	static const char *const units[] = {"m3/h", "%", "L/s", NULL};
	static const char *const bad[] = {"", "18", "m3/h", "18 m3",
	    "18 m3/hour", "18 M3/H", "1,8 %", "18 % "};
	struct fixture f;
	unsigned unit = 9;
	double v = 0;

	(void)state;
	f = with("18 m3/h");
	assert_true(done(&f, read_quantity(&f.x, &f.n, "q", units, &v, &unit)));
	assert_true(fabs(v - 18) < 1e-12 && unit == 0);
	f = with("-0.5%");
	assert_true(done(&f, read_quantity(&f.x, &f.n, "q", units, &v, &unit)));
	assert_true(fabs(v + 0.5) < 1e-12 && unit == 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f = with(bad[i]);
		if (done(&f, read_quantity(&f.x, &f.n, "q", units, &v, NULL)))
			fail_msg("%s is taken", bad[i]);
	}
}

static void
times_of_day(void **state)
{
	static const struct {
		const char *text;
		unsigned v;
	} good[] = {{"22:00", 22 * 60}, {"6:30", 390}, {"06:30", 390},
	    {"00:00", 0}, {"0:00", 0}, {"23:59", 1439}};
	static const char *const bad[] = {"", "22", ":30", "22:", "24:00",
	    "22:60", "22:0", "022:00", "22:000", "22:00:00", "22.00", "-1:00",
	    "79200", "9999999999:00"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct fixture f = with(good[i].text);
		unsigned v = 9999;
		if (!done(&f, read_clock(&f.x, &f.n, "t", &v)))
			fail_msg("%s is refused", good[i].text);
		assert_int_equal(v, good[i].v);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture f = with(bad[i]);
		unsigned v;
		if (done(&f, read_clock(&f.x, &f.n, "t", &v)))
			fail_msg("%s is taken", bad[i]);
	}
}

static void
yes_and_no(void **state)
{
	static const char *const word[] = {
	    "true", "yes", "on", "false", "no", "off"};
	static const char *const bad[] = {
	    "", "True", "NO", "y", "1", "0", "oui", "on "};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct fixture f = with(word[i]);
		bool v = i >= 3;
		assert_true(done(&f, read_bool(&f.x, &f.n, "b", &v)));
		assert_int_equal(v, i < 3);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture f = with(bad[i]);
		bool v;
		if (done(&f, read_bool(&f.x, &f.n, "b", &v)))
			fail_msg("%s is taken", bad[i]);
	}
}

static void
addresses(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} good[] = {
	    {"h", "h", 502},
	    {"plc.example:503", "plc.example", 503},
	    {"192.0.2.50:65535", "192.0.2.50", 65535},
	    {"[::1]", "::1", 502},
	    {"[2001:db8::1]:1", "2001:db8::1", 1},
	};
	static const char *const bad[] = {"", ":502", "h:", "h:0", "h:65536",
	    "h:-1", "h:5x", "::1", "[::1", "[]", "[::1]502", "a b", "u@h",
	    "h/x", "h:99999999999", "a\tb", "\xE7\x94\xB0"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct fixture f = with("");
		const char *host = NULL;
		uint16_t port = 0;
		bool taken = read_host_port(
		    &f.x, f.n.at, good[i].text, 502, &host, &port);
		if (!taken)
			fail_msg("%s is refused", good[i].text);
		assert_string_equal(host, good[i].host);
		assert_int_equal(port, good[i].port);
		(void)done(&f, taken);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture f = with("");
		const char *host;
		uint16_t port;
		if (done(&f, read_host_port(
				 &f.x, f.n.at, bad[i], 502, &host, &port)))
			fail_msg("%s is taken", bad[i]);
	}
}

static void
nearest_words(void **state)
{
	static const char *const keys[] = {"unit", "every", "type", NULL};

	(void)state;
	assert_string_equal(nearest("untit", keys), "unit");
	assert_string_equal(nearest("evrey", keys), "every");
	assert_string_equal(nearest("typ", keys), "type");
	assert_null(nearest("nonsense", keys));
	assert_null(nearest("", (const char *const[]){"unit", NULL}));
	assert_int_equal(word_distance("unit16", "uint16"), 1);
	assert_int_equal(word_distance("", "abc"), 3);
	assert_int_equal(word_distance("abc", "abc"), 0);
	assert_int_equal(word_distance("kitten", "sitting"), 3);
}

static size_t
lines_of(const struct complaints *c, char **text)
{
	size_t size = 0, n = 0;
	FILE *f = open_memstream(text, &size);

	assert_non_null(f);
	complaints_print(c, f);
	assert_int_equal(fclose(f), 0);
	for (const char *p = *text; (p = strchr(p, '\n')); p++)
		n++;
	return n;
}

/* In the order of the file, each once, and not without end. */
static void
complaints(void **state)
{
	struct complaints *c = complaints_new();
	char *text = NULL;

	(void)state;
	complain(c, (struct mark){"b", 2, 1}, "late");
	complain(c, (struct mark){"b", 1, 9}, "two\n\x1b[31m");
	complain_softly(c, (struct mark){"b", 1, 9}, "three");
	complain(c, (struct mark){"b", 1, 2}, "one");
	complain(c, (struct mark){"b", 1, 2}, "one");
	complain_softly(c, (struct mark){"b", 0, 0}, "all of it");
	assert_int_equal(complaints_errors(c), 3);
	assert_int_equal(complaints_warnings(c), 2);
	assert_int_equal(lines_of(c, &text), 5);
	assert_string_equal(text,
	    "b: warning: all of it\nb:1:2: one\nb:1:9: two??[31m\n"
	    "b:1:9: warning: three\nb:2:1: late\n");
	free(text);
	for (uint32_t i = 0; i < 1000; i++)
		complain(c, (struct mark){"c", i, 1}, "%u", i);
	assert_int_equal(complaints_errors(c), 1003);
	assert_int_equal(lines_of(c, &text), 201);
	assert_non_null(strstr(text, "\nand 805 more\n"));
	free(text);
	complaints_free(c);
}

int
main(void)
{
	static const struct CMUnitTest test[] = {
	    cmocka_unit_test(whole_numbers),
	    cmocka_unit_test(raw_bits),
	    cmocka_unit_test(real_numbers),
	    cmocka_unit_test(durations_and_sizes),
	    cmocka_unit_test(quantities),
	    cmocka_unit_test(times_of_day),
	    cmocka_unit_test(yes_and_no),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(nearest_words),
	    cmocka_unit_test(complaints),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(test, NULL, NULL);
}
