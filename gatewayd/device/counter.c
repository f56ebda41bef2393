/* Counting on. */
#include "counter.h"

#include <math.h>
#include <string.h>

#include "buf.h"
#include "exact.h"
#include "field.h"
#include "msg.h"

enum { VERSION = 1, KEPT = 1 + 1 + 1 + 3 * 8 + 4 };

/* ---- the register ---- */

/* FNV-1a over its eight bytes. */
static uint32_t
mix(uint32_t mark, uint64_t bits)
{
	for (int i = 0; i < 8; i++, bits >>= 8)
		mark = (mark ^ (uint8_t)bits) * 16777619;
	return mark;
}

static uint32_t
mix_real(uint32_t mark, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return mix(mark, bits);
}

static uint32_t
mix_text(uint32_t mark, const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		mark = mix(mark, (uint8_t)*s);
	return mark;
}

static uint32_t
mix_curve(uint32_t mark, const struct curve *k)
{
	for (size_t i = 0; i < k->n; i++)
		mark = mix_real(mark, k->numbers[i]);
	return mark;
}

/* Where the register stands and how it is put together; steps are what they
 * are, whatever they are called, but reals are scaled. */
static uint32_t
mark_of(const struct counter *c, const struct point *p)
{
	const struct point_type *t = p->type;
	const uint64_t place[] = {
	    t->table, t->addr, t->count, t->type, t->shift, t->mask};
	const double scale[] = {t->mul, t->div, t->offset, p->slope, p->off};
	uint32_t mark = 2166136261;

	if (t->formula != NULL)
		mark = mix_text(mark, t->formula_text);
	for (size_t i = 0; i < sizeof(place) / sizeof(place[0]); i++)
		mark = mix(mark, place[i]);
	for (size_t i = 0; i < ORDER_MAX; i++)
		mark = mix(mark, t->order[i]);
	if (c->whole)
		return mark;
	for (size_t i = 0; i < sizeof(scale) / sizeof(scale[0]); i++)
		mark = mix_real(mark, scale[i]);
	return mix_curve(mix_curve(mark, &t->curve), &p->curve);
}

void
counter_init(struct counter *c, const struct point *p)
{
	const struct point_type *t = p->type;

	*c = (struct counter){
	    .whole = t->formula == NULL && t->type != REG_FLOAT32 &&
		     t->type != REG_FLOAT64 && t->curve.kind == CURVE_NONE &&
		     p->curve.kind == CURVE_NONE};
	c->mark = mark_of(c, p);
}

/* The site's calibration of nothing, which only counts once. */
static double
zero_of(const struct point *p)
{
	const struct point_type *t = p->type;
	double offset = t->formula != NULL ? 0 : t->offset;

	if (t->curve.kind != CURVE_NONE || p->curve.kind != CURVE_NONE)
		return 0;
	return offset * p->slope + p->off;
}

/* So many steps from one zero to the next; 0: nobody will live to see it. */
static double
round_of(const struct point_type *t)
{
	if (t->wraps_at > 0)
		return t->wraps_at < 4e18 ? t->wraps_at : 0;
	if (t->formula != NULL || t->type == REG_FLOAT32 ||
	    t->type == REG_FLOAT64)
		return 0;
	if (t->type == REG_BCD16)
		return 1e4;
	if (t->type == REG_BCD32)
		return 1e8;
	uint64_t most = t->shift < 64 ? field_own(t) >> t->shift : 0;
	return most < UINT64_C(1) << 62 ? (double)most + 1 : 0;
}

/* The same in what is counted here, reals being scaled already. */
static double
span_of(const struct counter *c, const struct point *p)
{
	const struct point_type *t = p->type;
	double span = round_of(t);

	if (!c->whole && t->formula == NULL && t->div > 0)
		span = span * t->mul / t->div;
	return c->whole ? span : span * p->slope;
}

/* Where the register begins: a signed one below zero. */
static double
bottom_of(const struct counter *c, const struct point *p, double span)
{
	bool below = p->type->wraps_at <= 0 && field_signed(p->type);

	return c->whole && below ? -span / 2 : 0;
}

/* The steps that were scaled to v. False: not to be said in 64 bits. */
static bool
steps_of(const struct point *p, const struct value *v, int64_t *out)
{
	const struct point_type *t = p->type;
	const long double limit = 4e18L;
	long double x;

	if (v->type == VALUE_INT && scale_is_one(p)) {
		*out = v->i;
		return true;
	}
	x = (long double)value_number(v) - (long double)p->off;
	x = x / (long double)p->slope - (long double)t->offset;
	x = roundl(x * (long double)t->div / (long double)t->mul);
	if (!(x > -limit && x < limit))
		return false;
	*out = (int64_t)x;
	return true;
}

/* ---- counting ---- */

static double
as_real(const struct counter *c, union count n)
{
	return c->whole ? (double)n.i : n.r;
}

static bool
below(const struct counter *c, union count a, union count b)
{
	return c->whole ? a.i < b.i : a.r < b.r;
}

