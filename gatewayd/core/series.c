/* Slots only grow: a reload adds those that are new. */
#include "series.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
compare(const void *a, const void *b)
{
	const struct store_series *const *x = a, *const *y = b;
	int r = strcmp((*x)->name, (*y)->name);

	if (r != 0)
		return r;
	return strcmp((*x)->unit != NULL ? (*x)->unit : "",
	    (*y)->unit != NULL ? (*y)->unit : "");
}

static int
add(struct series *s, const char *name, const char *unit)
{
	char *n = strdup(name), *u = unit != NULL ? strdup(unit) : NULL;

	if (n == NULL || (unit != NULL && u == NULL)) {
		free(n);
		free(u);
		return -ENOMEM;
	}
	s->names[s->n++] = (struct store_series){.name = n, .unit = u};
	s->unknown++;
	return 0;
}

/* Pointers to the slots we have, sorted by name and unit. */
static const struct store_series **
sorted(const struct series *s)
{
	const struct store_series **by = calloc(s->n + 1, sizeof(void *));

	for (size_t i = 0; by != NULL && i < s->n; i++)
		by[i] = &s->names[i];
	if (by != NULL && s->n > 1)
		qsort(by, s->n, sizeof(void *), compare);
	return by;
}

static int
place(struct series *s, const struct store_series **by, size_t had,
    const struct device *d, size_t point, uint32_t *slot)
{
	char name[MSG_SUBJECT_MAX];
	struct store_series key = {
	    .name = name, .unit = d->type->points[point].unit};
	const struct store_series *keyp = &key, **found;

	(void)snprintf(
	    name, sizeof(name), "%s/%s", d->path, d->type->points[point].name);
	found =
	    had > 0 ? bsearch(&keyp, by, had, sizeof(void *), compare) : NULL;
	if (found != NULL) {
		*slot = (uint32_t)(*found - s->names);
		return 0;
	}
	*slot = (uint32_t)s->n;
	return add(s, name, key.unit);
}

int
series_site(struct series *s, const struct site *site)
{
	uint32_t *slots = calloc(site->nseries + 1, sizeof(*slots));
	struct store_series *more =
	    reallocarray(s->names, s->n + site->nseries + 1, sizeof(*more));
	size_t had = s->n;
	int r = 0;

	if (more != NULL)
		s->names = more;
	const struct store_series **by = more != NULL ? sorted(s) : NULL;
	if (slots == NULL || more == NULL || by == NULL)
		r = -ENOMEM;
	for (size_t l = 0; r == 0 && l < site->nlines; l++)
		for (size_t i = 0; r == 0 && i < site->lines[l].ndevices; i++) {
			const struct device *d = &site->lines[l].devices[i];
			for (size_t p = 0; r == 0 && p < d->type->npoints; p++)
				r = place(
				    s, by, had, d, p, &slots[d->series + p]);
		}
	free(by);
	if (r != 0) {
		free(slots);
		return r;
	}
	free(s->slots);
	s->slots = slots;
	s->nslots = site->nseries;
	return 0;
}

enum store_result
series_ask(struct series *s, struct store *store)
{
	enum store_result r;

	if (s->unknown == 0)
		return STORE_OK;
	r = store_series_all(store, s->names, s->n);
	s->unknown = r == STORE_OK ? 0 : s->n; /* a failure clears all ids */
	return r;
}

void
series_forget(struct series *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->names[i].id = 0;
	s->unknown = s->n;
}

/* The store borrows them as const; they are ours. */
static void
free_text(const char *text)
{
	union {
		const char *lent;
		char *own;
	} x = {text};

	free(x.own);
}

void
series_done(struct series *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free_text(s->names[i].name);
		free_text(s->names[i].unit);
	}
	free(s->names);
	free(s->slots);
	memset(s, 0, sizeof(*s));
}

int
epochs_add(struct epochs *s, const struct epoch *e)
{
	struct epoch *more = reallocarray(s->e, s->n + 1, sizeof(*more));
	bool *dirty;

	if (more == NULL)
		return -ENOMEM;
	s->e = more;
	dirty = reallocarray(s->dirty, s->n + 1, sizeof(*dirty));
	if (dirty == NULL)
		return -ENOMEM;
	s->dirty = dirty;
	s->e[s->n] = *e;
	s->e[s->n].id = 0;
	s->dirty[s->n++] = true;
	return 0;
}

void
epochs_correct(struct epochs *s, const struct epoch *e)
{
	struct epoch *last = &s->e[s->n - 1];

	last->offset_ms = e->offset_ms;
	last->state = e->state;
	s->dirty[s->n - 1] = true;
}

enum store_result
epochs_write(struct epochs *s, struct store *store)
{
	enum store_result r = STORE_OK;

	for (size_t i = s->first; r == STORE_OK && i < s->n; i++) {
		if (!s->dirty[i])
			continue;
		r = store_epoch(store, &s->e[i]);
		s->dirty[i] = r != STORE_OK;
	}
	return r;
}

bool
epochs_dirty(const struct epochs *s)
{
	for (size_t i = s->first; i < s->n; i++)
		if (s->dirty[i])
			return true;
	return false;
}

void
epochs_forget(struct epochs *s)
{
	for (size_t i = s->first; i < s->n; i++) {
		s->e[i].id = 0;
		s->dirty[i] = true;
	}
}

void
epochs_done(struct epochs *s)
{
	free(s->e);
	free(s->dirty);
	memset(s, 0, sizeof(*s));
}
