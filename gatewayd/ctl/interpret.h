/*
 * What raw registers may mean: every number and text that a profile could make
 * of them, as the gateway itself would decode it. Pure.
 */
#ifndef INTERPRET_H
#define INTERPRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reading.h"
#include "site.h"

struct meaning {
	uint16_t at, count; /* which of the words */
	enum reg_type type;
	const char *order;  /* "CDAB"; the usual one by its letters, too */
	struct value value; /* VALUE_NONE: they mean nothing of this type */
	bool likely;        /* as a device's value would look */
};

/* Of n words, by type and place; *found of them, the caller's to free(). NULL:
 * no memory. */
struct meaning *interpret(const uint16_t *words, size_t n, size_t *found);

/* A point of a profile, as it stands in registers; it borrows its type. */
struct raw_point {
	struct point_type type;
	struct point point;
};
/* False: no such order for that type. `order` NULL: the usual one; `length`:
 * registers of a string. */
bool raw_point(struct raw_point *p, enum reg_table table, uint16_t addr,
    enum reg_type type, unsigned length, const char *order);

/* "holding_0: {holding: 0, type: float32, order: CDAB}". Returns out. */
const char *meaning_yaml(const struct meaning *m, enum reg_table table,
    uint16_t first, char *out, size_t size);

#endif
