/* gatewayctl status: the gateway as it is now. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "devices.h"
#include "jdoc.h"
#include "table.h"
#include "when.h"

static void
heading(struct table *t, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++)
		table_cell(t, "%s", names[i]);
}

static void
count(struct table *t, const struct json_t *of, const char *key)
{
	table_cell(t, "%" PRId64, jdoc_int(of, key, 0));
}

static void
text(struct table *t, const struct json_t *of, const char *key)
{
	table_cell(t, "%s", jdoc_text(of, key, ""));
}

/* What is said beside a state, unless it says the same again. */
static void
remark(struct table *t, const struct json_t *of)
{
	static const char *const plain[] = {"online", "open", "connected"};
	const char *s = jdoc_text(of, "text", "");

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp(s, plain[i]) == 0)
			s = "";
	table_cell(t, "%s", s);
}

static void
print_gateway(const struct json_t *s)
{
	const struct json_t *clock = jdoc_get(s, "clock");
	const struct json_t *store = jdoc_get(s, "store");
	const char *id = jdoc_text(s, "gateway", "?");
	const char *name = jdoc_text(s, "name", id);
	const char *words = jdoc_text(clock, "text", "");
	struct table *t = table_new("ll");
	char up[40];

	if (t == NULL)
		return;
	table_gives_way(t, "-w");
	table_cell(t, "gateway"); /* the first row never empties a column */
	table_cell(t, strcmp(id, name) == 0 ? "%s" : "%s  %s", id, name);
	table_cell(t, "program");
	table_cell(t, "gatewayd %s, process %" PRId64 ", up %s",
	    jdoc_text(s, "version", "?"), jdoc_int(s, "pid", 0),
	    when_span(jdoc_int(s, "uptime_s", 0) * 1000, up, sizeof(up)));
	table_cell(t, "site file");
	text(t, s, "config");
	table_cell(t, "clock");
	table_cell(t, *words != '\0' ? "%s: %s" : "%s",
	    jdoc_text(clock, "state", "?"), words);
	table_cell(t, "store");
	table_cell(t,
	    "%s: %s, last number %" PRId64 ", %" PRId64
	    " to be written, %" PRId64 " dropped",
	    jdoc_text(store, "path", "?"), jdoc_text(store, "state", "?"),
	    jdoc_int(store, "seq", 0), jdoc_int(store, "pending", 0),
	    jdoc_int(store, "dropped", 0));
	table_print(t, 0, stdout);
	table_free(t);
}

/* "43 %"; below ten with its tenths. */
static void
use(struct table *t, const struct json_t *line)
{
	int64_t n = jdoc_int(line, "use_per_mille", 0);

	if (n < 100)
		table_cell(t, "%" PRId64 ".%" PRId64 " %%", n / 10, n % 10);
	else
		table_cell(t, "%" PRId64 " %%", n / 10);
}

static void
add_line(struct table *t, const struct json_t *l)
{
	int64_t overruns = jdoc_int(l, "overruns", 0);

	text(t, l, "name");
	table_cell(t, "%s %s", jdoc_text(l, "transport", "?"),
	    jdoc_text(l, "port", ""));
	text(t, l, "state");
	table_cell(t, "%" PRId64 " of %" PRId64,
	    jdoc_int(l, "devices_online", 0), jdoc_int(l, "devices_all", 0));
	use(t, l);
	/* Left out while there are none. */
	if (overruns > 0)
		table_cell(t, "%" PRId64, overruns);
	else
		table_cell(t, "%s", "");
	count(t, l, "requests");
	count(t, l, "pid");
	count(t, l, "restarts");
	remark(t, l);
}

static void
print_lines(const struct json_t *lines)
{
	static const char *const names[] = {"LINE", "PORT", "STATE", "ONLINE",
	    "USE", "OVERRUNS", "REQUESTS", "PROCESS", "RESTARTS", "", NULL};
	struct table *t = table_new("lllrrrrrrl");

	if (t == NULL)
		return;
	heading(t, names);
	table_gives_way(t, "-a----312u");
	for (size_t i = 0; i < jdoc_count(lines); i++)
		add_line(t, jdoc_at(lines, i));
	table_print(t, 0, stdout);
	table_free(t);
}

/* Nothing while there are none. */
static void
print_disabled(const struct json_t *lines)
{
	char ago[40];

	for (size_t i = 0; i < jdoc_count(lines); i++) {
		const struct json_t *l = jdoc_at(lines, i);
		const struct json_t *all = jdoc_get(l, "disabled_plugins");

		for (size_t k = 0; k < jdoc_count(all); k++) {
			const struct json_t *p = jdoc_at(all, k);
			(void)printf("plugin %s on line %s: disabled after "
				     "%" PRId64 " crashes, %s ago, until its "
				     "file changes or gatewayd is reloaded\n",
			    jdoc_text(p, "plugin", "?"),
			    jdoc_text(l, "name", "?"),
			    jdoc_int(p, "crashes", 0),
			    when_span(
				jdoc_int(p, "age_ms", 0), ago, sizeof(ago)));
		}
	}
}

static void
print_uplinks(const struct json_t *uplinks)
{
	static const char *const names[] = {"UPLINK", "BROKER", "STATE",
	    "ACKNOWLEDGED", "UP TO", "WAITING", "PROCESS", "RESTARTS", "",
	    NULL};
	struct table *t = table_new("lllrrrrrl");

	if (t == NULL)
		return;
	heading(t, names);
	table_gives_way(t, "-a--3-12u");
	for (size_t i = 0; i < jdoc_count(uplinks); i++) {
		const struct json_t *u = jdoc_at(uplinks, i);
		text(t, u, "name");
		text(t, u, "broker");
		text(t, u, "state");
		count(t, u, "acked_messages");
		count(t, u, "acked_seq");
		count(t, u, "backlog");
		count(t, u, "pid");
		count(t, u, "restarts");
		remark(t, u);
	}
	table_print(t, 0, stdout);
	table_free(t);
}

static void
print_status(const struct json_t *s, bool all)
{
	const struct json_t *lines = jdoc_get(s, "lines");
	const struct json_t *uplinks = jdoc_get(s, "uplinks");

	print_gateway(s);
	(void)putchar('\n');
	print_lines(lines);
	print_disabled(lines);
	(void)putchar('\n');
	if (all)
		devices_print_all(lines, stdout);
	else
		devices_print(lines, stdout);
	(void)putchar('\n');
	if (jdoc_count(uplinks) > 0)
		print_uplinks(uplinks);
	else
		(void)puts("no uplink: nothing is sent anywhere");
}

int
cmd_status(int argc, char **argv)
{
	bool json = false, all = false;
	struct jdoc *j;
	char *answer;
	int r;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--devices") == 0)
			all = true;
		else
			return ctl_usage("status", "what is this: ", argv[i]);
	}
	r = ask_core("status", &j, &answer);
	if (r != CTL_DONE)
		return r;
	if (json)
		(void)puts(answer); /* main() asks ferror() */
	else
		print_status(jdoc_root(j), all);
	jdoc_free(j);
	free(answer);
	return CTL_DONE;
}
