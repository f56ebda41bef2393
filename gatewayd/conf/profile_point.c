/*
 * A point of a profile, and what its number means. Where it stands is in
 * profile_place.c, how it is written in profile_write.c.
 */
#include "profile_point.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "unit_text.h"

static const char *const point_keys[] = {"holding", "input", "coil", "discrete",
    "type", "order", "length", "mask", "shift", "scale", "offset", "no_data",
    "range", "enum", "unit", "kind", "every", "safe", "max_on", "writable",
    "write_only", "function", "on", "off", "help", "formula", "polynomial",
    "table", "accumulate", "wraps_at", "frozen", "stuck", "confirm", "settle",
    "timer", "pulse", "close", NULL};

static double
gcd(double a, double b)
{
	while (b > 0) {
		double r = fmod(a, b);
		a = b;
		b = r;
	}
	return a;
}

/* The decimal text as a fraction, so that 0.01 divides by 100 exactly. */
static void
read_scale(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *k = node_get(n, "scale");
	double scale, mul = 0, div = 1;
	bool fraction = false;

	t->mul = t->div = 1;
	if (!k || !read_real(x, k, "scale", -1e12, 1e12, &scale))
		return;
	if (scale == 0) {
		complain(x->c, k->at,
		    "scale is 0, which makes every reading "
		    "0; write what one step of the register means");
		return;
	}
	t->mul = scale;
	if (strpbrk(k->text, "eE") || strlen(k->text) > 15)
		return;
	for (const char *p = k->text; *p; p++) {
		if (*p == '.') {
			fraction = true;
		} else if (*p >= '0' && *p <= '9') {
			mul = mul * 10 + (*p - '0');
			if (fraction)
				div *= 10;
		}
	}
	double common = gcd(mul, div);
	t->mul = (scale < 0 ? -mul : mul) / common;
	t->div = div / common;
}

static uint64_t
width_mask(const struct point_type *t)
{
	bool byte = t->type == REG_INT8 || t->type == REG_UINT8;

	if (byte)
		return 0xFF;
	return t->count >= 4 ? UINT64_MAX
			     : (UINT64_C(1) << (16 * t->count)) - 1;
}

static void
read_bit_field(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *mask = node_get(n, "mask");
	const struct node *shift = node_get(n, "shift");
	int64_t v = 0;

	if ((mask || shift) && !reg_type_whole(t->type)) {
		complain(x->c, (mask ? mask : shift)->key_at,
		    "mask and shift are for whole numbers, not %s",
		    reg_type_name(t->type));
		return;
	}
	if (mask && read_bits(x, mask, "mask", &t->mask) &&
	    (!t->mask || t->mask & ~width_mask(t)))
		complain(x->c, mask->at, "the mask %s does not fit %s",
		    mask->text, reg_type_name(t->type));
	if (shift && read_whole(x, shift, "shift", 0, 63, &v)) {
		t->shift = (uint8_t)v;
		if (v >= 16 * (int64_t)t->count)
			complain(x->c, shift->at,
			    "a shift of %s leaves "
			    "nothing of %s",
			    shift->text, reg_type_name(t->type));
	}
}

static void
read_no_data(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *k = node_get(n, "no_data");
	uint64_t bits = 0;

	if (!k || !read_list(x, k, "no_data"))
		return;
	if (k->n > NO_DATA_MAX)
		complain(x->c, k->at, "%zu no_data codes; write at most %d",
		    k->n, NO_DATA_MAX);
	for (const struct node *i = k->first; i; i = i->next)
		if (read_bits(x, i, "a no_data code", &bits) &&
		    t->nno_data < NO_DATA_MAX) {
			uint64_t high = bits & ~width_mask(t);
			if (high && high != ~width_mask(t))
				complain(x->c, i->at,
				    "the code %s does not "
				    "fit %s",
				    i->text, reg_type_name(t->type));
			t->no_data[t->nno_data++] = bits & width_mask(t);
		}
}

static void
read_choices(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *k = node_get(n, "enum");
	struct choice *list;

	if (!k || !read_map(x, k, "enum", NULL))
		return;
	list = arena_array(x->mem, k->n + 1, sizeof(*list));
	for (const struct node *i = k->first; i; i = i->next) {
		struct node number = *i;
		number.kind = NODE_SCALAR;
		number.text = i->key;
		number.at = i->key_at;
		if (read_whole(x, &number, "a value of enum", INT64_MIN,
			INT64_MAX, &list[t->nchoices].value) &&
		    read_text(x, i, "its meaning", &list[t->nchoices].name))
			t->nchoices++;
	}
	t->choices = list;
}

