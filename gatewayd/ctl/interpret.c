/* Every type at every place, in every order; see interpret.h. */
#include "interpret.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "words.h"

enum {
	STRING_WORDS_MAX = 31, /* of a profile */
	STRING_LETTERS_MIN = 4,
	PER_WORD = 40 /* more than what begins at any one word */
};

struct found {
	struct meaning *m;
	size_t n, cap;
};

bool
raw_point(struct raw_point *p, enum reg_table table, uint16_t addr,
    enum reg_type type, unsigned length, const char *order)
{
	unsigned count = type == REG_STRING ? length : type_registers(type);

	*p = (struct raw_point){
	    .type = {.name = "raw",
		.table = table,
		.addr = addr,
		.type = type,
		.count = (uint16_t)count,
		.text = type == REG_STRING,
		.kind = KIND_SETTING,
		.writable = true,
		.mul = 1,
		.div = 1,
		.confirm = -1},
	    .point = {.slope = 1},
	};
	p->point.type = &p->type;
	for (unsigned i = 0; i < ORDER_MAX; i++)
		p->type.order[i] = (uint8_t)i;
	return order == NULL || order_set(&p->type, order);
}

/* ---- what looks like a device's value ---- */

/* All zeros say nothing, and what the sign or the upper half of a register
 * pair fills is seldom a measurement. */
static bool
likely_whole(const struct meaning *m)
{
	double v = value_number(&m->value);
	bool sign = m->type == REG_INT16 || m->type == REG_INT32 ||
		    m->type == REG_INT64;

	if (isnan(v) || v == 0 || (sign && v > 0))
		return false; /* positive: the unsigned type says it, too */
	if (m->count == 1)
		return strcmp(m->order, "AB") == 0 &&
		       (m->type == REG_INT16 ? v >= -10000 : v < 55536);
	return m->type != REG_BCD32 && fabs(v) < (m->count == 2 ? 1e7 : 1e12);
}

static bool
likely(const struct meaning *m)
{
	double v;

	switch (m->type) {
	case REG_STRING:
		return m->value.type == VALUE_TEXT;
	case REG_BCD16:
	case REG_BCD32:
		return false; /* any small number looks like one */
	case REG_FLOAT32:
	case REG_FLOAT64:
		v = fabs(value_number(&m->value));
		return v >= 1e-6 && v <= 1e9;
	default:
		return likely_whole(m);
	}
}

/* ---- one after the other ---- */

static void
add(struct found *f, const uint16_t *words, size_t at, enum reg_type type,
    unsigned length, const char *order)
{
	struct raw_point p;
	struct decoded d;
	struct meaning *m = &f->m[f->n];

	if (f->n == f->cap ||
	    !raw_point(&p, TABLE_HOLDING, 0, type, length, order))
		return;
	decode_point(&p.point, words + at, &d);
	*m = (struct meaning){.at = (uint16_t)at,
	    .count = p.type.count,
	    .type = type,
	    .order = order,
	    .value = d.value};
	m->likely = likely(m);
	f->n++;
}

static void
add_orders(struct found *f, const uint16_t *words, size_t n, size_t at,
    enum reg_type type)
{
	unsigned count = type_registers(type);

	if (at + count > n)
		return;
	for (const char *const *o = orders_of(count); *o != NULL; o++)
		add(f, words, at, type, 0, *o);
}

static bool
letter(unsigned c)
{
	return c >= 0x20 && c < 0x7F;
}

/* A register of two letters, or of one and the text's end. */
static bool
letters(uint16_t w, bool swapped)
{
	unsigned first = swapped ? w & 0xFF : w >> 8;
	unsigned second = swapped ? w >> 8 : w & 0xFF;

	return letter(first) && (letter(second) || second == 0);
}

/* Texts as long as they go. */
static void
add_texts(struct found *f, const uint16_t *words, size_t n, bool swapped)
{
	for (size_t i = 0; i < n;) {
		size_t len = 0;
		bool ended = false;

		while (i + len < n && len < STRING_WORDS_MAX && !ended &&
		       letters(words[i + len], swapped)) {
			uint16_t w = words[i + len++];
			ended = (swapped ? w >> 8 : w & 0xFF) == 0;
		}
		if (2 * len >= STRING_LETTERS_MIN)
			add(f, words, i, REG_STRING, (unsigned)len,
			    swapped ? "BA" : "AB");
		i += len > 0 ? len : 1;
	}
}

struct meaning *
interpret(const uint16_t *words, size_t n, size_t *found)
{
	static const enum reg_type types[] = {REG_UINT16, REG_INT16, REG_BCD16,
	    REG_UINT32, REG_INT32, REG_FLOAT32, REG_BCD32, REG_UINT64,
	    REG_INT64, REG_FLOAT64};
	struct found f = {.cap = n * PER_WORD};

	f.m = calloc(f.cap + 1, sizeof(*f.m));
	if (f.m == NULL)
		return NULL;
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++)
		for (size_t at = 0; at < n; at++)
			add_orders(&f, words, n, at, types[t]);
	add_texts(&f, words, n, false);
	add_texts(&f, words, n, true);
	*found = f.n;
	return f.m;
}

const char *
meaning_yaml(const struct meaning *m, enum reg_table table, uint16_t first,
    char *out, size_t size)
{
	const char *usual = m->type == REG_STRING ? "AB" : *orders_of(m->count);
	const char *where = word_table(table);
	unsigned addr = first + (unsigned)m->at;
	char length[24] = "";
	bool plain = strcmp(m->order, usual) == 0;

	if (m->type == REG_STRING)
		(void)snprintf(
		    length, sizeof(length), ", length: %u", (unsigned)m->count);
	(void)snprintf(out, size, "%s_%u: {%s: %u, type: %s%s%s%s}", where,
	    addr, where, addr, word_type(m->type), length,
	    plain ? "" : ", order: ", plain ? "" : m->order);
	return out;
}
