/*
 * Any registers under any point that conf/ lets through: a bad reading has no
 * value, a good one is finite, in range and clean text; and what encode_point()
 * writes reads back as what was asked for, as near as the register can say it.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static double
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

static void
order_of(struct point_type *t, uint8_t which)
{
	unsigned bytes = t->type == REG_STRING ? 2 : 2u * t->count;
	static const uint8_t flip[] = {0, 1, 6, 7};
	/* ABCD, BADC, CDAB and DCBA are the place with some bits turned. */
	uint8_t turn = flip[which % 4] & (uint8_t)(bytes - 1);

	for (uint8_t i = 0; i < bytes; i++)
		t->order[i] = i ^ turn;
}

static void
make_point(const uint8_t *b, struct point *p, struct point_type *t)
{
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
	p->slope = b[4] & 16 ? 1.02 : 1;
	p->off = b[4] & 32 ? pick(b + 32) : 0;
}

static void
check(const struct point_type *t, const struct decoded *d)
{
	double v = value_number(&d->value);

	if ((d->quality == QUALITY_BAD) != (d->value.type == VALUE_NONE) ||
	    (d->quality == QUALITY_BAD) != (d->reason != REASON_NONE))
		abort();
	if (d->value.type == VALUE_REAL && !isfinite(v))
		abort();
	if (d->value.type == VALUE_TEXT && !utf8_text(d->value.text))
		abort();
	if (d->value.type != VALUE_NONE && d->value.type != VALUE_TEXT &&
	    t->has_range && (v < t->min || v > t->max))
		abort();
}

/* Writing what was read gives the same reading again. */
static void
check_back(const struct point *p, const struct decoded *d)
{
	struct decoded again;
	uint16_t words[4] = {0};
	double v = value_number(&d->value);

	if (d->value.type == VALUE_NONE || d->value.type == VALUE_TEXT ||
	    p->type->mul != 1 || p->type->div != 1 || p->type->offset != 0 ||
	    p->slope != 1 || p->off != 0 || fabs(v) >= 9007199254740992.0 ||
	    encode_point(p, v, words) < 0)
		return;
	decode_point(p, words, &again);
	if (!value_equal(&d->value, &again.value))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct point_type t = {.name = "p", .kind = KIND_GAUGE};
	struct point p = {.type = &t};
	struct decoded d;
	uint16_t out[4] = {0};

	if (size < HEAD)
		return 0;
	make_point(data, &p, &t);
	data += HEAD;
	size -= HEAD;
	/* Exactly as many words as the point has, so that one too far is seen.
	 */
	uint16_t *words = calloc(t.count, sizeof(*words));
	if (words == NULL)
		return 0;
	for (size_t i = 0; i + 1 < size && i / 2 < t.count; i += 2)
		words[i / 2] = (uint16_t)(data[i] << 8 | data[i + 1]);
	decode_point(&p, words, &d);
	check(&t, &d);
	check_back(&p, &d);
	if (t.count <= 4)
		(void)encode_point(
		    &p, pick(data - 8), out); /* refused or not */
	free(words);
	return 0;
}
