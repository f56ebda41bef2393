/*
 * gatewayctl plugins: which there are, what one offers, and whether one keeps
 * what the interface asks. None is ever loaded here: gatewayd-line does that,
 * in a process that may crash.
 */
#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "describe_plugin.h"
#include "jwrite.h"
#include "paths.h"
#include "plugins.h"
#include "table.h"
#include "types.h"

const char plugins_help[] =
    "the plugins that are there, one of them in words, or a test of one\n"
    "\n"
    "  gatewayctl plugins               all of them\n"
    "  gatewayctl plugins NAME          its settings and points, and what to\n"
    "                                   write into the site\n"
    "  gatewayctl plugins test FILE.so  whether it keeps the interface: its\n"
    "                                   file, symbols, tables, the examples "
    "of\n"
    "                                   NAME.vectors.yaml, random calls, and\n"
    "                                   what a call costs\n"
    "\n"
    "  --plugins D   a folder of plugins that goes before the others\n"
    "  --vectors F   test: other examples than those beside the plugin\n"
    "  --calls N     test: so many random calls, not a million\n"
    "  --seed S      test: others than those of seed 1";

/* One plugin, as it describes itself. */
struct described {
	struct arena *mem;
	const struct device_type *type; /* NULL: `why` */
	const char *abi;
	char why[400];
};

static void
describe(const char *program, const char *name, const char *path,
    struct described *out)
{
	struct complaints *c = complaints_new();
	const struct node *root = NULL, *abi;
	struct ctx x;
	size_t len;
	char *text =
	    describe_plugin(program, path, &len, out->why, sizeof(out->why));

	out->mem = arena_new();
	out->type = NULL;
	out->abi = "";
	x = (struct ctx){out->mem, c};
	if (text != NULL) {
		root = yaml_read(
		    out->mem, path, arena_strndup(out->mem, text, len), len, c);
		free(text);
	}
	if (root != NULL) {
		out->type = description_read(
		    &x, name, arena_strdup(out->mem, path), root);
		abi = node_get(root, "abi");
		out->abi = abi != NULL ? abi->text : "";
	}
	if (out->type == NULL && out->why[0] == '\0')
		(void)snprintf(out->why, sizeof(out->why),
		    "its description makes no device type");
	(void)complaints_free(c);
}

static void
describe_done(struct described *d)
{
	d->mem = arena_free(d->mem);
}

/* ---- all of them ---- */

struct listing {
	const char *program;
	struct table *table; /* NULL: JSON */
	struct jwrite out;
	char *seen[256]; /* of two with one name the first folder's is taken */
	size_t n, wrong;
};

static bool
is_new(struct listing *x, const char *name)
{
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->seen[i], name) == 0)
			return false;
	if (x->n == sizeof(x->seen) / sizeof(x->seen[0]) ||
	    (x->seen[x->n] = strdup(name)) == NULL)
		return false;
	x->n++;
	return true;
}

static void
row(struct listing *x, const char *name, const char *path,
    const struct described *d)
{
	const char *summary =
	    d->type != NULL && d->type->model != NULL ? d->type->model : "";

	if (x->table == NULL) {
		jw_object(&x->out, NULL);
		jw_text(&x->out, "plugin", name);
		jw_text(&x->out, "summary", summary);
		jw_text(&x->out, "abi", d->abi);
		jw_text(&x->out, "status", d->type != NULL ? "ok" : "refused");
		jw_text(&x->out, "why", d->type != NULL ? NULL : d->why);
		jw_text(&x->out, "file", path);
		jw_object_end(&x->out);
		return;
	}
	table_cell(x->table, "%s", name);
	table_cell(x->table, "%s", summary);
	table_cell(x->table, "%s", d->abi);
	table_cell(x->table, "%s", d->type != NULL ? "ok" : "refused");
	table_cell(x->table, "%s", path);
}

static void
list_file(struct listing *x, const char *path)
{
	const char *base = strrchr(path, '/') + 1; /* glob() saw to it */
	char name[NAME_MAX + 1];
	struct described d;

	(void)snprintf(
	    name, sizeof(name), "%.*s", (int)(strlen(base) - 3), base);
	if (!is_new(x, name))
		return;
	describe(x->program, name, path, &d);
	row(x, name, path, &d);
	if (d.type == NULL) {
		(void)fprintf(stderr, "%s: %s\n", path, d.why);
		x->wrong++;
	}
	describe_done(&d);
}

static void
list_folder(struct listing *x, const char *dir)
{
	char pattern[PATH_MAX];
	glob_t found;

	(void)snprintf(pattern, sizeof(pattern), "%s/*.so", dir);
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		list_file(x, found.gl_pathv[i]);
	globfree(&found);
}

