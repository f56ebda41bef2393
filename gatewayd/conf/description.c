/*
 * A plugin's own description, as `gatewayd-line --describe` printed it. It
 * comes from a process that ran foreign code, so it is checked like any file.
 */
#include <string.h>

#include "types.h"
#include "unit_text.h"

enum { POINTS = 256, KEYS = 64 };
#define WHOLE 9007199254740992.0

static void
read_choices(struct ctx *x, const struct node *n, struct setting_key *k)
{
	const char **list;

	if (!n || !read_list(x, n, "choices"))
		return;
	list = arena_array(x->mem, n->n + 1, sizeof(*list));
	for (const struct node *i = n->first; i; i = i->next)
		if (read_text(x, i, "a choice", &list[k->nchoices]))
			k->nchoices++;
	k->choices = list;
}

static void
read_key(struct ctx *x, const struct node *n, struct setting_key *k)
{
	static const char *const keys[] = {"type", "help", "unit", "choices",
	    "min", "max", "default", "required", NULL};
	static const char *const types[] = {
	    "bool", "int", "real", "choice", NULL};
	const struct node *v;
	unsigned type = KEY_REAL;

	k->name = arena_strdup(x->mem, n->key);
	k->min = -1e300;
	k->max = 1e300;
	if (!read_map(x, n, "a key", keys))
		return;
	if ((v = read_need(x, n, "a key", "type")) &&
	    read_word(x, v, "type", types, &type))
		k->type = (enum key_type)type;
	if ((v = node_get(n, "help")))
		(void)read_text(x, v, "help", &k->help);
	if ((v = node_get(n, "unit")))
		(void)unit_text_read(x, v, &k->unit);
	read_choices(x, node_get(n, "choices"), k);
	if ((v = node_get(n, "min")))
		(void)read_real(x, v, "min", -1e300, 1e300, &k->min);
	if ((v = node_get(n, "max")))
		(void)read_real(x, v, "max", -1e300, 1e300, &k->max);
	if ((v = node_get(n, "default")))
		(void)read_real(x, v, "default", -1e300, 1e300, &k->fallback);
	if ((v = node_get(n, "required")))
		(void)read_bool(x, v, "required", &k->required);
	/* A double holds whole numbers exactly up to 2^53. */
	if (k->type == KEY_INT && k->min < -WHOLE)
		k->min = -WHOLE;
	if (k->type == KEY_INT && k->max > WHOLE)
		k->max = WHOLE;
	if (k->min > k->max)
		complain(x->c, n->key_at,
		    "the bounds of the key `%s` make no "
		    "range",
		    n->key);
	if (k->type == KEY_CHOICE && !k->nchoices)
		complain(
		    x->c, n->key_at, "the key `%s` offers no choices", n->key);
}

static void
read_point(struct ctx *x, const struct node *n, struct point_type *t)
{
	static const char *const keys[] = {
	    "unit", "kind", "range", "text", "writable", "max_on", NULL};
	const struct node *v;
	unsigned kind = KIND_GAUGE;
	uint64_t ms;

	t->name = arena_strdup(x->mem, n->key);
	t->mul = t->div = 1;
	if (!read_map(x, n, "a point", keys))
		return;
	if ((v = node_get(n, "unit")))
		(void)unit_text_read(x, v, &t->unit);
	if ((v = node_get(n, "kind")) &&
	    read_word(x, v, "kind", kind_words, &kind))
		t->kind = (enum point_kind)kind;
	if ((v = node_get(n, "range")))
		t->has_range = read_range(x, v, &t->min, &t->max);
	if ((v = node_get(n, "text")))
		(void)read_bool(x, v, "text", &t->text);
	if ((v = node_get(n, "writable")))
		(void)read_bool(x, v, "writable", &t->writable);
	if ((v = node_get(n, "max_on")) &&
	    read_duration(x, v, "max_on", 1000, 7 * 86400000ull, &ms))
		t->max_on_ms = (uint32_t)ms;
}

static void
read_tables(struct ctx *x, const struct node *root, struct device_type *t)
{
	const struct node *points = read_need(x, root, "the plugin", "points");
	const struct node *keys = node_get(root, "keys");

	if (points && read_map(x, points, "points", NULL)) {
		struct point_type *list =
		    arena_array(x->mem, points->n + 1, sizeof(*list));
		if (points->n < 1 || points->n > POINTS)
			complain(x->c, points->at,
			    "a plugin has 1 to %d points", POINTS);
		for (const struct node *n = points->first; n; n = n->next)
			if (read_point_name(x, n))
				read_point(x, n, &list[t->npoints++]);
		t->points = list;
	}
	if (keys && read_map(x, keys, "keys", NULL)) {
		struct setting_key *list =
		    arena_array(x->mem, keys->n + 1, sizeof(*list));
		if (keys->n > KEYS)
			complain(x->c, keys->at, "a plugin has at most %d keys",
			    KEYS);
		for (const struct node *n = keys->first; n; n = n->next)
			read_key(x, n, &list[t->nkeys++]);
		t->keys = list;
	}
}

struct device_type *
description_read(
    struct ctx *x, const char *name, const char *path, const struct node *root)
{
	static const char *const top[] = {
	    "plugin", "abi", "summary", "keys", "points", NULL};
	struct device_type *t = arena_alloc(x->mem, sizeof(*t));
	size_t before = complaints_errors(x->c);
	const struct node *n;

	t->plugin = true;
	t->path = arena_strdup(x->mem, path);
	t->registers_per_read = 125;
	t->coils_per_read = 2000;
	if (!read_map(x, root, "a plugin's description", top))
		return NULL;
	t->name = arena_strdup(x->mem, name);
	if ((n = read_need(x, root, "the plugin", "plugin")) &&
	    strcmp(n->text, name) != 0)
		complain(x->c, n->at,
		    "the plugin calls itself `%s`, but its "
		    "file is %s.so; name them alike",
		    n->text, name);
	if ((n = node_get(root, "summary")))
		(void)read_text(x, n, "summary", &t->model);
	read_tables(x, root, t);
	return complaints_errors(x->c) == before ? t : NULL;
}
