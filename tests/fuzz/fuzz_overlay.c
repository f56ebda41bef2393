/* A profile laid over another, as its variant `v`: two texts with a NUL between
 * them. Refused, or a type whose parts fit together. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "profile_overlay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_one(struct snapshot *s, const char *variant)
{
	struct ctx x = {arena_new(), complaints_new()};
	struct node asked = {.text = variant, .at = {"fuzz", 0, 0}};
	const struct device_type *t = profile_load(
	    &x, s, snapshot_part(s, "test"), variant ? &asked : NULL);

	if (!t && !complaints_errors(x.c))
		abort();
	for (size_t i = 0; t && i < t->npoints; i++)
		if (!t->points[i].name ||
		    t->points[i].confirm >= (int32_t)t->npoints)
			abort();
	arena_free(x.mem);
	complaints_free(x.c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	size_t first = nul ? (size_t)(nul - data) : size;
	struct snapshot *s = snapshot_new();

	snapshot_add(
	    s, PART_PROFILE, "base", "base", (const char *)data, first);
	if (nul)
		snapshot_add(s, PART_PROFILE, "test", "test",
		    (const char *)nul + 1, size - first - 1);
	else
		snapshot_add(
		    s, PART_PROFILE, "test", "test", (const char *)data, size);
	try_one(s, NULL);
	try_one(s, "v");
	snapshot_free(s);
	return 0;
}
