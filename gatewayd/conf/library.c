/* See library.h. The files of one type are collected as a site's are. */
#include "library.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile_overlay.h"
#include "types.h"

struct whole { /* the arena goes with the library */
	struct library library;
	struct arena *mem;
	const char **dirs;
	size_t ndirs;
};

static bool
is_profile(const char *file)
{
	size_t n = strlen(file);

	return n > 5 && n < 70 && file[0] != '.' &&
	       strcmp(file + n - 5, ".yaml") == 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct library_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The folder's profiles whose names are not there yet, behind the others. */
static void
add_folder(struct whole *w, struct library_entry **list, const char *dir)
{
	struct library_entry *more;
	struct dirent **file = NULL;
	size_t old = *list ? w->library.n : 0;
	int n = scandir(dir, &file, NULL, alphasort); /* -1: none there */

	more = arena_array(
	    w->mem, old + (n > 0 ? (size_t)n : 0) + 1, sizeof(*more));
	for (size_t i = 0; i < old; i++)
		more[i] = (*list)[i];
	for (int i = 0; i < n; i++) {
		char *name = file[i]->d_name, path[600];
		struct library_entry *e = &more[w->library.n];
		(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (is_profile(name)) {
			name[strlen(name) - 5] = '\0';
			e->name = arena_strdup(w->mem, name);
			e->path = arena_strdup(w->mem, path);
			if (!*list ||
			    !bsearch(e, *list, old, sizeof(*e), by_name))
				w->library.n++;
		}
		free(file[i]);
	}
	free(file);
	qsort(more, w->library.n, sizeof(*more), by_name);
	*list = more;
}

struct library *
library_open(const char *const *dirs, size_t ndirs)
{
	struct arena *mem = arena_new();
	struct whole *w = arena_alloc(mem, sizeof(*w));
	struct library_entry *list = NULL;

	w->mem = mem;
	w->dirs = arena_array(mem, ndirs + 1, sizeof(*w->dirs));
	for (; w->ndirs < ndirs; w->ndirs++) {
		w->dirs[w->ndirs] = arena_strdup(mem, dirs[w->ndirs]);
		add_folder(w, &list, dirs[w->ndirs]);
	}
	w->library.entries = list;
	return &w->library;
}

struct library *
library_close(struct library *take)
{
	if (take)
		arena_free(((struct whole *)take)->mem);
	return NULL;
}

static const struct device_type *
load(struct whole *w, struct snapshot *s, const char *name, const char *variant,
    struct complaints *c)
{
	struct snapshot_paths paths = {
	    .profile_dirs = w->dirs, .nprofile_dirs = w->ndirs};
	struct ctx x = {w->mem, c};
	struct node asked = {.text = variant};
	const struct part *p;

	if (type_name_ok(name))
		snapshot_add_type(s, &paths, name);
	p = snapshot_part(s, name);
	if (p && p->kind == PART_PROFILE) {
		asked.at.file = complaints_keep(c, p->path);
		return profile_load(&x, s, p, variant ? &asked : NULL);
	}
	asked.at.file = complaints_keep(c, p && p->path[0] ? p->path : name);
	complain(c, asked.at, "there is no such profile; %.*s",
	    p ? (int)p->len : 0, p ? p->bytes : "");
	return NULL;
}

const struct device_type *
library_load(struct library *l, const char *name, const char *variant,
    struct complaints *c)
{
	struct snapshot *s = snapshot_new();
	const struct device_type *t =
	    load((struct whole *)l, s, name, variant, c);

	snapshot_free(s);
	return t;
}

const struct device_type *
library_parse(struct library *l, const char *name, const char *variant,
    const char *text, struct complaints *c)
{
	struct snapshot *s = snapshot_new();
	const struct device_type *t;

	snapshot_add(s, PART_PROFILE, name, name, text, strlen(text));
	t = load((struct whole *)l, s, name, variant, c);
	snapshot_free(s);
	return t;
}