static void
read_meaning(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *k;
	unsigned kind = KIND_GAUGE;
	uint64_t ms = 0;

	if (t->type == REG_BOOL || t->nchoices)
		kind = KIND_STATE;
	if ((k = node_get(n, "help")))
		(void)read_prose(x, k, "help", &t->help);
	if ((k = node_get(n, "kind")))
		(void)read_word(x, k, "kind", kind_words, &kind);
	t->kind = (enum point_kind)kind;
	if ((k = node_get(n, "unit")))
		(void)unit_text_read(x, k, &t->unit);
	if ((k = node_get(n, "offset")))
		(void)read_real(x, k, "offset", -1e12, 1e12, &t->offset);
	if ((k = node_get(n, "range")))
		t->has_range = read_range(x, k, &t->min, &t->max);
	if ((k = node_get(n, "every")) &&
	    read_duration(x, k, "every", 50, 30 * 86400000ull, &ms))
		t->every_ms = (uint32_t)ms;
}

/* Keys that make a number of registers have nothing to work on elsewhere. */
static void
check_numeric(struct ctx *x, const struct node *n, const struct point_type *t)
{
	static const char *const keys[] = {
	    "mask", "shift", "scale", "offset", "order"};
	bool bit = t->table == TABLE_COIL || t->table == TABLE_DISCRETE;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct node *k = node_get(n, keys[i]);
		if (k && (bit || (t->text && strcmp(k->key, "order") != 0)))
			complain(x->c, k->key_at,
			    "`%s` means nothing for %s; "
			    "leave it out",
			    k->key, bit ? "one bit" : "a string");
	}
}

/* What is made of others has no place, and nothing that is done there. */
static void
check_derived(struct ctx *x, const struct node *n)
{
	static const char *const keys[] = {"formula", "unit", "kind", "range",
	    "help", "accumulate", "wraps_at", "stuck", "frozen", "polynomial",
	    "table", NULL};

	for (const struct node *k = n->first; k; k = k->next) {
		size_t i = 0;
		while (keys[i] && strcmp(keys[i], k->key) != 0)
			i++;
		if (!keys[i])
			complain(x->c, k->key_at,
			    "`%s` means nothing for a point made by a formula; "
			    "leave it out",
			    k->key);
	}
}

/* A part is for the formulas of others, and has no readings to judge. */
static void
check_kind(struct ctx *x, const struct node *n, const struct point_type *t)
{
	static const char *const judged[] = {"frozen", "stuck", "accumulate"};
	const struct node *kind = node_get(n, "kind");

	if (t->kind == KIND_PART && node_get(n, "formula"))
		complain(x->c, kind->at,
		    "a part is read, not made by a formula; leave `kind` out");
	if (t->kind == KIND_PART && t->text)
		complain(x->c, kind->at,
		    "a part is a number for formulas, and `%s` is a text; "
		    "leave `kind` out",
		    n->key);
	for (size_t i = 0; t->kind == KIND_PART && i < 3; i++) {
		const struct node *k = node_get(n, judged[i]);
		if (k)
			complain(x->c, k->key_at,
			    "`%s` is for readings, and a part has none of its "
			    "own; write it at the point with the formula",
			    k->key);
	}
	if (node_get(n, "formula") &&
	    (t->kind == KIND_SETTING || t->kind == KIND_OUTPUT))
		complain(x->c, kind->at,
		    "a point made by a formula cannot be written; its kind is "
		    "gauge, counter or state");
}

void
profile_point_read(struct ctx *x, const struct node *n, struct point_type *t)
{
	t->mul = t->div = 1;
	t->confirm = -1;
	t->name = arena_strdup(x->mem, n->key);
	if (!read_map(x, n, "a point", point_keys))
		return;
	if (node_get(n, "formula")) {
		check_derived(x, n);
		t->type = REG_FLOAT64;
		read_meaning(x, n, t);
	} else {
		point_place_read(x, n, t);
		read_scale(x, n, t);
		read_bit_field(x, n, t);
		read_no_data(x, n, t);
		read_choices(x, n, t);
		read_meaning(x, n, t);
		point_write_read(x, n, t);
		point_output_read(x, n, t);
		check_numeric(x, n, t);
	}
	check_kind(x, n, t);
	point_judge_read(x, n, t);
}