static int
list(const struct paths *dirs, bool json)
{
	static const char *const head[] = {
	    "PLUGIN", "DEVICE", "INTERFACE", "STATUS", "FILE"};
	struct listing x = {
	    .program = dirs->line_program, .out = {.to = stdout}};

	if (!json && (x.table = table_new("lllll")) == NULL)
		return CTL_REFUSED;
	if (json) {
		jw_object(&x.out, NULL);
		jw_array(&x.out, "plugins");
	}
	table_gives_way(x.table, "-a2-1"); /* the path is in --json */
	for (size_t i = 0; !json && i < sizeof(head) / sizeof(head[0]); i++)
		table_cell(x.table, "%s", head[i]);
	for (size_t i = 0; i < dirs->nplugins; i++)
		list_folder(&x, dirs->plugins[i]);
	if (json) {
		jw_array_end(&x.out);
		jw_object_end(&x.out);
		(void)fputc('\n', stdout); /* main() asks ferror() */
	} else if (x.n > 0) {
		table_print(x.table, 0, stdout);
	}
	if (x.n == 0 && !json)
		(void)fputs("gatewayctl plugins: there are none; name their "
			    "folder with --plugins\n",
		    stderr);
	x.table = table_free(x.table);
	for (size_t i = 0; i < x.n; i++)
		free(x.seen[i]);
	return x.n > 0 && x.wrong == 0 ? CTL_DONE : CTL_REFUSED;
}

/* ---- one of them ---- */

bool
plugins_has(const struct paths *dirs, const char *name)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < dirs->nplugins; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s.so", dirs->plugins[i], name);
		if (strchr(name, '/') == NULL && access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static int
show(const struct paths *dirs, const char *name)
{
	char path[PATH_MAX];
	struct described d;
	int code = CTL_DONE;
	size_t i = 0;

	for (; i < dirs->nplugins; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s.so", dirs->plugins[i], name);
		if (access(path, F_OK) == 0)
			break;
	}
	if (i == dirs->nplugins) {
		(void)fprintf(stderr,
		    "gatewayctl plugins: there is no %s; `gatewayctl plugins` "
		    "lists them\n",
		    name);
		return CTL_REFUSED;
	}
	describe(dirs->line_program, name, path, &d);
	if (d.type != NULL) {
		plugins_explain(d.type, d.abi, stdout);
	} else {
		(void)fprintf(stderr, "%s: %s\n", path, d.why);
		code = CTL_REFUSED;
	}
	describe_done(&d);
	return code;
}

/* ---- a test ---- */

struct test {
	char *file;
	const char *vectors, *calls, *seed;
};

static void
add(char **argv, size_t *n, const char *option, const char *value)
{
	if (value == NULL)
		return;
	argv[(*n)++] = strdup(option);
	argv[(*n)++] = strdup(value);
}

/* In our place: what it says and how it ends is the answer. */
static int
test(const struct paths *dirs, const struct test *t)
{
	char *argv[10] = {strdup(dirs->line_program)};
	size_t n = 1;

	add(argv, &n, "--test-plugin", t->file);
	add(argv, &n, "--vectors", t->vectors);
	add(argv, &n, "--calls", t->calls);
	add(argv, &n, "--seed", t->seed);
	(void)execv(dirs->line_program, argv);
	(void)fprintf(stderr, "gatewayctl plugins: %s: %s\n",
	    dirs->line_program, strerror(errno));
	for (size_t i = 0; i < n; i++)
		free(argv[i]);
	return CTL_REFUSED;
}

/* ---- options ---- */

struct wish {
	bool json;
	struct test test;
};

static int
take_option(struct paths *dirs, struct wish *w, int option, const char *word)
{
	int r = 0;

	switch (option) {
	case 'l':
		r = paths_add_plugins(dirs, optarg);
		break;
	case 'j':
		w->json = true;
		break;
	case 'v':
		w->test.vectors = optarg;
		break;
	case 'c':
		w->test.calls = optarg;
		break;
	case 's':
		w->test.seed = optarg;
		break;
	default:
		return ctl_usage("plugins", "what is this: ", word);
	}
	if (r == 0)
		return CTL_DONE;
	(void)fprintf(stderr, "gatewayctl plugins: %s\n", strerror(-r));
	return CTL_REFUSED;
}

static int
act(struct paths *dirs, struct wish *w, int argc, char **argv)
{
	bool tests = argc > 0 && strcmp(argv[0], "test") == 0;
	int r = paths_defaults(dirs);

	if (tests && argc != 2)
		return ctl_usage("plugins", "test takes one file", NULL);
	if (!tests && argc > 1)
		return ctl_usage("plugins", "one at a time: ", argv[1]);
	if (r < 0 || dirs->line_program == NULL) {
		(void)fprintf(stderr, "gatewayctl plugins: %s\n",
		    r < 0 ? strerror(-r)
			  : "the program gatewayd-line is missing");
		return CTL_REFUSED;
	}
	if (tests) {
		w->test.file = argv[1];
		return test(dirs, &w->test);
	}
	return argc > 0 ? show(dirs, argv[0]) : list(dirs, w->json);
}

int
cmd_plugins(int argc, char **argv)
{
	static const struct option options[] = {
	    {"plugins", required_argument, NULL, 'l'},
	    {"json", no_argument, NULL, 'j'},
	    {"vectors", required_argument, NULL, 'v'},
	    {"calls", required_argument, NULL, 'c'},
	    {"seed", required_argument, NULL, 's'}, {0}};
	struct paths dirs = {0};
	struct wish w = {0};
	int option, code = CTL_DONE;

	opterr = 0;
	while (code == CTL_DONE &&
	       (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		code = take_option(&dirs, &w, option, argv[optind - 1]);
	if (code == CTL_DONE)
		code = act(&dirs, &w, argc - optind, argv + optind);
	paths_done(&dirs);
	return code;
}
