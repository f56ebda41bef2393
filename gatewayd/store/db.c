/* Connections, prepared statements and what SQLite's errors mean for us. */
#include "db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

static const char *const sql_text[STATEMENTS] = {
    [SQL_READING] =
	"INSERT INTO journal(seq, series, epoch, at_ms, type, value, quality,"
	" reason, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [SQL_EVENT] = "INSERT INTO event(seq, epoch, at_ms, kind, subject, text)"
		  " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_READ_READINGS] =
	"SELECT seq, epoch, at_ms, series, NULL, type, value, quality, reason,"
	" detail FROM journal WHERE seq > ?1 ORDER BY seq",
    [SQL_READ_EVENTS] =
	"SELECT seq, epoch, at_ms, kind, subject, text FROM event"
	" WHERE seq > ?1 ORDER BY seq",
    [SQL_EPOCH] = "SELECT offset_ms, state FROM epoch WHERE id = ?1",
    [SQL_SERIES_NAME] = "SELECT name FROM series WHERE id = ?1",
    [SQL_CURSOR] =
	"SELECT first, last FROM cursor WHERE uplink = ?1 ORDER BY first"
	" LIMIT ?2",
    [SQL_CURSOR_COVER] =
	"SELECT min(first), max(last) FROM cursor WHERE uplink = ?1"
	" AND first <= ?3 + 1 AND last >= ?2 - 1",
    [SQL_CURSOR_CLEAR] =
	"DELETE FROM cursor WHERE uplink = ?1 AND first >= ?2 AND last <= ?3",
    [SQL_CURSOR_ADD] = "INSERT INTO cursor VALUES (?1, ?2, ?3)",
    [SQL_SERIES_FIND] = "SELECT id, unit FROM series WHERE name = ?1",
    [SQL_SERIES_ADD] =
	"INSERT INTO series(name, unit) VALUES (?1, ?2)"
	" ON CONFLICT(name) DO UPDATE SET unit = excluded.unit RETURNING id",
    [SQL_EPOCH_ADD] =
	"INSERT INTO epoch(boot, offset_ms, state) VALUES (?1, ?2, ?3)",
    [SQL_EPOCH_SET] =
	"UPDATE epoch SET offset_ms = ?2, state = ?3 WHERE id = ?1",
    [SQL_HISTORY] =
	"SELECT j.seq, e.offset_ms + j.at_ms AS ts, e.state, j.series, s.name,"
	" j.type, j.value, j.quality, j.reason, j.detail"
	" FROM journal j JOIN epoch e ON e.id = j.epoch"
	" JOIN series s ON s.id = j.series"
	" WHERE j.series = (SELECT id FROM series WHERE name = ?1)"
	" AND ts >= ?2 AND ts < ?3 ORDER BY j.seq",
    [SQL_EVENTS] =
	"SELECT v.seq, e.offset_ms + v.at_ms AS ts, e.state, v.kind,"
	" v.subject, v.text FROM event v JOIN epoch e ON e.id = v.epoch"
	" WHERE ts >= ?1 AND ts < ?2 ORDER BY v.seq",
    [SQL_COUNT] =
	"SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM event),"
	" (SELECT page_count * page_size FROM pragma_page_count,"
	" pragma_page_size)",
    [SQL_KEEP] = "INSERT INTO kept(series, bytes) VALUES (?1, ?2)"
		 " ON CONFLICT(series) DO UPDATE SET bytes = excluded.bytes",
    [SQL_KEPT] = "SELECT s.name, k.bytes FROM kept k"
		 " JOIN series s ON s.id = k.series",
};

const char *
store_result_name(enum store_result r)
{
	static const char *const name[STORE_RESULTS] = {
	    [STORE_OK] = "ok",
	    [STORE_LOCKED] = "locked",
	    [STORE_FULL] = "full",
	    [STORE_READ_ONLY] = "read_only",
	    [STORE_IO] = "io",
	    [STORE_CORRUPT] = "corrupt",
	    [STORE_NEWER] = "newer",
	};

	return (unsigned)r < STORE_RESULTS ? name[r] : "?";
}

const char *
store_error(const struct store *s)
{
	return s ? s->error : "out of memory";
}

