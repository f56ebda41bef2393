/*
 * What one device asks of its line: its reads as the planner and its beats make
 * them, or the list of its plugin.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "forecast.h"
#include "guard.h"
#include "health.h"
#include "op.h"
#include "plan.h"
#include "plugin.h"
#include "polling.h"
#include "reply.h"

enum {
	INSTANTS_MAX = 10000, /* periods without a small common multiple */
	KNOWN_MAX = 256,
	TCP_NS = 300000, /* of an exchange on a local network */
	CYCLES = 720,    /* of a plugin: a multiple of most numbers in use */
};

struct cost {
	uint32_t requests, bytes;
	uint64_t ns;
	uint64_t first_ns; /* of the first request, without turnaround */
};

struct survey {
	const struct line *line;
	const struct device *device;
	struct price price; /* by which the planner decides */
	struct price time;  /* what a request takes */
	uint64_t turnaround_ns, rest_ns;
	struct polling polling;
	struct plan *plan;
	struct read *reads;
};

/* What the device's own rest before a request adds to the silence that the
 * line keeps anyhow. */
static uint64_t
rest_ns(const struct line *l, const struct device *d, struct price price)
{
	uint64_t rest = (uint64_t)d->type->quiet_ms * 1000000, kept = 0;

	if (l->transport != TRANSPORT_TCP)
		kept = l->baud > 19200 ? 1750000 : price.byte_ns * 7 / 2;
	return rest > kept ? rest - kept : 0;
}

static void
add_request(struct cost *c, const struct survey *s, struct request q)
{
	enum { BARE_RTU = 13, BARE_TCP = 21 }; /* bytes of a read of nothing */
	uint8_t frame[FRAME_MAX];

	q.tcp = s->line->transport == TRANSPORT_TCP;
	int64_t bytes =
	    (int64_t)(request_frame(&q, frame) + request_answer_len(&q));
	int64_t data = bytes - (q.tcp ? BARE_TCP : BARE_RTU);
	int64_t wire = (int64_t)s->time.byte_ns * data;
	uint64_t ns = s->time.request_ns + s->rest_ns + (uint64_t)wire;

	if (c->requests++ == 0)
		c->first_ns = ns - s->turnaround_ns;
	c->bytes += (uint32_t)bytes;
	c->ns += ns;
}

/* The reads of what waits now. */
static struct cost
cost_of_waiting(struct survey *s)
{
	struct cost c = {0};
	size_t n = plan_reads(s->plan, s->polling.waits, s->price, s->reads,
	    s->device->type->npoints);

	for (size_t i = 0; i < n; i++)
		add_request(&c, s,
		    (struct request){.unit = s->device->unit,
			.function = plan_function(s->reads[i].table),
			.addr = s->reads[i].addr,
			.count = s->reads[i].count});
	return c;
}

/* Which beats wait, as bits; those beyond the 64th count as one. */
static uint64_t
beats_waiting(const struct polling *p)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < p->nbeats; i++)
		if (p->beats[i].wait > 0)
			bits |= (uint64_t)1 << (i < 63 ? i : 63);
	return bits;
}

static bool
all_wait(const struct polling *p)
{
	for (size_t i = 0; i < p->nbeats; i++)
		if (p->beats[i].wait == 0)
			return false;
	return true;
}

/* Plays the beats until all are due together again, or long enough to know:
 * the share of the time that its reads take. */
static double
play(struct survey *s, struct cost *sweep)
{
	struct {
		uint64_t beats, ns;
	} known[KNOWN_MAX] = {0};
	size_t nknown = 0;
	uint64_t busy = 0;
	int64_t now = 0;

	*sweep = (struct cost){0};
	for (int i = 0; i < INSTANTS_MAX && nknown < KNOWN_MAX; i++) {
		size_t k = 0;

		(void)polling_arm(&s->polling, now); /* something is due */
		if (i > 0 && all_wait(&s->polling))
			break;
		uint64_t beats = beats_waiting(&s->polling);
		while (k < nknown && known[k].beats != beats)
			k++;
		if (k == nknown) {
			struct cost c = cost_of_waiting(s);
			if (i == 0)
				*sweep = c;
			known[nknown].beats = beats;
			known[nknown++].ns = c.ns;
		}
		busy += known[k].ns;
		polling_drop(&s->polling, now);
		now = polling_next(&s->polling);
	}
	return now > 0 ? (double)busy / ((double)now * 1e6) : 0;
}

