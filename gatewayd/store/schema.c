/*
 * The shape of the file, and how an older one becomes it: each step is one
 * transaction's part, user_version counts them. A later version is refused,
 * untouched.
 *
 * journal is keyed by its sequence number alone, in order of arrival: that is
 * what spares an SD card. The two views are for people with sqlite3 or pandas.
 */
#include <stdio.h>

#include "db.h"

enum {
	APPLICATION_ID = 0x47574459, /* "GWDY" */
	CHECK_WHOLE_MAX = 64 << 20,  /* bytes of file */
};

/* A number beyond this is damage, not count: JSON readers keep 2^53 exactly. */
#define SALVAGE_MAX (INT64_C(1) << 53)

/* Reads every column, so that every page of the end is looked at. */
#define TAIL_SQL                                                               \
	"SELECT (SELECT count(*) FROM series) + (SELECT count(*) FROM epoch)"  \
	" + (SELECT count(*) FROM cursor) + (SELECT total(length(bytes)) FROM" \
	" kept) + (SELECT total(length(value) +"                               \
	" detail) FROM (SELECT value, detail FROM journal ORDER BY seq DESC"   \
	" LIMIT 2000)) + (SELECT total(length(text)) FROM (SELECT text FROM"   \
	" event ORDER BY seq DESC LIMIT 200))"

static const char *const step[] = {
    "CREATE TABLE series(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " unit TEXT);"
    "CREATE TABLE epoch(id INTEGER PRIMARY KEY, boot TEXT NOT NULL,"
    " offset_ms INTEGER NOT NULL, state INTEGER NOT NULL);"
    /* value: NULL when bad; above 2^63-1 the decimal digits as text. */
    "CREATE TABLE journal(seq INTEGER PRIMARY KEY, series INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, at_ms INTEGER NOT NULL, type INTEGER NOT NULL,"
    " value, quality INTEGER NOT NULL, reason INTEGER NOT NULL,"
    " detail INTEGER NOT NULL);"
    "CREATE TABLE event(seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL, kind INTEGER NOT NULL, subject TEXT NOT NULL,"
    " text TEXT NOT NULL);"
    "CREATE TABLE cursor(uplink TEXT NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, PRIMARY KEY(uplink, first)) WITHOUT ROWID;"
    /* No number is used twice, whatever is deleted, and by whom. */
    "CREATE TABLE floor(seq INTEGER NOT NULL);"
    "INSERT INTO floor VALUES (0);"
    "CREATE TRIGGER journal_floor AFTER DELETE ON journal"
    " BEGIN UPDATE floor SET seq = old.seq WHERE seq < old.seq; END;"
    "CREATE TRIGGER event_floor AFTER DELETE ON event"
    " BEGIN UPDATE floor SET seq = old.seq WHERE seq < old.seq; END;",
    /* 2: the views know reason 11 and event 11. */
    "",
    /* 3: what series must not forget; the views know reason 12. */
    "CREATE TABLE kept(series INTEGER PRIMARY KEY, bytes BLOB NOT NULL);",
};
enum { VERSION = sizeof(step) / sizeof(step[0]) };

/* They hold nothing: each migration ends with making them anew, so that an
 * older file names what the new version writes. */
static const char views[] =
    "DROP VIEW IF EXISTS reading; DROP VIEW IF EXISTS events;"
    "CREATE VIEW reading AS SELECT j.seq,"
    " strftime('%Y-%m-%dT%H:%M:%f', (e.offset_ms + j.at_ms) / 1000.0,"
    " 'unixepoch') || 'Z' AS time, e.offset_ms + j.at_ms AS ts_ms, s.name,"
    " s.unit, j.value, CASE j.quality WHEN 0 THEN 'good' WHEN 1 THEN"
    " 'uncertain' ELSE 'bad' END AS quality, CASE j.reason WHEN 0 THEN ''"
    " WHEN 1 THEN 'range' WHEN 2 THEN 'no_data' WHEN 3 THEN 'timeout'"
    " WHEN 4 THEN 'exception' WHEN 5 THEN 'noise' WHEN 6 THEN 'port'"
    " WHEN 7 THEN 'plugin' WHEN 8 THEN 'stale' WHEN 9 THEN 'frozen'"
    " WHEN 10 THEN 'clock' WHEN 11 THEN 'unconfirmed' WHEN 12 THEN"
    " 'warm_up' ELSE j.reason END AS reason, j.detail,"
    " CASE e.state WHEN 2 THEN 'known' WHEN 1 THEN 'released' ELSE 'unknown'"
    " END AS clock FROM journal j JOIN epoch e ON e.id = j.epoch"
    " JOIN series s ON s.id = j.series;"
    "CREATE VIEW events AS SELECT v.seq,"
    " strftime('%Y-%m-%dT%H:%M:%f', (e.offset_ms + v.at_ms) / 1000.0,"
    " 'unixepoch') || 'Z' AS time, e.offset_ms + v.at_ms AS ts_ms,"
    " CASE v.kind WHEN 1 THEN 'gateway' WHEN 2 THEN 'line' WHEN 3 THEN"
    " 'device' WHEN 4 THEN 'point' WHEN 5 THEN 'output' WHEN 6 THEN 'child'"
    " WHEN 7 THEN 'plugin' WHEN 8 THEN 'clock' WHEN 9 THEN 'store' WHEN 10"
    " THEN 'link' WHEN 11 THEN 'command' ELSE v.kind END AS kind, v.subject, "
    "v.text"
    " FROM event v JOIN epoch e ON e.id = v.epoch;";

