/*
 * The store's inside: the one header that knows SQLite. Used by schema.c,
 * writer.c and reader.c only.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>

#include "store.h"

enum statement {
	SQL_READING,
	SQL_EVENT,
	SQL_READ_READINGS,
	SQL_READ_EVENTS,
	SQL_EPOCH,
	SQL_SERIES_NAME,
	SQL_CURSOR,
	SQL_CURSOR_COVER,
	SQL_CURSOR_CLEAR,
	SQL_CURSOR_ADD,
	SQL_SERIES_FIND,
	SQL_SERIES_ADD,
	SQL_EPOCH_ADD,
	SQL_EPOCH_SET,
	SQL_HISTORY,
	SQL_EVENTS,
	SQL_COUNT,
	SQL_KEEP,
	SQL_KEPT,
	STATEMENTS
};

struct store {
	sqlite3 *db;
	char *path;
	uint64_t last_seq;            /* writer: the highest ever given out */
	uint64_t floor;               /* a new file's numbers begin above */
	sqlite3_stmt *st[STATEMENTS]; /* prepared at first use */
	char **names; /* reader: of series by id, as far as they are known */
	size_t nnames;
	char error[256];
};

/* What SQLite's code means for us; keeps its words for store_error(). */
enum store_result store_failed(struct store *s, int rc);
/* The prepared statement, reset and unbound; NULL after a failure. */
sqlite3_stmt *store_sql(struct store *s, enum statement which);
/* Steps a statement that returns no row. */
enum store_result store_do(struct store *s, sqlite3_stmt *st);
enum store_result store_exec(struct store *s, const char *sql);

/* What a reader looks up for each row, from memory where it may: a series keeps
 * its name, an epoch does not keep its offset. *name NULL, false: the file has
 * none such. */
enum store_result store_name_of(
    struct store *s, int64_t series, const char **name);
struct era {
	int64_t epoch, offset_ms; /* epoch 0: none yet */
	enum epoch_state state;
	bool known;
};
enum store_result store_era_of(struct store *s, int64_t epoch, struct era *e);
void store_names_forget(struct store *s);

/* Within the caller's transaction. */
enum store_result store_keep(struct store *s, const struct store_kept *k);

/* Rolls back what a failure has left open. */
void store_roll_back(struct store *s);

/* Creates or migrates; STORE_NEWER when the file is of a later version. */
enum store_result schema_open(struct store *s);
/* Whether the file is one of ours and sound. */
enum store_result schema_check(struct store *s);
/* Whether a reader understands the file. */
enum store_result schema_readable(struct store *s);
enum store_result schema_last_seq(struct store *s, uint64_t *seq);
/* The highest number a damaged file still shows; 0: none. */
uint64_t schema_salvage_seq(struct store *s);

/* A connection; no file is created unless `writer`. */
enum store_result db_open(struct store **out, const char *path, bool writer);

#endif
