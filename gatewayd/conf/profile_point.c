/*
 * Where a point stands, how its registers are read, and what its number means.
 * Addresses are those on the wire, from zero: a manual's 40003 is holding 2,
 * and is refused rather than read from somewhere else.
 */
#include "profile_point.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const point_keys[] = {"holding", "input", "coil", "discrete",
    "type", "order", "length", "mask", "shift", "scale", "offset", "no_data",
    "range", "enum", "unit", "kind", "every", "safe", "max_on", "writable",
    "help", NULL};

static const char *const table_words[] = {
    "holding", "input", "coil", "discrete", NULL};

static const struct {
	const char *name;
	uint16_t registers;
	bool whole;
} type_info[] = {
    [REG_INT8] = {"int8", 1, true},
    [REG_UINT8] = {"uint8", 1, true},
    [REG_INT16] = {"int16", 1, true},
    [REG_UINT16] = {"uint16", 1, true},
    [REG_INT32] = {"int32", 2, true},
    [REG_UINT32] = {"uint32", 2, true},
    [REG_INT64] = {"int64", 4, true},
    [REG_UINT64] = {"uint64", 4, true},
    [REG_FLOAT32] = {"float32", 2, false},
    [REG_FLOAT64] = {"float64", 4, false},
    [REG_BOOL] = {"bool", 1, true},
    [REG_BITS] = {"bits", 1, true},
    [REG_BCD16] = {"bcd16", 1, true},
    [REG_BCD32] = {"bcd32", 2, true},
    [REG_STRING] = {"string", 0, false},
};
enum { TYPES = sizeof(type_info) / sizeof(type_info[0]) };

/* A manual's number instead of the address: what it most likely means. */
static bool
is_reference(
    struct ctx *x, const struct node *n, enum reg_table table, int64_t addr)
{
	static const int64_t base[] = {[TABLE_HOLDING] = 40001,
	    [TABLE_INPUT] = 30001,
	    [TABLE_COIL] = 1,
	    [TABLE_DISCRETE] = 10001};
	int64_t first = base[table];

	if (table == TABLE_COIL || n->text[strcspn(n->text, "xX")])
		return false;
	if (addr >= (first - 1) * 10 + 1 && addr <= (first - 1) * 10 + 65536)
		first = (first - 1) * 10 + 1;
	else if (addr < first || addr > first + 9998)
		return false;
	complain(x->c, n->at,
	    "%s is a manual's reference number; that is %s "
	    "%lld (addresses here are those on the wire, from zero; one that "
	    "really is so high is written in hexadecimal)",
	    n->text, table_words[table], (long long)(addr - first));
	return true;
}

static void
read_place(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *found = NULL;
	int64_t addr = 0;

	for (unsigned i = 0; table_words[i]; i++) {
		const struct node *k = node_get(n, table_words[i]);
		if (k && found) {
			complain(x->c, k->key_at,
			    "`%s` stands beside `%s`; a "
			    "point is in one table",
			    k->key, found->key);
		} else if (k) {
			found = k;
			t->table = (enum reg_table)i;
		}
	}
	if (!found) {
		complain(x->c, n->key_at,
		    "the point `%s` lacks its place; add "
		    "holding, input, coil or discrete and its address",
		    n->key);
		return;
	}
	if (!read_whole(x, found, "the address", INT64_MIN, INT64_MAX, &addr) ||
	    is_reference(x, found, t->table, addr))
		return;
	if (addr < 0 || addr > 65535) {
		complain(x->c, found->at,
		    "the address is %s; it must be 0 to "
		    "65535",
		    found->text);
		return;
	}
	t->addr = (uint16_t)addr;
	if (addr + t->count > 65536)
		complain(x->c, found->at,
		    "%s at %lld runs past the last "
		    "address, 65535; it takes %u registers",
		    type_info[t->type].name, (long long)addr, t->count);
}

static void
read_type(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *k = node_get(n, "type"), *len;
	const char *words[TYPES + 1] = {NULL};
	bool bit = node_get(n, "coil") || node_get(n, "discrete");
	unsigned type = bit ? REG_BOOL : REG_UINT16;
	int64_t v = 0;

	for (unsigned i = 0; i < TYPES; i++)
		words[i] = type_info[i].name;
	if (k && !read_word(x, k, "type", words, &type))
		return;
	if (bit && type != REG_BOOL)
		complain(x->c, k->at,
		    "a coil or discrete input is one bit; its "
		    "type is bool");
	if (!k && !bit)
		complain(x->c, n->key_at,
		    "the point `%s` lacks `type`; add it "
		    "(uint16, int16, float32 ...)",
		    n->key);
	t->type = (enum reg_type)type;
	t->count = type_info[type].registers;
	len = node_get(n, "length");
	if (type == REG_STRING) {
		t->text = true;
		t->count = 1;
		if (!len)
			complain(x->c, n->key_at,
			    "a string needs `length`: "
			    "how many registers it takes");
		else if (read_whole(x, len, "length", 1, 31, &v))
			t->count = (uint16_t)v;
	} else if (len) {
		complain(x->c, len->key_at,
		    "only a string has a `length`; "
		    "leave it out");
	}
}

