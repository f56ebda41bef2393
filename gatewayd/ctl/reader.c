/* See reader.h. */
#include "reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "derive.h"
#include "mono.h"
#include "probing.h"
#include "reply.h"
#include "spans.h"

enum { SILENCES = 2 }; /* then it is taken for dead, and not asked on */

struct reader {
	const struct device *device; /* borrowed */
	const char *host;            /* borrowed */
	uint8_t unit;
	struct derive *derive;
	struct derived *out;
	struct read_point *points;
	struct span *spans;
	size_t nspans;

	unsigned answers, silences;
	struct msg_probed last; /* what came last */
};

struct reader *
reader_new(const struct device *borrow, uint8_t unit, const char *borrow_host)
{
	struct reader *r = calloc(1, sizeof(*r));
	size_t n = borrow->type->npoints;

	if (r == NULL)
		return NULL;
	r->device = borrow;
	r->unit = unit;
	r->host = borrow_host;
	r->derive = derive_new(borrow);
	r->out = calloc(n + 1, sizeof(*r->out));
	r->points = calloc(n + 1, sizeof(*r->points));
	r->spans = calloc(n + 1, sizeof(*r->spans));
	if (r->derive == NULL || r->out == NULL || r->points == NULL ||
	    r->spans == NULL)
		return reader_free(r);
	r->nspans = spans_of(borrow->type, r->spans);
	return r;
}

struct reader *
reader_free(struct reader *take)
{
	if (take == NULL)
		return NULL;
	(void)derive_free(take->derive);
	free(take->out);
	free(take->points);
	free(take->spans);
	free(take);
	return NULL;
}

const struct read_point *
reader_points(const struct reader *r)
{
	return r->points;
}

static void
rest(uint32_t ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

	(void)nanosleep(&t, NULL); /* a signal ends the program */
}

static int
ask(struct reader *r, struct probing *p, const struct span *s)
{
	static const uint8_t function[] = {[TABLE_HOLDING] = FC_READ_HOLDING,
	    [TABLE_INPUT] = FC_READ_INPUT,
	    [TABLE_COIL] = FC_READ_COILS,
	    [TABLE_DISCRETE] = FC_READ_DISCRETE};
	struct msg_probe m =
	    probing_read(r->unit, function[s->table], s->addr, s->count);
	int e;

	if (r->host != NULL)
		(void)snprintf(m.host, sizeof(m.host), "%s", r->host);
	rest(r->device->type->quiet_ms);
	e = probing_ask(p, &m, &r->last);
	if (e != 0)
		return e;
	r->silences += r->last.result == PROBE_TIMEOUT;
	r->answers += r->last.result == PROBE_OK ||
		      r->last.result == PROBE_EXCEPTION ||
		      r->last.result == PROBE_NOISE;
	return r->last.result == PROBE_OK && r->last.nwords < s->count ? -EPROTO
								       : 0;
}

static enum reason
reason_of(const struct msg_probed *a)
{
	switch (a->result) {
	case PROBE_EXCEPTION:
		return REASON_EXCEPTION;
	case PROBE_NOISE:
		return REASON_NOISE;
	case PROBE_TIMEOUT:
		return REASON_TIMEOUT;
	default:
		return REASON_PORT;
	}
}

/* What the last answer says of a point of that span, and of those that are
 * made of it. */
static void
took(struct reader *r, const struct span *s, size_t i)
{
	const struct device *d = r->device;
	const struct point_type *t = &d->type->points[i];
	struct read_point *x = &r->points[i];
	struct decoded in;
	uint8_t detail = 0;
	size_t n;

	if (r->last.result == PROBE_OK) {
		const uint16_t *words = r->last.words + (t->addr - s->addr);

		x->nwords = (uint8_t)(t->count < READER_WORDS ? t->count
							      : READER_WORDS);
		memcpy(x->words, words, x->nwords * sizeof(*words));
		decode_point(&d->points[i], words, &in);
	} else {
		decoded_bad(&in, reason_of(&r->last));
		detail = r->last.code;
	}
	n = derive_took(r->derive, (uint16_t)i, &in, detail, mono_ms(), r->out);
	for (size_t k = 0; k < n; k++) {
		struct read_point *y = &r->points[r->out[k].point];
		y->known = true;
		y->d = r->out[k].d;
		y->detail = r->out[k].detail;
	}
}

static size_t
points_in(const struct reader *r, const struct span *s)
{
	const struct device_type *t = r->device->type;
	size_t n = 0;

	for (size_t i = 0; i < t->npoints; i++)
		n += point_read(&t->points[i]) && span_has(s, &t->points[i]);
	return n;
}

/* All points of a span from one answer; or, when the device refuses them
 * together, each with its own. */
static int
read_span(struct reader *r, struct probing *p, const struct span *s)
{
	const struct device_type *t = r->device->type;
	int e = ask(r, p, s);
	bool apart =
	    e == 0 && r->last.result == PROBE_EXCEPTION && points_in(r, s) > 1;

	for (size_t i = 0; e == 0 && i < t->npoints; i++) {
		const struct point_type *q = &t->points[i];
		struct span alone = {q->table, q->addr, q->count};

		if (!point_read(q) || !span_has(s, q))
			continue;
		if (apart)
			e = ask(r, p, &alone);
		if (e == 0)
			took(r, apart ? &alone : s, i);
	}
	return e;
}

int
reader_read(struct reader *r, struct probing *p, char *why, size_t size)
{
	size_t n = r->device->type->npoints;
	int e = 0;

	r->answers = r->silences = 0;
	for (size_t i = 0; i < n; i++)
		r->points[i] = (struct read_point){.known = false};
	for (size_t i = 0; e == 0 && i < r->nspans; i++) {
		e = read_span(r, p, &r->spans[i]);
		if (r->last.result == PROBE_REFUSED ||
		    r->last.result == PROBE_PORT ||
		    (r->answers == 0 && r->silences >= SILENCES))
			break;
	}
	if (e != 0) {
		(void)snprintf(why, size, "%s", strerror(-e));
		return CTL_REFUSED;
	}
	if (r->nspans == 0) {
		(void)snprintf(why, size, "nothing of this type can be read");
		return CTL_REFUSED;
	}
	(void)probing_says(&r->last, why, size);
	if (r->last.result == PROBE_REFUSED)
		return CTL_REFUSED;
	return r->answers > 0 ? CTL_DONE : probing_code(p, &r->last);
}
