/*
 * Plugins say what to read; the line reads, and gives the words back. A poll
 * is the plugin's whole list, one operation a turn; a span that fails makes bad
 * readings of its own points, and a silent unit ends the list.
 */
#include "pdevice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "device.h"
#include "lane.h"
#include "log.h"
#include "mono.h"
#include "op.h"
#include "page.h"
#include "plugin.h"
#include "run.h"

enum { OPS_MAX = WRITING_OPS, SAMPLES_MAX = 256, PAUSE_MAX_MS = 1000 };

struct plugin_lists {
	struct gw_op ops[OPS_MAX];
	uint8_t bytes[GW_WORDS_MAX]; /* of a raw request */
	int nops, op; /* the list, and where it is; 0 of 0: none */
	bool kept;    /* the plugin kept its contract all along */
	struct plugin_sample samples[SAMPLES_MAX];
	struct kept told; /* what core knows it must not forget */
};

/* Loading a file runs code of it, too. */
static void
load(struct dev *d, struct page *page)
{
	uint32_t mark = d->index + 1;

	if (page != NULL)
		page->calling = mark;
	d->plugin = plugin_device_new(d->conf, d->refused, sizeof(d->refused));
	if (page != NULL)
		page->calling = 0;
	if (page != NULL && d->plugin != NULL)
		plugin_note(d->plugin, &page->calling, mark);
}

void
pdevice_init(struct dev *d, struct page *page)
{
	unsigned crashes = page_disabled(page, d->index);

	d->lists = calloc(1, sizeof(*d->lists));
	if (d->lists == NULL)
		(void)snprintf(d->refused, sizeof(d->refused), "out of memory");
	else if ((d->disabled = crashes > 0))
		(void)snprintf(d->refused, sizeof(d->refused),
		    "disabled after %u crashes; put a better file in its "
		    "place, or reload the gateway to try it again",
		    crashes);
	else
		load(d, page);
	if (d->refused[0] != '\0')
		(void)snprintf(d->stats.text, sizeof(d->stats.text),
		    "plugin %s: %s", d->conf->type->name, d->refused);
}

void
pdevice_done(struct dev *d)
{
	if (d->plugin != NULL)
		d->plugin = plugin_device_free(d->plugin);
	free(d->lists);
	d->lists = NULL;
}

bool
pdevice_kept(struct dev *d, struct kept *out)
{
	struct kept k = {.series = d->conf->series}, *told;

	if (d->plugin == NULL)
		return false;
	told = &d->lists->told;
	k.n = (uint8_t)plugin_kept(d->plugin, k.bytes);
	if (k.n == told->n && memcmp(k.bytes, told->bytes, k.n) == 0)
		return false;
	*out = *told = k;
	return true;
}

bool
pdevice_keep(struct dev *d, const struct kept *k)
{
	if (d->plugin == NULL)
		return true; /* it stays as it is until there is one */
	plugin_keep(d->plugin, k->bytes, k->n);
	return true;
}

uint32_t
pdevice_pause_ms(const struct gw_op *op)
{
	return op->count < PAUSE_MAX_MS ? op->count : PAUSE_MAX_MS;
}

/* The plugin broke its contract: said once, until it keeps it again. */
static void
broke(struct dev *d, const char *why)
{
	d->lists->kept = false;
	if (d->refused[0] != '\0')
		return;
	(void)snprintf(d->refused, sizeof(d->refused), "%s", why);
	log_err("%s: plugin %s broke its contract: %s", d->conf->path,
	    d->conf->type->name, why);
	sink_event(d->lane->run->sink, EVENT_PLUGIN, mono_ms(), d->conf->path,
	    "plugin %s broke its contract: %s", d->conf->type->name, why);
}

static void
bad_span(struct dev *d, uint32_t span, enum reason reason, uint8_t detail)
{
	int64_t now = mono_ms();

	for (size_t i = 0; i < d->conf->type->npoints; i++)
		if (plugin_span(d->plugin, (uint32_t)i) == span)
			device_bad(d, i, 1, reason, detail, now);
}

static void
all_bad(struct dev *d, enum reason reason, uint8_t detail)
{
	device_bad(d, 0, d->conf->type->npoints, reason, detail, mono_ms());
}

/* Samples of a span's words; how many, or negative: it broke its contract. */
static int
decode(struct dev *d, const struct gw_op *op, const uint16_t *words)
{
	char why[128] = "";
	int64_t now = mono_ms();
	int n;

	if (op_echoed(op, words)) {
		bad_span(d, op->span, REASON_NOISE, 0);
		return 0;
	}
	n = plugin_decode(d->plugin, now, op->span, words, op->count,
	    d->lists->samples, SAMPLES_MAX, why, sizeof(why));
	if (n < 0) {
		broke(d, why);
		bad_span(d, op->span, REASON_PLUGIN, 0);
		return n;
	}
	for (int i = 0; i < n; i++) {
		const struct plugin_sample *s = &d->lists->samples[i];

		device_reading(d, s->point,
		    (struct reading){.boot_ms = now,
			.value = s->d.value,
			.quality = s->d.quality,
			.reason = s->d.reason});
	}
	return n;
}

