/*
 * Readers: the uplinks by sequence number, people by series and time. A reader
 * never holds a transaction between calls, so the writer's log stays short.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db.h"

enum store_result
store_open_reader(struct store **out, const char *path)
{
	enum store_result r;

	*out = NULL;
	r = db_open(out, path, false);
	return r == STORE_OK ? schema_readable(*out) : r;
}

/* Untrusted like any file: an enum out of range becomes the nearest sense. */
static unsigned
column_enum(sqlite3_stmt *st, int at, unsigned n)
{
	int v = sqlite3_column_int(st, at);

	return v >= 0 && (unsigned)v < n ? (unsigned)v : n - 1;
}

/* Cut to what there is room for. */
static void
copy_text(const char *text, char *out, size_t size)
{
	size_t n = text ? strnlen(text, size - 1) : 0;

	if (n > 0)
		memcpy(out, text, n);
	out[n] = '\0';
}

static void
column_copy(sqlite3_stmt *st, int at, char *out, size_t size)
{
	copy_text((const char *)sqlite3_column_text(st, at), out, size);
}

static struct value
column_value(sqlite3_stmt *st, int type_at, int at)
{
	const char *text;
	char *end;

	switch (sqlite3_column_type(st, at)) {
	case SQLITE_INTEGER:
		return value_int(sqlite3_column_int64(st, at));
	case SQLITE_FLOAT:
		return value_real(sqlite3_column_double(st, at));
	case SQLITE_TEXT:
		text = (const char *)sqlite3_column_text(st, at);
		if (sqlite3_column_int(st, type_at) != VALUE_UINT)
			return value_text(text ? text : "");
		errno = 0;
		uint64_t u = strtoull(text ? text : "", &end, 10);
		if (!errno && text && end != text && !*end)
			return value_uint(u);
		return (struct value){.type = VALUE_NONE};
	default:
		return (struct value){.type = VALUE_NONE};
	}
}

/* All but the time and the name of a reading. */
static void
fill_reading(sqlite3_stmt *st, struct stored *out)
{
	out->seq = (uint64_t)sqlite3_column_int64(st, 0);
	out->is_event = false;
	out->series = sqlite3_column_int64(st, 3);
	out->value = column_value(st, 5, 6);
	out->quality = (enum quality)column_enum(st, 7, QUALITIES);
	out->reason = (enum reason)column_enum(st, 8, REASONS);
	out->detail = (uint8_t)sqlite3_column_int(st, 9);
	if (out->value.type == VALUE_NONE)
		out->quality = QUALITY_BAD;
	out->kind = 0;
	out->text[0] = '\0';
}

/* All but the time of an event. */
static void
fill_event(sqlite3_stmt *st, struct stored *out)
{
	memset(out, 0, sizeof(*out));
	out->is_event = true;
	out->seq = (uint64_t)sqlite3_column_int64(st, 0);
	out->kind = (enum event_kind)column_enum(st, 3, EVENT_KINDS);
	column_copy(st, 4, out->name, sizeof(out->name));
	column_copy(st, 5, out->text, sizeof(out->text));
}

/* One of the two streams that store_read() merges, at its next row. */
struct stream {
	sqlite3_stmt *st;
	bool is_event, has;
	uint64_t seq;
	const char *name; /* of a reading's series */
	struct era era;
};

/* A row whose epoch or series the file does not have is passed over. */
static enum store_result
advance(struct store *s, struct stream *x)
{
	enum store_result r = STORE_OK;
	int rc;

	do {
		rc = sqlite3_step(x->st);
		x->has = false;
		if (rc == SQLITE_DONE)
			return STORE_OK;
		if (rc != SQLITE_ROW)
			return store_failed(s, sqlite3_extended_errcode(s->db));
		x->seq = (uint64_t)sqlite3_column_int64(x->st, 0);
		r = store_era_of(s, sqlite3_column_int64(x->st, 1), &x->era);
		if (r == STORE_OK && !x->is_event)
			r = store_name_of(
			    s, sqlite3_column_int64(x->st, 3), &x->name);
		x->has = x->era.known && (x->is_event || x->name);
	} while (r == STORE_OK && !x->has);
	return r;
}

static void
fill(const struct stream *x, struct stored *out)
{
	(x->is_event ? fill_event : fill_reading)(x->st, out);
	out->clock = x->era.state;
	out->ts_ms = sqlite3_column_int64(x->st, 2) + x->era.offset_ms;
	if (!x->is_event)
		copy_text(x->name, out->name, sizeof(out->name));
}

