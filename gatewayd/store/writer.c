/*
 * The one writer. Everything of one call is one transaction: after a failure
 * the file, the sequence and the caller's rows are as before, so the same rows
 * can be offered again.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db.h"
#include "mono.h"

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
		int len =
		    n == 1 ? snprintf(aside, size, "%s.damaged-%s", path, stamp)
			   : snprintf(aside, size, "%s.damaged-%s-%d", path,
				 stamp, n);
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

/* Above every number the damaged file can have given out: numbers grow slower
 * than milliseconds. Its own times count too, for the clock may not be set yet
 * (1970), and so does what could still be read of it. */
static uint64_t
floor_above(const char *path, uint64_t salvaged)
{
	static const char *const part[] = {"", "-wal"};
	const int64_t year_2100 = INT64_C(4102444800);
	int64_t ms = wall_ms();
	char name[600];
	struct stat info;

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, part[i]);
		if (stat(name, &info) == 0 && info.st_mtime < year_2100 &&
		    (int64_t)info.st_mtime * 1000 > ms)
			ms = (int64_t)info.st_mtime * 1000;
	}
	return ms > 0 && (uint64_t)ms > salvaged ? (uint64_t)ms : salvaged;
}

/* Where there is no file, but there are some that were set aside: we were
 * killed after the renaming. 0: the count begins at 1. */
static uint64_t
floor_of_new(const char *path)
{
	char pattern[600];
	uint64_t floor = 0;
	glob_t found;

	if (exists(path))
		return 0;
	(void)snprintf(pattern, sizeof(pattern), "%s.damaged-*", path);
	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++)
		floor = floor_above(found.gl_pathv[i], floor);
	globfree(&found);
	return floor;
}

static enum store_result
open_checked(struct store **out, const char *path, uint64_t floor)
{
	enum store_result r = db_open(out, path, true);

	if (r == STORE_OK)
		(*out)->floor = floor;
	if (r == STORE_OK)
		r = schema_open(*out);
	if (r == STORE_OK)
		r = schema_check(*out);
	if (r == STORE_OK)
		r = schema_last_seq(*out, &(*out)->last_seq);
	return r;
}

static enum store_result
begin_anew(struct store **out, const char *path, uint64_t salvaged,
    const char *why, char *aside, size_t aside_size)
{
	uint64_t floor = floor_above(path, salvaged);
	int err = set_aside(path, aside, aside_size);

	if (err == 0)
		return open_checked(out, path, floor);
	aside[0] = '\0';
	(void)db_open(out, path, true); /* for its words alone */
	if (*out)
		(void)snprintf((*out)->error, sizeof((*out)->error),
		    "%.160s; it cannot be set aside: %s", why, strerror(-err));
	return err == -EROFS ? STORE_READ_ONLY : STORE_CORRUPT;
}

enum store_result
store_begin_anew(struct store **s, char *aside, size_t aside_size)
{
	char why[256], *path = strdup((*s)->path);
	uint64_t salvaged = schema_salvage_seq(*s);
	enum store_result r;

	aside[0] = '\0';
	if (!path)
		return STORE_IO;
	(void)snprintf(why, sizeof(why), "%s", store_error(*s));
	if ((*s)->last_seq > salvaged)
		salvaged = (*s)->last_seq;
	*s = store_close(*s);
	r = begin_anew(s, path, salvaged, why, aside, aside_size);
	free(path);
	return r;
}

enum store_result
store_open(struct store **out, const char *path, char *aside, size_t aside_size)
{
	struct stat info;
	enum store_result r;

	aside[0] = '\0';
	*out = NULL;
	/* We leave no empty file behind: this one was cut to nothing. SQLite
	 * would take it for new, delete its log and count from 1. */
	if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && !info.st_size)
		return begin_anew(
		    out, path, 0, "the file is empty", aside, aside_size);
	r = open_checked(out, path, floor_of_new(path));
	if (r != STORE_CORRUPT)
		return r;
	return store_begin_anew(out, aside, aside_size);
}

uint64_t
store_last_seq(const struct store *s)
{
	return s->last_seq;
}

