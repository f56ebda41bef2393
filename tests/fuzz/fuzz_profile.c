/* A profile, and a plugin's description: refused, or a type that the line may
 * read by. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is written, and with what, fits where the point stands. */
static void
check_written(const struct point_type *p)
{
	bool coil = p->table == TABLE_COIL;

	if ((p->writable || p->write_only || p->function || p->has_words) &&
	    (!p->writable || (!coil && p->table != TABLE_HOLDING)))
		abort();
	if (p->function && (p->function == 5 || p->function == 15) != coil)
		abort();
	if (p->function && p->count > 1 && p->function != 16)
		abort();
	if (p->function == 22 && (!p->mask || p->has_words))
		abort();
	if (p->has_words &&
	    (p->kind != KIND_OUTPUT || p->on_word == p->off_word))
		abort();
}

/* What others of the type are relied upon for. */
static void
check_links(const struct device_type *t, const struct point_type *p)
{
	const struct formula *f = p->formula;

	for (size_t i = 0; f && i < f->ninputs; i++)
		if (f->inputs[i] >= t->npoints || t->points[f->inputs[i]].text)
			abort();
	if (f && (p->writable || p->write_only || p->kind == KIND_PART))
		abort();
	if (p->confirm >= 0 && ((size_t)p->confirm >= t->npoints ||
				   t->points[p->confirm].write_only))
		abort();
	if (p->curve.kind != CURVE_NONE && (p->writable || p->curve.n < 2))
		abort();
	if (p->pulse_ms && (p->kind != KIND_OUTPUT || p->timer.nwords ||
			       p->has_words || p->close_addr == p->addr))
		abort();
	if (p->timer.nwords &&
	    (p->kind != KIND_OUTPUT || !p->timer.step_ms ||
		p->timer.longest_ms / p->timer.step_ms > UINT16_MAX ||
		p->timer.time_at >= p->timer.nwords))
		abort();
}

static void
check_point(const struct device_type *t, const struct point_type *p)
{
	size_t bytes = p->type == REG_STRING ? 2 : (size_t)p->count * 2;

	if (!p->name || !isfinite(p->mul) || !isfinite(p->div) ||
	    !isfinite(p->offset) || fabs(p->div) <= 0 ||
	    (p->has_range && !(p->min <= p->max)))
		abort();
	if (t->plugin)
		return;
	check_links(t, p);
	if (p->formula)
		return;
	if (p->count < 1 || p->addr + p->count > 65536 ||
	    p->nno_data > NO_DATA_MAX ||
	    (p->count > t->registers_per_read && !p->write_only))
		abort();
	check_written(p);
	for (size_t i = 0; i < bytes; i++)
		if (p->order[i] >= bytes)
			abort();
	if (p->kind == KIND_OUTPUT && !p->max_on_ms)
		abort();
}

static void
try_one(const uint8_t *data, size_t size, bool plugin)
{
	struct ctx x = {arena_new(), complaints_new()};
	const struct node *root =
	    yaml_read(x.mem, "fuzz", (const char *)data, size, x.c);
	const struct device_type *t = NULL;

	if (root && plugin)
		t = description_read(&x, "test", "/p/test.so", root);
	else if (root)
		t = profile_read(&x, "test", root);
	if (!t && !complaints_errors(x.c))
		abort();
	for (size_t i = 0; t && i < t->npoints; i++)
		check_point(t, &t->points[i]);
	for (size_t i = 0; t && i < t->nsetup; i++)
		if (t->nsetup > 32 || (t->setup[i].table != TABLE_COIL &&
					  t->setup[i].table != TABLE_HOLDING))
			abort();
	for (size_t i = 0; t && i < t->nkeys; i++)
		if (!t->keys[i].name || !(t->keys[i].min <= t->keys[i].max) ||
		    (t->keys[i].type == KEY_CHOICE && !t->keys[i].nchoices))
			abort();
	arena_free(x.mem);
	complaints_free(x.c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_one(data, size, false);
	try_one(data, size, true);
	return 0;
}
