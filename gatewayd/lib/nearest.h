/* Which known names are nearest to a mistyped one. */
#ifndef NEAREST_H
#define NEAREST_H

#include <stddef.h>

enum { NEAREST_MAX = 3, NEAREST_NAME_MAX = 256 };

struct nearest {
	const char *wanted; /* borrowed */
	size_t n;           /* found so far, best first */
	unsigned cost[NEAREST_MAX];
	char name[NEAREST_MAX][NEAREST_NAME_MAX];
};

void nearest_init(struct nearest *x, const char *borrow_wanted);
/* Keeps a copy of `name` when it is among the nearest and near enough. */
void nearest_offer(struct nearest *x, const char *name);

#endif
