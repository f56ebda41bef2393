/* Calibration curves, of a profile's point and of a site's. */
#include "profile_point.h"

enum { POWERS = 10, PAIRS = 64 };

static void
read_polynomial(struct ctx *x, const struct node *n, struct curve *out)
{
	double *list;
	size_t i = 0;

	if (!read_list(x, n, "polynomial"))
		return;
	if (n->n < 2 || n->n > POWERS) {
		complain(x->c, n->at,
		    "polynomial has %zu; write 2 to %d numbers: what stands "
		    "alone, what is times x, times x^2 and so on",
		    n->n, POWERS);
		return;
	}
	list = arena_array(x->mem, n->n, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next)
		if (!read_real(x, k, "a number of the polynomial", -1e100,
			1e100, &list[i++]))
			return;
	*out = (struct curve){CURVE_POLYNOMIAL, list, n->n};
}

/* One [x, y] behind another whose x is `last`. */
static bool
read_pair(struct ctx *x, const struct node *n, const double *last, double *pair)
{
	if (n->kind != NODE_LIST || n->n != 2) {
		complain(x->c, n->at,
		    "a row of the table is [read, meant], such as [500, 1.2]");
		return false;
	}
	if (!read_real(x, n->first, "what is read", -1e100, 1e100, &pair[0]) ||
	    !read_real(
		x, n->first->next, "what it means", -1e100, 1e100, &pair[1]))
		return false;
	if (last && pair[0] <= *last) {
		complain(x->c, n->first->at,
		    "%g comes behind %g; the left numbers of a table rise",
		    pair[0], *last);
		return false;
	}
	return true;
}

static void
read_table(struct ctx *x, const struct node *n, struct curve *out)
{
	double *list;
	size_t i = 0;

	if (!read_list(x, n, "table"))
		return;
	if (n->n < 2 || n->n > PAIRS) {
		complain(x->c, n->at,
		    "table has %zu; write 2 to %d rows, each [read, meant]",
		    n->n, PAIRS);
		return;
	}
	list = arena_array(x->mem, n->n * 2, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next, i += 2)
		if (!read_pair(x, k, i ? &list[i - 2] : NULL, &list[i]))
			return;
	*out = (struct curve){CURVE_TABLE, list, n->n * 2};
}

void
curve_read(struct ctx *x, const struct node *map, struct curve *out)
{
	const struct node *polynomial = node_get(map, "polynomial");
	const struct node *table = node_get(map, "table");

	if (polynomial && table)
		complain(x->c, table->key_at,
		    "`table` stands beside `polynomial`; keep one");
	else if (polynomial)
		read_polynomial(x, polynomial, out);
	else if (table)
		read_table(x, table, out);
}
