/* Whose a series is, looked up for every reading: a table, made once a site. */
#ifndef OWNER_H
#define OWNER_H

#include <stdint.h>

#include "site.h"

struct owner { /* borrowed from the site */
	const struct device *device;
	uint32_t line; /* index of the site's lines */
};

/* site->nseries of them. NULL: no memory. */
struct owner *owners_new(const struct site *site);
struct owner *owners_free(struct owner *take);

#endif
