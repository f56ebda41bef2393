/*
 * A profile: what a device type is and how its reader finds it. How one point
 * stands in registers is in profile_point.c.
 */
#include <stdio.h>
#include <string.h>

#include "profile_point.h"
#include "types.h"

const char *const kind_words[] = {
    "gauge", "counter", "state", "setting", "output", NULL};

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

static void
read_serial(struct ctx *x, const struct node *n, struct device_type *t)
{
	static const char *const keys[] = {
	    "baud", "parity", "stop_bits", "unit", NULL};
	static const char *const parity[] = {"none", "even", "odd", NULL};
	const struct node *k;
	unsigned word = 0;
	int64_t v;

	if (!read_map(x, n, "serial", keys))
		return;
	if ((k = node_get(n, "baud")) &&
	    read_whole(x, k, "baud", 300, 1000000, &v))
		t->baud = (uint32_t)v;
	if ((k = node_get(n, "parity")) &&
	    read_word(x, k, "parity", parity, &word))
		t->parity = (uint8_t)word;
	if ((k = node_get(n, "stop_bits")) &&
	    read_whole(x, k, "stop_bits", 1, 2, &v))
		t->stop_bits = (uint8_t)v;
	if ((k = node_get(n, "unit")) && read_whole(x, k, "unit", 0, 255, &v))
		t->unit = (uint8_t)v;
}

static void
read_limits(struct ctx *x, const struct node *n, struct device_type *t)
{
	static const char *const keys[] = {"registers_per_read",
	    "coils_per_read", "bridge_gaps", "quiet", "warm_up", NULL};
	const struct node *k;
	uint64_t ms;
	int64_t v;

	if (!read_map(x, n, "limits", keys))
		return;
	if ((k = node_get(n, "registers_per_read")) &&
	    read_whole(x, k, "registers_per_read", 1, 125, &v))
		t->registers_per_read = (uint16_t)v;
	if ((k = node_get(n, "coils_per_read")) &&
	    read_whole(x, k, "coils_per_read", 1, 2000, &v))
		t->coils_per_read = (uint16_t)v;
	if ((k = node_get(n, "bridge_gaps")) &&
	    read_whole(x, k, "bridge_gaps", 0, 124, &v))
		t->bridge_gaps = (uint16_t)v;
	if ((k = node_get(n, "quiet")) &&
	    read_duration(x, k, "quiet", 0, 5000, &ms))
		t->quiet_ms = (uint32_t)ms;
	if ((k = node_get(n, "warm_up")) &&
	    read_duration(x, k, "warm_up", 0, 300000, &ms))
		t->warm_up_ms = (uint32_t)ms;
}

static void
read_about(struct ctx *x, const struct node *root, struct device_type *t)
{
	static const struct {
		const char *key;
		size_t at;
	} text[] = {
	    {"maker", offsetof(struct device_type, maker)},
	    {"model", offsetof(struct device_type, model)},
	    {"source", offsetof(struct device_type, source)},
	};

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		const struct node *n =
		    read_need(x, root, "the profile", text[i].key);
		if (n)
			(void)read_text(x, n, text[i].key,
			    (const char **)(void *)((char *)t + text[i].at));
	}
}

static void
read_points(struct ctx *x, const struct node *n, struct device_type *t)
{
	struct point_type *points;

	if (!read_map(x, n, "points", NULL))
		return;
	if (n->n < 1 || n->n > 1000) {
		complain(x->c, n->at,
		    "a profile has 1 to 1000 points; this "
		    "has %zu",
		    n->n);
		return;
	}
	points = arena_array(x->mem, n->n, sizeof(*points));
	for (const struct node *k = n->first; k; k = k->next) {
		struct point_type *p = &points[t->npoints];
		if (!read_point_name(x, k))
			continue;
		t->npoints++;
		profile_point_read(x, k, p);
		if (p->count > t->registers_per_read && !p->write_only)
			complain(x->c, k->key_at,
			    "`%s` takes %u registers, but "
			    "limits let only %u be read at once; correct "
			    "registers_per_read",
			    p->name, p->count, t->registers_per_read);
	}
	t->points = points;
}

struct device_type *
profile_read(struct ctx *x, const char *name, const struct node *root)
{
	static const char *const keys[] = {"profile", "maker", "model",
	    "source", "status", "notes", "serial", "limits", "points", "setup",
	    NULL};
	struct device_type *t = arena_alloc(x->mem, sizeof(*t));
	size_t before = complaints_errors(x->c);
	const struct node *n;

	t->registers_per_read = 125;
	t->coils_per_read = 2000;
	if (!read_map(x, root, "a profile", keys))
		return NULL;
	t->name = arena_strdup(x->mem, name);
	if ((n = read_need(x, root, "the profile", "profile")) &&
	    strcmp(n->text, name) != 0)
		complain(x->c, n->at,
		    "the profile calls itself `%s`, but its "
		    "file is %s.yaml; make the two the same",
		    n->text, name);
	read_about(x, root, t);
	if ((n = node_get(root, "serial")))
		read_serial(x, n, t);
	if ((n = node_get(root, "limits")))
		read_limits(x, n, t);
	if ((n = read_need(x, root, "the profile", "points")))
		read_points(x, n, t);
	if ((n = node_get(root, "setup")))
		profile_setup_read(x, n, t);
	return complaints_errors(x->c) == before ? t : NULL;
}
