/* A few hundred tasks at most: a plain scan is quicker than being clever. */
#include "polling.h"

#include <stdlib.h>

struct poll *
poll_new(size_t ntasks_max)
{
	struct poll *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->tasks = calloc(ntasks_max + 1, sizeof(*p->tasks));
	p->ntasks_max = ntasks_max;
	return p->tasks == NULL ? poll_free(p) : p;
}

struct poll *
poll_free(struct poll *take)
{
	if (take != NULL) {
		free(take->tasks);
		free(take);
	}
	return NULL;
}

bool
poll_add(struct poll *p, uint32_t device, uint32_t block, uint32_t every_ms,
    int64_t first)
{
	if (p->ntasks == p->ntasks_max)
		return false;
	p->tasks[p->ntasks++] = (struct task){.device = device,
	    .block = block,
	    .every_ms = every_ms > 0 ? every_ms : 1,
	    .due = first,
	    .at = first};
	return true;
}

int
poll_next(
    const struct poll *p, const struct gate *gates, int64_t now, int64_t *wake)
{
	int64_t first = INT64_MAX, best_rank = INT64_MAX;
	int best = -1;

	for (size_t i = 0; i < p->ntasks; i++) {
		const struct task *t = &p->tasks[i];
		const struct gate *g = &gates[t->device];
		int64_t at = t->at > g->not_before ? t->at : g->not_before;
		/* A retry stands back like a probe: the unit may be dead. */
		int64_t rank =
		    at + (g->probe || t->tries > 0 ? PROBE_SLACK_MS : 0);

		if (at < first)
			first = at;
		if (at <= now && rank < best_rank) {
			best_rank = rank;
			best = (int)i;
		}
	}
	*wake = best == -1 ? first : now;
	return best;
}

void
poll_done(struct poll *p, int task, int64_t now, bool counted)
{
	struct task *t = &p->tasks[task];

	/* A probe may come before its period does. */
	if (t->due <= now)
		t->due += t->every_ms;
	if (t->due <= now) {
		int64_t missed = (now - t->due) / t->every_ms + 1;

		t->due += missed * t->every_ms;
		if (counted)
			p->overruns += (uint64_t)missed;
	}
	t->at = t->due;
	t->tries = 0;
}

bool
poll_retry(struct poll *p, int task, int64_t at)
{
	struct task *t = &p->tasks[task];

	if (at >= t->due + t->every_ms)
		return false;
	t->at = at;
	t->tries++;
	return true;
}

void
poll_sooner(struct poll *p, int task, int64_t at)
{
	if (at < p->tasks[task].at)
		p->tasks[task].at = at;
}

void
poll_device_now(struct poll *p, uint32_t device, int64_t now)
{
	for (size_t i = 0; i < p->ntasks; i++)
		if (p->tasks[i].device == device)
			poll_sooner(p, (int)i, now);
}
