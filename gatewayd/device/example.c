/*
 * An example is a device that answers what the manual says: its frames are
 * judged, decoded and derived as the line does it, and the last reading of each
 * point is held against what the manual says it is.
 */
#include "example.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "derive.h"
#include "reply.h"

enum { EVERY_MS = 1000 };

struct trial {
	const struct device_type *type;
	struct device device;
	struct derive *derive;
	struct derived *out, *last; /* npoints of each */
	bool *has;                  /* a reading in `last` */
	uint16_t words[READ_COILS_MAX];
	char *why;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static int
differs(const struct trial *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(t->why, t->size, format, args);
	va_end(args);
	return -EINVAL;
}

static int
set_up(struct trial *t)
{
	size_t n = t->type->npoints;

	t->out = calloc(n + 1, sizeof(*t->out));
	t->last = calloc(n + 1, sizeof(*t->last));
	t->has = calloc(n + 1, sizeof(*t->has));
	t->device = (struct device){.name = "example",
	    .path = "example",
	    .type = t->type,
	    .points = calloc(n + 1, sizeof(*t->device.points))};
	if (t->out == NULL || t->last == NULL || t->has == NULL ||
	    t->device.points == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		t->device.points[i] =
		    (struct point){.type = &t->type->points[i],
			.every_ms = EVERY_MS,
			.slope = 1};
	t->derive = derive_new(&t->device);
	return t->derive != NULL ? 0 : -ENOMEM;
}

static void
tear_down(struct trial *t)
{
	(void)derive_free(t->derive);
	free(t->device.points);
	free(t->out);
	free(t->last);
	free(t->has);
}

/* ---- frames ---- */

static uint16_t
word_at(const uint8_t *frame, size_t at)
{
	return (uint16_t)(frame[at] << 8 | frame[at + 1]);
}

/* False: it is no read. */
static bool
request_of(const struct example_frames *f, struct request *q)
{
	if (f->nrequest != 8 || f->request[1] < FC_READ_COILS ||
	    f->request[1] > FC_READ_INPUT)
		return false;
	*q = (struct request){.unit = f->request[0],
	    .function = f->request[1],
	    .addr = word_at(f->request, 2),
	    .count = word_at(f->request, 4)};
	return true;
}

static enum reg_table
table_of(uint8_t function)
{
	switch (function) {
	case FC_READ_COILS:
		return TABLE_COIL;
	case FC_READ_DISCRETE:
		return TABLE_DISCRETE;
	case FC_READ_INPUT:
		return TABLE_INPUT;
	default:
		return TABLE_HOLDING;
	}
}

static const char *
reply_text(enum reply r)
{
	switch (r) {
	case REPLY_EXCEPTION:
		return "is a refusal";
	case REPLY_FOREIGN:
		return "is another unit's";
	case REPLY_SHORT:
		return "is cut off";
	default:
		return "is none to that request";
	}
}

/* The frame's registers into t->words. */
static int
open_frame(struct trial *t, const struct example_frames *f, struct request *q)
{
	uint8_t code = 0;
	enum reply r;

	if (!request_of(f, q))
		return differs(t,
		    "a request of function %u and %zu bytes is no read",
		    f->nrequest > 1 ? f->request[1] : 0u, f->nrequest);
	r = reply_check(q, f->answer, f->nanswer, t->words, &code);
	if (r == REPLY_OK)
		return 0;
	return differs(t, "the answer to function %u at %u %s", q->function,
	    q->addr, reply_text(r));
}

static bool
holds(const struct request *q, const struct point_type *p)
{
	uint32_t count = p->count > 0 ? p->count : 1;

	return p->formula == NULL && p->table == table_of(q->function) &&
	       p->addr >= q->addr &&
	       p->addr + count <= (uint32_t)q->addr + q->count;
}

static void
take_point(struct trial *t, const struct request *q, uint16_t p, int64_t now)
{
	const struct point *point = &t->device.points[p];
	struct decoded d;
	size_t n;

	decode_point(point, t->words + (point->type->addr - q->addr), &d);
	n = derive_took(t->derive, p, &d, 0, now, t->out);
	for (size_t i = 0; i < n; i++) {
		t->last[t->out[i].point] = t->out[i];
		t->has[t->out[i].point] = true;
	}
}

/* All frames are one round of polling: what depends on others comes last. */
static int
take_frames(struct trial *t, const struct example *e, bool later)
{
	for (size_t i = 0; i < e->nframes; i++) {
		struct request q = {0};
		int rc = open_frame(t, &e->frames[i], &q);

		if (rc < 0)
			return rc;
		for (uint16_t p = 0; p < t->type->npoints; p++)
			if (holds(&q, &t->type->points[p]) &&
			    derive_later(t->derive, p) == later)
				take_point(t, &q, p, (int64_t)i);
	}
	return 0;
}

/* ---- readings ---- */

static const char *
show(const struct decoded *d, char *out, size_t size)
{
	char value[VALUE_TEXT_MAX + 2];

	if (d->quality == QUALITY_BAD)
		(void)snprintf(out, size, "bad %s", reason_name(d->reason));
	else if (d->quality == QUALITY_UNCERTAIN)
		(void)snprintf(out, size, "%s, uncertain %s",
		    value_format(&d->value, value, sizeof(value)),
		    reason_name(d->reason));
	else
		(void)snprintf(out, size, "%s",
		    value_format(&d->value, value, sizeof(value)));
	return out;
}

/* "bad", "bad range", "uncertain frozen". */
static bool
says_quality(const char *text, const struct decoded *d, bool *right)
{
	for (int q = QUALITY_UNCERTAIN; q < QUALITIES; q++) {
		const char *name = quality_name((enum quality)q);
		size_t n = strlen(name);

		if (strncmp(text, name, n) != 0 ||
		    (text[n] != '\0' && text[n] != ' '))
			continue;
		*right = d->quality == (enum quality)q &&
			 (text[n] == '\0' ||
			     strcmp(text + n + 1, reason_name(d->reason)) == 0);
		return true;
	}
	return false;
}

/* Half a unit of the last digit that is written. */
static double
half_digit(const char *text)
{
	const char *dot = strchr(text, '.');
	size_t digits = dot != NULL ? strspn(dot + 1, "0123456789") : 0;

	return 0.5 * pow(10, -(double)digits);
}

/* A manual rounds what is no decimal fraction of a register. */
static bool
is_rounded(const struct point_type *t)
{
	return t->formula != NULL || t->curve.kind != CURVE_NONE ||
	       t->type == REG_FLOAT32 || t->type == REG_FLOAT64;
}

static bool
number_of(const struct point_type *t, const char *text, double *out)
{
	static const char *const words[][2] = {
	    {"off", "on"}, {"no", "yes"}, {"false", "true"}};
	char *end;

	for (size_t i = 0; i < t->nchoices; i++)
		if (strcmp(t->choices[i].name, text) == 0) {
			*out = (double)t->choices[i].value;
			return true;
		}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (int on = 0; on < 2; on++)
			if (strcasecmp(words[i][on], text) == 0) {
				*out = on;
				return true;
			}
	*out = strtod(text, &end);
	return end != text && *end == '\0';
}

static bool
same(const struct point_type *t, const char *text, const struct decoded *d)
{
	double is = value_number(&d->value), want = 0, by = 0;
	bool right = false;

	if (says_quality(text, d, &right))
		return right;
	if (d->quality != QUALITY_GOOD)
		return false;
	if (d->value.type == VALUE_TEXT)
		return strcmp(text, d->value.text) == 0;
	if (!number_of(t, text, &want))
		return false;
	if (is_rounded(t))
		by = half_digit(text) * (1 + 1e-9);
	return fabs(is - want) <= by;
}

static int
check_reading(const struct trial *t, const struct example_reading *r)
{
	const struct point_type *p = &t->type->points[r->point];
	char is[VALUE_TEXT_MAX + 40];

	if (!t->has[r->point])
		return differs(t,
		    "%s has no reading: the frames do not hold %s", p->name,
		    p->formula != NULL ? "all that its formula needs"
				       : "its registers");
	if (same(p, r->text, &t->last[r->point].d))
		return 0;
	return differs(t, "%s is %s, the example says %s", p->name,
	    show(&t->last[r->point].d, is, sizeof(is)), r->text);
}

static int
check(struct trial *t, const struct example *e)
{
	int rc = set_up(t);

	if (rc < 0)
		return differs(t, "out of memory");
	for (int later = 0; rc == 0 && later < 2; later++)
		rc = take_frames(t, e, later == 1);
	for (size_t i = 0; rc == 0 && i < e->nreadings; i++)
		rc = check_reading(t, &e->readings[i]);
	return rc;
}

int
example_check(const struct device_type *t, const struct example *e, char *why,
    size_t size)
{
	struct trial *trial = calloc(1, sizeof(*trial));
	int rc;

	if (trial == NULL) {
		(void)snprintf(why, size, "out of memory");
		return -EINVAL;
	}
	trial->type = t;
	trial->why = why;
	trial->size = size;
	rc = check(trial, e);
	tear_down(trial);
	free(trial);
	return rc;
}
