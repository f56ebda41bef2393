/* What `gatewayctl set-unit` is to do. Between its files only. */
#ifndef SET_UNIT_H
#define SET_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "device_type.h"
#include "probing.h"

struct set_unit {
	struct probing *probing;
	const struct device_type *type; /* knows its unit's register */
	uint8_t from, to;
	bool universal; /* `from` is the family's */
	bool yes;       /* confirmed beforehand */
};

/* All of it: an exit code; everything has been said. */
int set_unit_run(struct set_unit *s);

#endif
