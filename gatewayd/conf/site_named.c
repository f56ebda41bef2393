/*
 * What the sections of water and time name: points of devices, sections of the
 * same file, quantities. That it exists is checked now, so that a file that
 * passes today is not refused by the release that acts on it.
 */
#include <string.h>

#include "site_build.h"

/* The device that a path begins with, and the rest of the path. */
const struct device *
find_device(const struct site *s, const char *path, const char **rest)
{
	for (size_t i = 0; i < s->nlines; i++)
		for (size_t j = 0; j < s->lines[i].ndevices; j++) {
			const struct device *d = &s->lines[i].devices[j];
			size_t n = d->path ? strlen(d->path) : 0;
			if (n && strncmp(path, d->path, n) == 0 &&
			    path[n] == '/') {
				*rest = path + n + 1;
				return d;
			}
		}
	return NULL;
}

/* The type of "line/device/point"; NULL and told, or told before. */
static const struct point_type *
find_point(struct build *b, const struct node *n, const char *what)
{
	const char *rest = NULL, *names[1001] = {NULL}, *guess;
	const struct device *d = find_device(b->site, n->text, &rest);

	if (!d) {
		complain(b->ctx.c, n->at,
		    "%s: there is no device for `%s`; "
		    "write line/device/point as under lines:",
		    what, n->text);
		return NULL;
	}
	if (!d->type)
		return NULL; /* its own mistake is told there */
	for (size_t i = 0; i < d->type->npoints && i < 1000; i++) {
		names[i] = d->type->points[i].name;
		if (strcmp(names[i], rest) == 0)
			return &d->type->points[i];
	}
	guess = nearest(rest, names);
	complain(b->ctx.c, n->at, "%s: %s has no point `%s`; %s%s%s", what,
	    d->path, rest, guess ? "did you mean `" : "its type is ",
	    guess ? guess : d->type->name, guess ? "`?" : "");
	return NULL;
}

/* "line/device/point" that exists; one that can be written when `output`. */
void
check_point(
    struct build *b, const struct node *n, const char *what, bool output)
{
	const struct point_type *t;

	if (n->kind != NODE_SCALAR) {
		complain(b->ctx.c, n->at,
		    "%s must name a point; write "
		    "line/device/point",
		    what);
		return;
	}
	t = find_point(b, n, what);
	if (t && output && !t->writable)
		complain(b->ctx.c, n->at,
		    "%s: %s cannot be written; name an "
		    "output",
		    what, n->text);
	if (t && !output && t->kind == KIND_PART)
		complain(b->ctx.c, n->at,
		    "%s: %s is a part, which has no readings; name the point "
		    "that is made of it",
		    what, n->text);
	if (t && !output && t->write_only)
		complain(b->ctx.c, n->at,
		    "%s: %s is only written, never read; name a point that is",
		    what, n->text);
}

void
check_quantity(struct build *b, const struct node *map, const char *key,
    const char *const *units)
{
	const struct node *n = node_get(map, key);
	double v = 0;

	if (n && read_quantity(&b->ctx, n, key, units, &v, NULL) && v <= 0)
		complain(b->ctx.c, n->at, "%s is %s; it must be above 0", key,
		    n->text);
}

void
check_duration(struct build *b, const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);
	uint64_t ms;

	if (n)
		(void)read_duration(&b->ctx, n, key, 0, 365 * 86400000ull, &ms);
}

/* A name that a map elsewhere in the file has as a key. */
void
check_reference(struct build *b, const struct node *n, const char *what,
    const struct node *among)
{
	if (n->kind != NODE_SCALAR || !among || !node_get(among, n->text))
		complain(b->ctx.c, n->at,
		    "%s `%s` is not in this file; add it, "
		    "or correct the name",
		    what, n->text);
}
