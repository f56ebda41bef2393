/*
 * Any formulas, even ones that conf/ would refuse, over any reads, and kept
 * bytes from anywhere: each point has at most one reading a read, a bad one has
 * no value, all others are finite, and what is kept can be taken back.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "derive.h"
#include "msg.h"

enum { POINTS = 6, READ = 3, STEPS = 12 };

struct bytes {
	const uint8_t *at, *end;
};

struct field {
	struct formula_step steps[POINTS][STEPS];
	struct formula formulas[POINTS];
	struct point_type types[POINTS];
	struct point points[POINTS];
	struct device_type type;
	struct device device;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t
next(struct bytes *b)
{
	return b->at < b->end ? *b->at++ : 0;
}

static double
number(struct bytes *b)
{
	static const double some[] = {
	    0, 1, -1, 0.1, 100, 1e18, -1e300, 65535, 1e-300};
	uint8_t which = next(b);

	return which < 128 ? some[which % 9] : which - 190;
}

/* A formula over points before it, and some over themselves or later ones. */
static void
make_formula(struct field *f, size_t i, struct bytes *b)
{
	struct formula *o = &f->formulas[i];

	o->steps = f->steps[i];
	o->nsteps = next(b) % (STEPS + 1);
	o->ninputs = 1 + next(b) % 3;
	for (uint16_t k = 0; k < o->ninputs; k++)
		o->inputs[k] = next(b) % POINTS;
	for (uint16_t k = 0; k < o->nsteps; k++)
		f->steps[i][k] = (struct formula_step){
		    .op = (enum formula_op)(next(b) % FORMULA_OPS),
		    .point = next(b) % POINTS,
		    .number = number(b)};
}

static void
make_point(struct field *f, size_t i, struct bytes *b)
{
	uint8_t flags = next(b);
	struct point_type *t = &f->types[i];

	t->name = "p";
	t->type = (enum reg_type)(next(b) % REG_STRING);
	t->count = 1;
	t->order[1] = 1;
	t->mul = 1;
	t->div = flags & 1 ? 10 : 1;
	t->kind = flags & 2 ? KIND_PART : flags & 4 ? KIND_STATE : KIND_GAUGE;
	t->accumulate = flags & 8;
	t->wraps_at = flags & 16 ? number(b) : 0;
	t->stuck_ms = flags & 32 ? 3 : 0;
	make_formula(f, i, b);
	if (i >= READ)
		t->formula = &f->formulas[i];
	else if (flags & 64)
		t->frozen = &f->formulas[i];
	f->points[i] = (struct point){.type = t,
	    .every_ms = flags & 128 ? 1000 : 2000,
	    .slope = flags & 1 ? -2 : 1,
	    .off = flags & 4 ? 0.5 : 0};
}

static void
check(const struct derived *out, size_t n)
{
	bool had[POINTS] = {false};

	if (n > POINTS)
		abort();
	for (size_t i = 0; i < n; i++) {
		const struct decoded *d = &out[i].d;

		if (out[i].point >= POINTS || had[out[i].point])
			abort();
		had[out[i].point] = true;
		if ((d->quality == QUALITY_BAD) !=
		    (d->value.type == VALUE_NONE))
			abort();
		if (d->value.type == VALUE_REAL && !isfinite(d->value.r))
			abort();
	}
}

static void
restart(struct derive *d, struct bytes *b)
{
	uint8_t bytes[KEPT_BYTES] = {0}, n = 0;
	uint16_t point = next(b) % POINTS;

	if (derive_kept(d, point, bytes, &n) &&
	    (n > KEPT_BYTES || !derive_keep(d, point, bytes, n)))
		abort();
	bytes[next(b) % KEPT_BYTES] = next(b);
	(void)derive_keep(d, point, bytes, n);
}

static void
take(struct derive *d, struct bytes *b, int64_t now)
{
	struct decoded v = {.value = value_real(number(b))};
	struct derived out[POINTS];
	uint8_t kind = next(b) % 8;

	if (kind == 0)
		decoded_bad(&v, REASON_RANGE);
	else if (kind == 1)
		v.value = value_text("x");
	else if (kind < 5)
		v.value = value_int(next(b) * 257 - 100);
	else if (kind == 5)
		v.value = value_uint(UINT64_MAX);
	check(out, derive_took(d, next(b) % POINTS, &v, 0, now, out));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, data + size};
	struct field f = {0};

	for (size_t i = 0; i < POINTS; i++)
		make_point(&f, i, &b);
	f.type = (struct device_type){
	    .name = "t", .points = f.types, .npoints = POINTS};
	f.device = (struct device){.type = &f.type, .points = f.points};
	struct derive *d = derive_new(&f.device);
	for (int64_t now = 0; d != NULL && b.at < b.end; now++)
		switch (next(&b) % 16) {
		case 0:
			derive_lost(d);
			break;
		case 1:
			derive_warm_up(d, now + 2);
			break;
		case 2:
			restart(d, &b);
			break;
		default:
			take(d, &b, now);
			break;
		}
	(void)derive_free(d);
	return 0;
}
