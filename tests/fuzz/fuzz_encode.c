/*
 * Any value into any registers under any point: refused with a reason and
 * nothing touched, or a sound request after which the registers read as the
 * value, with all the bits around it as they were. What was read can be set.
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "any_point.h"
#include "decode.h"
#include "encode.h"
#include "field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
apply(const struct request *q, uint16_t *registers)
{
	switch (q->function) {
	case FC_WRITE_COIL:
	case FC_WRITE_COILS:
		registers[0] = q->words[0] != 0;
		break;
	case FC_MASK_WRITE:
		registers[0] =
		    (uint16_t)((registers[0] & q->words[0]) |
			       (q->words[1] & (uint16_t)~q->words[0]));
		break;
	default:
		memcpy(registers, q->words, q->count * sizeof(*registers));
		break;
	}
}

static void
check_refused(int rc, const char *why, const struct request *q,
    const uint16_t words[ENCODE_WORDS])
{
	if (why[0] == '\0' || q->addr != 0x5A5A || words[0] != 0x5A5A ||
	    (rc != -ERANGE && rc != -EDOM && rc != -ENOTSUP))
		abort();
}

/* Bits that are not the point's own. */
static void
check_rest(const struct point_type *t, const uint16_t *was, const uint16_t *is)
{
	uint16_t own[ENCODE_WORDS];

	field_put(t, field_own(t), own);
	for (unsigned i = 0; i < t->count; i++)
		if ((was[i] ^ is[i]) & (uint16_t)~own[i])
			abort();
}

static bool
is_switch(const struct point_type *t)
{
	return t->type == REG_BOOL || t->has_words || t->table == TABLE_COIL;
}

/* Whether so large a value still has room for its steps in a double. */
static bool
is_fine(const struct point *p, double v)
{
	const struct point_type *t = p->type;
	double step = fabs(t->mul / t->div * p->slope);
	double most =
	    fmax(fabs(v), fmax(fabs(t->offset * p->slope), fabs(p->off)));

	return step > 0 && isfinite(step) && most / step < 1e12;
}

/* Sets it; false: refused. */
static bool
try_value(const struct point *p, double value, const uint16_t *was)
{
	const struct point_type *t = p->type;
	uint16_t words[ENCODE_WORDS], is[ENCODE_WORDS];
	uint8_t frame[FRAME_MAX];
	char why[256] = "";
	struct request q;

	memset(&q, 0x5A, sizeof(q));
	memset(words, 0x5A, sizeof(words));
	int rc = encode_point(p, value, was, &q, words, why, sizeof(why));
	if (rc < 0) {
		check_refused(rc, why, &q, words);
		return false;
	}
	if (request_frame(&q, frame) == 0)
		abort();
	memcpy(is, was, t->count * sizeof(*is));
	apply(&q, is);
	if (q.function != FC_WRITE_COIL && q.function != FC_WRITE_COILS &&
	    !t->has_words)
		check_rest(t, was, is);
	if (!is_switch(t) && !encode_same(p, value, is))
		abort();
	return true;
}

/* What was read can be set: then nothing changes. */
static void
check_back(const struct point *p, const uint16_t *was)
{
	const struct point_type *t = p->type;
	uint16_t words[ENCODE_WORDS];
	char why[256];
	struct decoded d;
	struct request q;

	decode_point(p, was, &d);
	double v = value_number(&d.value);
	if (d.quality == QUALITY_BAD || is_switch(t) || !is_fine(p, v) ||
	    t->type == REG_FLOAT32 || t->type == REG_FLOAT64)
		return;
	int rc = encode_point(p, v, was, &q, words, why, sizeof(why));
	if (rc == -ENOTSUP)
		return;
	if (rc < 0)
		abort();
	uint16_t is[ENCODE_WORDS];
	memcpy(is, was, t->count * sizeof(*is));
	apply(&q, is);
	if (memcmp(is, was, t->count * sizeof(*is)) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct point_type t = {.name = "p", .kind = KIND_SETTING, .addr = 3};
	struct point p = {.type = &t};
	uint16_t was[ENCODE_WORDS];
	double value;

	if (size < HEAD + sizeof(was) + sizeof(value))
		return 0;
	make_point(data, &p, &t);
	if (t.type == REG_STRING)
		t.count = 1;
	memcpy(was, data + HEAD, sizeof(was));
	memcpy(&value, data + HEAD + sizeof(was), sizeof(value));
	(void)try_value(&p, value, was); /* refused or not */
	(void)try_value(&p, round(value), was);
	if (is_switch(&t))
		for (int on = 0; on < 2; on++)
			(void)try_value(&p, on, was);
	check_back(&p, was);
	return 0;
}
