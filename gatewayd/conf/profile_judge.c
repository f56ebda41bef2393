/*
 * What the number of a point is worth: a curve behind the scale, a counter that
 * is counted on, a value that should move and does not.
 */
#include <math.h>

#include "profile_point.h"

static bool
is_read_only_number(const struct point_type *t)
{
	return !t->text && !t->writable && t->type != REG_BOOL;
}

static void
read_curve(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *k = node_get(n, "polynomial");

	if (!k)
		k = node_get(n, "table");
	if (!k)
		return;
	if (t->writable)
		complain(x->c, k->key_at,
		    "`%s` can be written, and what to write cannot be found "
		    "back through a curve; leave `%s` out, or add writable: "
		    "false",
		    n->key, k->key);
	else if (!is_read_only_number(t))
		complain(x->c, k->key_at,
		    "`%s` is for numbers, and `%s` is %s; leave it out", k->key,
		    n->key, t->text ? "a text" : "on or off");
	curve_read(x, n, &t->curve);
}

/* The largest count of a type; 0: it has none. */
static double
full_count(const struct point_type *t)
{
	switch (t->type) {
	case REG_FLOAT32:
	case REG_FLOAT64:
		return 0;
	case REG_BCD16:
		return 1e4;
	case REG_BCD32:
		return 1e8;
	case REG_INT8:
	case REG_UINT8:
		return 256;
	default:
		return ldexp(1, 16 * t->count);
	}
}

static void
read_wraps_at(struct ctx *x, const struct node *k, struct point_type *t)
{
	double full = full_count(t), v = 0;

	if (!read_real(x, k, "wraps_at", 2, 18446744073709551616.0, &v))
		return;
	if (v > floor(v))
		complain(x->c, k->at,
		    "wraps_at is %s; it is the first raw count that does not "
		    "come, a whole number",
		    k->text);
	else if (full > 0 && v > full)
		complain(x->c, k->at,
		    "wraps_at is %s, but %s begins anew at %.0f; leave it out",
		    k->text, reg_type_name(t->type), full);
	else
		t->wraps_at = v;
}

static void
read_counting(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *k = node_get(n, "accumulate");
	const struct node *wraps = node_get(n, "wraps_at");

	if (k && read_bool(x, k, "accumulate", &t->accumulate) &&
	    t->accumulate) {
		if (t->kind != KIND_COUNTER)
			complain(x->c, k->key_at,
			    "only a counter is counted on; add kind: counter, "
			    "or leave `accumulate` out");
		if (t->curve.kind != CURVE_NONE)
			complain(x->c, k->key_at,
			    "a counter with a curve cannot be counted on; "
			    "leave `accumulate` or the curve out");
	}
	if (wraps && !t->accumulate)
		complain(x->c, wraps->key_at,
		    "`wraps_at` is for counters that are counted on; add "
		    "accumulate: yes, or leave it out");
	else if (wraps)
		read_wraps_at(x, wraps, t);
}

void
point_judge_read(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *k = node_get(n, "stuck");
	uint64_t ms = 0;

	read_curve(x, n, t);
	read_counting(x, n, t);
	if (!k)
		return;
	if (t->writable || t->write_only)
		complain(x->c, k->key_at,
		    "`stuck` is for what is measured; `%s` is what was set, "
		    "and stays so. Leave it out",
		    n->key);
	if (read_duration(x, k, "stuck", 60000, 40 * 86400000ull, &ms))
		t->stuck_ms = (uint32_t)ms;
}