/* A word of letters, A the most significant byte, as they stand on the wire,
 * to where each byte stands. */
static void
read_order(struct ctx *x, const struct node *n, struct point_type *t)
{
	static const char *const orders[][5] = {
	    [1] = {"AB", "BA", NULL},
	    [2] = {"ABCD", "CDAB", "BADC", "DCBA", NULL},
	    [4] = {"ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA", NULL},
	};
	const struct node *k = node_get(n, "order");
	size_t bytes = t->type == REG_STRING ? 2 : (size_t)t->count * 2;
	unsigned word = 0;

	for (size_t i = 0; i < bytes && i < ORDER_MAX; i++)
		t->order[i] = (uint8_t)i;
	if (!k || !read_word(x, k, "order", orders[bytes / 2], &word))
		return;
	for (size_t i = 0; i < bytes; i++)
		t->order[orders[bytes / 2][word][i] - 'A'] = (uint8_t)i;
}

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

	if ((mask || shift) && !type_info[t->type].whole) {
		complain(x->c, (mask ? mask : shift)->key_at,
		    "mask and shift are for whole numbers, not %s",
		    type_info[t->type].name);
		return;
	}
	if (mask && read_bits(x, mask, "mask", &t->mask) &&
	    (!t->mask || t->mask & ~width_mask(t)))
		complain(x->c, mask->at, "the mask %s does not fit %s",
		    mask->text, type_info[t->type].name);
	if (shift && read_whole(x, shift, "shift", 0, 63, &v)) {
		t->shift = (uint8_t)v;
		if (v >= 16 * (int64_t)t->count)
			complain(x->c, shift->at,
			    "a shift of %s leaves "
			    "nothing of %s",
			    shift->text, type_info[t->type].name);
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
				    i->text, type_info[t->type].name);
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

/* What is written must be there to write to, and one word: it is read back to
 * see whether it took. */
static void
check_writable(struct ctx *x, const struct node *n, const struct point_type *t)
{
	if (t->writable &&
	    (t->table == TABLE_INPUT || t->table == TABLE_DISCRETE))
		complain(x->c, n->key_at,
		    "`%s` is to be written, but stands "
		    "in a table that can only be read; name a coil or holding "
		    "register",
		    n->key);
	else if (t->kind == KIND_OUTPUT && t->count > 1)
		complain(x->c, n->key_at,
		    "the output `%s` takes %u registers; "
		    "an output is one coil or one register",
		    n->key, t->count);
}

static void
read_output(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *safe = node_get(n, "safe");
	const struct node *on = node_get(n, "max_on");
	uint64_t ms = 0;

	if (t->kind != KIND_OUTPUT) {
		if (safe || on)
			complain(x->c, (safe ? safe : on)->key_at,
			    "`%s` is for "
			    "outputs; add `kind: output` or leave it out",
			    (safe ? safe : on)->key);
		return;
	}
	t->writable = true;
	if (safe)
		(void)read_bool(x, safe, "safe", &t->safe);
	if (!on)
		complain(x->c, n->key_at,
		    "the output `%s` lacks `max_on`; add "
		    "the longest time it may stay on, such as max_on: 4h",
		    n->key);
	else if (read_duration(x, on, "max_on", 1000, 7 * 86400000ull, &ms))
		t->max_on_ms = (uint32_t)ms;
}

static void
read_meaning(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *k;
	unsigned kind = KIND_GAUGE;
	uint64_t ms = 0;

	if (t->type == REG_BOOL || t->nchoices)
		kind = KIND_STATE;
	if ((k = node_get(n, "kind")))
		(void)read_word(x, k, "kind", kind_words, &kind);
	t->kind = (enum point_kind)kind;
	if ((k = node_get(n, "unit")))
		(void)read_text(x, k, "unit", &t->unit);
	if ((k = node_get(n, "offset")))
		(void)read_real(x, k, "offset", -1e12, 1e12, &t->offset);
	if ((k = node_get(n, "range")))
		t->has_range = read_range(x, k, &t->min, &t->max);
	if ((k = node_get(n, "every")) &&
	    read_duration(x, k, "every", 50, 30 * 86400000ull, &ms))
		t->every_ms = (uint32_t)ms;
	t->writable = t->kind == KIND_SETTING;
	if ((k = node_get(n, "writable")))
		(void)read_bool(x, k, "writable", &t->writable);
	read_output(x, n, t);
	check_writable(x, n, t);
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

void
profile_point_read(struct ctx *x, const struct node *n, struct point_type *t)
{
	t->mul = t->div = 1;
	t->name = arena_strdup(x->mem, n->key);
	if (!read_map(x, n, "a point", point_keys))
		return;
	read_type(x, n, t);
	read_place(x, n, t);
	read_order(x, n, t);
	read_scale(x, n, t);
	read_bit_field(x, n, t);
	read_no_data(x, n, t);
	read_choices(x, n, t);
	read_meaning(x, n, t);
	check_numeric(x, n, t);
}
