/*
 * The steps, each a line: file, symbols, tables, vectors, calls, cost. What
 * loads the plugin does so in a process of its own, with a time by which it is
 * to get on (apart.h).
 */
#include "plugin_test.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "apart.h"
#include "mono.h"
#include "plugin_calls.h"
#include "plugin_file.h"
#include "plugin_symbols.h"
#include "plugin_vectors.h"
#include "unit_text.h"

enum { CALLS = 1000000, STUCK_MS = 2000 };

struct test {
	const char *path, *vectors;
	bool given; /* the vectors were named */
	bool sanitized;
	FILE *to; /* the verdict; what a plugin prints goes nowhere */
	/* Shared with the child. */
	struct calls *calls;
	struct vectors_tally *tally;
};

struct shared {
	struct calls calls;
	struct vectors_tally tally;
};

static int
passed(const struct test *t, const char *step)
{
	(void)fprintf(t->to, "  %-8s ok  ", step);
	return 0;
}

static int
failed(const struct test *t, const char *step)
{
	(void)fprintf(t->to, "  %-8s NO  ", step);
	return 1;
}

/* ---- without loading it ---- */

static int
test_file(struct test *t)
{
	char why[PATH_MAX + 200] = "", real[PATH_MAX];

	if (!realpath(t->path, real))
		(void)snprintf(why, sizeof(why), "%s", strerror(errno));
	else if (plugin_file_check(real, why, sizeof(why)) == 0) {
		(void)passed(t, "file");
		(void)fprintf(t->to, "whole, and nobody else may write it\n");
		return 0;
	}
	(void)failed(t, "file");
	(void)fprintf(t->to, "%s\n", why);
	return 1;
}

static int
test_symbols(struct test *t)
{
	struct plugin_symbols s;
	int r = plugin_symbols(t->path, &s);

	t->sanitized = r == 0 && s.sanitized;
	if (r < 0) {
		(void)failed(t, "symbols");
		(void)fprintf(t->to, "they cannot be read: %s\n", strerror(-r));
	} else if (s.wrong[0]) {
		r = failed(t, "symbols");
		(void)fprintf(t->to,
		    "%s; a plugin shows gw_device_type alone, keeps "
		    "its variables in its state, and calls nothing "
		    "but mem*, str* and libm\n",
		    s.wrong);
	} else if (s.sanitized) {
		(void)passed(t, "symbols");
		(void)fprintf(t->to, "built with sanitizers: not judged\n");
	} else {
		(void)passed(t, "symbols");
		(void)fprintf(
		    t->to, "calls %s\n", s.calls[0] ? s.calls : "nothing");
	}
	return r != 0;
}

/* ---- what loads it, each in a child ---- */

/* The first that is a common slip. */
static bool
bad_unit(const struct gw_device_type *g, char *why, size_t size)
{
	char text[300];
	const char *of = NULL;

	for (uint32_t i = 0; !of && i < g->npoints; i++)
		if (g->points[i].unit && unit_text_judge(g->points[i].unit,
					     text, sizeof(text)) == UNIT_SLIP)
			of = g->points[i].name;
	for (uint32_t i = 0; !of && i < g->nkeys; i++)
		if (g->keys[i].unit && unit_text_judge(g->keys[i].unit, text,
					   sizeof(text)) == UNIT_SLIP)
			of = g->keys[i].name;
	if (of)
		(void)snprintf(why, size, "%s: %s", of, text);
	return of != NULL;
}

static int
test_tables(struct test *t)
{
	char why[400] = "";
	struct plugin *p = plugin_load(t->path, why, sizeof(why));
	const struct gw_device_type *g;

	if (p == NULL) {
		(void)failed(t, "tables");
		(void)fprintf(t->to, "%s\n", why);
		return 1;
	}
	g = plugin_type(p);
	if (bad_unit(g, why, sizeof(why))) {
		(void)failed(t, "tables");
		(void)fprintf(t->to, "%s\n", why);
		(void)plugin_free(p);
		return 1;
	}
	(void)passed(t, "tables");
	(void)fprintf(t->to,
	    "%s %u.%u, %u points, %u settings, %u bytes of state, %u "
	    "kept\n",
	    g->name, g->abi >> 16, g->abi & 0xFFFF, g->npoints, g->nkeys,
	    g->state_size, g->kept_size);
	(void)plugin_free(p);
	return 0;
}

static int
test_vectors(struct test *t)
{
	struct vectors_tally *tally = t->tally;
	char why[400] = "";
	struct plugin *p = plugin_load(t->path, why, sizeof(why));
	int r = p ? vectors_play(p, t->vectors, t->to, tally) : -ENOEXEC;

	(void)plugin_free(p);
	if (r == 0 && tally->wrong == 0) {
		(void)passed(t, "vectors");
		(void)fprintf(t->to,
		    "%zu examples, %zu readings, %zu commands\n",
		    tally->examples, tally->readings, tally->commands);
		return 0;
	}
	(void)failed(t, "vectors");
	if (r == -ENOENT && !t->given)
		(void)fprintf(t->to,
		    "there is no %s; each plugin has examples\n", t->vectors);
	else if (r < 0)
		(void)fprintf(t->to, "%s: %s\n", t->vectors, strerror(-r));
	else if (tally->examples == 0)
		(void)fprintf(t->to, "no example could be played\n");
	else
		(void)fprintf(t->to, "%zu of %zu examples are not so\n",
		    tally->wrong, tally->examples);
	return 1;
}