static enum store_result
number(struct store *s, const char *sql, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	enum store_result r = STORE_OK;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	else
		r = store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_finalize(st);
	return r;
}

static enum store_result
migrate(struct store *s, int64_t from)
{
	char last[96], floor_sql[64];
	enum store_result r = store_exec(s, "BEGIN IMMEDIATE");

	for (int64_t v = from; r == STORE_OK && v < VERSION; v++)
		r = store_exec(s, step[v]);
	(void)snprintf(last, sizeof(last),
	    "PRAGMA user_version = %d; PRAGMA application_id = %d; COMMIT",
	    VERSION, APPLICATION_ID);
	(void)snprintf(floor_sql, sizeof(floor_sql),
	    "UPDATE floor SET seq = %lld", (long long)s->floor);
	if (r == STORE_OK && from == 0)
		r = store_exec(s, floor_sql);
	if (r == STORE_OK)
		r = store_exec(s, views);
	if (r == STORE_OK)
		r = store_exec(s, last);
	if (r != STORE_OK)
		store_roll_back(s);
	return r;
}

enum store_result
schema_open(struct store *s)
{
	int64_t version = 0, application = 0, tables = 0;
	enum store_result r = number(s, "PRAGMA user_version", &version);

	if (r == STORE_OK)
		r = number(s, "PRAGMA application_id", &application);
	if (r == STORE_OK)
		r = number(s, "SELECT count(*) FROM sqlite_schema", &tables);
	if (r != STORE_OK)
		return r;
	/* Somebody else's database is not ours to write in. */
	if (version > VERSION || version < 0 ||
	    (tables > 0 && application != APPLICATION_ID)) {
		(void)snprintf(s->error, sizeof(s->error),
		    "written by %s; use the gatewayd that wrote it, or name "
		    "another file under store: path:",
		    application == APPLICATION_ID ? "a newer gatewayd"
						  : "another program");
		return STORE_NEWER;
	}
	r = store_exec(s, "PRAGMA journal_mode = wal;"
			  "PRAGMA synchronous = full;"
			  "PRAGMA wal_autocheckpoint = 500;"
			  "PRAGMA journal_size_limit = 4194304");
	if (r == STORE_OK && version < VERSION)
		r = migrate(s, version);
	return r;
}

enum store_result
schema_check(struct store *s)
{
	sqlite3_stmt *st = NULL;
	int64_t bytes = 0;
	enum store_result r = number(s,
	    "SELECT page_count * page_size FROM "
	    "pragma_page_count, pragma_page_size",
	    &bytes);

	if (r != STORE_OK)
		return r;
	/* A whole check of a large file would keep the field waiting: there
	 * only the end, where we go on writing. */
	if (bytes > CHECK_WHOLE_MAX)
		return number(s, TAIL_SQL, &bytes);
	if (sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &st, NULL) !=
		SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW)
		r = store_failed(s, sqlite3_extended_errcode(s->db));
	else if (sqlite3_stricmp(
		     (const char *)sqlite3_column_text(st, 0), "ok") != 0) {
		(void)snprintf(s->error, sizeof(s->error), "%s",
		    (const char *)sqlite3_column_text(st, 0));
		r = STORE_CORRUPT;
	}
	(void)sqlite3_finalize(st);
	return r;
}

enum store_result
schema_readable(struct store *s)
{
	int64_t version = 0, application = 0;
	enum store_result r = number(s, "PRAGMA user_version", &version);

	if (r == STORE_OK)
		r = number(s, "PRAGMA application_id", &application);
	if (r != STORE_OK)
		return r;
	if (application == APPLICATION_ID && version == VERSION)
		return STORE_OK;
	if (version > VERSION || (version && application != APPLICATION_ID)) {
		(void)snprintf(s->error, sizeof(s->error),
		    "written by %s; this one cannot read it",
		    application == APPLICATION_ID ? "a newer gatewayd"
						  : "another program");
		return STORE_NEWER;
	}
	(void)snprintf(s->error, sizeof(s->error),
	    "not of this version yet; start gatewayd, which brings it forward");
	return STORE_LOCKED;
}

uint64_t
schema_salvage_seq(struct store *s)
{
	static const char *const sql[] = {
	    "SELECT max(seq) FROM journal",
	    "SELECT max(seq) FROM event",
	    "SELECT max(last) FROM cursor",
	    "SELECT seq FROM floor",
	};
	uint64_t most = 0;

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		int64_t n = 0;
		if (number(s, sql[i], &n) == STORE_OK && n > 0 &&
		    n < SALVAGE_MAX && (uint64_t)n > most)
			most = (uint64_t)n;
	}
	return most;
}

enum store_result
schema_last_seq(struct store *s, uint64_t *seq)
{
	int64_t n = 0;
	enum store_result r = number(s,
	    "SELECT max((SELECT coalesce(max(seq), 0) FROM journal),"
	    " (SELECT coalesce(max(seq), 0) FROM event),"
	    " (SELECT coalesce(max(last), 0) FROM cursor),"
	    " (SELECT seq FROM floor))",
	    &n);

	if (r == STORE_OK)
		*seq = (uint64_t)n;
	return r;
}
