/*
 * What points of a profile say of each other, once all are read: formulas and
 * when a value is doubtful, the state that shows what an output does; and that
 * all of it fits together.
 */
#include <stdio.h>
#include <string.h>

#include "profile_point.h"

/* The state that shows what the output really does. */
static void
read_confirm(struct ctx *x, const struct node *k,
    const struct device_type *type, struct point_type *t)
{
	const struct point_type *by;

	if (k->kind != NODE_SCALAR) {
		complain(x->c, k->at, "confirm must name a point");
		return;
	}
	by = read_point_of(x, type, k->at, "confirm", k->text);
	if (!by)
		return;
	if (by == t)
		complain(x->c, k->at,
		    "`%s` confirms itself; leave `confirm` out, it is read "
		    "back anyway",
		    k->text);
	else if (by->kind != KIND_STATE || !by->count || by->text)
		complain(x->c, k->at,
		    "confirm names `%s`, which is no state that is read; name "
		    "a bool or a point with kind: state",
		    k->text);
	else if (by->write_only)
		complain(x->c, k->at, "confirm names `%s`, which is never read",
		    k->text);
	else
		t->confirm = (int32_t)(by - type->points);
}

void
point_links_read(struct ctx *x, const struct node *n,
    const struct device_type *type, struct point_type *t)
{
	const struct node *k;

	if ((k = node_get(n, "formula"))) {
		t->formula_text = arena_strdup(x->mem, k->text);
		t->formula = formula_read(x, k, type, t);
	}
	if ((k = node_get(n, "frozen"))) {
		if (t->writable || t->write_only)
			complain(x->c, k->key_at,
			    "`frozen` is for what is measured, and `%s` is "
			    "written; leave it out",
			    n->key);
		t->frozen = formula_read(x, k, type, t);
	}
	if (t->kind == KIND_OUTPUT && (k = node_get(n, "confirm")))
		read_confirm(x, k, type, t);
}

/* Marks each point whose formula, if any, is of points marked before. */
static void
mark_made(const struct device_type *t, bool *made)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < t->npoints; i++) {
			const struct formula *f = t->points[i].formula;
			bool all = !made[i];
			for (size_t j = 0; f && j < f->ninputs; j++)
				all = all && made[f->inputs[j]];
			made[i] = made[i] || all;
			more = more || all;
		}
	}
}

/* The next point of a circle: an input that cannot be made either. */
static size_t
next_unmade(const struct device_type *t, const bool *made, size_t at)
{
	const struct formula *f = t->points[at].formula;

	for (size_t j = 0; f && j < f->ninputs; j++)
		if (!made[f->inputs[j]])
			return f->inputs[j];
	return at;
}

static const struct node *
formula_of(const struct node *points, const char *name)
{
	return node_get(node_get(points, name), "formula");
}

static void
check_circles(struct ctx *x, const struct node *n, const struct device_type *t)
{
	bool *made = arena_array(x->mem, t->npoints + 1, sizeof(*made));

	mark_made(t, made);
	for (size_t i = 0; i < t->npoints; i++) {
		size_t at = i;
		char by[200] = "";
		if (made[i])
			continue;
		/* Told at the circle's first point, not where one leads to it.
		 */
		do {
			size_t used = strlen(by);
			at = next_unmade(t, made, at);
			(void)snprintf(by + used, sizeof(by) - used, "%s%s",
			    used ? ", that of " : "", t->points[at].name);
		} while (at > i && strlen(by) + 80 < sizeof(by));
		const struct node *k = formula_of(n, t->points[i].name);
		if (at == i && k)
			complain(x->c, k->at,
			    "`%s` is made of %s: a circle; make one of them "
			    "of what is read",
			    t->points[i].name, by);
	}
}

static bool
used_in(const struct formula *f, size_t point)
{
	for (size_t j = 0; f && j < f->ninputs; j++)
		if (f->inputs[j] == point)
			return true;
	return false;
}

/* A part that no formula has would be read for nothing. */
static void
check_parts(struct ctx *x, const struct node *n, const struct device_type *t)
{
	for (size_t i = 0; i < t->npoints; i++) {
		const struct point_type *p = &t->points[i];
		bool used = p->kind != KIND_PART || p->text || !p->count;
		for (size_t j = 0; !used && j < t->npoints; j++)
			used = used_in(t->points[j].formula, i) ||
			       used_in(t->points[j].frozen, i);
		const struct node *k = node_get(n, t->points[i].name);
		if (!used && k)
			complain(x->c, k->key_at,
			    "`%s` is a part, but no formula has it; use it, or "
			    "leave it or its kind out",
			    k->key);
	}
}

/* Where one output closes, no other stands. */
static void
check_closings(struct ctx *x, const struct node *n, const struct device_type *t)
{
	for (size_t i = 0; i < t->npoints; i++) {
		const struct point_type *p = &t->points[i];
		for (size_t j = 0; p->pulse_ms && j < t->npoints; j++) {
			const struct point_type *o = &t->points[j];
			bool there = o->addr == p->close_addr ||
				     (o->pulse_ms && i < j &&
					 o->close_addr == p->close_addr);
			const struct node *k =
			    node_get(node_get(n, p->name), "close");
			if (i != j && o->writable && there && k &&
			    o->table == p->table)
				complain(x->c, k->at,
				    "`%s` closes where `%s` is switched; each "
				    "has an address of its own",
				    p->name, o->name);
		}
	}
}

void
points_links_check(
    struct ctx *x, const struct node *n, const struct device_type *type)
{
	check_circles(x, n, type);
	check_parts(x, n, type);
	check_closings(x, n, type);
}