static enum store_result
meaning(int rc, int system_errno)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL: /* lost a race for the lock too often */
		return STORE_LOCKED;
	case SQLITE_FULL:
		return STORE_FULL;
	case SQLITE_READONLY: /* a file moved away is not one to retry */
		return rc == SQLITE_READONLY_DBMOVED ? STORE_IO
						     : STORE_READ_ONLY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return STORE_CORRUPT;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		/* A full disk may show itself while the WAL's index grows. */
		if (system_errno == ENOSPC || system_errno == EDQUOT ||
		    rc == SQLITE_IOERR_SHMSIZE)
			return STORE_FULL;
		return system_errno == EROFS ? STORE_READ_ONLY : STORE_IO;
	default:
		return STORE_IO;
	}
}

/* SQLite tries again for reading alone, which hides the first error. */
static bool
on_read_only(const char *path)
{
	char dir[512];
	char *slash;
	struct statvfs fs;

	(void)snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash)
		slash[1] = '\0';
	return statvfs(slash ? dir : ".", &fs) == 0 && (fs.f_flag & ST_RDONLY);
}

enum store_result
store_failed(struct store *s, int rc)
{
	bool file =
	    (rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_IOERR;
	int system_errno = s->db && file ? sqlite3_system_errno(s->db) : 0;

	if (file && on_read_only(s->path))
		system_errno = EROFS;
	(void)snprintf(s->error, sizeof(s->error), "%s%s%s",
	    s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc),
	    system_errno ? ": " : "",
	    system_errno ? strerror(system_errno) : "");
	return meaning(rc, system_errno);
}

sqlite3_stmt *
store_sql(struct store *s, enum statement which)
{
	sqlite3_stmt **st = &s->st[which];

	if (!*st && sqlite3_prepare_v3(s->db, sql_text[which], -1,
			SQLITE_PREPARE_PERSISTENT, st, NULL) != SQLITE_OK)
		return NULL;
	(void)sqlite3_reset(*st); /* repeats the last step's error */
	(void)sqlite3_clear_bindings(*st);
	return *st;
}

enum store_result
store_do(struct store *s, sqlite3_stmt *st)
{
	int rc = st ? sqlite3_step(st) : SQLITE_ERROR;
	enum store_result r = STORE_OK;

	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		r = store_failed(s, sqlite3_extended_errcode(s->db));
	if (st)
		(void)sqlite3_reset(st); /* its error was taken above */
	return r;
}

enum store_result
store_exec(struct store *s, const char *sql)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	return STORE_OK;
}

void
store_roll_back(struct store *s)
{
	/* Some failures have rolled back by themselves. One that cannot has
	 * lost its file, and closing drops the rest. */
	if (!sqlite3_get_autocommit(s->db))
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

enum store_result
db_open(struct store **out, const char *path, bool writer)
{
	int flags = SQLITE_OPEN_NOMUTEX |
		    (writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
			    : SQLITE_OPEN_READONLY);
	struct store *s = calloc(1, sizeof(*s));
	enum store_result r = STORE_IO;

	if (!s || !(s->path = strdup(path))) {
		free(s);
		return STORE_IO;
	}
	int rc = sqlite3_open_v2(path, &s->db, flags, NULL);
	if (s->db)
		(void)sqlite3_extended_result_codes(s->db, 1);
	*out = s; /* even when it failed: store_error() has the words */
	if (rc != SQLITE_OK)
		return store_failed(s, rc);
	/* SQLite falls back to reading; it would never come back from that. */
	if (writer && sqlite3_db_readonly(s->db, "main") == 1) {
		(void)snprintf(s->error, sizeof(s->error),
		    on_read_only(path) ? "read-only file system"
				       : "may not be written");
		return STORE_READ_ONLY;
	}
	/* Never waits: the caller keeps its rows and comes back. */
	(void)sqlite3_busy_timeout(s->db, 0);
	r = store_exec(s, "PRAGMA temp_store = memory; PRAGMA mmap_size = 0;"
			  "PRAGMA cache_size = -512");
	return r;
}

struct store *
store_close(struct store *take)
{
	if (!take)
		return NULL;
	for (size_t i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(take->st[i]);
	store_names_forget(take);
	/* With every statement finalized it cannot be busy. */
	(void)sqlite3_close(take->db);
	free(take->path);
	free(take);
	return NULL;
}
