/* Cells first, then the tables that they stand in. */
#include "devices.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "jdoc.h"
#include "table.h"
#include "when.h"

typedef void add_row(struct table *t, const struct json_t *device);

static void
count(struct table *t, const struct json_t *d, const char *key)
{
	table_cell(t, "%" PRId64, jdoc_int(d, key, 0));
}

/* A column that is empty while all is well is left out of the table. */
static void
trouble(struct table *t, const struct json_t *d, const char *key)
{
	int64_t n = jdoc_int(d, key, 0);

	if (n != 0)
		table_cell(t, "%" PRId64, n);
	else
		table_cell(t, "%s", "");
}

static void
last_answer(struct table *t, const struct json_t *d)
{
	char age[40] = "never";

	if (jdoc_has_number(d, "last_ok_age_ms"))
		when_span(jdoc_int(d, "last_ok_age_ms", 0), age, sizeof(age));
	table_cell(t, "%s", age);
}

static void
span(struct table *t, const struct json_t *d, const char *key)
{
	int64_t ms = jdoc_int(d, key, 0);
	char text[40];

	if (ms >= 10000)
		table_cell(t, "%s", when_span(ms, text, sizeof(text)));
	else if (ms > 0)
		table_cell(t, "%" PRId64 " ms", ms);
	else
		table_cell(t, "%s", "-");
}

/* Within how long so many of the answers came. */
static void
within(struct table *t, const struct json_t *d, const char *key)
{
	if (!jdoc_has_number(d, key) && jdoc_int(d, "answers", 0) > 0)
		table_cell(t, "%s", "over 2 s"); /* the last bar */
	else
		span(t, d, key);
}

/* "7 (2: 5, 4: 1, other: 1)": how many, and by code. */
static void
exceptions(struct table *t, const struct json_t *d)
{
	static const char *const code[] = {"1", "2", "3", "4", "5", "6", "7",
	    "8", "9", "10", "11", "other"}; /* core's keys */
	const struct json_t *codes = jdoc_get(d, "codes");
	int64_t n = jdoc_int(d, "exceptions", 0);
	char text[200] = "";
	size_t at = 0;

	for (size_t i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
		int64_t k = jdoc_int(codes, code[i], 0);
		if (k > 0 && at < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at,
			    "%s%s: %" PRId64, at > 0 ? ", " : "", code[i], k);
	}
	if (n == 0)
		table_cell(t, "%s", "");
	else
		table_cell(
		    t, at > 0 ? "%" PRId64 " (%s)" : "%" PRId64, n, text);
}

/* What is said beside a state, unless it says the same again. */
static void
remark(struct table *t, const struct json_t *d)
{
	const char *s = jdoc_text(d, "text", "");
	bool same = strcmp(s, "online") == 0 || strcmp(s, "answers") == 0;

	table_cell(t, "%s", same ? "" : s);
}

static void
who(struct table *t, const struct json_t *d)
{
	table_cell(t, "%s", jdoc_text(d, "name", ""));
	table_cell(t, "%s", jdoc_text(d, "type", ""));
	count(t, d, "unit");
	table_cell(t, "%s", jdoc_text(d, "state", ""));
	last_answer(t, d);
}

static void
add_plain(struct table *t, const struct json_t *d)
{
	who(t, d);
	count(t, d, "requests");
	within(t, d, "median_ms");
	within(t, d, "p95_ms");
	span(t, d, "deadline_ms");
	remark(t, d);
}

static void
add_counts(struct table *t, const struct json_t *d)
{
	count(t, d, "requests");
	count(t, d, "answers");
	trouble(t, d, "timeouts");
	trouble(t, d, "late");
	trouble(t, d, "crc");
	trouble(t, d, "noise");
	exceptions(t, d);
}

static void
add_troubled(struct table *t, const struct json_t *d)
{
	if (!jdoc_true(d, "trouble"))
		return;
	table_cell(t, "%s", jdoc_text(d, "name", ""));
	add_counts(t, d);
}

static void
add_all(struct table *t, const struct json_t *d)
{
	who(t, d);
	add_counts(t, d);
	within(t, d, "median_ms");
	within(t, d, "p95_ms");
	span(t, d, "deadline_ms");
	span(t, d, "line_ms");
	remark(t, d);
}

static void
print(const struct json_t *lines, const char *columns, const char *gives_way,
    const char *const *heading, add_row *add, FILE *to)
{
	struct table *t = table_new(columns);

	if (t == NULL)
		return;
	table_gives_way(t, gives_way);
	for (size_t i = 0; i < strlen(columns); i++)
		table_cell(t, "%s", heading[i]);
	for (size_t i = 0; i < jdoc_count(lines); i++) {
		const struct json_t *devices =
		    jdoc_get(jdoc_at(lines, i), "devices");
		for (size_t k = 0; k < jdoc_count(devices); k++)
			add(t, jdoc_at(devices, k));
	}
	table_print(t, 0, to);
	table_free(t);
}

static bool
any_troubled(const struct json_t *lines)
{
	for (size_t i = 0; i < jdoc_count(lines); i++) {
		const struct json_t *devices =
		    jdoc_get(jdoc_at(lines, i), "devices");
		for (size_t k = 0; k < jdoc_count(devices); k++)
			if (jdoc_true(jdoc_at(devices, k), "trouble"))
				return true;
	}
	return false;
}

void
devices_print(const struct json_t *lines, FILE *to)
{
	static const char *const plain[] = {"DEVICE", "TYPE", "UNIT", "STATE",
	    "LAST ANSWER", "REQUESTS", "HALF WITHIN", "95 % WITHIN", "DEADLINE",
	    ""};
	static const char *const troubled[] = {"IN TROUBLE", "REQUESTS",
	    "ANSWERS", "TIMEOUTS", "LATE", "CRC", "NOISE", "EXCEPTIONS"};

	print(lines, "llrlrrrrrl", "-a---3241u", plain, add_plain, to);
	if (!any_troubled(lines))
		return;
	(void)fputs("\n", to); /* main() asks ferror() */
	print(lines, "lrrrrrrl", "-------w", troubled, add_troubled, to);
}

void
devices_print_all(const struct json_t *lines, FILE *to)
{
	static const char *const all[] = {"DEVICE", "TYPE", "UNIT", "STATE",
	    "LAST ANSWER", "REQUESTS", "ANSWERS", "TIMEOUTS", "LATE", "CRC",
	    "NOISE", "EXCEPTIONS", "HALF WITHIN", "95 % WITHIN", "DEADLINE",
	    "LINE TIME", ""};

	print(
	    lines, "llrlrrrrrrrlrrrrl", "-17-6------a4532u", all, add_all, to);
}
