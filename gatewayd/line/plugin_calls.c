/*
 * Random calls. The words that decode() gets end where memory ends, so that one
 * who reads beyond them is caught.
 */
#include "plugin_calls.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"
#include "op.h"

enum {
	KEPT = 64,
	KEPT_HEAD = 8,
	DEVICE_LIVES = 2000,  /* calls */
	REFUSALS_MAX = 10000, /* most random settings contradict each other */
	COST_US = 100000
};

struct calling {
	const struct plugin *plugin;
	const struct gw_device_type *t;
	struct plugin_device *d;
	struct calls *c;
	uint64_t dice;
	uint16_t *end; /* of the words' memory */
	double settings[GUARD_KEYS];
	struct gw_op ops[GUARD_OPS], again[GUARD_OPS];
	int nops;
	uint16_t last[READ_COILS_MAX]; /* what was read last, to be near it */
	struct plugin_sample samples[GUARD_POINTS];
};

/* splitmix64, public domain, by Sebastiano Vigna. */
static uint64_t
roll(struct calling *a)
{
	uint64_t z = a->dice += 0x9E3779B97F4A7C15;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	return z ^ z >> 31;
}

static uint32_t
below(struct calling *a, uint32_t n)
{
	return (uint32_t)(roll(a) % n);
}

static double
fraction(struct calling *a)
{
	return (double)(roll(a) >> 11) / 9007199254740992.0;
}

static double
real_between(struct calling *a, double min, double max)
{
	switch (below(a, 8)) {
	case 0:
		return min;
	case 1:
		return max;
	default:
		return min + (max - min) * fraction(a);
	}
}

static double
whole(double v)
{
	return v > -9e15 && v < 9e15 ? (double)(int64_t)v : v;
}

static void
pick_settings(struct calling *a)
{
	for (uint32_t i = 0; i < a->t->nkeys; i++) {
		const struct gw_key *k = &a->t->keys[i];
		double v = real_between(a, k->min, k->max);

		if (below(a, 3) == 0 && !(k->flags & GW_REQUIRED))
			v = k->fallback;
		else if (k->type == GW_KEY_BOOL)
			v = below(a, 2);
		else if (k->type == GW_KEY_INT && below(a, 2))
			v = k->min + below(a, 8); /* near to others */
		else if (k->type != GW_KEY_REAL)
			v = whole(v);
		v = v > k->max ? k->max : v;
		a->settings[i] = v;
	}
}