static void
find_periods(const struct polling *p, struct load *out)
{
	for (size_t i = 0; i < p->nbeats; i++) {
		uint32_t ms = p->beats[i].every_ms;

		if (i == 0 || ms < out->every_ms)
			out->every_ms = ms;
		if (ms > out->seldom_ms)
			out->seldom_ms = ms;
	}
}

static int
survey_profile(struct survey *s, struct cost *sweep, struct load *out)
{
	int r = polling_init(&s->polling, s->device, 0);

	if (r < 0)
		return r;
	s->plan = plan_new(s->device);
	s->reads = calloc(s->device->type->npoints + 1, sizeof(*s->reads));
	if (s->plan == NULL || s->reads == NULL) {
		r = -ENOMEM;
	} else if (s->polling.nbeats > 0) {
		find_periods(&s->polling, out);
		out->use = play(s, sweep);
	}
	(void)plan_free(s->plan);
	free(s->reads);
	polling_end(&s->polling);
	return r;
}

/* Its pauses cost nothing: others are served meanwhile. */
static struct cost
cost_of_list(const struct survey *s, const struct gw_op *ops, int n)
{
	uint8_t bytes[GW_WORDS_MAX];
	struct cost c = {0};
	struct request q;

	for (int i = 0; i < n; i++)
		if (op_request(&ops[i], s->device->unit, bytes, &q))
			add_request(&c, s, q);
	return c;
}

/* A plugin may read some things now and then: its sweep is its longest list,
 * its use the mean of many. */
static void
survey_plugin(struct survey *s, struct cost *sweep, struct load *out)
{
	struct plugin_device *p =
	    plugin_device_new(s->device, out->why, sizeof(out->why));
	struct gw_op ops[GUARD_OPS];
	uint64_t busy = 0;

	for (uint32_t cycle = 0; p != NULL && cycle < CYCLES; cycle++) {
		int n = plugin_plan(
		    p, cycle, ops, GUARD_OPS, out->why, sizeof(out->why));
		struct cost c = cost_of_list(s, ops, n);

		if (n < 0) {
			*sweep = (struct cost){0};
			p = plugin_device_free(p);
			break;
		}
		if (c.ns > sweep->ns)
			*sweep = c;
		busy += c.ns;
	}
	if (p == NULL)
		return;
	out->every_ms = s->device->every_ms;
	out->seldom_ms = (uint64_t)out->every_ms * CYCLES;
	out->use = (double)busy / ((double)CYCLES * out->every_ms * 1e6);
	(void)plugin_device_free(p);
}

/* How often a silent unit is asked before it is lost: health decides. */
static uint32_t
asks_until_lost(const struct line *l, const struct load *x)
{
	enum { MANY = 100 };
	int64_t each = (int64_t)((x->silent_ns + x->quiet_ns) / 1000000);
	int64_t sent = 0;
	struct health h = {0};
	uint32_t n = 1;

	while (health_failed(&h, sent + each, sent, x->device->timeout_ms,
		   l->transport == TRANSPORT_TCP) != HEALTH_LOST &&
	       n++ < MANY)
		sent = h.gate.not_before;
	return n;
}

int
forecast_load(const struct line *l, const struct device *d,
    uint32_t turnaround_us, struct load *out)
{
	struct survey s = {.line = l,
	    .device = d,
	    .price = plan_price(l, turnaround_us),
	    .turnaround_ns = (uint64_t)turnaround_us * 1000};
	struct cost sweep = {0};
	bool tcp = l->transport == TRANSPORT_TCP;
	uint64_t timeout_ms = d->timeout_ms;
	int r = 0;

	*out = (struct load){.device = d};
	s.time = s.price;
	if (tcp)
		s.time = (struct price){.request_ns = s.turnaround_ns + TCP_NS};
	s.rest_ns = rest_ns(l, d, s.price);
	if (d->type->plugin)
		survey_plugin(&s, &sweep, out);
	else
		r = survey_profile(&s, &sweep, out);
	if (r < 0)
		return r;
	out->requests = sweep.requests;
	out->bytes = sweep.bytes;
	out->sweep_ns = sweep.ns;
	if (sweep.requests == 0) {
		out->every_ms = 0;
		return 0;
	}
	out->silent_ns = sweep.first_ns + timeout_ms * 1000000;
	/* A TCP answer has a number, so that a late one is known. */
	if (timeout_ms > QUIET_MAX_MS)
		timeout_ms = QUIET_MAX_MS;
	if (!tcp)
		out->quiet_ns = timeout_ms * 1000000;
	out->asks = asks_until_lost(l, out);
	return 0;
}
