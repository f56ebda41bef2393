/* A short list: it goes to the card with every commit. */
#include "acks.h"

#include <stdlib.h>
#include <string.h>

enum { ACKS_MAX = 1024 };

bool
acks_add(struct acks *s, const char *uplink, uint64_t first, uint64_t last)
{
	struct store_ack *a = s->n > 0 ? &s->a[s->n - 1] : NULL;
	struct store_ack *more;
	char *name;

	if (a != NULL && strcmp(a->uplink, uplink) == 0 &&
	    first <= a->last + 1 && last + 1 >= a->first) {
		a->first = first < a->first ? first : a->first;
		a->last = last > a->last ? last : a->last;
		return true;
	}
	if (s->n == ACKS_MAX)
		return false;
	more = reallocarray(s->a, s->n + 1, sizeof(*more));
	if (more == NULL)
		return false;
	s->a = more;
	name = strdup(uplink);
	if (name == NULL)
		return false;
	more[s->n].uplink = name;
	more[s->n].first = first;
	more[s->n++].last = last;
	return true;
}

void
acks_clear(struct acks *s)
{
	for (size_t i = 0; i < s->n; i++) {
		/* The store borrows it as const; it is ours. */
		union {
			const char *lent;
			char *own;
		} name = {s->a[i].uplink};
		free(name.own);
	}
	s->n = 0;
}

void
acks_done(struct acks *s)
{
	acks_clear(s);
	free(s->a);
	s->a = NULL;
}

/* What follows on `at` moves it on. */
static uint64_t
past(uint64_t at, uint64_t first, uint64_t last)
{
	return first <= at + 1 && last > at ? last : at;
}

uint64_t
acks_reach(const struct acks *s, const char *uplink, uint64_t at,
    const struct seq_range *stored, size_t nstored)
{
	uint64_t before;

	do {
		before = at;
		for (size_t i = 0; i < nstored; i++)
			at = past(at, stored[i].first, stored[i].last);
		for (size_t i = 0; i < s->n; i++)
			if (strcmp(s->a[i].uplink, uplink) == 0)
				at = past(at, s->a[i].first, s->a[i].last);
	} while (at != before);
	return at;
}