static uint16_t
pick_word(struct calling *a, uint16_t last)
{
	static const uint16_t edges[] = {
	    0, 1, 2, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x7FC0, 0x7F80, 0x00FF};

	switch (below(a, 4)) {
	case 0:
		return edges[below(a, sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return (uint16_t)roll(a);
	case 2:
		return (uint16_t)(last + below(a, 4));
	default:
		return last;
	}
}

/* A new device: any settings it takes, and any state kept. */
static bool
renew(struct calling *a)
{
	uint8_t kept[KEPT];
	size_t n;

	a->d = plugin_device_free(a->d);
	a->c->kind = CALL_INIT;
	a->nops = 0;
	for (int i = 0; a->d == NULL; i++) {
		if (i == REFUSALS_MAX)
			return false;
		pick_settings(a);
		a->d = plugin_device_of(
		    a->plugin, a->settings, a->c->broke, sizeof(a->c->broke));
	}
	a->c->broke[0] = '\0';
	n = plugin_kept(a->d, kept);
	if (n == 0 || below(a, 2))
		return true;
	a->c->kind = CALL_KEEP;
	for (size_t i = KEPT_HEAD - 4; i < n; i++)
		if (below(a, 4))
			kept[i] = (uint8_t)roll(a);
	plugin_keep(a->d, kept, n);
	return true;
}

static int say(struct calling *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
say(struct calling *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(a->c->broke, sizeof(a->c->broke), fmt, ap);
	va_end(ap);
	return -1;
}

/* Twice: a plan hangs on state and cycle alone. */
static int
call_plan(struct calling *a)
{
	struct calls *c = a->c;
	int n;

	c->kind = CALL_PLAN;
	c->cycle = below(a, 4) ? below(a, 200) : (uint32_t)roll(a);
	a->nops = plugin_plan(
	    a->d, c->cycle, a->ops, GUARD_OPS, c->broke, sizeof(c->broke));
	if (a->nops < 0)
		return -1;
	n = plugin_plan(
	    a->d, c->cycle, a->again, GUARD_OPS, c->broke, sizeof(c->broke));
	if (n == a->nops &&
	    memcmp(a->ops, a->again, (size_t)n * sizeof(a->ops[0])) == 0)
		return 0;
	return say(a, "asked twice, it plans differently");
}

static int
call_decode(struct calling *a, const struct gw_op *op)
{
	bool bits = op->op == GW_READ &&
		    (op->table == GW_COIL || op->table == GW_DISCRETE);
	struct calls *c = a->c;
	uint16_t *words = a->end - op->count;

	c->kind = CALL_DECODE;
	c->span = op->span;
	c->nwords = op->count;
	c->now +=
	    below(a, 3) ? below(a, 10000) : (int64_t)(roll(a) % 1000000000);
	for (int i = 0; i < op->count; i++) {
		words[i] = pick_word(a, a->last[i]);
		if (bits)
			words[i] &= 1;
		else if (op->op == GW_RAW_READ)
			words[i] &= 0xFF;
		a->last[i] = words[i];
		if (i < 8)
			c->words[i] = words[i];
	}
	c->decodes++;
	return plugin_decode(a->d, c->now, op->span, words, op->count,
		   a->samples, GUARD_POINTS, c->broke, sizeof(c->broke)) < 0
		   ? -1
		   : 0;
}

/* One of the reads of the list in hand, or a list when there is none. */
static int
call_some_decode(struct calling *a)
{
	uint32_t n = 0, which;

	for (int i = 0; i < a->nops; i++)
		n += op_reads(&a->ops[i]);
	if (n == 0)
		return call_plan(a);
	which = below(a, n);
	for (int i = 0;; i++)
		if (op_reads(&a->ops[i]) && which-- == 0)
			return call_decode(a, &a->ops[i]);
}

static double
pick_value(struct calling *a, const struct gw_point *p)
{
	double v = p->flags & GW_RANGE ? real_between(a, p->min, p->max)
				       : real_between(a, -100, 70000);

	switch (below(a, 4)) {
	case 0:
		return below(a, 2);
	case 1:
		return whole(v);
	case 2:
		return (fraction(a) - 0.5) * 1e20;
	default:
		return v;
	}
}

/* A refusal is an answer too. */
static int
call_encode(struct calling *a)
{
	struct calls *c = a->c;
	char why[200] = "";
	uint32_t point;
	int n;

	c->kind = CALL_ENCODE;
	point = below(a, a->t->npoints);
	(void)snprintf(
	    c->name, sizeof(c->name), "%s", a->t->points[point].name);
	c->value = pick_value(a, &a->t->points[point]);
	n = plugin_encode(
	    a->d, point, c->value, a->ops, GUARD_OPS, why, sizeof(why));
	a->nops = n > 0 ? n : 0;
	if (n >= 0 || n == -EINVAL)
		return 0;
	return say(a, "%s", why);
}

static int
call_safe(struct calling *a)
{
	int n;

	a->c->kind = CALL_SAFE;
	n = plugin_safe(a->d, a->ops, GUARD_OPS);
	a->nops = n > 0 ? n : 0;
	return n < 0 ? say(a, "its list breaks the contract") : 0;
}

static int
call_something(struct calling *a)
{
	uint32_t which = below(a, 16);

	if (which == 0)
		return call_plan(a);
	if (which == 1)
		return call_encode(a);
	return which == 2 ? call_safe(a) : call_some_decode(a);
}

/* The end of memory that can be read: a page behind it cannot. */
static uint16_t *
last_words(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || mprotect(at + page, page, PROT_NONE) == -1)
		return NULL;
	return (uint16_t *)(void *)(at + page);
}

int
calls_make(const struct plugin *p, struct calls *c)
{
	static struct calling a;

	a = (struct calling){.plugin = p,
	    .t = plugin_type(p),
	    .c = c,
	    .dice = c->seed,
	    .end = last_words()};
	if (a.end == NULL)
		return say(&a, "out of memory");
	c->now = 1000;
	for (c->made = 0; c->made < c->want; c->made++) {
		if (c->made % DEVICE_LIVES == 0 && !renew(&a)) {
			char why[100];

			(void)snprintf(why, sizeof(why), "%.90s", c->broke);
			return say(&a,
			    "it refuses %d random settings in turn, the last: "
			    "%s",
			    REFUSALS_MAX, why);
		}
		if (call_something(&a) < 0)
			return -1;
	}
	(void)plugin_device_free(a.d);
	return 0;
}

/* ---- what they cost ---- */

/* Of ours alone: what else the machine does shows less. */
static int64_t
cpu_us(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* cannot fail */
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint32_t
ns_each(int64_t us, uint64_t n)
{
	return n > 0 ? (uint32_t)((uint64_t)us * 1000 / n) : 0;
}

void
calls_cost(const struct plugin *p, struct calls *c)
{
	static struct calling a;
	char why[200];
	int64_t began;
	uint64_t n = 0;
	int plan;

	a = (struct calling){.plugin = p, .t = plugin_type(p), .c = c};
	if (!renew(&a))
		return;
	plan = plugin_plan(a.d, 0, a.ops, GUARD_OPS, why, sizeof(why));
	for (began = cpu_us(); cpu_us() - began < COST_US; n += 100)
		for (int i = 0; i < 100; i++)
			(void)plugin_plan(a.d, (uint32_t)i, a.again, GUARD_OPS,
			    why, sizeof(why));
	c->plan_ns = ns_each(cpu_us() - began, n);
	n = 0;
	for (began = cpu_us(); plan > 0 && cpu_us() - began < COST_US;)
		for (int i = 0; i < 100; i++) {
			const struct gw_op *op = &a.ops[i % plan];

			if (!op_reads(op))
				continue;
			n += plugin_decode(a.d, 1000 + i, op->span, a.last,
				 op->count, a.samples, GUARD_POINTS, why,
				 sizeof(why)) >= 0;
		}
	c->decode_ns = ns_each(cpu_us() - began, n);
	(void)plugin_device_free(a.d);
}
