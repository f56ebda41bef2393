/*
 * The way to the card: rows, acknowledgements and what series must not forget
 * are gathered and committed together, every `commit_ms` and as soon as they
 * are many, events at once. While the store is locked, full, read-only or
 * broken, rows wait in the queue, everything else goes on, and it is tried
 * again every second; what did not fit meanwhile is counted and told
 * afterwards.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"
#include "reading.h"
#include "site.h"
#include "store.h"

enum {
	QUEUE_MAX = 20000,
	JOURNAL_RETRY_MS = 1000,
	ACK_MS = 1000,
	CROWDED_MS = 5000, /* see journal_crowded() */
	ROOM = 2000        /* likewise: rows that still find room then */
};

struct journal;

/* Opens nothing yet. NULL: no memory. */
struct journal *journal_new(
    const char *path, uint32_t commit_ms, size_t queue_max);
/* Closes the store; what is still queued is lost. */
struct journal *journal_free(struct journal *take);

/* Opens the store; any failure but STORE_NEWER is tried again by
 * journal_step(). */
enum store_result journal_open(struct journal *j, int64_t now);

/* The series of a site: indexes of readings mean this site from now on. Rows
 * that wait keep theirs. 0 or -ENOMEM. */
int journal_site(struct journal *j, const struct site *site);
/* The epoch of all rows that follow: begun, or (!begin) corrected. */
int journal_epoch(struct journal *j, const struct epoch *e, bool begin);

void journal_reading(struct journal *j, const struct reading *r, int64_t now);
void journal_event(struct journal *j, enum event_kind kind, int64_t boot_ms,
    const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* `uplink` is copied. The range was checked against journal_last(). */
void journal_ack(struct journal *j, const char *uplink, uint64_t first,
    uint64_t last, int64_t now);

/* What the series must not forget: at the latest with the readings that come
 * after it. */
void journal_keep(struct journal *j, const struct kept *k, int64_t now);
/* The newest; false: there is none. */
bool journal_kept(const struct journal *j, uint32_t series, struct kept *out);
/* What earlier runs left was read. */
bool journal_kept_known(const struct journal *j);

/* Commits what is due, one transaction at most: the field waits meanwhile.
 * The boot time to come back at. */
int64_t journal_step(struct journal *j, int64_t now);
/* The store does not take rows and there is hardly room for more: better not
 * to ask the lines for any. Only for the first seconds of a trouble, since a
 * line that is not listened to cannot say what became of its commands either.
 */
bool journal_crowded(const struct journal *j, int64_t now);
/* Commits all there is, once. */
void journal_flush(struct journal *j, int64_t now);

/* The last durable number. */
uint64_t journal_last(const struct journal *j);
/* Grows with every commit of rows or epochs: readers have something to see. */
uint64_t journal_commits(const struct journal *j);
/* Grows when the file is another one: readers must open it again. */
unsigned journal_files(const struct journal *j);

/* All up to *upto is acknowledged (stored or about to be), *left numbers behind
 * it are not. False when
 * the store cannot say. */
bool journal_acked(
    struct journal *j, const char *uplink, uint64_t *upto, uint64_t *left);

struct journal_view {
	const char *path;
	enum store_result state;
	uint64_t seq, pending, dropped;
};
struct journal_view journal_view(const struct journal *j);

#endif
