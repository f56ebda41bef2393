/* One store, one queue, and when to bring them together. */
#include "journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acks.h"
#include "log.h"
#include "mono.h"
#include "queue.h"
#include "series.h"

/* Core is held by a transaction: BATCH rows at most. So many are committed at
 * once, MANY as soon as the last commit is a moment ago, like events. */
enum { BATCH = 5000, MANY = 2000, CLOSE_MS = 100, RANGES = 64 };

struct journal {
	char *path;
	uint32_t commit_ms;
	struct store *store; /* NULL: to be opened */
	enum store_result state;
	struct queue *queue;
	struct series series;
	struct epochs epochs;
	struct store_row *batch; /* BATCH of them, with the store's ids */
	struct acks acks;
	int64_t due; /* of the next commit; INT64_MAX: none */
	int64_t committed_at, trouble_since, retry_at;
	uint64_t last_seq, commits;
	size_t queue_max;
	struct queue_lost told; /* losses that an event tells of */
	unsigned files;
	bool settle; /* old unknown epochs are to be decided */
};

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
	return series_site(&j->series, site);
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

/* Says it once: the first second of a trouble. */
static void
trouble(struct journal *j, enum store_result r, const char *words, int64_t now)
{
	static const char *const next[STORE_RESULTS] = {
	    [STORE_LOCKED] = "another program holds it; close that program",
	    [STORE_FULL] = "free some space",
	    [STORE_READ_ONLY] = "check the card and the mount",
	    [STORE_IO] = "check the card, the folder and its owner",
	    [STORE_CORRUPT] = "the file is set aside when it can be",
	    [STORE_NEWER] = "install the newer gatewayd, or move the file",
	};

	if (j->state == r)
		return;
	if (j->state == STORE_OK)
		j->trouble_since = now;
	j->state = r;
	log_err("store %s: %s (%s); readings wait in memory, tried again every "
		"second; %s",
	    j->path, store_result_name(r), words, next[r]);
	journal_event(j, EVENT_STORE, now, "store",
	    "%s: %.100s; readings wait in memory", store_result_name(r), words);
}

static void
new_file(struct journal *j, const char *aside, int64_t now)
{
	series_forget(&j->series);
	epochs_forget(&j->epochs);
	j->files++;
	if (aside[0] == '\0')
		return;
	log_err("store %s: damaged; it is set aside as %s and a new one begun",
	    j->path, aside);
	journal_event(j, EVENT_STORE, now, "store",
	    "damaged; set aside as %.200s, a new one begun", aside);
}

enum store_result
journal_open(struct journal *j, int64_t now)
{
	char aside[512];
	enum store_result r =
	    store_open(&j->store, j->path, aside, sizeof(aside));

	if (r == STORE_OK) {
		j->last_seq = store_last_seq(j->store);
		j->settle = true;
		new_file(j, aside, now);
		return r;
	}
	if (r != STORE_NEWER)
		trouble(j, r,
		    j->store != NULL ? store_error(j->store) : "no memory",
		    now);
	else
		log_err("store %s: %s", j->path, store_error(j->store));
	j->store = store_close(j->store);
	return r;
}

/* What the store said means for the next try. */
static void
failed(struct journal *j, enum store_result r, int64_t now)
{
	char aside[512], words[160];

	(void)snprintf(words, sizeof(words), "%s", store_error(j->store));
	if (r == STORE_CORRUPT) {
		r = store_begin_anew(&j->store, aside, sizeof(aside));
		if (r == STORE_OK) {
			j->last_seq = store_last_seq(j->store);
			new_file(j, aside, now);
			return;
		}
	}
	trouble(j, r, words, now);
	if (r == STORE_IO || r == STORE_CORRUPT || r == STORE_NEWER)
		j->store = store_close(j->store);
}

static void
recovered(struct journal *j, int64_t now)
{
	struct queue_lost l = queue_lost(j->queue);
	uint64_t readings = l.readings - j->told.readings;
	uint64_t events = l.events - j->told.events;
	long long s = (long long)(now - j->trouble_since + 500) / 1000;

	if (j->state == STORE_OK && readings == 0 && events == 0)
		return;
	if (j->state == STORE_OK)
		s = 0;
	j->state = STORE_OK;
	j->told = l;
	log_notice("store %s: writing again after %lld s; %" PRIu64
		   " readings and %" PRIu64 " events were lost",
	    j->path, s, readings, events);
	journal_event(j, EVENT_STORE, now, "store",
	    "writing again after %lld s; %" PRIu64 " readings and %" PRIu64
	    " events were lost, oldest first",
	    s, readings, events);
}

/* The oldest rows, with the store's ids in place of slots. */
static size_t
fill_batch(struct journal *j)
{
	const struct store_row *rows = queue_rows(j->queue);
	size_t n = queue_count(j->queue);

	n = n > BATCH ? BATCH : n;
	for (size_t i = 0; i < n; i++) {
		j->batch[i] = rows[i];
		j->batch[i].epoch = j->epochs.e[rows[i].epoch].id;
		if (!rows[i].is_event)
			j->batch[i].series = j->series.names[rows[i].series].id;
	}
	return n;
}

static enum store_result
prepare(struct journal *j)
{
	enum store_result r = series_ask(&j->series, j->store);
	bool news = epochs_dirty(&j->epochs);

	if (r == STORE_OK)
		r = epochs_write(&j->epochs, j->store);
	if (r == STORE_OK && j->settle && j->epochs.n > 0) {
		r = store_settle(j->store, &j->epochs.e[j->epochs.n - 1]);
		j->settle = r != STORE_OK;
		news = true;
	}
	if (r == STORE_OK && news)
		j->commits++;
	return r;
}

/* One transaction. */
static enum store_result
write_some(struct journal *j)
{
	enum store_result r = prepare(j);
	size_t n;

	if (r != STORE_OK || (queue_count(j->queue) == 0 && j->acks.n == 0))
		return r;
	n = fill_batch(j);
	r = store_write_all(j->store, j->batch, n, j->acks.a, j->acks.n);
	if (r != STORE_OK)
		return r;
	queue_done(j->queue, n);
	acks_clear(&j->acks);
	j->last_seq = store_last_seq(j->store);
	j->commits++;
	return STORE_OK;
}

/* Commits the oldest rows; those that are left are due at once. */
static void
commit(struct journal *j, int64_t now)
{
	enum store_result r;

	j->due = INT64_MAX;
	if (j->store == NULL && journal_open(j, now) != STORE_OK) {
		j->due = j->retry_at = now + JOURNAL_RETRY_MS;
		return;
	}
	r = write_some(j);
	if (r != STORE_OK) {
		failed(j, r, now);
		j->due = j->retry_at = now + JOURNAL_RETRY_MS;
		return;
	}
	j->committed_at = now;
	if (queue_count(j->queue) > 0)
		j->due = now;
	else
		j->epochs.first = j->epochs.n > 0 ? j->epochs.n - 1 : 0;
	recovered(j, now);
}

void
journal_flush(struct journal *j, int64_t now)
{
	do
		commit(j, now);
	while (j->state == STORE_OK && j->due <= now);
}

bool
journal_crowded(const struct journal *j, int64_t now)
{
	return j->state != STORE_OK && now - j->trouble_since < CROWDED_MS &&
	       queue_count(j->queue) + ROOM > j->queue_max;
}

int64_t
journal_step(struct journal *j, int64_t now)
{
	/* In trouble nothing hurries the next try. */
	if (j->state != STORE_OK && j->due < j->retry_at)
		j->due = j->retry_at;
	if (j->due <= now)
		commit(j, now);
	return j->due;
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
