/* Bytes to a point such as conf/ lets through, and some that it does not. */
#ifndef ANY_POINT_H
#define ANY_POINT_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "site.h"

enum { HEAD = 44, WORDS = 31 };

static const uint16_t counts[] = {[REG_INT8] = 1,
    [REG_UINT8] = 1,
    [REG_INT16] = 1,
    [REG_UINT16] = 1,
    [REG_INT32] = 2,
    [REG_UINT32] = 2,
    [REG_INT64] = 4,
    [REG_UINT64] = 4,
    [REG_FLOAT32] = 2,
    [REG_FLOAT64] = 4,
    [REG_BOOL] = 1,
    [REG_BITS] = 1,
    [REG_BCD16] = 1,
    [REG_BCD32] = 2,
    [REG_STRING] = 1};

static inline double
pick(const uint8_t *b)
{
	static const double some[] = {
	    1, 0.1, -0.4, 100, 273.15, 1e12, 1e-12, 1.0 / 3};
	double d;

	if (b[7] < 8)
		return some[b[7]];
	memcpy(&d, b, sizeof(d));
	return isfinite(d) && fabs(d) <= 1e12 ? d : 1;
}

static inline void
order_of(struct point_type *t, uint8_t which)
{
	unsigned bytes = t->type == REG_STRING ? 2 : 2u * t->count;
	static const uint8_t flip[] = {0, 1, 6, 7};
	/* ABCD, BADC, CDAB and DCBA are the place with some bits turned. */
	uint8_t turn = flip[which % 4] & (uint8_t)(bytes - 1);

	for (uint8_t i = 0; i < bytes; i++)
		t->order[i] = i ^ turn;
}

static inline void
make_point(const uint8_t *b, struct point *p, struct point_type *t)
{
	static const uint8_t functions[] = {0, 5, 6, 15, 16, 22};

	t->type = (enum reg_type)(b[0] % (REG_STRING + 1));
	t->count = counts[t->type];
	if (t->type == REG_STRING)
		t->count = (uint16_t)(1 + b[1] % WORDS);
	t->table = (enum reg_table)(b[2] % 4);
	if (t->type != REG_BOOL)
		t->table = TABLE_HOLDING;
	order_of(t, b[3]);
	if (b[4] & 1 && t->type != REG_FLOAT32 && t->type != REG_FLOAT64) {
		memcpy(&t->mask, b + 8, sizeof(t->mask));
		t->shift = (uint8_t)(b[5] % (16 * counts[t->type]));
	}
	t->mul = pick(b + 16) == 0 ? 1 : pick(b + 16);
	t->div = b[6] % 4 == 0 ? 1 : b[6] % 4 == 1 ? 10 : 1000;
	t->offset = b[4] & 2 ? pick(b + 24) : 0;
	t->has_range = b[4] & 4;
	t->min = -1000;
	t->max = 1e9;
	memcpy(t->no_data, b + 8, sizeof(t->no_data[0]));
	t->nno_data = b[4] & 8 ? 1 : 0;
	t->function = functions[b[40] % sizeof(functions)];
	t->has_words = b[41] & 1;
	t->on_word = (uint16_t)(b[42] << 8);
	t->off_word = b[43];
	p->slope = b[4] & 16 ? 1.02 : 1;
	p->off = b[4] & 32 ? pick(b + 32) : 0;
}

#endif
