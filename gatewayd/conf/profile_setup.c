/*
 * setup: registers that the device needs set before it works as its profile
 * says. They are written whenever it returns, without anybody's command, so
 * that none of them may be an output.
 */
#include <stdio.h>

#include "profile_point.h"

enum { SETUPS = 32 };

static bool
read_value(struct ctx *x, const struct node *n, struct setup *s)
{
	bool on = false;
	int64_t v = 0;

	if (s->table == TABLE_COIL) {
		if (!read_bool(x, n, "the value of a coil", &on))
			return false;
		v = on;
	} else if (!read_whole(x, n, "value", INT16_MIN, UINT16_MAX, &v)) {
		return false;
	}
	s->value = (uint16_t)v; /* below zero: its two's complement */
	return true;
}

static bool
read_setup(struct ctx *x, const struct node *n, struct setup *s)
{
	static const char *const keys[] = {"holding", "coil", "value", NULL};
	const struct node *holding, *coil, *value;

	if (!read_map(x, n, "a setup register", keys))
		return false;
	holding = node_get(n, "holding");
	coil = node_get(n, "coil");
	value = read_need(x, n, "the setup register", "value");
	if (!holding == !coil) {
		complain(x->c, n->at,
		    "a setup register is one holding register or one coil; "
		    "write {holding: 2, value: 5} or {coil: 1, value: on}");
		return false;
	}
	s->table = coil ? TABLE_COIL : TABLE_HOLDING;
	return read_address(x, coil ? coil : holding, s->table, &s->addr) &&
	       value && read_value(x, value, s);
}

static void
check_outputs(struct ctx *x, const struct node *n, const struct setup *s,
    const struct device_type *t)
{
	for (size_t i = 0; i < t->npoints; i++) {
		const struct point_type *p = &t->points[i];
		if (p->kind == KIND_OUTPUT && p->table == s->table &&
		    p->addr == s->addr)
			complain(x->c, n->at,
			    "setup would switch the output `%s` without a "
			    "command and without end; leave it out",
			    p->name);
	}
}

void
profile_setup_read(struct ctx *x, const struct node *n, struct device_type *t)
{
	struct setup *list;

	if (!read_list(x, n, "setup"))
		return;
	if (n->n > SETUPS) {
		complain(x->c, n->at,
		    "setup has %zu registers; it must have at most %d", n->n,
		    SETUPS);
		return;
	}
	list = arena_array(x->mem, n->n + 1, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next)
		if (read_setup(x, k, &list[t->nsetup])) {
			check_outputs(x, k, &list[t->nsetup], t);
			t->nsetup++;
		}
	t->setup = list;
}
