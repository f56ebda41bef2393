/* gatewayctl points: what every point last said. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "jdoc.h"
#include "nearest.h"
#include "table.h"
#include "when.h"

static int
print_points(const struct json_t *points)
{
	struct table *t = table_new("lrlrll");
	char text[160];

	if (t == NULL)
		return CTL_REFUSED;
	static const char *const heading[] = {
	    "POINT", "VALUE", "UNIT", "AGE", "QUALITY", "REASON"};
	for (size_t i = 0; i < sizeof(heading) / sizeof(heading[0]); i++)
		table_cell(t, "%s", heading[i]);
	for (size_t i = 0; i < jdoc_count(points); i++) {
		const struct json_t *p = jdoc_at(points, i);
		const char *reason = jdoc_text(p, "reason", "");
		bool seen = jdoc_has_number(p, "age_ms");
		table_cell(t, "%s", jdoc_text(p, "point", "?"));
		jdoc_show(p, "value", text, sizeof(text));
		table_cell(t, "%s", *text != '\0' ? text : "-");
		table_cell(t, "%s", jdoc_text(p, "unit", ""));
		when_span(jdoc_int(p, "age_ms", 0), text, sizeof(text));
		table_cell(t, "%s", seen ? text : "-");
		table_cell(t, "%s", jdoc_text(p, "quality", "not read yet"));
		table_cell(t, "%s", strcmp(reason, "none") == 0 ? "" : reason);
	}
	table_print(t, 0, stdout);
	table_free(t);
	return CTL_DONE;
}

static int
not_found(const struct json_t *points, const char *prefix)
{
	struct nearest near;

	nearest_init(&near, prefix);
	for (size_t i = 0; i < jdoc_count(points); i++)
		nearest_offer(
		    &near, jdoc_text(jdoc_at(points, i), "point", ""));
	(void)fprintf(stderr, "gatewayctl: no point begins with %s", prefix);
	for (size_t i = 0; i < near.n; i++)
		(void)fprintf(stderr, "%s%s", i == 0 ? "; nearest: " : ", ",
		    near.name[i]);
	(void)fputs("\n", stderr);
	return CTL_REFUSED;
}

/* How many points begin with the prefix. */
static size_t
count_matching(const struct json_t *points, const char *prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < jdoc_count(points); i++) {
		const char *s = jdoc_text(jdoc_at(points, i), "point", "");
		n += strncmp(s, prefix, strlen(prefix)) == 0;
	}
	return n;
}

static int
show(struct jdoc *j, const char *answer, const char *prefix, bool json)
{
	const struct json_t *points = jdoc_get(jdoc_root(j), "points");

	if (prefix != NULL && count_matching(points, prefix) == 0)
		return not_found(points, prefix);
	if (json && prefix == NULL)
		return puts(answer) == EOF ? CTL_REFUSED : CTL_DONE;
	if (prefix != NULL)
		jdoc_filter(j, "points", "point", prefix);
	if (json)
		return jdoc_print(j, stdout) ? CTL_DONE : CTL_REFUSED;
	return print_points(points);
}

int
cmd_points(int argc, char **argv)
{
	const char *prefix = NULL;
	bool json = false;
	struct jdoc *j;
	char *answer;
	int r;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (argv[i][0] == '-' || prefix != NULL)
			return ctl_usage("points", "what is this: ", argv[i]);
		else
			prefix = argv[i];
	}
	r = ask_core("points", &j, &answer);
	if (r != CTL_DONE)
		return r;
	r = show(j, answer, prefix, json);
	jdoc_free(j);
	free(answer);
	return r;
}
