/*
 * The one writer. Everything of one call is one transaction: after a failure
 * the file, the sequence and the caller's rows are as before, so the same rows
 * can be offered again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db.h"

static int
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Moves the damaged file and its companions out of the way. 0 or -errno. */
static int
set_aside(const char *path, char *aside, size_t size)
{
	static const char *const part[] = {"-wal", "-shm"};
	char stamp[32], from[600], to[600];
	time_t now = time(NULL);
	struct tm tm;
	int n = 1;

	if (!gmtime_r(&now, &tm) ||
	    !strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm))
		return -EOVERFLOW;
	do {
		int len = n == 1 ? snprintf(aside, size, "%s.damaged-%s", path,
				       stamp)
				 : snprintf(aside, size, "%s.damaged-%s-%d",
				       path, stamp, n);
		if (len < 0 || (size_t)len >= size)
			return -ENAMETOOLONG;
		n++;
	} while (exists(aside));
	if (rename(path, aside) == -1)
		return -errno;
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(from, sizeof(from), "%s%s", path, part[i]);
		(void)snprintf(to, sizeof(to), "%s%s", aside, part[i]);
		/* An old log must not be replayed into the new file. */
		if (rename(from, to) == -1 && errno != ENOENT &&
		    unlink(from) == -1)
			return -errno;
	}
	return 0;
}

static enum store_result
open_checked(struct store **out, const char *path)
{
	enum store_result r = db_open(out, path, true);

	if (r == STORE_OK)
		r = schema_open(*out);
	if (r == STORE_OK)
		r = schema_check(*out);
	if (r == STORE_OK)
		r = schema_last_seq(*out, &(*out)->last_seq);
	return r;
}

static enum store_result
begin_anew(struct store **out, const char *path, char *aside, size_t size)
{
	char sql[96], why[256];
	struct timespec now = {0};
	enum store_result r;
	int err;

	(void)snprintf(why, sizeof(why), "%s", store_error(*out));
	*out = store_close(*out);
	err = set_aside(path, aside, size);
	if (err < 0) {
		aside[0] = '\0';
		r = db_open(out, path, true);
		if (*out)
			(void)snprintf((*out)->error, sizeof((*out)->error),
			    "%.160s; it cannot be set aside: %s", why,
			    strerror(-err));
		return r == STORE_OK ? STORE_CORRUPT : r;
	}
	r = open_checked(out, path);
	if (r != STORE_OK)
		return r;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(sql, sizeof(sql), "UPDATE floor SET seq = %lld",
	    (long long)now.tv_sec * 1000);
	r = store_exec(*out, sql);
	if (r == STORE_OK)
		(*out)->last_seq = (uint64_t)now.tv_sec * 1000;
	return r;
}

enum store_result
store_open(struct store **out, const char *path, char *aside, size_t aside_size)
{
	enum store_result r;

	aside[0] = '\0';
	*out = NULL;
	r = open_checked(out, path);
	if (r != STORE_CORRUPT)
		return r;
	return begin_anew(out, path, aside, aside_size);
}

uint64_t
store_last_seq(const struct store *s)
{
	return s->last_seq;
}

enum store_result
store_series(struct store *s, const char *name, const char *unit, int64_t *id)
{
	sqlite3_stmt *st = store_sql(s, SQL_SERIES_FIND);
	enum store_result r = STORE_OK;

	if (st)
		(void)sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	if (st && sqlite3_step(st) == SQLITE_ROW) {
		const char *have = (const char *)sqlite3_column_text(st, 1);
		int64_t found = sqlite3_column_int64(st, 0);
		int same = strcmp(have ? have : "", unit ? unit : "") == 0;
		(void)sqlite3_reset(st);
		if (same) {
			*id = found;
			return STORE_OK;
		}
	}
	st = store_sql(s, SQL_SERIES_ADD);
	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 2, unit, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW) {
		int64_t found = sqlite3_column_int64(st, 0);
		/* RETURNING: the row is durable once the statement ends. */
		if (sqlite3_step(st) == SQLITE_DONE)
			*id = found;
		else
			r = store_failed(s, sqlite3_extended_errcode(s->db));
	} else {
		r = store_failed(s, sqlite3_extended_errcode(s->db));
	}
	(void)sqlite3_reset(st);
	return r;
}

enum store_result
store_epoch(struct store *s, struct epoch *e)
{
	sqlite3_stmt *st = store_sql(s, e->id ? SQL_EPOCH_SET : SQL_EPOCH_ADD);
	enum store_result r;

	if (st && e->id)
		(void)sqlite3_bind_int64(st, 1, e->id);
	else if (st)
		(void)sqlite3_bind_text(st, 1, e->boot, -1, SQLITE_STATIC);
	if (st) {
		(void)sqlite3_bind_int64(st, 2, e->offset_ms);
		(void)sqlite3_bind_int(st, 3, (int)e->state);
	}
	r = store_do(s, st);
	if (r == STORE_OK && !e->id)
		e->id = sqlite3_last_insert_rowid(s->db);
	return r;
}

