/* One store, one queue, and when to bring them together. */
#include <inttypes.h>
#include <stdio.h>

#include "journal_inside.h"
#include "log.h"

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
	kepts_forget(&j->kepts);
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
		r = kepts_read(&j->kepts, &j->series, j->store);
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
	struct store_batch b = {.rows = j->batch};

	if (r != STORE_OK || (queue_count(j->queue) == 0 && j->acks.n == 0 &&
				 j->kepts.ndirty == 0))
		return r;
	b.nrows = fill_batch(j);
	b.acks = j->acks.a;
	b.nacks = j->acks.n;
	b.nkept = kepts_batch(&j->kepts, &j->series);
	b.kept = j->kepts.batch;
	r = store_write_all(j->store, &b);
	if (r != STORE_OK)
		return r;
	queue_done(j->queue, b.nrows);
	acks_clear(&j->acks);
	kepts_written(&j->kepts);
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
