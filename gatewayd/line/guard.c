/* Tables and samples that come out of a plugin, checked. */
#include "guard.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
guard_refuse(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return -EPROTO;
}

static int
name_ok(const char *s, const char *extra)
{
	size_t n = s ? strnlen(s, 65) : 0;

	if (!n || n > 64)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') &&
		    !(s[i] >= '0' && s[i] <= '9') && !strchr(extra, s[i]))
			return 0;
	return 1;
}

static int
text_ok(const char *s)
{
	return !s || (strnlen(s, 501) <= 500 && utf8_text(s));
}

static int
guard_points(const struct gw_device_type *t, char *why, size_t size)
{
	for (uint32_t i = 0; i < t->npoints; i++) {
		const struct gw_point *p = &t->points[i];
		if (!name_ok(p->name, "_"))
			return guard_refuse(why, size,
			    "point %u has no name of a-z "
			    "0-9 _",
			    i);
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(t->points[k].name, p->name) == 0)
				return guard_refuse(why, size,
				    "two points are "
				    "called %s",
				    p->name);
		if (!text_ok(p->unit) || (p->unit && !p->unit[0]))
			return guard_refuse(
			    why, size, "the unit of %s is no text", p->name);
		if (p->kind > GW_OUTPUT || p->flags > 7 || p->span > 255)
			return guard_refuse(why, size,
			    "kind, flags or span of %s "
			    "is unknown",
			    p->name);
		if (p->flags & GW_RANGE &&
		    !(isfinite(p->min) && isfinite(p->max) && p->min <= p->max))
			return guard_refuse(
			    why, size, "the range of %s is empty", p->name);
	}
	return 0;
}

/* "raw|percent": each 1 to 63 bytes. */
static int
choices_ok(const char *s)
{
	for (;;) {
		size_t n = strcspn(s, "|");
		if (n < 1 || n > 63)
			return 0;
		if (!s[n])
			return 1;
		s += n + 1;
	}
}

static int
guard_keys(const struct gw_device_type *t, char *why, size_t size)
{
	for (uint32_t i = 0; i < t->nkeys; i++) {
		const struct gw_key *k = &t->keys[i];
		if (!name_ok(k->name, "_"))
			return guard_refuse(why, size,
			    "key %u has no name of a-z "
			    "0-9 _",
			    i);
		for (uint32_t j = 0; j < i; j++)
			if (strcmp(t->keys[j].name, k->name) == 0)
				return guard_refuse(why, size,
				    "two keys are called "
				    "%s",
				    k->name);
		if (k->type > GW_KEY_CHOICE || k->flags > GW_REQUIRED)
			return guard_refuse(why, size,
			    "type or flags of the key %s "
			    "are unknown",
			    k->name);
		if (!text_ok(k->help) || !text_ok(k->unit) ||
		    !text_ok(k->choices) ||
		    (k->type == GW_KEY_CHOICE &&
			!(k->choices && choices_ok(k->choices))))
			return guard_refuse(why, size,
			    "a text of the key %s is "
			    "missing or no text",
			    k->name);
		if (!isfinite(k->min) || !isfinite(k->max) ||
		    !isfinite(k->fallback) || k->min > k->max)
			return guard_refuse(why, size,
			    "the bounds of the key %s "
			    "make no range",
			    k->name);
	}
	return 0;
}

