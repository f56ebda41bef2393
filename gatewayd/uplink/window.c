/* Flights and ranges. */
#include "window.h"

#include <string.h>

static void
window_done(struct window *w, uint64_t first, uint64_t last)
{
	size_t i = 0, k;

	while (i < w->ndone && w->done[i].last + 1 < first)
		i++;
	/* All that touch it become one. */
	for (k = i; k < w->ndone && w->done[k].first <= last + 1; k++) {
		if (w->done[k].first < first)
			first = w->done[k].first;
		if (w->done[k].last > last)
			last = w->done[k].last;
	}
	if (k == i && w->ndone == WINDOW_RANGES)
		return; /* forgotten: sent again at the worst, after a restart
			 */
	memmove(
	    &w->done[i + 1], &w->done[k], (w->ndone - k) * sizeof(w->done[0]));
	w->ndone = w->ndone - (k - i) + 1;
	w->done[i] = (struct seq_range){first, last};
}

void
window_init(struct window *w, const struct seq_range *done, size_t n)
{
	memset(w, 0, sizeof(*w));
	for (size_t i = 0; i < n; i++)
		if (done[i].first <= done[i].last)
			window_done(w, done[i].first, done[i].last);
}

bool
window_full(const struct window *w)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < w->n; i++)
		rows +=
		    w->flights[i].range.last + 1 - w->flights[i].range.first;
	return w->n == WINDOW_MAX || rows >= WINDOW_ROWS;
}

bool
window_has(const struct window *w, uint64_t seq)
{
	for (size_t i = 0; i < w->ndone; i++)
		if (seq >= w->done[i].first && seq <= w->done[i].last)
			return true;
	return false;
}

uint64_t
window_after(struct window *w)
{
	for (size_t i = 0; i < w->ndone; i++)
		if (w->next + 1 >= w->done[i].first &&
		    w->next < w->done[i].last)
			w->next = w->done[i].last;
	return w->next;
}

void
window_sent(struct window *w, int mid, uint64_t first, uint64_t last)
{
	if (w->n == WINDOW_MAX)
		return;
	w->flights[w->n++] =
	    (struct flight){.mid = mid, .range = {first, last}};
	if (last > w->next)
		w->next = last;
}

bool
window_acked(struct window *w, int mid, struct seq_range *range)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->flights[i].mid != mid)
			continue;
		*range = w->flights[i].range;
		memmove(&w->flights[i], &w->flights[i + 1],
		    (--w->n - i) * sizeof(w->flights[0]));
		window_done(w, range->first, range->last);
		return true;
	}
	return false;
}

void
window_pass(struct window *w, uint64_t seq)
{
	if (seq > w->next)
		w->next = seq;
}

void
window_skip(struct window *w, uint64_t first, uint64_t last)
{
	window_done(w, first, last);
	/* Read on behind it even when it could not be noted. */
	window_pass(w, last);
}

void
window_reset(struct window *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->flights[i].range.first <= w->next)
			w->next = w->flights[i].range.first - 1;
	w->n = 0;
}
