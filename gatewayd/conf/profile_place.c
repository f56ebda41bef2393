/*
 * Where a point stands: table, address, type, and how its bytes follow each
 * other. Addresses are those on the wire, from zero: a manual's 40003 is
 * holding 2, and is refused rather than read from somewhere else.
 */
#include <string.h>

#include "profile_point.h"

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

const char *
reg_type_name(enum reg_type t)
{
	return type_info[t].name;
}

bool
reg_type_whole(enum reg_type t)
{
	return type_info[t].whole;
}

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

bool
read_address(
    struct ctx *x, const struct node *n, enum reg_table table, uint16_t *out)
{
	int64_t addr = 0;

	if (!read_whole(x, n, "the address", INT64_MIN, INT64_MAX, &addr) ||
	    is_reference(x, n, table, addr))
		return false;
	if (addr < 0 || addr > 65535) {
		complain(x->c, n->at,
		    "the address is %s; it must be 0 to "
		    "65535",
		    n->text);
		return false;
	}
	*out = (uint16_t)addr;
	return true;
}

static void
read_place(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *found = NULL;

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
	if (!read_address(x, found, t->table, &t->addr))
		return;
	if ((uint32_t)t->addr + t->count > 65536)
		complain(x->c, found->at,
		    "%s at %u runs past the last "
		    "address, 65535; it takes %u registers",
		    type_info[t->type].name, t->addr, t->count);
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

void
point_place_read(struct ctx *x, const struct node *n, struct point_type *t)
{
	read_type(x, n, t);
	read_place(x, n, t);
	read_order(x, n, t);
}