static bool
add(const struct counter *c, union count a, union count b, union count *out)
{
	if (c->whole)
		return !__builtin_add_overflow(a.i, b.i, &out->i);
	out->r = a.r + b.r;
	return isfinite(out->r);
}

static bool
has_wrapped(const struct counter *c, const struct point *p, double span)
{
	double quarter = span / 4, bottom = bottom_of(c, p, span);

	return span > 0 && as_real(c, c->last) >= bottom + 3 * quarter &&
	       as_real(c, c->less) < bottom + quarter;
}

/* The device has begun anew: what it counted before goes into the base. */
static bool
begin_anew(struct counter *c, const struct point *p)
{
	double span = span_of(c, p);
	union count gone = c->last;

	if (has_wrapped(c, p, span) && c->whole)
		gone.i = (int64_t)span;
	else if (has_wrapped(c, p, span))
		gone.r = span;
	else if (!c->whole)
		gone.r -= zero_of(p);
	return add(c, c->base, gone, &c->base);
}

/* False: the total is beyond what can be said. */
static bool
count(struct counter *c, const struct point *p, union count now, bool sure)
{
	if (c->begun && below(c, now, c->last)) {
		bool confirmed = sure && c->pending && !below(c, now, c->less);

		if (!confirmed) {
			c->pending = c->changed = true;
			c->less = now;
			return true;
		}
		if (!begin_anew(c, p))
			return false;
	}
	c->changed |= !c->begun || c->pending || below(c, c->last, now) ||
		      below(c, now, c->last);
	c->begun = true;
	c->pending = false;
	c->last = now;
	return true;
}

static void
show(const struct counter *c, const struct point *p, struct decoded *d)
{
	union count total;

	if (!add(c, c->base, c->last, &total))
		d->value.type = VALUE_NONE;
	else if (!c->whole)
		d->value = value_real(exact_decimal(total.r));
	else if (scale_is_one(p))
		d->value = value_int(total.i);
	else
		d->value = value_real(scale_whole(p, total.i));
	if (d->value.type == VALUE_NONE)
		decoded_bad(d, REASON_RANGE);
	else if (c->pending && d->quality == QUALITY_GOOD) {
		d->quality = QUALITY_UNCERTAIN;
		d->reason = REASON_STALE;
	}
}

void
counter_took(
    struct counter *c, const struct point *p, struct decoded *d, bool sure)
{
	union count now = {.i = 0};
	double v = value_number(&d->value);

	if (d->quality == QUALITY_BAD || !isfinite(v))
		return;
	if (!c->whole)
		now.r = v;
	else if (!steps_of(p, &d->value, &now.i)) {
		decoded_bad(d, REASON_RANGE);
		return;
	}
	if (count(c, p, now, sure))
		show(c, p, d);
	else
		decoded_bad(d, REASON_RANGE);
}

/* ---- over a restart ---- */

static uint64_t
bits_of(const struct counter *c, union count n)
{
	uint64_t bits = 0;

	if (c->whole)
		return (uint64_t)n.i;
	memcpy(&bits, &n.r, sizeof(bits));
	return bits;
}

static union count
count_of(const struct counter *c, uint64_t bits)
{
	union count n = {.i = (int64_t)bits};

	if (!c->whole)
		memcpy(&n.r, &bits, sizeof(n.r));
	return n;
}

/* Version, whole or not, pending or not; then base, last and less, 64 bits
 * each, least first; then what they are figures of. */
bool
counter_kept(struct counter *c, uint8_t *bytes, uint8_t *n)
{
	struct wbuf w;

	if (!c->begun || !c->changed)
		return false;
	wbuf_init(&w, bytes, KEPT_BYTES);
	put_u8(&w, VERSION);
	put_u8(&w, c->whole);
	put_u8(&w, c->pending);
	put_u64(&w, bits_of(c, c->base));
	put_u64(&w, bits_of(c, c->last));
	put_u64(&w, c->pending ? bits_of(c, c->less) : 0);
	put_u32(&w, c->mark);
	c->changed = false;
	*n = KEPT;
	return true;
}

static bool
makes_sense(const struct counter *c)
{
	union count total;

	return isfinite(as_real(c, c->base)) && isfinite(as_real(c, c->last)) &&
	       isfinite(as_real(c, c->less)) &&
	       add(c, c->base, c->last, &total) &&
	       (!c->pending || below(c, c->less, c->last));
}

bool
counter_keep(struct counter *c, const uint8_t *bytes, uint8_t n)
{
	struct counter k = {.whole = c->whole, .mark = c->mark, .begun = true};
	struct rbuf r;

	rbuf_init(&r, bytes, n);
	uint8_t version = get_u8(&r), whole = get_u8(&r), pending = get_u8(&r);
	k.pending = pending == 1;
	k.base = count_of(c, get_u64(&r));
	k.last = count_of(c, get_u64(&r));
	k.less = count_of(c, get_u64(&r));
	uint32_t mark = get_u32(&r);
	if (!rbuf_done(&r) || mark != c->mark || version != VERSION ||
	    whole != c->whole || pending > 1 || !makes_sense(&k))
		return false;
	*c = k;
	return true;
}
