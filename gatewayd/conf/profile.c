/*
 * A profile: what a device type is and how its reader finds it. Its sections
 * are in files of their own (profile_part.h); what is read here is the whole,
 * already laid over what it extends.
 */
#include <stdio.h>
#include <string.h>

#include "profile_part.h"

const char *const kind_words[] = {
    "gauge", "counter", "state", "setting", "output", "part", NULL};
const char *const parity_words[] = {"none", "even", "odd", NULL};

bool
type_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= 64 && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == n;
}

bool
read_point_name(struct ctx *x, const struct node *n)
{
	size_t len = strlen(n->key);

	if (len && len <= 64 &&
	    strspn(n->key, "abcdefghijklmnopqrstuvwxyz"
			   "0123456789_") == len)
		return true;
	complain(x->c, n->key_at,
	    "the point name `%s` must be a-z 0-9 _, at "
	    "most 64; it becomes part of topics and queries",
	    n->key);
	return false;
}

bool
read_range(struct ctx *x, const struct node *n, double *min, double *max)
{
	if (!read_list(x, n, "range"))
		return false;
	if (n->n != 2) {
		complain(x->c, n->at, "range must be [lowest, highest]");
		return false;
	}
	if (!read_real(x, n->first, "range", -1e300, 1e300, min) ||
	    !read_real(x, n->first->next, "range", -1e300, 1e300, max))
		return false;
	if (*min > *max) {
		complain(x->c, n->at,
		    "range runs from %g down to %g; write the "
		    "lower one first",
		    *min, *max);
		return false;
	}
	return true;
}

const struct point_type *
find_point_type(const struct device_type *t, const char *name)
{
	for (size_t i = 0; i < t->npoints; i++)
		if (strcmp(t->points[i].name, name) == 0)
			return &t->points[i];
	return NULL;
}

const struct point_type *
read_point_of(struct ctx *x, const struct device_type *t, struct mark at,
    const char *what, const char *name)
{
	const struct point_type *p = find_point_type(t, name);
	const char *names[POINTS_MAX + 1] = {NULL}, *guess;

	if (p)
		return p;
	for (size_t i = 0; i < t->npoints && i < POINTS_MAX; i++)
		names[i] = t->points[i].name;
	guess = nearest(name, names);
	complain(x->c, at, "%s names `%s`, which is no point here; %s%s%s",
	    what, name, guess ? "did you mean `" : "add it to points: or ",
	    guess ? guess : "correct the name", guess ? "`?" : "");
	return NULL;
}

static bool
right_point(struct ctx *x, const struct node *k)
{
	if (!read_point_name(x, k))
		return false;
	if (k->kind != NODE_SCALAR || strcmp(k->text, "none") != 0)
		return true;
	complain(x->c, k->at,
	    "`%s: none` takes a point away, but nothing that this profile "
	    "extends has it; leave it out",
	    k->key);
	return false;
}

static void
read_points(struct ctx *x, const struct node *n, struct device_type *t)
{
	struct point_type *points, *p;

	if (!read_map(x, n, "points", NULL))
		return;
	if (n->n < 1 || n->n > POINTS_MAX) {
		complain(x->c, n->at,
		    "a profile has 1 to 1000 points; this "
		    "has %zu",
		    n->n);
		return;
	}
	points = arena_array(x->mem, n->n, sizeof(*points));
	t->points = points;
	for (const struct node *k = n->first; k; k = k->next) {
		if (!right_point(x, k))
			continue;
		p = &points[t->npoints++];
		profile_point_read(x, k, p);
		if (p->count > t->registers_per_read && !p->write_only)
			complain(x->c, k->key_at,
			    "`%s` takes %u registers, but "
			    "limits let only %u be read at once; correct "
			    "registers_per_read",
			    p->name, p->count, t->registers_per_read);
	}
	p = points;
	for (const struct node *k = n->first; k; k = k->next)
		if (p < points + t->npoints && strcmp(k->key, p->name) == 0)
			point_links_read(x, k, t, p++);
	points_links_check(x, n, t);
}

void
profile_name_check(struct ctx *x, const char *name, const struct node *n)
{
	if (n->kind != NODE_SCALAR || strcmp(n->text, name) != 0)
		complain(x->c, n->at,
		    "the profile calls itself `%s`, but its "
		    "file is %s.yaml; make the two the same",
		    node_shown(n), name);
}

struct device_type *
profile_read(struct ctx *x, const char *name, const struct node *root)
{
	static const char *const keys[] = {"profile", "extends", "maker",
	    "model", "source", "status", "checks", "wiring", "notes", "serial",
	    "limits", "variants", "setup", "watchdog", "commission", "never",
	    "identify", "examples", "points", NULL};
	struct device_type *t = arena_alloc(x->mem, sizeof(*t));
	size_t before = complaints_errors(x->c);
	const struct node *n;

	if (!read_map(x, root, "a profile", keys))
		return NULL;
	t->name = arena_strdup(x->mem, name);
	if ((n = read_need(x, root, "the profile", "profile")))
		profile_name_check(x, name, n);
	profile_about_read(x, root, t);
	if ((n = read_need(x, root, "the profile", "points")))
		read_points(x, n, t);
	profile_setup_read(x, root, t);
	profile_commission_read(x, root, t);
	profile_never_read(x, root, t);
	profile_identify_read(x, root, t);
	profile_examples_read(x, root, t);
	return complaints_errors(x->c) == before ? t : NULL;
}
