/* An array with a moving head: rows leave in front, in batches. */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* KEPT_CAP: memory that ordinary bursts need is not given back each time. */
enum { FIRST_CAP = 128, KEPT_CAP = 4096, DROP_PART = 64 };

struct queue {
	struct store_row *rows;
	size_t head, n, cap, max, nevents;
	struct queue_lost lost;
};

struct queue *
queue_new(size_t max)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q != NULL)
		q->max = max;
	return q;
}

struct queue *
queue_free(struct queue *take)
{
	if (take != NULL) {
		queue_done(take, take->n);
		free(take->rows);
		free(take);
	}
	return NULL;
}

/* Takes the oldest `count` of one sort out; the others keep their order. */
static void
drop(struct queue *q, bool events, size_t count)
{
	struct store_row *rows = q->rows + q->head;
	size_t kept = 0, gone = 0;

	for (size_t i = 0; i < q->n; i++) {
		if (gone < count && rows[i].is_event == events) {
			store_row_done(&rows[i]);
			gone++;
		} else {
			rows[kept++] = rows[i];
		}
	}
	q->n = kept;
	if (events) {
		q->nevents -= gone;
		q->lost.events += gone;
	} else {
		q->lost.readings += gone;
	}
}

static void
make_room(struct queue *q)
{
	size_t some = q->max / DROP_PART > 0 ? q->max / DROP_PART : 1;

	if (q->nevents * 2 > q->max || q->nevents == q->n)
		drop(q, true, some);
	else
		drop(q, false, some);
}

static int
grow(struct queue *q)
{
	size_t cap = q->cap == 0 ? FIRST_CAP : q->cap * 2;
	struct store_row *more;

	if (q->head > 0) { /* first use what became free in front */
		memmove(q->rows, q->rows + q->head, q->n * sizeof(*q->rows));
		q->head = 0;
		if (q->n <= q->cap / 2)
			return 0;
	}
	more = reallocarray(q->rows, cap, sizeof(*more));
	if (more == NULL)
		return q->n < q->cap ? 0 : -ENOMEM;
	q->rows = more;
	q->cap = cap;
	return 0;
}

int
queue_add(struct queue *q, const struct store_row *take)
{
	if (q->n >= q->max)
		make_room(q);
	if (q->head + q->n == q->cap && grow(q) != 0) {
		struct store_row row = *take;
		if (row.is_event)
			q->lost.events++;
		else
			q->lost.readings++;
		store_row_done(&row);
		return -ENOMEM;
	}
	q->rows[q->head + q->n++] = *take;
	q->nevents += take->is_event;
	return 0;
}

size_t
queue_count(const struct queue *q)
{
	return q->n;
}

const struct store_row *
queue_rows(const struct queue *q)
{
	return q->rows == NULL ? NULL : q->rows + q->head;
}

void
queue_done(struct queue *q, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!q->rows[q->head + i].is_event)
			continue; /* nothing of it is elsewhere */
		q->nevents--;
		store_row_done(&q->rows[q->head + i]);
	}
	q->head += n;
	q->n -= n;
	if (q->n > 0)
		return;
	q->head = 0;
	if (q->cap > KEPT_CAP) { /* a long trouble is over */
		free(q->rows);
		q->rows = NULL;
		q->cap = 0;
	}
}

struct queue_lost
queue_lost(const struct queue *q)
{
	return q->lost;
}
