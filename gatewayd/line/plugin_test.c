/*
 * The steps, each a line: file, symbols, tables, vectors, calls, cost. What
 * loads the plugin does so in a process of its own, with a time by which it is
 * to get on; the words it prints are the step's.
 */
#include "plugin_test.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mono.h"
#include "plugin_calls.h"
#include "plugin_file.h"
#include "plugin_symbols.h"
#include "plugin_vectors.h"

enum { CALLS = 1000000, STUCK_MS = 2000, LOOK_MS = 10 };

struct test {
	const char *path, *vectors;
	struct calls *calls; /* shared with the child */
	bool given;          /* the vectors were named */
};

static int
passed(const char *step)
{
	(void)printf("  %-8s ok  ", step);
	return 0;
}

static int
failed(const char *step)
{
	(void)printf("  %-8s NO  ", step);
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
		(void)passed("file");
		(void)printf("whole, and nobody else may write it\n");
		return 0;
	}
	(void)failed("file");
	(void)printf("%s\n", why);
	return 1;
}

static int
test_symbols(struct test *t)
{
	struct plugin_symbols s;
	int r = plugin_symbols(t->path, &s);

	if (r < 0) {
		(void)failed("symbols");
		(void)printf("they cannot be read: %s\n", strerror(-r));
	} else if (s.wrong[0]) {
		r = failed("symbols");
		(void)printf("%s; a plugin shows gw_device_type alone, keeps "
			     "its variables in its state, and calls nothing "
			     "but mem*, str* and libm\n",
		    s.wrong);
	} else if (s.sanitized) {
		(void)passed("symbols");
		(void)printf("built with sanitizers: not judged\n");
	} else {
		(void)passed("symbols");
		(void)printf("calls %s\n", s.calls[0] ? s.calls : "nothing");
	}
	return r != 0;
}

/* ---- what loads it, each in a child ---- */

static int
test_tables(struct test *t)
{
	char why[400] = "";
	struct plugin *p = plugin_load(t->path, why, sizeof(why));
	const struct gw_device_type *g;

	if (p == NULL) {
		(void)failed("tables");
		(void)printf("%s\n", why);
		return 1;
	}
	g = plugin_type(p);
	(void)passed("tables");
	(void)printf("%s %u.%u, %u points, %u settings, %u bytes of state, %u "
		     "kept\n",
	    g->name, g->abi >> 16, g->abi & 0xFFFF, g->npoints, g->nkeys,
	    g->state_size, g->kept_size);
	(void)plugin_free(p);
	return 0;
}

static int
test_vectors(struct test *t)
{
	struct vectors_tally tally;
	char why[400] = "";
	struct plugin *p = plugin_load(t->path, why, sizeof(why));
	int r = p ? vectors_play(p, t->vectors, stdout, &tally) : -ENOEXEC;

	(void)plugin_free(p);
	if (r == 0 && tally.wrong == 0) {
		(void)passed("vectors");
		(void)printf("%zu examples, %zu readings, %zu commands\n",
		    tally.examples, tally.readings, tally.commands);
		return 0;
	}
	(void)failed("vectors");
	if (r == -ENOENT && !t->given)
		(void)printf(
		    "there is no %s; each plugin has examples\n", t->vectors);
	else if (r < 0)
		(void)printf("%s: %s\n", t->vectors, strerror(-r));
	else if (tally.examples == 0)
		(void)printf("no example could be played\n");
	else
		(void)printf("%zu of %zu examples are not so\n", tally.wrong,
		    tally.examples);
	return 1;
}

/* "decode of span 1 at 17 ms with 28 words 077A 429B ...". */
static const char *
call_text(const struct calls *c, char *out, size_t size)
{
	size_t n = 0;

	switch (c->kind) {
	case CALL_INIT:
		(void)snprintf(out, size, "init");
		break;
	case CALL_PLAN:
		(void)snprintf(out, size, "plan of cycle %u", c->cycle);
		break;
	case CALL_ENCODE:
		(void)snprintf(
		    out, size, "encode of %s to %.17g", c->name, c->value);
		break;
	case CALL_SAFE:
		(void)snprintf(out, size, "safe");
		break;
	case CALL_KEEP:
		(void)snprintf(out, size, "restored with random bytes");
		break;
	case CALL_DECODE:
	default:
		n = (size_t)snprintf(out, size,
		    "decode of span %u at %lld ms with %d words", c->span,
		    (long long)c->now, c->nwords);
		for (int i = 0; i < c->nwords && i < 8 && n + 6 < size; i++)
			n += (size_t)snprintf(
			    out + n, size - n, " %04X", c->words[i]);
		if (c->nwords > 8 && n + 5 < size)
			(void)snprintf(out + n, size - n, " ...");
		break;
	}
	return out;
}

static int
say_call(const struct test *t, const char *what)
{
	char text[200];

	(void)failed("calls");
	(void)printf("call %" PRIu64 " of seed %" PRIu64 ", %s: %s\n",
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
		(void)passed("calls");
		(void)printf("%" PRIu64 " random calls of seed %" PRIu64
			     ", %" PRIu64 " of them decode, in %.1f s\n",
		    c->made, c->seed, c->decodes,
		    (double)(mono_ms() - began) / 1000);
		calls_cost(p, c);
		(void)passed("cost");
		(void)printf("plan %u ns, decode %u ns, guard included\n",
		    c->plan_ns, c->decode_ns);
	}
	(void)plugin_free(p);
	return r;
}

/* Its end, or -1: it did not get on for so long, and was killed. */
static int
watch(pid_t pid, const struct calls *c)
{
	int64_t moved = mono_ms();
	uint64_t made = c->made;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (c->made != made)
			moved = mono_ms();
		made = c->made;
		if (mono_ms() - moved > STUCK_MS) {
			(void)kill(pid, SIGKILL); /* ours, not yet reaped */
			(void)waitpid(pid, &status, 0);
			return -1;
		}
		mono_sleep_until(mono_ms() + LOOK_MS);
	}
	return status;
}

static void
in_child(struct test *t, int (*step)(struct test *t))
{
	const struct rlimit no_core = {0, 0};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* or it outlives us */
	(void)setrlimit(RLIMIT_CORE, &no_core); /* or it leaves a core */
	int r = step(t);
	_exit(fflush(stdout) == 0 ? r : 1);
}

static int
guarded(struct test *t, const char *name, int (*step)(struct test *t))
{
	char what[100] = "";
	int status;
	pid_t pid;

	(void)fflush(stdout);
	t->calls->made = 0;
	pid = fork();
	if (pid == -1) {
		(void)failed(name);
		(void)printf("%s\n", strerror(errno));
		return 1;
	}
	if (pid == 0)
		in_child(t, step);
	status = watch(pid, t->calls);
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
	(void)failed(name);
	(void)printf("%s\n", what);
	return 1;
}

static int
run(struct test *t)
{
	int wrong;

	(void)printf("%s\n", t->path);
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
	struct calls *c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char beside[PATH_MAX];
	struct test t = {.calls = c};
	int o;

	if (c == MAP_FAILED)
		return 1;
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
	(void)munmap(c, sizeof(*c)); /* it ends with us */
	return o;
}