static enum store_result
merge(struct store *s, struct stream x[2], bool held, struct stored *rows,
    size_t cap, size_t *n)
{
	enum store_result r = STORE_OK;

	for (int i = 0; r == STORE_OK && i < 2; i++)
		r = advance(s, &x[i]);
	while (r == STORE_OK && *n < cap && (x[0].has || x[1].has)) {
		struct stream *least =
		    !x[1].has || (x[0].has && x[0].seq < x[1].seq) ? &x[0]
								   : &x[1];
		if (!held && least->era.state == EPOCH_UNKNOWN)
			break;
		fill(least, &rows[(*n)++]);
		if (*n < cap)
			r = advance(s, least);
	}
	return r;
}

enum store_result
store_read(struct store *s, uint64_t after, bool held, struct stored *rows,
    size_t cap, size_t *n)
{
	struct stream x[2] = {
	    {.st = store_sql(s, SQL_READ_READINGS)},
	    {.st = store_sql(s, SQL_READ_EVENTS), .is_event = true},
	};
	size_t got = 0;
	enum store_result r;

	if (!x[0].st || !x[1].st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	for (int i = 0; i < 2; i++)
		(void)sqlite3_bind_int64(x[i].st, 1, (int64_t)after);
	/* One view for both: else rows committed between the first look at
	 * readings and that at events would be passed over for good. */
	r = store_exec(s, "BEGIN");
	if (r == STORE_OK)
		r = merge(s, x, held, rows, cap, &got);
	(void)sqlite3_reset(x[0].st);
	(void)sqlite3_reset(x[1].st);
	(void)sqlite3_reset(s->st[SQL_SERIES_NAME]); /* NULL does no harm */
	store_roll_back(s);                          /* nothing was written */
	if (r == STORE_OK)
		*n = got;
	return r;
}

enum store_result
store_cursor(struct store *s, const char *uplink, struct seq_range *ranges,
    size_t cap, size_t *n)
{
	sqlite3_stmt *st = store_sql(s, SQL_CURSOR);
	size_t got = 0;
	int rc = SQLITE_DONE;

	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_bind_text(st, 1, uplink, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 2, (int64_t)cap);
	while (got < cap && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		ranges[got].first = (uint64_t)sqlite3_column_int64(st, 0);
		ranges[got++].last = (uint64_t)sqlite3_column_int64(st, 1);
	}
	enum store_result r = STORE_OK;
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		r = store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_reset(st);
	if (r == STORE_OK)
		*n = got;
	return r;
}

static enum store_result
hand_out(struct store *s, sqlite3_stmt *st, bool events,
    bool (*each)(const struct stored *row, void *arg), void *arg)
{
	enum store_result r = STORE_OK;
	struct stored row;
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		(events ? fill_event : fill_reading)(st, &row);
		row.ts_ms = sqlite3_column_int64(st, 1);
		row.clock =
		    (enum epoch_state)column_enum(st, 2, EPOCH_KNOWN + 1);
		if (!events)
			column_copy(st, 4, row.name, sizeof(row.name));
		if (!each(&row, arg))
			break;
	}
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		r = store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_reset(st);
	return r;
}

enum store_result
store_history(struct store *s, const char *name, int64_t from_ms, int64_t to_ms,
    bool (*each)(const struct stored *row, void *arg), void *arg)
{
	sqlite3_stmt *st = store_sql(s, SQL_HISTORY);

	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 2, from_ms);
	(void)sqlite3_bind_int64(st, 3, to_ms);
	return hand_out(s, st, false, each, arg);
}

enum store_result
store_events(struct store *s, int64_t from_ms, int64_t to_ms,
    bool (*each)(const struct stored *row, void *arg), void *arg)
{
	sqlite3_stmt *st = store_sql(s, SQL_EVENTS);

	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_bind_int64(st, 1, from_ms);
	(void)sqlite3_bind_int64(st, 2, to_ms);
	return hand_out(s, st, true, each, arg);
}

enum store_result
store_count(struct store *s, struct store_counts *out)
{
	sqlite3_stmt *st = store_sql(s, SQL_COUNT);
	struct store_counts c = {0};
	char wal[600];
	struct stat info;
	enum store_result r;

	if (!st || sqlite3_step(st) != SQLITE_ROW) {
		r = store_failed(s, sqlite3_extended_errcode(s->db));
		if (st)
			(void)sqlite3_reset(st);
		return r;
	}
	c.readings = (uint64_t)sqlite3_column_int64(st, 0);
	c.events = (uint64_t)sqlite3_column_int64(st, 1);
	c.bytes = sqlite3_column_int64(st, 2);
	(void)sqlite3_reset(st);
	r = schema_last_seq(s, &c.last_seq);
	if (r != STORE_OK)
		return r;
	(void)snprintf(wal, sizeof(wal), "%s-wal", s->path);
	if (stat(wal, &info) == 0)
		c.bytes += info.st_size;
	*out = c;
	return STORE_OK;
}