int
guard_type(
    const struct gw_device_type *t, const char *name, char *why, size_t size)
{
	/* Of version 1.0; what came later is not there, or zero. */
	const size_t oldest = offsetof(struct gw_device_type, kept_size);
	int r;

	if (t->abi >> 16 != GW_ABI_MAJOR)
		return guard_refuse(why, size,
		    "it is built for interface version "
		    "%u.%u, this gateway has %u.%u; build it anew",
		    t->abi >> 16, t->abi & 0xFFFF, GW_ABI_MAJOR, GW_ABI_MINOR);
	if (t->size < oldest)
		return guard_refuse(why, size,
		    "its gw_device_type has %u bytes, at "
		    "least %zu are needed; build it anew",
		    t->size, oldest);
	if (!name_ok(t->name, "-_.") || strcmp(t->name, name) != 0)
		return guard_refuse(why, size,
		    "it calls itself `%.64s`, its file is "
		    "%s.so; make the two the same",
		    t->name ? t->name : "", name);
	if (!text_ok(t->summary))
		return guard_refuse(why, size, "its summary is no text");
	if (!t->points || t->npoints < 1 || t->npoints > GUARD_POINTS)
		return guard_refuse(why, size,
		    "it has %u points; 1 to %d are needed", t->npoints,
		    GUARD_POINTS);
	if (t->nkeys > GUARD_KEYS || (t->nkeys && !t->keys))
		return guard_refuse(why, size, "it has %u keys; at most %d",
		    t->nkeys, GUARD_KEYS);
	if (t->state_size > GUARD_STATE)
		return guard_refuse(why, size,
		    "it wants %u bytes of state; at most "
		    "%d",
		    t->state_size, GUARD_STATE);
	if (t->kept_size > GW_KEPT_MAX || t->kept_size > t->state_size)
		return guard_refuse(why, size,
		    "it wants to keep %u bytes of its state of %u; at most %d",
		    t->kept_size, t->state_size, GW_KEPT_MAX);
	if (t->max_on_s > GUARD_MAX_ON_S)
		return guard_refuse(why, size,
		    "its outputs may be on for %u s; at most %d", t->max_on_s,
		    GUARD_MAX_ON_S);
	if (!t->init || !t->plan || (!t->decode && !t->decode_at))
		return guard_refuse(why, size, "it lacks init, plan or decode");
	r = guard_points(t, why, size);
	return r < 0 ? r : guard_keys(t, why, size);
}

/* The value of a sample, or VALUE_NONE when it is none. */
static struct value
sample_value(const struct gw_sample *s, int is_text)
{
	struct value none = {.type = VALUE_NONE};

	if (is_text != (s->type == GW_TEXT))
		return none;
	switch (s->type) {
	case GW_INT64:
		return value_int(s->value.i);
	case GW_UINT64:
		return value_uint(s->value.u);
	case GW_DOUBLE:
		return value_real(s->value.r);
	case GW_TEXT:
		if (memchr(s->value.text, '\0', GW_TEXT_MAX) &&
		    utf8_text(s->value.text))
			return value_text(s->value.text);
		return none;
	default:
		return none;
	}
}

static int
guard_sample(const struct gw_point *p, const struct gw_sample *s,
    struct decoded *out, char *why, size_t size)
{
	double v;

	if (s->quality > GW_BAD)
		return guard_refuse(why, size,
		    "the quality %u of %s is unknown", s->quality, p->name);
	if (s->quality == GW_BAD) {
		decoded_bad(out, REASON_NO_DATA);
		return 0;
	}
	*out = (struct decoded){
	    .value = sample_value(s, (p->flags & GW_IS_TEXT) != 0),
	    .quality = s->quality == GW_GOOD ? QUALITY_GOOD : QUALITY_UNCERTAIN,
	};
	if (out->value.type == VALUE_NONE)
		return guard_refuse(why, size,
		    "%s is NaN, infinite, of the wrong "
		    "type, or no text",
		    p->name);
	v = value_number(&out->value);
	if (p->flags & GW_RANGE && (v < p->min || v > p->max))
		decoded_bad(out, REASON_RANGE);
	return 0;
}

int
guard_samples(const struct gw_device_type *t, const struct gw_sample *in, int n,
    int cap, struct plugin_sample *out, char *why, size_t size)
{
	unsigned char seen[GUARD_POINTS] = {0};

	if (n > cap)
		return guard_refuse(
		    why, size, "it says it filled %d of %d", n, cap);
	if (n < 0)
		return guard_refuse(why, size, "it returned %d", n);
	for (int i = 0; i < n; i++) {
		uint32_t p = in[i].point;
		if (p >= t->npoints)
			return guard_refuse(why, size,
			    "sample %d is of point %u; "
			    "there are %u",
			    i, p, t->npoints);
		if (seen[p]++)
			return guard_refuse(
			    why, size, "%s comes twice", t->points[p].name);
		out[i].point = p;
		int r =
		    guard_sample(&t->points[p], &in[i], &out[i].d, why, size);
		if (r < 0)
			return r;
	}
	return 0;
}
