/*
 * The store: one SQLite file in WAL mode with synchronous=FULL. Core is its
 * only writer; uplinks and gatewayctl read.
 *
 * Everything durable has a sequence number from one counter, never used twice:
 * readings (journal) and events share it, and an uplink's cursor is the set of
 * numbers its broker has acknowledged, kept as ranges.
 *
 * Time is kept as an epoch and milliseconds since boot: an epoch is a stretch
 * of one boot during which wall time - boot time was one number. When the
 * clock becomes known the epoch's one offset is corrected, and with it every
 * reading of that stretch; no row is rewritten.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"
#include "reading.h"

struct store;

enum store_result {
	STORE_OK = 0,
	STORE_LOCKED,    /* somebody holds it; try again */
	STORE_FULL,      /* no space; try again */
	STORE_READ_ONLY, /* file system is read-only; try again */
	STORE_IO,        /* I/O error; close and open again */
	STORE_CORRUPT,   /* not a database, or damaged: set aside, anew */
	STORE_NEWER,     /* written by a newer gatewayd: refused */
	STORE_RESULTS
};
const char *store_result_name(enum store_result r);

enum epoch_state {
	EPOCH_UNKNOWN,  /* held: not forwarded */
	EPOCH_RELEASED, /* `hold` ran out: forwarded as uncertain, `clock` */
	EPOCH_KNOWN
};

struct epoch {
	int64_t id;        /* 0: not stored yet */
	char boot[37];     /* kernel's boot id */
	int64_t offset_ms; /* wall = boot time + offset */
	enum epoch_state state;
};

/* ---- writer (core) ---- */

/* Opens or creates, migrates forward, checks. A damaged file is renamed to
 * PATH.damaged-YYYYMMDDThhmmss (-2 and so on, never over another) with its
 * -wal, and a new one begun: *aside is then its new name (caller's 512 bytes),
 * else ""; an empty file counts as damaged. The new file's numbers begin above
 * all the old one can have given out (the milliseconds of now, of the file's
 * last change, and its highest that can be read): the county sees a jump,
 * never a repeat.
 * *out is set even on failure, for store_error() and store_close(). */
enum store_result store_open(
    struct store **out, const char *path, char *aside, size_t aside_size);
/* The same for a file that showed STORE_CORRUPT while in use. Readers must open
 * again. *s is replaced, also on failure. */
enum store_result store_begin_anew(
    struct store **s, char *aside, size_t aside_size);
struct store *store_close(struct store *take);
/* SQLite's words for the last failure; borrowed until the next call. */
const char *store_error(const struct store *s);
uint64_t store_last_seq(const struct store *s);

/* The lasting id of a series (created as needed): name "north/soil-a1/ph". */
enum store_result store_series(
    struct store *s, const char *name, const char *unit, int64_t *id);
/* The same for many, in one transaction: 1,500 new series are one sync of the
 * card, not 1,500. After a failure every id is 0. */
struct store_series {
	const char *name, *unit; /* borrowed; unit NULL: none */
	int64_t id;              /* filled in */
};
enum store_result store_series_all(
    struct store *s, struct store_series *series, size_t n);
/* Inserts (id 0, then filled in) or updates the epoch. */
enum store_result store_epoch(struct store *s, struct epoch *e);
/* Decides the unknown epochs that earlier runs left: those of now->boot become
 * like *now once that is no longer unknown, others are released. */
enum store_result store_settle(struct store *s, const struct epoch *now);

struct store_row {
	uint64_t seq; /* filled in by store_write() when it succeeds */
	int64_t epoch, boot_ms;
	bool is_event;
	int64_t series; /* lasting id */
	struct value value;
	enum quality quality;
	enum reason reason;
	uint8_t detail;
	enum event_kind kind;
	char *subject, *text; /* events: owned by the row, see store_row_done */
};
void store_row_done(struct store_row *row);

/* Writes rows, in order, in one transaction: all durable, or none and a
 * reason. Never waits for a lock. */
enum store_result store_write(
    struct store *s, struct store_row *rows, size_t n);

/* The broker of an uplink has first..last; merged with neighbouring ranges.
 * Numbers never given out are passed over. */
struct store_ack {
	const char *uplink;
	uint64_t first, last;
};
/* What a series must not forget over a restart; the newest alone is held. */
struct store_kept {
	int64_t series; /* lasting id */
	uint8_t n;
	uint8_t bytes[KEPT_BYTES];
};
/* store_write() with acknowledgements and what is kept in the same transaction:
 * they cost the card no commit of their own, and no reading is durable before
 * what is kept with it. */
struct store_batch {
	struct store_row *rows;
	size_t nrows;
	const struct store_ack *acks;
	size_t nacks;
	const struct store_kept *kept;
	size_t nkept;
};
enum store_result store_write_all(struct store *s, const struct store_batch *b);

/* All that is kept, handed to `each` one by one with its series' full name. */
enum store_result store_kept_all(struct store *s,
    void (*each)(const char *name, const uint8_t *bytes, uint8_t n, void *arg),
    void *arg);

/* ---- reader (uplink, gatewayctl) ---- */

enum store_result store_open_reader(struct store **out, const char *path);

struct stored { /* one row of journal or event, with its wall time */
	uint64_t seq;
	int64_t ts_ms; /* UTC */
	enum epoch_state clock;
	bool is_event;
	int64_t series;
	char name[MSG_SUBJECT_MAX]; /* series, or the event's subject */
	struct value value;
	enum quality quality;
	enum reason reason;
	uint8_t detail;
	enum event_kind kind;
	char text[MSG_LINE_TEXT_MAX];
};

/* Up to cap rows with seq > after, ascending, readings and events merged.
 * Stops in front of rows whose epoch is EPOCH_UNKNOWN unless `held` is true.
 * *n: how many. */
enum store_result store_read(struct store *s, uint64_t after, bool held,
    struct stored *rows, size_t cap, size_t *n);

struct seq_range {
	uint64_t first, last;
};
/* The uplink's acknowledged ranges, ascending, cap at most. */
enum store_result store_cursor(struct store *s, const char *uplink,
    struct seq_range *ranges, size_t cap, size_t *n);

/* Rows of one series (its full name), from <= ts < to, oldest first, handed
 * one by one to `each`, which returns false to stop. */
enum store_result store_history(struct store *s, const char *name,
    int64_t from_ms, int64_t to_ms,
    bool (*each)(const struct stored *row, void *arg), void *arg);
/* Events likewise. */
enum store_result store_events(struct store *s, int64_t from_ms, int64_t to_ms,
    bool (*each)(const struct stored *row, void *arg), void *arg);

/* Counts by walking the tables: for a reader, not for the core's loop. */
struct store_counts {
	uint64_t readings, events, last_seq;
	int64_t bytes; /* file and -wal */
};
enum store_result store_count(struct store *s, struct store_counts *out);

#endif