static int
say_call(const struct test *t, const char *what)
{
	char text[200];

	(void)failed(t, "calls");
	(void)fprintf(t->to, "call %" PRIu64 " of seed %" PRIu64 ", %s: %s\n",
	    t->calls->made, t->calls->seed,
	    call_text(t->calls, text, sizeof(text)), what);
	return 1;
}

static int
test_calls(struct test *t)
{
	char why[400] = "";
	struct plugin *p = plugin_load(t->path, why, sizeof(why));
	struct calls *c = t->calls;
	int64_t began = mono_ms();
	int r;

	if (p == NULL)
		return 1;
	r = calls_make(p, c) == 0 ? 0 : say_call(t, c->broke);
	if (r == 0) {
		(void)passed(t, "calls");
		(void)fprintf(t->to,
		    "%" PRIu64 " random calls of seed %" PRIu64 ", %" PRIu64
		    " of them decode, in %.1f s\n",
		    c->made, c->seed, c->decodes,
		    (double)(mono_ms() - began) / 1000);
		calls_cost(p, c);
		(void)passed(t, "cost");
		(void)fprintf(t->to,
		    "plan %u ns, decode %u ns, guard included\n", c->plan_ns,
		    c->decode_ns);
	}
	(void)plugin_free(p);
	return r;
}

/* What a plugin was asked when its examples came to an end. */
static int
say_example(const struct test *t, const char *what)
{
	const struct vectors_tally *v = t->tally;
	char text[200];

	(void)failed(t, "vectors");
	if (v->examples == 0) {
		(void)fprintf(t->to, "%s\n", what);
		return 1;
	}
	(void)fprintf(
	    t->to, "%s:%u: example %zu", t->vectors, v->line, v->examples);
	if (v->from[0])
		(void)fprintf(t->to, " (from %s)", v->from);
	if (v->calling)
		(void)fprintf(
		    t->to, ", %s", call_text(&v->call, text, sizeof(text)));
	(void)fprintf(t->to, ": %s\n", what);
	return 1;
}

static int
guarded(struct test *t, const char *name, int (*step)(struct test *t))
{
	char what[100] = "";
	FILE *to = NULL;
	int status;
	pid_t pid;

	t->calls->made = 0;
	t->tally->examples = 0;
	pid = apart_begin(!t->sanitized, &to);
	if (pid < 0) {
		(void)failed(t, name);
		(void)fprintf(t->to, "%s\n", strerror(-pid));
		return 1;
	}
	if (pid == 0) {
		t->to = to;
		apart_end(to, step(t));
	}
	status = apart_watch(pid, &t->calls->made, STUCK_MS);
	if (status != -1 && WIFEXITED(status))
		return WEXITSTATUS(status);
	if (status == -1)
		(void)snprintf(what, sizeof(what),
		    "it did not return within %d s; it may loop",
		    STUCK_MS / 1000);
	else
		(void)snprintf(what, sizeof(what), "it crashed (%s)",
		    strsignal(WTERMSIG(status)));
	if (step == test_calls)
		return say_call(t, what);
	if (step == test_vectors)
		return say_example(t, what);
	(void)failed(t, name);
	(void)fprintf(t->to, "%s\n", what);
	return 1;
}

static int
run(struct test *t)
{
	int wrong;

	(void)fprintf(t->to, "%s\n", t->path);
	if (test_file(t) != 0)
		return 1;
	wrong = test_symbols(t);
	/* What cannot be loaded cannot be called either. */
	if (guarded(t, "tables", test_tables) != 0)
		return 1;
	wrong += guarded(t, "vectors", test_vectors);
	wrong += guarded(t, "calls", test_calls);
	return wrong > 0;
}

/* ---- options ---- */

static bool
number(const char *s, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 10);
	return errno == 0 && end != s && *end == '\0' && s[0] != '-';
}

static int
usage(void)
{
	(void)fprintf(stderr,
	    "usage: gatewayd-line --test-plugin FILE.so [--vectors FILE] "
	    "[--calls N] [--seed S]\n");
	return 2;
}

/* NAME.vectors.yaml beside NAME.so. */
static void
vectors_beside(const char *so, char *out, size_t size)
{
	const char *dot = strrchr(so, '.');
	int n =
	    dot && strcmp(dot, ".so") == 0 ? (int)(dot - so) : (int)strlen(so);

	(void)snprintf(out, size, "%.*s.vectors.yaml", n, so);
}

int
plugin_test_main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"test-plugin", required_argument, NULL, 't'},
	    {"vectors", required_argument, NULL, 'v'},
	    {"calls", required_argument, NULL, 'c'},
	    {"seed", required_argument, NULL, 's'}, {0}};
	struct shared *shared = mmap(NULL, sizeof(*shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char beside[PATH_MAX];
	struct test t = {.to = stdout};
	struct calls *c;
	int o;

	if (shared == MAP_FAILED)
		return 1;
	t.calls = c = &shared->calls;
	t.tally = &shared->tally;
	*c = (struct calls){.want = CALLS, .seed = 1};
	optind = 1;
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (o == 't')
			t.path = optarg;
		else if (o == 'v')
			t.vectors = optarg;
		else if ((o != 'c' || !number(optarg, &c->want)) &&
			 (o != 's' || !number(optarg, &c->seed)))
			return usage();
	if (optind != argc || t.path == NULL)
		return usage();
	t.given = t.vectors != NULL;
	vectors_beside(t.path, beside, sizeof(beside));
	if (!t.given)
		t.vectors = beside;
	o = run(&t);
	(void)munmap(shared, sizeof(*shared)); /* it ends with us */
	return o;
}
