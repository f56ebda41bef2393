/* One profile after the other: does it fit, what speaks for it, and how that
 * compares. */
#include "identify.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "msg.h"
#include "say.h"
#include "showing.h"
#include "spans.h"

/* What counts how much. */
enum {
	FOR_WITHIN = 2,  /* a value in its range that is not 0 */
	FOR_VALUE = 1,   /* one that has no range */
	FOR_WRONG = -6,  /* one outside, or no word of the point's */
	FOR_FACTORY = 4, /* at its maker's speed; */
	FOR_OTHER = -3,  /* at another one, which anybody may set */
	FOR_NUMBER = 5,  /* the unit's own number, where it is to be */
	FOR_EXACT = 10,  /* a mark of few values, */
	FOR_NARROW = 3,  /* of some, */
	FOR_WIDE = 1,    /* of many; */
	FOR_LACKS = 2,   /* a register that should not be there */
	NARROW = 16,
	EXACT = 2,
	ALIKE = 3,       /* so much less is as good */
	IDENTIFIED = 10, /* marks of this weight identify */
};

const char *
sure_name(enum sure s)
{
	static const char *const names[] = {[SURE_NONE] = "unknown",
	    [SURE_POSSIBLE] = "possible",
	    [SURE_LIKELY] = "likely",
	    [SURE_IDENTIFIED] = "identified"};

	return names[s];
}

/* ---- its marks ---- */

/* 1: it holds, 0: it does not, or -errno. */
static int
mark_holds(struct facts *f, const struct identity *m)
{
	uint16_t word = 0;
	int r = facts_get(f, m->table, m->addr, 1, &word);

	if (r < 0)
		return r;
	if (m->lacks)
		return r != FACT_KNOWN;
	word &= m->mask;
	return r == FACT_KNOWN && word >= m->least && word <= m->most;
}

static unsigned
mark_weight(const struct identity *m)
{
	unsigned wide = (unsigned)m->most - m->least + 1;

	return m->lacks         ? FOR_LACKS
	       : wide <= EXACT  ? FOR_EXACT
	       : wide <= NARROW ? FOR_NARROW
				: FOR_WIDE;
}

/* 1: all hold, but for registers that it should lack, 0: one does not, or
 * -errno. */
static int
marks_hold(struct facts *f, struct candidate *c)
{
	for (size_t i = 0; i < c->type->nidentity; i++) {
		const struct identity *m = &c->type->identity[i];
		int r = mark_holds(f, m);

		/* Of a register that is there all the same one may have been
		 * wrong: many maps leave out what a device has. */
		if (r == 0 && m->lacks) {
			c->score -= FOR_LACKS;
			continue;
		}
		if (r != 1)
			return r;
		c->identity += mark_weight(m);
	}
	c->score += (int)c->identity;
	return 1;
}

/* The register of its own number, which it need not have for reading. 1, 0 when
 * it holds another number, or -errno. */
static int
number_holds(struct facts *f, const struct found_at *at, struct candidate *c)
{
	const struct choice_register *unit = &c->type->commission.unit;
	uint16_t word = 0;
	int r;

	if (!unit->present)
		return 1;
	r = facts_get(f, TABLE_HOLDING, unit->addr, 1, &word);
	if (r != FACT_KNOWN)
		return r < 0 ? r : 1;
	if (word != at->unit)
		return 0;
	c->own_number = true;
	c->score += FOR_NUMBER;
	return 1;
}

/* ---- its points ---- */

static bool
has_word(const struct point_type *p, const struct value *v)
{
	for (size_t i = 0; i < p->nchoices; i++)
		if ((double)p->choices[i].value == value_number(v))
			return true;
	return false;
}

/* A float in the wrong order is mostly of a size that nothing has. */
static bool
absurd(const struct point_type *p, double v)
{
	double size = fabs(v);

	return (p->type == REG_FLOAT32 || p->type == REG_FLOAT64) && v != 0 &&
	       (size < 1e-12 || size > 1e12);
}

static bool
is_bit(enum reg_table t)
{
	return t == TABLE_COIL || t == TABLE_DISCRETE;
}

static void
judge_value(
    struct candidate *c, const struct point_type *p, const struct decoded *v)
{
	double n = value_number(&v->value);
	bool fixed = p->has_range || p->nchoices > 0;

	c->points++;
	if (v->quality == QUALITY_BAD && v->reason == REASON_NO_DATA &&
	    !p->text)
		return; /* a sensor that is not there speaks for nothing */
	if (v->quality == QUALITY_BAD || absurd(p, n) ||
	    (p->nchoices > 0 && !has_word(p, &v->value))) {
		c->wrong++;
		c->score += FOR_WRONG;
		return;
	}
	c->within += fixed;
	if (n != 0 || is_bit(p->table)) /* a board has the coils it has */
		c->score += fixed ? FOR_WITHIN : FOR_VALUE;
}

static int
judge_point(struct facts *f, struct candidate *c, const struct point_type *p)
{
	const struct point point = {.type = p, .slope = 1};
	uint16_t words[PROBE_WORDS];
	struct decoded v;
	int r = facts_get(f, p->table, p->addr, p->count, words);

	if (r != FACT_KNOWN)
		return r < 0 ? r : 0;
	decode_point(&point, words, &v);
	judge_value(c, p, &v);
	return 1;
}

