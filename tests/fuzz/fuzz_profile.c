/* A profile, and a plugin's description: refused, or a type that the line may
 * read by. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	if (p->count < 1 || p->count > t->registers_per_read ||
	    p->addr + p->count > 65536 || p->nno_data > NO_DATA_MAX)
		abort();
	for (size_t i = 0; i < bytes; i++)
		if (p->order[i] >= bytes)
			abort();
	if (p->kind == KIND_OUTPUT && !p->max_on_ms)
		abort();
}

static void
try_one(const struct node *root, bool plugin, struct complaints *c)
{
	struct ctx x = {arena_new(), c};
	const struct device_type *t =
	    plugin ? description_read(&x, "test", "/p/test.so", root)
		   : profile_read(&x, "test", root);

	for (size_t i = 0; t && i < t->npoints; i++)
		check_point(t, &t->points[i]);
	for (size_t i = 0; t && i < t->nkeys; i++)
		if (!t->keys[i].name || !(t->keys[i].min <= t->keys[i].max) ||
		    (t->keys[i].type == KEY_CHOICE && !t->keys[i].nchoices))
			abort();
	arena_free(x.mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaints *c = complaints_new();
	struct arena *mem = arena_new();
	const struct node *root =
	    yaml_read(mem, "fuzz", (const char *)data, size, c);

	if (root && !complaints_errors(c))
		try_one(root, false, c);
	complaints_free(c);
	c = complaints_new();
	if (root)
		try_one(root, true, c);
	arena_free(mem);
	complaints_free(c);
	return 0;
}
