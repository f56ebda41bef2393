/*
 * Readings and their memory. Formulas stand in an order in which none comes
 * before its inputs, so that one walk does for formulas over formulas.
 */
#include "derive.h"

#include <math.h>
#include <stdlib.h>

#include "counter.h"
#include "exact.h"
#include "formula.h"

/* A device that is back may need so long until it knows its figures again. */
enum { STARTS_MS = 5000 };

struct memory {                  /* of a point */
	struct counter *counter; /* NULL: it does not accumulate */
	bool known;              /* there was a value */
	double value;            /* the last good one */
	int64_t since;           /* when it began to be this one */
	uint32_t every_ms;       /* a formula's: its most frequent input's */
	enum quality quality;    /* of the last reading */
	enum reason reason;
	uint8_t detail;
};

struct node { /* a formula; a bit for each input, then for each of frozen */
	uint16_t point;
	uint32_t fresh;   /* read anew since it had its last reading */
	uint32_t leaders; /* those it waits for */
};

struct derive {
	const struct device *conf;
	struct memory *points;
	struct counter *counters;
	struct node *nodes;
	size_t nnodes;
	int64_t warm_until;
	bool lost; /* and not read since */
	int64_t starts_until;
};

static const struct point_type *
type_of(const struct derive *d, uint16_t point)
{
	return d->conf->points[point].type;
}

/* ---- making ---- */

static uint32_t
most_frequent(const struct derive *d, const struct formula *f)
{
	uint32_t least = UINT32_MAX;

	for (uint16_t i = 0; i < f->ninputs; i++)
		if (d->points[f->inputs[i]].every_ms < least)
			least = d->points[f->inputs[i]].every_ms;
	return least;
}

/* A formula that depends on another one in `frozen` must not wait for it, which
 * may be waiting in turn. */
static uint32_t
leaders_of(const struct derive *d, const struct point_type *t, uint32_t least)
{
	const struct formula *f = t->formula, *z = t->frozen;
	uint32_t bits = 0;

	for (uint16_t i = 0; i < f->ninputs; i++)
		if (d->points[f->inputs[i]].every_ms <= least)
			bits |= 1u << i;
	for (uint16_t i = 0; z != NULL && i < z->ninputs; i++)
		if (type_of(d, z->inputs[i])->formula == NULL &&
		    d->points[z->inputs[i]].every_ms <= least)
			bits |= 1u << (FORMULA_INPUTS + i);
	return bits;
}

static bool
inputs_stand(const struct derive *d, const struct formula *f)
{
	for (uint16_t i = 0; i < f->ninputs; i++)
		if (d->points[f->inputs[i]].every_ms == 0)
			return false;
	return true;
}

/* Whether any formula could be put behind its inputs. */
static bool
place_some(struct derive *d)
{
	bool any = false;

	for (size_t i = 0; i < d->conf->type->npoints; i++) {
		const struct point_type *t = type_of(d, (uint16_t)i);
		struct memory *m = &d->points[i];

		if (t->formula == NULL || m->every_ms != 0 ||
		    !inputs_stand(d, t->formula))
			continue;
		m->every_ms = most_frequent(d, t->formula);
		d->nodes[d->nnodes++] = (struct node){.point = (uint16_t)i,
		    .leaders = leaders_of(d, t, m->every_ms)};
		any = true;
	}
	return any;
}

static void
set_up(struct derive *d)
{
	size_t ncounters = 0;

	for (size_t i = 0; i < d->conf->type->npoints; i++) {
		const struct point *p = &d->conf->points[i];
		struct memory *m = &d->points[i];

		if (p->type->formula == NULL)
			m->every_ms = p->every_ms > 0 ? p->every_ms : 1;
		if (!p->type->accumulate)
			continue;
		m->counter = &d->counters[ncounters++];
		counter_init(m->counter, p);
	}
	while (place_some(d))
		;
}

static size_t
count_accumulating(const struct device_type *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->npoints; i++)
		n += t->points[i].accumulate;
	return n;
}

struct derive *
derive_new(const struct device *borrow)
{
	const struct device_type *t = borrow->type;
	struct derive *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->conf = borrow;
	d->warm_until = d->starts_until = INT64_MIN;
	d->points = calloc(t->npoints + 1, sizeof(*d->points));
	d->counters = calloc(count_accumulating(t) + 1, sizeof(*d->counters));
	d->nodes = calloc(t->npoints + 1, sizeof(*d->nodes));
	if (d->points == NULL || d->counters == NULL || d->nodes == NULL)
		return derive_free(d);
	set_up(d);
	return d;
}

struct derive *
derive_free(struct derive *take)
{
	if (take != NULL) {
		free(take->points);
		free(take->counters);
		free(take->nodes);
		free(take);
	}
	return NULL;
}

/* ---- one reading ---- */

/* The first reason stays. */
static void
doubt(struct decoded *v, enum reason reason)
{
	if (v->quality != QUALITY_GOOD)
		return;
	v->quality = QUALITY_UNCERTAIN;
	v->reason = reason;
}

static bool
value_of(const struct derive *d, const struct formula *f, double *out)
{
	double values[FORMULA_INPUTS];

	for (uint16_t i = 0; i < f->ninputs; i++) {
		if (!d->points[f->inputs[i]].known)
			return false;
		values[i] = d->points[f->inputs[i]].value;
	}
	return formula_value(f, values, out);
}

static void
remember(struct memory *m, const struct decoded *v, uint8_t detail, int64_t now)
{
	double number = value_number(&v->value);

	m->quality = v->quality;
	m->reason = v->reason;
	m->detail = detail;
	if (v->quality == QUALITY_BAD || !isfinite(number))
		return;
	if (!m->known || number != m->value)
		m->since = now;
	m->known = true;
	m->value = number;
}