void
store_row_done(struct store_row *row)
{
	free(row->subject);
	free(row->text);
	row->subject = row->text = NULL;
}

static void
bind_value(sqlite3_stmt *st, int at, const struct value *v)
{
	char digits[32];

	switch (v->type) {
	case VALUE_INT:
		(void)sqlite3_bind_int64(st, at, v->i);
		break;
	case VALUE_UINT: /* beyond SQLite's integers: exact as text */
		(void)value_format(v, digits, sizeof(digits));
		(void)sqlite3_bind_text(st, at, digits, -1, SQLITE_TRANSIENT);
		break;
	case VALUE_REAL:
		(void)sqlite3_bind_double(st, at, v->r);
		break;
	case VALUE_TEXT:
		(void)sqlite3_bind_text(st, at, v->text, -1, SQLITE_STATIC);
		break;
	default:
		(void)sqlite3_bind_null(st, at);
		break;
	}
}

static enum store_result
insert(struct store *s, const struct store_row *row)
{
	sqlite3_stmt *st = store_sql(s, row->is_event ? SQL_EVENT : SQL_READING);

	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_bind_int64(st, 1, (int64_t)row->seq);
	if (row->is_event) {
		(void)sqlite3_bind_int64(st, 2, row->epoch);
		(void)sqlite3_bind_int64(st, 3, row->boot_ms);
		(void)sqlite3_bind_int(st, 4, (int)row->kind);
		(void)sqlite3_bind_text(st, 5, row->subject ? row->subject : "",
		    -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(st, 6, row->text ? row->text : "", -1,
		    SQLITE_STATIC);
	} else {
		(void)sqlite3_bind_int64(st, 2, row->series);
		(void)sqlite3_bind_int64(st, 3, row->epoch);
		(void)sqlite3_bind_int64(st, 4, row->boot_ms);
		(void)sqlite3_bind_int(st, 5, (int)row->value.type);
		bind_value(st, 6, &row->value);
		(void)sqlite3_bind_int(st, 7, (int)row->quality);
		(void)sqlite3_bind_int(st, 8, (int)row->reason);
		(void)sqlite3_bind_int(st, 9, row->detail);
	}
	return store_do(s, st);
}

/* Joins the range with those it touches, so that the cursor stays a handful
 * of ranges whatever order the acknowledgements come in. */
static enum store_result
acknowledge(struct store *s, const struct store_ack *a)
{
	int64_t first = (int64_t)a->first, last = (int64_t)a->last;
	sqlite3_stmt *st = store_sql(s, SQL_CURSOR_COVER);
	enum store_result r;

	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_bind_text(st, 1, a->uplink, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 2, first);
	(void)sqlite3_bind_int64(st, 3, last);
	if (sqlite3_step(st) == SQLITE_ROW &&
	    sqlite3_column_type(st, 0) != SQLITE_NULL) {
		if (sqlite3_column_int64(st, 0) < first)
			first = sqlite3_column_int64(st, 0);
		if (sqlite3_column_int64(st, 1) > last)
			last = sqlite3_column_int64(st, 1);
	}
	(void)sqlite3_reset(st);
	for (int i = 0; i < 2; i++) {
		st = store_sql(s, i ? SQL_CURSOR_ADD : SQL_CURSOR_CLEAR);
		if (st) {
			(void)sqlite3_bind_text(st, 1, a->uplink, -1,
			    SQLITE_STATIC);
			(void)sqlite3_bind_int64(st, 2, first);
			(void)sqlite3_bind_int64(st, 3, last);
		}
		r = store_do(s, st);
		if (r != STORE_OK)
			return r;
	}
	return STORE_OK;
}

enum store_result
store_write_all(struct store *s, struct store_row *rows, size_t n,
    const struct store_ack *acks, size_t nacks)
{
	uint64_t seq = s->last_seq;
	enum store_result r;

	if (!n && !nacks)
		return STORE_OK;
	r = store_exec(s, "BEGIN IMMEDIATE");
	if (r != STORE_OK)
		return r;
	for (size_t i = 0; r == STORE_OK && i < n; i++) {
		rows[i].seq = ++seq;
		r = insert(s, &rows[i]);
	}
	for (size_t i = 0; r == STORE_OK && i < nacks; i++)
		r = acknowledge(s, &acks[i]);
	if (r == STORE_OK)
		r = store_exec(s, "COMMIT");
	if (r == STORE_OK) {
		s->last_seq = seq;
		return STORE_OK;
	}
	/* Some failures have rolled back already; what is left, is now. */
	if (!sqlite3_get_autocommit(s->db))
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

enum store_result
store_write(struct store *s, struct store_row *rows, size_t n)
{
	return store_write_all(s, rows, n, NULL, 0);
}