/* The list has been worked through, or what waits of it is given up. */
static void
end_list(struct dev *d)
{
	struct plugin_lists *l = d->lists;
	bool counted = device_keeps_up(d);

	l->nops = l->op = 0;
	d->tries = 0;
	d->not_before = 0;
	polling_done(&d->polling, 0, mono_ms(), counted);
}

/* The next operation, and that the list is over after the last. */
static void
advance(struct dev *d)
{
	struct plugin_lists *l = d->lists;

	if (++l->op < l->nops)
		return;
	if (l->kept)
		d->refused[0] = '\0';
	d->cycle++;
	end_list(d);
}

void
pdevice_restart(struct dev *d)
{
	if (d->lists != NULL)
		d->lists->nops = d->lists->op = 0;
}

static bool
begin_list(struct dev *d)
{
	struct plugin_lists *l = d->lists;
	char why[128] = "";

	l->kept = true;
	l->op = 0;
	l->nops = d->plugin == NULL ? -1
				    : plugin_plan(d->plugin, d->cycle, l->ops,
					  OPS_MAX, why, sizeof(why));
	if (d->plugin != NULL && l->nops < 0)
		broke(d, why);
	if (l->nops > 0)
		return true;
	if (l->nops < 0)
		all_bad(d, REASON_PLUGIN, 0);
	else
		d->cycle++;
	end_list(d);
	return false;
}

bool
pdevice_next(struct dev *d, int64_t now, struct request *out)
{
	struct plugin_lists *l = d->lists;

	/* Without memory for the lists there is no plugin either. */
	if (l == NULL) {
		all_bad(d, REASON_PLUGIN, 0);
		polling_done(&d->polling, 0, now, true);
		return false;
	}
	if (l->nops <= 0 && !begin_list(d))
		return false;
	/* A probe is one exchange: there is nothing to pause for before it. */
	while (d->health.state == DEVICE_LOST && l->ops[l->op].op == GW_PAUSE) {
		advance(d);
		if (l->nops == 0)
			return false;
	}
	const struct gw_op *op = &l->ops[l->op];
	if (op->op == GW_PAUSE) {
		d->not_before = now + pdevice_pause_ms(op);
		advance(d);
		return false;
	}
	/* The guard lets nothing else through. */
	if (op_request(op, d->conf->unit, l->bytes, out))
		return true;
	advance(d);
	return false;
}

/* Again from the start, in time, or all of it is bad. */
static void
again(struct dev *d, int64_t at, enum reason reason, uint8_t detail)
{
	pdevice_restart(d);
	if (device_retry(d, at))
		return;
	all_bad(d, reason, detail);
	end_list(d);
}

static void
failed(struct dev *d, enum bus_result result)
{
	bool late = result == BUS_TIMEOUT && d->lane->answer.late_ms > 0;
	int64_t now = mono_ms();
	enum reason reason;
	uint8_t detail;

	device_blame(d, result, &reason, &detail);
	if (late)
		device_alive(d, now);
	if ((late || result == BUS_NOISE || result == BUS_PORT) &&
	    d->tries == 0) {
		again(d, now, reason, detail);
		return;
	}
	if (!late && result != BUS_PORT) {
		if (device_failed(d, result))
			pdevice_restart(d);
		else
			again(d, d->health.gate.not_before, reason, detail);
		return;
	}
	all_bad(d, reason, detail);
	end_list(d);
}

void
pdevice_took(struct dev *d, enum bus_result result)
{
	struct plugin_lists *l = d->lists;
	const struct answer *a = &d->lane->answer;
	const struct gw_op *op = &l->ops[l->op];

	if (result == BUS_OK) {
		device_alive(d, mono_ms());
		if (op_reads(op))
			(void)decode(d, op, a->words);
		advance(d);
	} else if (result == BUS_EXCEPTION && a->code != EXC_PATH &&
		   a->code != EXC_TARGET) {
		device_alive(d, mono_ms());
		if (op_reads(op))
			bad_span(d, op->span, REASON_EXCEPTION, a->code);
		advance(d);
	} else {
		failed(d, result);
	}
}

bool
pdevice_has_safe(const struct dev *d)
{
	return d->plugin != NULL &&
	       plugin_safe(d->plugin, d->lists->ops, OPS_MAX) != 0;
}

bool
pdevice_confirms(struct dev *d, const struct gw_op *op, const uint16_t *words,
    uint16_t point, double value)
{
	int n = decode(d, op, words);

	for (int i = 0; i < n; i++) {
		const struct plugin_sample *s = &d->lists->samples[i];

		if (s->point == point && s->d.quality != QUALITY_BAD)
			return value_number(&s->d.value) == value;
	}
	return false;
}

enum pdevice_tells
pdevice_tells(struct dev *d, const struct gw_op *op, const uint16_t *words)
{
	enum pdevice_tells tells = TELLS_NOTHING;
	int n = decode(d, op, words);

	for (int i = 0; i < n; i++) {
		const struct plugin_sample *s = &d->lists->samples[i];
		const struct point_type *t = &d->conf->type->points[s->point];

		if (t->kind != KIND_OUTPUT)
			continue;
		if (s->d.quality == QUALITY_BAD ||
		    value_number(&s->d.value) != (t->safe ? 1 : 0))
			return TELLS_UNSAFE;
		tells = TELLS_SAFE;
	}
	return n < 0 ? TELLS_UNSAFE : tells;
}
