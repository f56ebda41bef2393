/*
 * Plugins say what to read; the line reads, and gives the words back. A poll
 * is the plugin's whole list; a span that fails makes bad readings of its own
 * points, and a silent unit ends the list.
 */
#include "pdevice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "log.h"
#include "mono.h"
#include "plugin.h"
#include "run.h"

enum { OPS_MAX = 64, SAMPLES_MAX = 256, PAUSE_MAX_MS = 1000 };

struct plugin_lists {
	struct gw_op ops[OPS_MAX];
	struct plugin_sample samples[SAMPLES_MAX];
};

void
pdevice_init(struct dev *d)
{
	d->lists = calloc(1, sizeof(*d->lists));
	if (d->lists == NULL)
		(void)snprintf(d->refused, sizeof(d->refused), "out of memory");
	else
		d->plugin =
		    plugin_device_new(d->conf, d->refused, sizeof(d->refused));
}

void
pdevice_done(struct dev *d)
{
	if (d->plugin != NULL)
		d->plugin = plugin_device_free(d->plugin);
	free(d->lists);
	d->lists = NULL;
}

/* False when it is no request at all. */
static bool
request_of(const struct dev *d, const struct gw_op *op, struct request *q)
{
	static const uint8_t reads[] = {[GW_HOLDING] = FC_READ_HOLDING,
	    [GW_INPUT] = FC_READ_INPUT,
	    [GW_COIL] = FC_READ_COILS,
	    [GW_DISCRETE] = FC_READ_DISCRETE};

	if (op->table >= sizeof(reads))
		return false;
	*q = (struct request){.unit = d->conf->unit,
	    .function = reads[op->table],
	    .addr = op->addr,
	    .count = op->count};
	if (op->op == GW_READ)
		return true;
	q->words = op->words;
	if (op->table == GW_COIL)
		q->function = op->count == 1 ? FC_WRITE_COIL : FC_WRITE_COILS;
	else
		q->function =
		    op->count == 1 ? FC_WRITE_HOLDING : FC_WRITE_HOLDINGS;
	return op->op == GW_WRITE &&
	       (op->table == GW_COIL || op->table == GW_HOLDING);
}

static enum bus_result
run_op(struct run *r, struct dev *d, const struct gw_op *op, bool urgent)
{
	struct request q;

	if (op->op == GW_PAUSE) {
		int64_t ms =
		    op->count < PAUSE_MAX_MS ? op->count : PAUSE_MAX_MS;
		mono_sleep_until(mono_ms() + ms);
		return BUS_OK;
	}
	/* The guard lets nothing else through. */
	if (!request_of(d, op, &q))
		return BUS_NOISE;
	return run_ask(r, d, &q, urgent);
}

/* The plugin broke its contract: said once, until it keeps it again. */
static void
broke(struct run *r, struct dev *d, const char *why)
{
	if (d->refused[0] != '\0')
		return;
	(void)snprintf(d->refused, sizeof(d->refused), "%s", why);
	log_err("%s: plugin %s broke its contract: %s", d->conf->path,
	    d->conf->type->name, why);
	sink_event(r->sink, EVENT_PLUGIN, mono_ms(), d->conf->path,
	    "plugin %s broke its contract: %s", d->conf->type->name, why);
}

static void
bad_span(struct run *r, struct dev *d, uint32_t span, enum reason reason,
    uint8_t detail)
{
	int64_t now = mono_ms();

	for (size_t i = 0; i < d->conf->type->npoints; i++)
		if (plugin_span(d->plugin, (uint32_t)i) == span)
			device_bad(r, d, i, 1, reason, detail, now);
}

/* False when the plugin broke its contract. */
static bool
deliver(struct run *r, struct dev *d, const struct gw_op *op)
{
	struct plugin_lists *s = d->lists;
	char why[128] = "";
	int n = plugin_decode(d->plugin, op->span, r->answer.words, op->count,
	    s->samples, SAMPLES_MAX, why, sizeof(why));
	int64_t now = mono_ms();

	if (n < 0) {
		broke(r, d, why);
		bad_span(r, d, op->span, REASON_PLUGIN, 0);
		return false;
	}
	for (int i = 0; i < n; i++) {
		struct reading reading = {
		    .series = d->conf->series + s->samples[i].point,
		    .boot_ms = now,
		    .value = s->samples[i].d.value,
		    .quality = s->samples[i].d.quality,
		    .reason = s->samples[i].d.reason};
		sink_reading(r->sink, &reading);
	}
	return true;
}

