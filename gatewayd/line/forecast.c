/* The loads of a line's devices added up, way by way, and without the dead. */
#include "forecast.h"

#include <errno.h>
#include <stdlib.h>

#include "health.h"
#include "layout.h"

bool
forecast_options(const char *text, struct forecast_options *out)
{
	char *end;
	unsigned long us = strtoul(text, &end, 10), dead;

	if (end == text || *end != ',' || us > 10000000)
		return false;
	text = end + 1;
	dead = strtoul(text, &end, 10);
	if (end == text || *end != '\0' || dead > 1000)
		return false;
	*out = (struct forecast_options){
	    .turnaround_us = (uint32_t)us, .dead = (uint32_t)dead};
	return true;
}

/* What it costs the others until it is lost. */
static uint64_t
noticing_ns(const struct load *x)
{
	return x->asks * (x->silent_ns + x->quiet_ns);
}

/* Costliest loss first, within a way; those that nobody reads last. */
static int
costlier(const void *a, const void *b, void *loads)
{
	const struct load *all = loads;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct load *x = &all[i], *y = &all[j];
	/* It is no longer read itself. */
	int64_t cost_x = (int64_t)noticing_ns(x) - (int64_t)x->sweep_ns;
	int64_t cost_y = (int64_t)noticing_ns(y) - (int64_t)y->sweep_ns;

	if (x->way != y->way)
		return x->way < y->way ? -1 : 1;
	if ((x->requests > 0) != (y->requests > 0))
		return x->requests > 0 ? -1 : 1;
	if (cost_x != cost_y)
		return cost_x > cost_y ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* The part of its time that one device needs when what is due more often than
 * every `ns` comes every `ns` instead. In between it is an estimate. */
static double
load_at(const struct load *x, double ns)
{
	double every = (double)x->every_ms * 1e6;
	double seldom = (double)x->seldom_ms * 1e6;
	double stretched, whole;

	if (ns <= every || x->requests == 0)
		return x->use;
	stretched = x->use * every / ns;
	whole = (double)x->sweep_ns / (seldom > ns ? seldom : ns);
	return stretched > whole ? stretched : whole;
}

static double
use_at(const struct forecast *f, const struct way *w, size_t from, double ns)
{
	double use = 0;

	for (size_t i = from; i < w->ndevices; i++)
		use += load_at(&f->loads[w->devices[i]], ns);
	return use;
}

/* How often what is due most often comes when there is more to do than the
 * share of the time allows: every device is then served in turn. 0: as it
 * should. */
static uint64_t
late_ns(
    const struct forecast *f, const struct way *w, size_t from, double share)
{
	double low = 0, high = 1e6;

	if (use_at(f, w, from, 0) <= share)
		return 0;
	while (use_at(f, w, from, high) > share)
		high *= 2;
	for (int i = 0; i < 64; i++) {
		double middle = (low + high) / 2;

		if (use_at(f, w, from, middle) > share)
			low = middle;
		else
			high = middle;
	}
	return (uint64_t)high;
}

static void
lose(const struct forecast *f, const struct way *w, size_t dead,
    struct loss *out)
{
	double probes = 0;
	uint64_t sweep = w->sweep_ns, noticing = 0;

	*out = (struct loss){
	    .dead = dead, .requests = w->requests, .bytes = w->bytes};
	for (size_t i = 0; i < dead; i++) {
		const struct load *x = &f->loads[w->devices[i]];

		out->requests -= x->requests;
		out->bytes -= x->bytes;
		sweep -= x->sweep_ns;
		noticing += noticing_ns(x);
		probes += (double)x->silent_ns /
			  (health_gap_max(x->device->timeout_ms) * 1e6);
	}
	out->noticing_ns = sweep + noticing;
	out->cycle_ns = (uint64_t)((double)sweep * (1 + probes));
	out->use = use_at(f, w, dead, 0) + probes;
	out->late_ns = late_ns(f, w, dead, 1 / (1 + probes));
}

/* 1, 2, 3 and half of the devices that are read, or as many as asked. */
static void
lose_some(struct forecast *f, struct way *w, uint32_t wanted)
{
	size_t last = 0, n = 0;

	while (n < w->ndevices && f->loads[w->devices[n]].requests > 0)
		n++;
	size_t often[LOSSES_MAX] = {1, 2, 3, n / 2};
	if (wanted > 0)
		often[0] = wanted < n ? wanted : n;
	for (size_t i = 0; i < (wanted > 0 ? 1 : LOSSES_MAX); i++)
		if (often[i] > last && often[i] <= n) {
			last = often[i];
			lose(f, w, last, &w->losses[w->nlosses++]);
		}
}

static void
add_up(struct forecast *f, struct way *w)
{
	for (size_t i = 0; i < w->ndevices; i++) {
		const struct load *x = &f->loads[w->devices[i]];

		w->requests += x->requests;
		w->bytes += x->bytes;
		w->sweep_ns += x->sweep_ns;
		w->use += x->use;
		if (x->every_ms > 0 &&
		    (w->every_ms == 0 || x->every_ms < w->every_ms))
			w->every_ms = x->every_ms;
	}
	w->late_ns = late_ns(f, w, 0, 1);
}

static int
allocate(struct forecast *f, size_t n)
{
	f->loads = calloc(n + 1, sizeof(*f->loads));
	f->ways = calloc(n + 1, sizeof(*f->ways));
	f->order = calloc(n + 1, sizeof(*f->order));
	return f->loads != NULL && f->ways != NULL && f->order != NULL
		   ? 0
		   : -ENOMEM;
}

static int
survey(struct forecast *f, uint32_t turnaround_us)
{
	const struct line *l = f->line;

	f->nways = layout_ways(l, f->order);
	for (size_t i = 0; i < l->ndevices; i++) {
		int r = forecast_load(
		    l, &l->devices[i], turnaround_us, &f->loads[i]);

		if (r < 0)
			return r;
		f->loads[i].way = f->order[i];
		f->order[i] = i;
	}
	return 0;
}

int
forecast_init(struct forecast *f, const struct line *borrow,
    const struct forecast_options *o)
{
	size_t at = 0, n = borrow->ndevices;
	int r;

	*f = (struct forecast){.line = borrow};
	r = allocate(f, n);
	if (r == 0)
		r = survey(f, o->turnaround_us);
	if (r < 0) {
		forecast_end(f);
		return r;
	}
	qsort_r(f->order, n, sizeof(*f->order), costlier, f->loads);
	for (size_t i = 0; i < f->nways; i++) {
		struct way *w = &f->ways[i];

		w->devices = f->order + at;
		while (at < n && f->loads[f->order[at]].way == i)
			at++;
		w->ndevices = (size_t)(f->order + at - w->devices);
		add_up(f, w);
		lose_some(f, w, o->dead);
	}
	return 0;
}

void
forecast_end(struct forecast *f)
{
	free(f->loads);
	free(f->ways);
	free(f->order);
	*f = (struct forecast){0};
}
