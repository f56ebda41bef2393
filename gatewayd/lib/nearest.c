/*
 * Nearest names by counting the letters put in, left out and changed. A name
 * that holds the wanted one ("moisture" in "north/soil-a1/moisture") is near
 * whatever its length.
 */
#include "nearest.h"

#include <stdio.h>
#include <string.h>

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static unsigned
distance(const char *a, const char *b)
{
	unsigned row[NEAREST_NAME_MAX + 1];
	size_t na = strnlen(a, NEAREST_NAME_MAX);
	size_t nb = strnlen(b, NEAREST_NAME_MAX);

	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned corner = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned up = row[j];
			row[j] = least(up + 1, row[j - 1] + 1,
			    corner + (a[i - 1] != b[j - 1]));
			corner = up;
		}
	}
	return row[nb];
}

void
nearest_init(struct nearest *x, const char *borrow_wanted)
{
	memset(x, 0, sizeof(*x));
	x->wanted = borrow_wanted;
}

void
nearest_offer(struct nearest *x, const char *name)
{
	size_t len = strnlen(x->wanted, NEAREST_NAME_MAX);
	unsigned cost = 1;
	size_t at;

	if (strlen(name) >= NEAREST_NAME_MAX)
		return;
	if (len == 0 || strstr(name, x->wanted) == NULL)
		cost = distance(x->wanted, name);
	if (cost > 1 + len / 3)
		return;
	for (at = x->n; at > 0 && cost < x->cost[at - 1]; at--)
		if (at < NEAREST_MAX) {
			x->cost[at] = x->cost[at - 1];
			memcpy(
			    x->name[at], x->name[at - 1], sizeof(x->name[at]));
		}
	if (at >= NEAREST_MAX)
		return;
	x->cost[at] = cost;
	(void)snprintf(x->name[at], sizeof(x->name[at]), "%s", name);
	if (x->n < NEAREST_MAX)
		x->n++;
}