/* Outputs and settings are what they are, however cold the device. */
static bool
is_measured(const struct point_type *t)
{
	return t->kind != KIND_OUTPUT && t->kind != KIND_SETTING;
}

/* What the point's reading becomes by what is known beside it. */
static void
settle(struct derive *d, uint16_t point, struct decoded *v, uint8_t detail,
    int64_t now)
{
	const struct point_type *t = type_of(d, point);
	struct memory *m = &d->points[point];
	bool warms = now < d->warm_until && is_measured(t);
	double frozen = 0;

	if (m->counter != NULL)
		counter_took(m->counter, &d->conf->points[point], v,
		    !warms && now >= d->starts_until);
	remember(m, v, detail, now);
	if (warms)
		doubt(v, REASON_WARM_UP);
	if (t->frozen != NULL && value_of(d, t->frozen, &frozen) && frozen != 0)
		doubt(v, REASON_FROZEN);
	if (t->stuck_ms > 0 && m->known && now - m->since > t->stuck_ms)
		doubt(v, REASON_STALE);
	m->quality = v->quality;
	m->reason = v->reason;
}

/* ---- formulas ---- */

static const struct memory *
first_of(const struct derive *d, const struct formula *f, enum quality quality)
{
	for (uint16_t i = 0; i < f->ninputs; i++)
		if (d->points[f->inputs[i]].quality == quality)
			return &d->points[f->inputs[i]];
	return NULL;
}

static bool
all_known(const struct derive *d, const struct formula *f)
{
	for (uint16_t i = 0; i < f->ninputs; i++)
		if (!d->points[f->inputs[i]].known)
			return false;
	return true;
}

static uint32_t
bits_for(const struct formula *f, uint16_t point)
{
	uint32_t bits = 0;

	for (uint16_t i = 0; f != NULL && i < f->ninputs; i++)
		if (f->inputs[i] == point)
			bits |= 1u << i;
	return bits;
}

static void
freshen(struct derive *d, uint16_t point)
{
	for (size_t i = 0; i < d->nnodes; i++) {
		struct node *n = &d->nodes[i];
		const struct point_type *t = type_of(d, n->point);

		n->fresh |= bits_for(t->formula, point) |
			    bits_for(t->frozen, point) << FORMULA_INPUTS;
	}
}

static bool
is_ready(const struct derive *d, const struct node *n)
{
	const struct formula *f = type_of(d, n->point)->formula;

	return n->fresh != 0 && (n->fresh & n->leaders) == n->leaders &&
	       (first_of(d, f, QUALITY_BAD) != NULL || all_known(d, f));
}

static struct derived
work_out(struct derive *d, struct node *n, int64_t now)
{
	const struct point *p = &d->conf->points[n->point];
	const struct formula *f = p->type->formula;
	const struct memory *bad = first_of(d, f, QUALITY_BAD);
	const struct memory *uncertain = first_of(d, f, QUALITY_UNCERTAIN);
	struct derived out = {.point = n->point};
	double value = NAN;

	n->fresh = 0;
	if (bad != NULL) {
		decoded_bad(&out.d, bad->reason);
		out.detail = bad->detail;
	} else if (value_of(d, f, &value)) {
		decode_number(p, exact_decimal(value), &out.d);
		if (uncertain != NULL)
			doubt(&out.d, uncertain->reason);
	} else {
		decoded_bad(&out.d, REASON_NO_DATA);
	}
	settle(d, n->point, &out.d, out.detail, now);
	return out;
}

/* ---- what is read ---- */

bool
derive_later(const struct derive *d, uint16_t point)
{
	return type_of(d, point)->frozen != NULL;
}

size_t
derive_took(struct derive *d, uint16_t point, const struct decoded *in,
    uint8_t detail, int64_t now, struct derived *out)
{
	struct derived own = {.point = point, .d = *in, .detail = detail};
	size_t n = 0;

	if (point >= d->conf->type->npoints ||
	    type_of(d, point)->formula != NULL)
		return 0;
	if (d->lost && in->quality != QUALITY_BAD) {
		d->starts_until = now + STARTS_MS;
		d->lost = false;
	}
	settle(d, point, &own.d, detail, now);
	if (type_of(d, point)->kind != KIND_PART)
		out[n++] = own;
	freshen(d, point);
	for (size_t i = 0; i < d->nnodes; i++)
		if (is_ready(d, &d->nodes[i])) {
			out[n] = work_out(d, &d->nodes[i], now);
			freshen(d, out[n].point);
			/* A formula may be a part, too. */
			n += type_of(d, out[n].point)->kind != KIND_PART;
		}
	return n;
}

void
derive_lost(struct derive *d)
{
	for (size_t i = 0; i < d->conf->type->npoints; i++) {
		d->points[i].known = false;
		d->points[i].quality = QUALITY_GOOD;
	}
	for (size_t i = 0; i < d->nnodes; i++)
		d->nodes[i].fresh = 0;
	d->lost = true;
}

void
derive_warm_up(struct derive *d, int64_t until)
{
	d->warm_until = until;
}

bool
derive_kept(struct derive *d, uint16_t point, uint8_t *bytes, uint8_t *n)
{
	struct counter *c =
	    point < d->conf->type->npoints ? d->points[point].counter : NULL;

	return c != NULL && counter_kept(c, bytes, n);
}

bool
derive_keep(struct derive *d, uint16_t point, const uint8_t *bytes, uint8_t n)
{
	struct counter *c =
	    point < d->conf->type->npoints ? d->points[point].counter : NULL;

	return c != NULL && counter_keep(c, bytes, n);
}
