/* A forecast for people: three tables a line, of the line, its devices, and
 * its sweeps with so many dead. */
#include "plan_show.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "jdoc.h"
#include "table.h"
#include "when.h"

/* So many decimals make three figures. */
static int
decimals(double v)
{
	return v < 9.995 ? 2 : v < 99.95 ? 1 : 0;
}

static void
time_cell(struct table *t, const struct json_t *of, const char *key)
{
	double ms = jdoc_real(of, key, 0);
	double v = ms < 999.5 ? ms : ms / 1000;

	if (ms <= 0)
		table_cell(t, "-");
	else
		table_cell(
		    t, "%.*f %s", decimals(v), v, ms < 999.5 ? "ms" : "s");
}

static void
use_cell(struct table *t, const struct json_t *of)
{
	double use = jdoc_real(of, "use_percent", 0);

	table_cell(t, "%.*f %%", decimals(use), use);
}

static void
count_cell(struct table *t, const struct json_t *of, const char *key)
{
	table_cell(t, "%" PRId64, jdoc_int(of, key, 0));
}

static const char *
period(const struct json_t *of, const char *key, char *out, size_t size)
{
	double ms = jdoc_real(of, key, 0);

	if (ms < 1000)
		(void)snprintf(out, size, "%.0f ms", ms);
	else if (ms < 120000)
		(void)snprintf(out, size, "%.3g s", ms / 1000);
	else
		(void)when_span((int64_t)(ms + 0.5), out, size);
	return out;
}

/* What a line that has too much to do does to the periods. */
static void
late_text(
    const struct json_t *way, const struct json_t *of, char *out, size_t size)
{
	char every[40], real[40];

	*out = '\0';
	if (!jdoc_has_number(of, "real_every_ms"))
		return;
	(void)snprintf(out, size,
	    "too much: what is due every %s comes about every %s",
	    period(way, "every_ms", every, sizeof(every)),
	    period(of, "real_every_ms", real, sizeof(real)));
}

static void
heading(struct table *t, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++)
		table_cell(t, "%s", names[i]);
}

static void
add_device(struct table *t, const struct json_t *d, const char *way)
{
	char every[40] = "-";

	if (jdoc_int(d, "every_ms", 0) > 0)
		(void)period(d, "every_ms", every, sizeof(every));
	table_cell(t, "%s", jdoc_text(d, "device", "?"));
	table_cell(t, "%s", way);
	table_cell(t, "%s", every);
	count_cell(t, d, "requests");
	count_cell(t, d, "bytes");
	time_cell(t, d, "time_ms");
	use_cell(t, d);
}

static void
print_devices(const struct json_t *ways)
{
	static const char *const names[] = {"DEVICE", "CONNECTION", "EVERY",
	    "REQUESTS", "BYTES", "TIME", "USE", NULL};
	struct table *t = table_new("lllrrrr");
	size_t nways = jdoc_count(ways);

	if (t == NULL)
		return;
	heading(t, names);
	for (size_t i = 0; i < nways; i++) {
		const struct json_t *way = jdoc_at(ways, i);
		const struct json_t *devices = jdoc_get(way, "devices");
		const char *name = jdoc_text(way, "connection", "?");

		for (size_t k = 0; k < jdoc_count(devices); k++)
			add_device(
			    t, jdoc_at(devices, k), nways > 1 ? name : "");
	}
	table_print(t, 2, stdout);
	(void)table_free(t);
}

/* One device alone, that fits: its own row has said it all. */
static bool
is_plain(const struct json_t *way)
{
	return jdoc_count(jdoc_get(way, "devices")) < 2 &&
	       !jdoc_has_number(way, "real_every_ms");
}

static void
add_sweep(struct table *t, const struct json_t *way, const struct json_t *dead)
{
	const struct json_t *of = dead != NULL ? dead : way;
	char late[160];

	late_text(way, of, late, sizeof(late));
	table_cell(t, "%" PRId64, jdoc_int(of, "dead", 0));
	count_cell(t, of, "requests");
	count_cell(t, of, "bytes");
	time_cell(t, of, dead != NULL ? "cycle_ms" : "sweep_ms");
	if (dead != NULL)
		time_cell(t, dead, "noticing_ms");
	else
		table_cell(t, "%s", "");
	use_cell(t, of);
	table_cell(t, "%s", late);
}

static void
print_sweeps(const struct json_t *ways)
{
	static const char *const names[] = {"CONNECTION", "DEAD", "REQUESTS",
	    "BYTES", "SWEEP", "AT FIRST", "LINE USE", "", NULL};
	struct table *t = table_new("lrrrrrrl");
	size_t nways = jdoc_count(ways);

	if (t == NULL)
		return;
	heading(t, names);
	for (size_t i = 0; i < nways; i++) {
		const struct json_t *way = jdoc_at(ways, i);
		const struct json_t *dead = jdoc_get(way, "dead");
		const char *name =
		    nways > 1 ? jdoc_text(way, "connection", "?") : "";

		if (nways > 1 && is_plain(way))
			continue;
		table_cell(t, "%s", name);
		add_sweep(t, way, NULL);
		for (size_t k = 0; k < jdoc_count(dead); k++) {
			table_cell(t, "%s", "");
			add_sweep(t, way, jdoc_at(dead, k));
		}
	}
	table_print(t, 2, stdout);
	(void)table_free(t);
}

static void
print_heading(const struct json_t *line)
{
	static const char *const names[] = {"LINE", "OVER", "", NULL};
	const struct json_t *ways = jdoc_get(line, "connections");
	const char *parity = jdoc_text(line, "parity", "?");
	struct table *t = table_new("lll");

	if (t == NULL)
		return;
	heading(t, names);
	table_cell(t, "%s", jdoc_text(line, "line", "?"));
	if (jdoc_count(ways) == 1)
		table_cell(t, "%s %s", jdoc_text(line, "transport", "?"),
		    jdoc_text(jdoc_at(ways, 0), "connection", "?"));
	else
		table_cell(t, "%s, %zu connections",
		    jdoc_text(line, "transport", "?"), jdoc_count(ways));
	if (jdoc_has_number(line, "baud"))
		table_cell(t, "%" PRId64 " 8%c%" PRId64,
		    jdoc_int(line, "baud", 0), toupper((unsigned char)*parity),
		    jdoc_int(line, "stop_bits", 0));
	else
		table_cell(t, "%s", "");
	table_print(t, 0, stdout);
	(void)table_free(t);
}

void
plan_show(const struct json_t *root)
{
	const struct json_t *lines = jdoc_get(root, "lines");

	for (size_t i = 0; i < jdoc_count(lines); i++) {
		const struct json_t *line = jdoc_at(lines, i);
		const struct json_t *ways = jdoc_get(line, "connections");

		print_heading(line);
		print_devices(ways);
		print_sweeps(ways);
		(void)printf("\n"); /* main() asks ferror() */
	}
	(void)printf("Each unit is taken to begin its answer %g ms after the "
		     "request; --turnaround says otherwise.\n",
	    jdoc_real(root, "turnaround_ms", 0));
}
