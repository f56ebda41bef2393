/* One walk over the site. */
#include "owner.h"

#include <stdlib.h>

/* A series that no device has is no line's. */
static const struct owner nobody = {.line = UINT32_MAX};

static void
put_device(
    struct owner *owners, uint32_t n, const struct device *d, size_t line)
{
	for (size_t p = 0; p < d->type->npoints && d->series + p < n; p++)
		owners[d->series + p] =
		    (struct owner){.device = d, .line = (uint32_t)line};
}

struct owner *
owners_new(const struct site *site)
{
	struct owner *owners = calloc(site->nseries + 1, sizeof(*owners));

	if (owners == NULL)
		return NULL;
	for (uint32_t i = 0; i < site->nseries; i++)
		owners[i] = nobody;
	for (size_t l = 0; l < site->nlines; l++)
		for (size_t i = 0; i < site->lines[l].ndevices; i++)
			put_device(owners, site->nseries,
			    &site->lines[l].devices[i], l);
	return owners;
}

struct owner *
owners_free(struct owner *take)
{
	free(take);
	return NULL;
}
