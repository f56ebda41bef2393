/* Rows by device, in the order in which they came; pure. */
#ifndef SHEAF_H
#define SHEAF_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

#define PLACE_NONE UINT32_MAX

struct place {         /* of one row */
	uint32_t next; /* row of the same device, or PLACE_NONE */
	bool first;    /* of its device */
	bool put;      /* needs nothing more */
};

/* "line/device/point": where the point begins. */
size_t device_len(const struct stored *row);

/* Chains the rows that are not put yet. False: no memory. */
bool sheaf_chain(const struct stored *rows, size_t n, struct place *places);

#endif