/* Whether the list goes on after what went wrong with one operation. */
static bool
goes_on(struct run *r, struct dev *d, int task, const struct gw_op *op,
    enum bus_result result, int64_t sent)
{
	struct task *t = &r->poll->tasks[task];
	uint8_t code = r->answer.code, detail;
	enum reason reason;
	int64_t now = mono_ms();

	run_blame(r, result, &reason, &detail);
	if (result == BUS_WOKEN)
		return false;
	if (result == BUS_EXCEPTION && code != 10 && code != 11) {
		device_alive(r, d, now);
		if (op->op == GW_READ)
			bad_span(r, d, op->span, reason, detail);
		return true;
	}
	bool late = result == BUS_TIMEOUT && r->answer.late_ms > 0;
	if (late)
		device_alive(r, d, now);
	if ((late || result == BUS_NOISE || result == BUS_PORT) &&
	    t->tries == 0 && poll_retry(r->poll, task, now))
		return false;
	if (!late && result != BUS_PORT && device_failed(r, d, result, sent)) {
		poll_done(r->poll, task, now, false);
		poll_sooner(r->poll, task, d->health.gate.not_before);
		return false;
	}
	if (late || result == BUS_PORT ||
	    !poll_retry(r->poll, task, d->health.gate.not_before)) {
		device_bad(
		    r, d, 0, d->conf->type->npoints, reason, detail, now);
		poll_done(r->poll, task, now, true);
	}
	return false;
}

static void
run_list(struct run *r, struct dev *d, int task, int n)
{
	bool kept = true;

	for (int i = 0; i < n; i++) {
		const struct gw_op *op = &d->lists->ops[i];
		int64_t sent = mono_ms();
		enum bus_result result = run_op(r, d, op, false);

		if (result != BUS_OK) {
			if (!goes_on(r, d, task, op, result, sent))
				return;
			continue;
		}
		if (op->op != GW_PAUSE)
			device_alive(r, d, mono_ms());
		if (op->op == GW_READ)
			kept = deliver(r, d, op) && kept;
	}
	if (kept)
		d->refused[0] = '\0';
	d->cycle++;
	poll_done(r->poll, task, mono_ms(), true);
}

void
pdevice_poll(struct run *r, struct dev *d, int task)
{
	char why[128] = "";
	int n = -1;

	if (d->plugin != NULL) {
		n = plugin_plan(d->plugin, d->cycle, d->lists->ops, OPS_MAX,
		    why, sizeof(why));
		if (n < 0)
			broke(r, d, why);
	}
	if (n >= 0) {
		run_list(r, d, task, n);
		return;
	}
	device_bad(
	    r, d, 0, d->conf->type->npoints, REASON_PLUGIN, 0, mono_ms());
	poll_done(r->poll, task, mono_ms(), true);
}

bool
pdevice_has_safe(const struct dev *d)
{
	return d->plugin != NULL &&
	       plugin_safe(d->plugin, d->lists->ops, OPS_MAX) != 0;
}

/* What was written is there. */
static enum bus_result
read_back(struct run *r, struct dev *d, const struct gw_op *op, bool urgent,
    bool *same)
{
	struct gw_op back = {.op = GW_READ,
	    .table = op->table,
	    .addr = op->addr,
	    .count = op->count};
	enum bus_result result = run_op(r, d, &back, urgent);

	if (result == BUS_OK)
		*same = memcmp(r->answer.words, op->words,
			    op->count * sizeof(op->words[0])) == 0;
	return result;
}

enum bus_result
pdevice_make_safe(struct run *r, struct dev *d, bool urgent, bool *confirmed)
{
	struct gw_op *ops = d->lists->ops;
	int n = plugin_safe(d->plugin, ops, OPS_MAX);
	bool all = n >= 0;

	for (int i = 0; i < n; i++) {
		enum bus_result result = run_op(r, d, &ops[i], urgent);
		bool same = true;

		if (result == BUS_OK && ops[i].op == GW_WRITE)
			result = read_back(r, d, &ops[i], urgent, &same);
		if (result != BUS_OK)
			return result;
		all = all && same;
	}
	*confirmed = all;
	return BUS_OK;
}