/* 1: all blocks are there, 0: one is not, or -errno. */
static int
blocks_hold(struct facts *f, const struct device_type *t)
{
	struct span *spans = calloc(t->npoints + 1, sizeof(*spans));
	size_t n = spans != NULL ? spans_of(t, spans) : 0;
	int r = spans != NULL ? FACT_KNOWN : -ENOMEM;

	for (size_t i = 0; i < n && r == FACT_KNOWN; i++)
		r = facts_get(
		    f, spans[i].table, spans[i].addr, spans[i].count, NULL);
	free(spans);
	return r < 0 ? r : r == FACT_KNOWN && n > 0;
}

/* Read in blocks first, so that the points find theirs known. */
static int
points_hold(struct facts *f, struct candidate *c)
{
	int r = blocks_hold(f, c->type);

	for (size_t i = 0; i < c->type->npoints && r == 1; i++)
		if (point_read(&c->type->points[i]))
			r = judge_point(f, c, &c->type->points[i]);
	return r;
}

/* ---- one profile ---- */

static void
judge_settings(struct candidate *c, const struct found_at *at)
{
	const struct device_type *t = c->type;

	if (at->baud == 0 || t->baud == 0)
		return;
	c->factory = t->baud == at->baud && t->parity == at->parity;
	c->score += c->factory ? FOR_FACTORY : FOR_OTHER;
}

/* 1: it fits, 0: it does not, or -errno. */
static int
try_type(struct facts *f, const struct found_at *at,
    const struct device_type *t, struct candidate *c)
{
	int r;

	*c = (struct candidate){.type = t};
	if (t->plugin)
		return 0;
	r = points_hold(f, c);
	if (r == 1)
		r = marks_hold(f, c);
	if (r == 1)
		r = number_holds(f, at, c);
	if (r != 1)
		return r;
	judge_settings(c, at);
	return 2 * c->wrong <= c->points - (c->points > 0);
}

static int
better(const void *pa, const void *pb)
{
	const struct candidate *a = pa, *b = pb;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	if (a->points != b->points)
		return a->points > b->points ? -1 : 1;
	return strcmp(a->type->name, b->type->name);
}

/* ---- all of them ---- */

static enum sure
how_sure(const struct candidate *best, size_t alike)
{
	if (alike > 1 || best->wrong > 0)
		return SURE_POSSIBLE;
	if (best->identity >= IDENTIFIED)
		return SURE_IDENTIFIED;
	return best->within > 0 || best->own_number || best->identity > 0
		   ? SURE_LIKELY
		   : SURE_POSSIBLE;
}

static void
say_why(const struct candidate *c, struct verdict *v)
{
	struct sentence why = {0};

	if (c->identity > 0)
		more(&why, "its identifying registers hold, ");
	if (c->own_number)
		more(&why, "it has its own number where it should, ");
	more(&why, "all %u values can be read", c->points);
	if (c->within > 0)
		more(&why, ", %u within their limits", c->within);
	if (c->wrong > 0)
		more(&why, ", but %u cannot be true", c->wrong);
	if (c->factory)
		more(&why, ", at its maker's speed");
	if (v->alike > 1)
		more(&why,
		    "; reads like %zu profiles with the same registers: the "
		    "label decides",
		    v->alike);
	(void)snprintf(
	    v->why, sizeof(v->why), "%.*s", (int)sizeof(v->why) - 1, why.text);
}

int
identify(struct facts *f, const struct found_at *at,
    const struct device_type *const *types, size_t n, struct candidate *out,
    struct verdict *verdict)
{
	*verdict = (struct verdict){.why = "no profile has these registers"};
	for (size_t i = 0; i < n; i++) {
		int r = try_type(f, at, types[i], &out[verdict->fits]);

		if (r < 0)
			return r;
		verdict->fits += r == 1;
	}
	if (verdict->fits == 0)
		return 0;
	qsort(out, verdict->fits, sizeof(*out), better);
	while (verdict->alike < verdict->fits &&
	       out[verdict->alike].score + ALIKE >= out[0].score)
		verdict->alike++;
	verdict->sure = how_sure(&out[0], verdict->alike);
	say_why(&out[0], verdict);
	return 0;
}

/* ---- values ---- */

static const char *
word_for(const struct point_type *p, const struct value *v)
{
	for (size_t i = 0; i < p->nchoices; i++)
		if ((double)p->choices[i].value == value_number(v))
			return p->choices[i].name;
	return NULL;
}

const char *
identify_value(
    struct facts *f, const struct point_type *p, char *out, size_t size)
{
	const struct point point = {.type = p, .slope = 1};
	uint16_t words[PROBE_WORDS];
	struct decoded v = {.quality = QUALITY_BAD};
	const char *word;

	if (facts_get(f, p->table, p->addr, p->count, words) == FACT_KNOWN)
		decode_point(&point, words, &v);
	word = v.quality == QUALITY_BAD ? "?" : word_for(p, &v.value);
	if (word != NULL)
		(void)snprintf(out, size, "%s", word);
	else
		(void)short_value(&v.value, out, size);
	return out;
}