static enum store_result
find_or_add(struct store *s, const char *name, const char *unit, int64_t *id)
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
	if (st)
		(void)sqlite3_reset(st); /* a damaged page shows again below */
	st = store_sql(s, SQL_SERIES_ADD);
	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 2, unit, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW) {
		int64_t found = sqlite3_column_int64(st, 0);
		/* RETURNING: the row is written once the statement ends. */
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
store_series_all(struct store *s, struct store_series *series, size_t n)
{
	enum store_result r = store_exec(s, "BEGIN IMMEDIATE");

	for (size_t i = 0; r == STORE_OK && i < n; i++)
		r = find_or_add(
		    s, series[i].name, series[i].unit, &series[i].id);
	if (r == STORE_OK)
		r = store_exec(s, "COMMIT");
	if (r == STORE_OK)
		return STORE_OK;
	store_roll_back(s);
	for (size_t i = 0; i < n; i++)
		series[i].id = 0;
	return r;
}

enum store_result
store_series(struct store *s, const char *name, const char *unit, int64_t *id)
{
	struct store_series one = {name, unit, 0};
	enum store_result r = store_series_all(s, &one, 1);

	if (r == STORE_OK)
		*id = one.id;
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
insert(struct store *s, const struct store_row *row, uint64_t seq)
{
	sqlite3_stmt *st =
	    store_sql(s, row->is_event ? SQL_EVENT : SQL_READING);

	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_bind_int64(st, 1, (int64_t)seq);
	if (row->is_event) {
		(void)sqlite3_bind_int64(st, 2, row->epoch);
		(void)sqlite3_bind_int64(st, 3, row->boot_ms);
		(void)sqlite3_bind_int(st, 4, (int)row->kind);
		(void)sqlite3_bind_text(
		    st, 5, row->subject ? row->subject : "", -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(
		    st, 6, row->text ? row->text : "", -1, SQLITE_STATIC);
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
acknowledge(struct store *s, const struct store_ack *a, uint64_t highest)
{
	int64_t first = (int64_t)a->first;
	int64_t last = (int64_t)(a->last < highest ? a->last : highest);
	sqlite3_stmt *st;
	enum store_result r;

	/* A number never given out must not lift the count. */
	if (!a->first || a->first > a->last || a->first > highest)
		return STORE_OK;
	st = store_sql(s, SQL_CURSOR_COVER);
	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_bind_text(st, 1, a->uplink, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 2, first);
	(void)sqlite3_bind_int64(st, 3, last);
	if (sqlite3_step(st) != SQLITE_ROW) {
		r = store_failed(s, sqlite3_extended_errcode(s->db));
		(void)sqlite3_reset(st); /* its error was taken above */
		return r;
	}
	if (sqlite3_column_type(st, 0) != SQLITE_NULL) {
		if (sqlite3_column_int64(st, 0) < first)
			first = sqlite3_column_int64(st, 0);
		if (sqlite3_column_int64(st, 1) > last)
			last = sqlite3_column_int64(st, 1);
	}
	(void)sqlite3_reset(st);
	for (int i = 0; i < 2; i++) {
		st = store_sql(s, i ? SQL_CURSOR_ADD : SQL_CURSOR_CLEAR);
		if (st) {
			(void)sqlite3_bind_text(
			    st, 1, a->uplink, -1, SQLITE_STATIC);
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
store_write_all(struct store *s, const struct store_batch *b)
{
	size_t n = b->nrows;
	enum store_result r;

	if (!n && !b->nacks && !b->nkept)
		return STORE_OK;
	r = store_exec(s, "BEGIN IMMEDIATE");
	for (size_t i = 0; r == STORE_OK && i < n; i++)
		r = insert(s, &b->rows[i], s->last_seq + 1 + i);
	for (size_t i = 0; r == STORE_OK && i < b->nacks; i++)
		r = acknowledge(s, &b->acks[i], s->last_seq + n);
	for (size_t i = 0; r == STORE_OK && i < b->nkept; i++)
		r = store_keep(s, &b->kept[i]);
	if (r == STORE_OK)
		r = store_exec(s, "COMMIT");
	if (r != STORE_OK) {
		store_roll_back(s);
		return r;
	}
	for (size_t i = 0; i < n; i++)
		b->rows[i].seq = ++s->last_seq;
	return STORE_OK;
}

enum store_result
store_write(struct store *s, struct store_row *rows, size_t n)
{
	struct store_batch b = {.rows = rows, .nrows = n};

	return store_write_all(s, &b);
}
