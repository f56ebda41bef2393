/* What waits for the store, and what it holds. */
#include "journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal_inside.h"
#include "log.h"

enum { RANGES = 64 };

struct journal *
journal_new(const char *path, uint32_t commit_ms, size_t queue_max)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->path = strdup(path);
	j->commit_ms = commit_ms;
	j->queue = queue_new(queue_max);
	j->queue_max = queue_max;
	j->batch = calloc(BATCH, sizeof(*j->batch));
	j->due = INT64_MAX;
	j->committed_at = j->retry_at = INT64_MIN / 2;
	j->state = STORE_OK;
	if (j->path == NULL || j->queue == NULL || j->batch == NULL)
		return journal_free(j);
	return j;
}

struct journal *
journal_free(struct journal *take)
{
	if (take == NULL)
		return NULL;
	take->store = store_close(take->store);
	take->queue = queue_free(take->queue);
	series_done(&take->series);
	epochs_done(&take->epochs);
	acks_done(&take->acks);
	kepts_done(&take->kepts);
	free(take->batch);
	free(take->path);
	free(take);
	return NULL;
}

static void
due_by(struct journal *j, int64_t when)
{
	if (when < j->due)
		j->due = when;
}

int
journal_site(struct journal *j, const struct site *site)
{
	int r = series_site(&j->series, site);

	if (r == 0)
		r = kepts_grow(&j->kepts, j->series.n);
	/* At once, if it can be, for the lines are about to start. */
	if (r == 0 && j->store != NULL)
		(void)kepts_read(&j->kepts, &j->series, j->store);
	return r;
}

int
journal_epoch(struct journal *j, const struct epoch *e, bool begin)
{
	int r = 0;

	if (begin || j->epochs.n == 0)
		r = epochs_add(&j->epochs, e);
	else
		epochs_correct(&j->epochs, e);
	j->settle = j->settle || e->state != EPOCH_UNKNOWN;
	due_by(j, 0);
	return r;
}

static int64_t
epoch_slot(const struct journal *j)
{
	return (int64_t)j->epochs.n - 1;
}

void
journal_reading(struct journal *j, const struct reading *r, int64_t now)
{
	struct store_row row = {.epoch = epoch_slot(j),
	    .boot_ms = r->boot_ms,
	    .series = j->series.slots[r->series],
	    .value = r->value,
	    .quality = r->quality,
	    .reason = r->reason,
	    .detail = r->detail};
	size_t n;

	if (row.reason == REASON_NONE && j->epochs.n > 0 &&
	    j->epochs.e[row.epoch].state == EPOCH_UNKNOWN)
		row.reason = REASON_CLOCK;
	(void)queue_add(j->queue, &row); /* counted when there is no memory */
	n = queue_count(j->queue);
	due_by(j, n >= BATCH  ? now
		  : n >= MANY ? j->committed_at + CLOSE_MS
			      : now + j->commit_ms);
}

void
journal_event(struct journal *j, enum event_kind kind, int64_t boot_ms,
    const char *subject, const char *fmt, ...)
{
	struct store_row row = {.epoch = epoch_slot(j),
	    .boot_ms = boot_ms,
	    .is_event = true,
	    .kind = kind};
	char text[MSG_LINE_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	row.subject = strdup(subject);
	row.text = strdup(text);
	(void)queue_add(j->queue, &row); /* counted when there is no memory */
	/* At once, but a storm of events is one commit. */
	due_by(j, j->committed_at + CLOSE_MS);
}

void
journal_ack(struct journal *j, const char *uplink, uint64_t first,
    uint64_t last, int64_t now)
{
	if (acks_add(&j->acks, uplink, first, last))
		due_by(j, now + ACK_MS);
}

void
journal_keep(struct journal *j, const struct kept *k, int64_t now)
{
	if (kepts_put(&j->kepts, j->series.slots[k->series], k) != 0)
		log_err("no memory to keep a counter over a restart");
	if (j->kepts.ndirty > 0)
		due_by(j, now + j->commit_ms);
}

bool
journal_kept(const struct journal *j, uint32_t series, struct kept *out)
{
	const struct kept_bytes *b =
	    kepts_of(&j->kepts, j->series.slots[series]);

	if (b == NULL)
		return false;
	*out = (struct kept){.series = series, .n = b->n};
	memcpy(out->bytes, b->bytes, b->n);
	return true;
}

bool
journal_kept_known(const struct journal *j)
{
	return j->kepts.read;
}

uint64_t
journal_last(const struct journal *j)
{
	return j->last_seq;
}

uint64_t
journal_commits(const struct journal *j)
{
	return j->commits;
}

unsigned
journal_files(const struct journal *j)
{
	return j->files;
}

bool
journal_acked(
    struct journal *j, const char *uplink, uint64_t *upto, uint64_t *left)
{
	struct seq_range ranges[RANGES];
	struct stored first;
	size_t n = 0, rows = 0;
	uint64_t at;

	if (j->store == NULL || j->state != STORE_OK ||
	    store_cursor(j->store, uplink, ranges, RANGES, &n) != STORE_OK ||
	    store_read(j->store, 0, true, &first, 1, &rows) != STORE_OK)
		return false;
	/* A new file's numbers do not begin at 1. */
	at = rows > 0 ? first.seq - 1 : j->last_seq;
	at = acks_reach(&j->acks, uplink, at, ranges, n);
	*upto = at;
	*left = at < j->last_seq ? j->last_seq - at : 0;
	return true;
}

struct journal_view
journal_view(const struct journal *j)
{
	struct queue_lost l = queue_lost(j->queue);

	return (struct journal_view){.path = j->path,
	    .state = j->state,
	    .seq = j->last_seq,
	    .pending = queue_count(j->queue),
	    .dropped = l.readings + l.events};
}
