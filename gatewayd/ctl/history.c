/*
 * gatewayctl history: what the store has of one point, oldest first, a line a
 * reading as it is read, so that a year costs no memory. Reads the file itself:
 * it also works while the gateway is stopped.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "jdoc.h"
#include "mono.h"
#include "names.h"
#include "nearest.h"
#include "paths.h"
#include "site.h"
#include "snapshot.h"
#include "store.h"
#include "when.h"

static const char default_config[] = "/etc/gatewayd/site.yaml";

struct history {
	const char *point, *db, *config;
	int64_t from, to;
	uint64_t limit; /* 0: none */
	bool utc, json;

	char path[512], unit[64];
	bool known;
	struct nearest near;
	uint64_t rows, skip;
};

static bool
note_name(const char *name, const char *unit, void *arg)
{
	struct history *h = arg;

	nearest_offer(&h->near, name);
	if (strcmp(name, h->point) != 0)
		return true;
	h->known = true;
	(void)snprintf(h->unit, sizeof(h->unit), "%s", unit);
	return false;
}

static bool
count_row(const struct stored *row, void *arg)
{
	struct history *h = arg;

	(void)row;
	h->rows++;
	return true;
}

static void
print_json(const struct history *h, const struct stored *row,
    const char *reason, const char *value)
{
	bool quoted = row->value.type == VALUE_TEXT;

	(void)printf("{\"seq\":%" PRIu64 ",\"ts\":%" PRId64 ",\"point\":",
	    row->seq, row->ts_ms);
	jdoc_print_text(h->point, stdout);
	(void)fputs(",\"value\":", stdout);
	if (quoted)
		jdoc_print_text(value, stdout);
	else
		(void)fputs(*value != '\0' ? value : "null", stdout);
	(void)printf(",\"quality\":\"%s\",\"reason\":\"%s\"}\n",
	    quality_name(row->quality), reason);
}

static bool
print_row(const struct stored *row, void *arg)
{
	static const char *const held[] = {[EPOCH_UNKNOWN] = "clock not known",
	    [EPOCH_RELEASED] = "clock never known",
	    [EPOCH_KNOWN] = ""};
	struct history *h = arg;
	char value[80], time[64];
	const char *reason =
	    row->reason == REASON_NONE ? "" : reason_name(row->reason);

	if (h->skip > 0) {
		h->skip--;
		return true;
	}
	value_format(&row->value, value, sizeof(value));
	if (h->json) {
		print_json(h, row, reason, value);
		return !ferror(stdout);
	}
	(void)printf("%s  %12s %-6s %s",
	    when_format(row->ts_ms, h->utc, time, sizeof(time)),
	    *value != '\0' ? value : "-", h->unit, quality_name(row->quality));
	if (*reason != '\0')
		(void)printf(" %s", reason);
	if (row->detail != 0)
		(void)printf(" %u", (unsigned)row->detail);
	(void)printf(
	    "%s%s\n", *held[row->clock] != '\0' ? "  " : "", held[row->clock]);
	return !ferror(stdout);
}

static bool
path_from_gateway(struct history *h)
{
	struct jdoc *j;
	const char *path;

	if (ask_core_quietly("status", &j) != CTL_DONE)
		return false;
	path = jdoc_text(jdoc_get(jdoc_root(j), "store"), "path", "");
	(void)snprintf(h->path, sizeof(h->path), "%s", path);
	jdoc_free(j);
	return h->path[0] != '\0';
}

static bool
path_from_config(struct history *h, const char *file)
{
	struct paths dirs = {0};
	struct snapshot_paths paths = {.site = file};
	struct complaints *c = complaints_new();
	struct snapshot *s;
	struct site *site;

	if (paths_defaults(&dirs) != 0) {
		paths_done(&dirs);
		complaints_free(c);
		return false;
	}
	paths.profile_dirs = (const char *const *)dirs.profiles;
	paths.nprofile_dirs = dirs.nprofiles;
	paths.plugin_dirs = (const char *const *)dirs.plugins;
	paths.nplugin_dirs = dirs.nplugins;
	paths.line_program = dirs.line_program;
	s = snapshot_collect(&paths, c);
	site = s != NULL ? site_parse(s, c) : NULL;

	if (site != NULL)
		(void)snprintf(
		    h->path, sizeof(h->path), "%s", site->store_path);
	site_free(site);
	snapshot_free(s);
	complaints_free(c);
	paths_done(&dirs);
	return h->path[0] != '\0';
}

static bool
find_path(struct history *h)
{
	if (h->db != NULL) {
		(void)snprintf(h->path, sizeof(h->path), "%s", h->db);
		return true;
	}
	if (h->config != NULL)
		return path_from_config(h, h->config);
	return path_from_gateway(h) || path_from_config(h, default_config);
}

