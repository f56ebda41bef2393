/* The truth file; see truth.h. */
#include "truth.h"

#include <inttypes.h>
#include <stdio.h>

#include "field.h"
#include "mono.h"

void
truth_write(const struct sim_device *d, const struct sim_point *p)
{
	FILE *to = d->line->farm->truth;
	char text[NUM_PRINT_MAX];
	struct num v;

	if (to == NULL)
		return;
	point_read(d, p, &v);
	num_print(&v, text);
	(void)fprintf(to,
	    "{\"ts\": %" PRId64 ", \"point\": \"%s\", "
	    "\"value\": %s, \"raw\": [",
	    wall_ms(), p->path, text);
	for (unsigned i = 0; i < p->type->count; i++)
		(void)fprintf(to, "%s%u", i ? ", " : "",
		    bank_get(d->bank, p->type->table, p->type->addr + i));
	(void)fputs("]}\n", to);
}
