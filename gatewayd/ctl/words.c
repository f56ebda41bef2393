/* See words.h. */
#include "words.h"

#include <string.h>

static const char *const tables[] = {"holding", "input", "coil", "discrete"};
static const char *const kinds[] = {
    "gauge", "counter", "state", "setting", "output", "part"};
static const char *const statuses[STATUSES] = {
    "documented", "transcribed", "reported", "unverified"};
static const char *const parities[] = {"none", "even", "odd"};

static const struct {
	const char *name;
	unsigned registers;
} types[] = {
    [REG_INT8] = {"int8", 1},
    [REG_UINT8] = {"uint8", 1},
    [REG_INT16] = {"int16", 1},
    [REG_UINT16] = {"uint16", 1},
    [REG_INT32] = {"int32", 2},
    [REG_UINT32] = {"uint32", 2},
    [REG_INT64] = {"int64", 4},
    [REG_UINT64] = {"uint64", 4},
    [REG_FLOAT32] = {"float32", 2},
    [REG_FLOAT64] = {"float64", 4},
    [REG_BOOL] = {"bool", 1},
    [REG_BITS] = {"bits", 1},
    [REG_BCD16] = {"bcd16", 1},
    [REG_BCD32] = {"bcd32", 2},
    [REG_STRING] = {"string", 0},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *
word_table(enum reg_table t)
{
	return (size_t)t < COUNT(tables) ? tables[t] : "?";
}

const char *
word_type(enum reg_type t)
{
	return (size_t)t < COUNT(types) ? types[t].name : "?";
}

const char *
word_kind(enum point_kind k)
{
	return (size_t)k < COUNT(kinds) ? kinds[k] : "?";
}

const char *
word_status(enum type_status s)
{
	return (size_t)s < COUNT(statuses) ? statuses[s] : "?";
}

const char *
word_parity(unsigned parity)
{
	return parity < COUNT(parities) ? parities[parity] : "?";
}

unsigned
type_registers(enum reg_type t)
{
	return (size_t)t < COUNT(types) ? types[t].registers : 0;
}

bool
table_of(const char *word, enum reg_table *out)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		if (strcmp(word, tables[i]) == 0) {
			*out = (enum reg_table)i;
			return true;
		}
	return false;
}

bool
type_of(const char *word, enum reg_type *out)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (strcmp(word, types[i].name) == 0) {
			*out = (enum reg_type)i;
			return true;
		}
	return false;
}

bool
parity_of(const char *word, unsigned *out)
{
	for (size_t i = 0; i < COUNT(parities); i++)
		if (strcmp(word, parities[i]) == 0) {
			*out = (unsigned)i;
			return true;
		}
	return false;
}

const char *const *
orders_of(unsigned registers)
{
	static const char *const none[] = {NULL};
	static const char *const of[][5] = {
	    [1] = {"AB", "BA", NULL},
	    [2] = {"ABCD", "CDAB", "BADC", "DCBA", NULL},
	    [4] = {"ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA", NULL},
	};

	return registers < COUNT(of) && of[registers][0] != NULL ? of[registers]
								 : none;
}

/* A string keeps its registers in order; only their two bytes may be swapped.
 */
static unsigned
ordered(const struct point_type *t)
{
	return t->type == REG_STRING ? 1 : t->count;
}

const char *
order_word(const struct point_type *t)
{
	unsigned n = ordered(t);

	for (const char *const *o = orders_of(n); *o != NULL; o++) {
		bool same = true;
		for (unsigned i = 0; i < n * 2; i++)
			same = same && t->order[(*o)[i] - 'A'] == i;
		if (same)
			return o == orders_of(n) ? "" : *o;
	}
	return "";
}

bool
order_set(struct point_type *t, const char *word)
{
	unsigned n = ordered(t);

	for (const char *const *o = orders_of(n); *o != NULL; o++) {
		if (strcmp(*o, word) != 0)
			continue;
		for (unsigned i = 0; i < n * 2; i++)
			t->order[(*o)[i] - 'A'] = (uint8_t)i;
		return true;
	}
	return false;
}