static int
not_known(const struct history *h)
{
	(void)fprintf(stderr, "gatewayctl: %s: the store has no point %s",
	    h->path, h->point);
	for (size_t i = 0; i < h->near.n; i++)
		(void)fprintf(stderr, "%s%s", i == 0 ? "; nearest: " : ", ",
		    h->near.name[i]);
	(void)fputs("\n", stderr);
	return CTL_REFUSED;
}

static int
read_rows(struct history *h, struct store *s)
{
	char from[64], to[64];
	enum store_result r = store_names(s, note_name, h);

	if (r == STORE_OK && !h->known)
		return not_known(h);
	if (r == STORE_OK)
		r = store_history(s, h->point, h->from, h->to, count_row, h);
	if (h->limit > 0 && h->rows > h->limit)
		h->skip = h->rows - h->limit; /* the newest are kept */
	if (r == STORE_OK)
		r = store_history(s, h->point, h->from, h->to, print_row, h);
	if (r != STORE_OK) {
		(void)fprintf(stderr, "gatewayctl: %s: %s: %s\n", h->path,
		    store_result_name(r), store_error(s));
		return CTL_REFUSED;
	}
	if (h->rows == 0 && !h->json)
		(void)fprintf(stderr,
		    "gatewayctl: %s: nothing from %s to %s; --from 30d looks "
		    "further back\n",
		    h->point, when_format(h->from, h->utc, from, sizeof(from)),
		    when_format(h->to, h->utc, to, sizeof(to)));
	return CTL_DONE;
}

static int
run(struct history *h)
{
	struct store *s = NULL;
	enum store_result r;
	int code;

	if (!find_path(h)) {
		(void)fprintf(stderr,
		    "gatewayctl: where the store is cannot be told: no gateway "
		    "answers and %s cannot be used; name it with --db FILE\n",
		    h->config != NULL ? h->config : default_config);
		return CTL_NO_GATEWAY;
	}
	r = store_open_reader(&s, h->path);
	if (r == STORE_OK) {
		code = read_rows(h, s);
	} else {
		(void)fprintf(stderr, "gatewayctl: %s: %s: %s\n", h->path,
		    store_result_name(r), s != NULL ? store_error(s) : "");
		code = CTL_REFUSED;
	}
	store_close(s);
	return code;
}

static int
take_time(const char *arg, int64_t now, int64_t *out)
{
	if (when_parse(arg, now, out))
		return CTL_DONE;
	return ctl_usage("history",
	    "times are 2h or 3d (ago), 2026-05-03, 2026-05-03T22:00 or "
	    "milliseconds; this is none: ",
	    arg);
}

static int
take_option(struct history *h, int option, const char *arg, const char *word)
{
	int64_t now = wall_ms();
	char *end;

	switch (option) {
	case 'f':
		return take_time(arg, now, &h->from);
	case 't':
		return take_time(arg, now, &h->to);
	case 'd':
		h->db = arg;
		return CTL_DONE;
	case 'c':
		h->config = arg;
		return CTL_DONE;
	case 'l':
		h->limit = strtoull(arg, &end, 10);
		if (*arg >= '1' && *arg <= '9' && *end == '\0')
			return CTL_DONE;
		return ctl_usage("history", "--limit needs a number: ", arg);
	case 'u':
		h->utc = true;
		return CTL_DONE;
	case 'j':
		h->json = true;
		return CTL_DONE;
	default:
		return ctl_usage("history", "what is this: ", word);
	}
}

int
cmd_history(int argc, char **argv)
{
	static const struct option options[] = {
	    {"from", required_argument, NULL, 'f'},
	    {"to", required_argument, NULL, 't'},
	    {"db", required_argument, NULL, 'd'},
	    {"config", required_argument, NULL, 'c'},
	    {"limit", required_argument, NULL, 'l'},
	    {"utc", no_argument, NULL, 'u'}, {"json", no_argument, NULL, 'j'},
	    {0}};
	struct history *h = calloc(1, sizeof(*h));
	int option, code = CTL_DONE;

	if (h == NULL) {
		(void)fputs("gatewayctl: no memory\n", stderr);
		return CTL_REFUSED;
	}
	h->from = wall_ms() - 86400000;
	h->to = INT64_MAX;
	opterr = 0;
	while (code == CTL_DONE &&
	       (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		code = take_option(h, option, optarg, argv[optind - 1]);
	if (code == CTL_DONE && optind + 1 != argc)
		code = ctl_usage("history",
		    optind < argc ? "one point at a time: " : "which point?",
		    optind < argc ? argv[argc - 1] : NULL);
	if (code == CTL_DONE) {
		h->point = argv[optind];
		nearest_init(&h->near, h->point);
		code = run(h);
	}
	free(h);
	return code;
}
