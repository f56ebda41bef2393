/* Units of measure: slips, what is doubtful, and what must pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit_text.h"

static void
slips(void **state)
{
	static const char *const list[][2] = {
	    {"°C", "Cel"},
	    {"℃", "Cel"},
	    {"degC", "Cel"},
	    {"celsius", "Cel"},
	    {"°C/min", "Cel/min"},
	    {"°", "deg"},
	    {"m³/h", "m3/h"},
	    {"m^3/h", "m3/h"},
	    {"m³/hr", "m3/h"},
	    {"M3/H", "m3/h"},
	    {"W/m²", "W/m2"},
	    {"\u00B5S/cm", "uS/cm"},
	    {"\u03BCS/cm", "uS/cm"},
	    {"kpa", "kPa"},
	    {"KPA", "kPa"},
	    {"hz", "Hz"},
	    {"L/sec", "L/s"},
	    {"%VWC", "\"%\""},
	    {"RH", "\"%RH\""},
	    {"°F", "\"[degF]\""},
	};
	char why[300], end[100];

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		const char *at;
		int r = unit_text_judge(list[i][0], why, sizeof(why));
		if (r != UNIT_SLIP)
			fail_msg("%s passes", list[i][0]);
		(void)snprintf(end, sizeof(end), "; write %s", list[i][1]);
		at = strstr(why, end);
		if (!at || strcmp(at, end) != 0)
			fail_msg("%s, wanted: %s", why, end);
	}
}

static void
doubtful(void **state)
{
	static const char *const list[][2] = {{"C", "write Cel"},
	    {"uS", "write uS/cm"}, {"us/cm", "write uS/cm"},
	    {"m3/H", "write m3/h"}, {"ma", "write mA"}};
	char why[300];

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		assert_int_equal(unit_text_judge(list[i][0], why, sizeof(why)),
		    UNIT_DOUBTFUL);
		assert_non_null(strstr(why, list[i][1]));
	}
}

/* UCUM, SenML, and what nobody here knows. */
static void
fine(void **state)
{
	static const char *const list[] = {"Cel", "K", "%", "%RH", "1", "deg",
	    "uS/cm", "dS/m", "m3", "m3/h", "m3/m3", "L", "l", "l/s", "L/min",
	    "kPa", "hPa", "bar", "mbar", "Pa", "pa", "mm", "mm/h", "m/s", "lx",
	    "W/m2", "V", "mV", "A", "mA", "kW", "kWh", "kW.h", "Hz", "pH",
	    "[pH]", "mg/kg", "mg/L", "mg/l", "ppm", "[ppm]", "/min", "1/min",
	    "10*3/uL", "10^3/uL", "umol/m2/s", "m2.s", "ug/m3", "GJ/h", "[psi]",
	    "psi", "NTU", "[in_i]", "rpm", "mm{rain}", "头", "/",
	    "a unit that is so long that nobody has ever made a slip of it as "
	    "it is"};
	char why[300];

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (unit_text_judge(list[i], why, sizeof(why)) != UNIT_FINE)
			fail_msg("%s", why);
}

/* Of the longest that is looked at. */
static void
long_ones(void **state)
{
	char text[65] = "", why[20];

	(void)state;
	for (int i = 0; i < 32; i++)
		(void)strcat(text, i % 2 ? "v/" : "º"); /* 2 bytes each */
	assert_int_equal(strlen(text), 64);
	assert_int_equal(unit_text_judge(text, why, sizeof(why)), UNIT_SLIP);
	assert_int_equal(strlen(why), sizeof(why) - 1);
}

static void
warns_of_its_place(void **state)
{
	struct ctx x = {arena_new(), complaints_new()};
	struct node n = {.text = "C", .at = {"a.yaml", 3, 4}};
	const char *out = NULL;

	(void)state;
	assert_true(unit_text_read(&x, &n, &out));
	assert_string_equal(out, "C");
	assert_int_equal(complaints_warnings(x.c), 1);
	n.text = "degC";
	assert_false(unit_text_read(&x, &n, &out));
	assert_int_equal(complaints_errors(x.c), 1);
	(void)complaints_free(x.c);
	(void)arena_free(x.mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slips),
	    cmocka_unit_test(doubtful),
	    cmocka_unit_test(fine),
	    cmocka_unit_test(long_ones),
	    cmocka_unit_test(warns_of_its_place),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
