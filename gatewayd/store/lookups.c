/* What each row refers to: the name of its series, the offset of its epoch. */
#include <stdlib.h>
#include <string.h>

#include "db.h"

/* Ids are given out in turn from 1; of a larger one nothing is kept. */
enum { KEPT_MAX = 1 << 16 };

static bool
make_room(struct store *s, size_t id)
{
	size_t n = s->nnames > 0 ? s->nnames : 64;
	char **more;

	if (id >= KEPT_MAX)
		return false;
	while (n <= id)
		n *= 2;
	if (n == s->nnames)
		return true;
	more = reallocarray(s->names, n, sizeof(*more));
	if (!more)
		return false;
	memset(more + s->nnames, 0, (n - s->nnames) * sizeof(*more));
	s->names = more;
	s->nnames = n;
	return true;
}

enum store_result
store_name_of(struct store *s, int64_t series, const char **name)
{
	size_t id = series > 0 && series < KEPT_MAX ? (size_t)series : 0;
	sqlite3_stmt *st;
	int rc;

	*name = id < s->nnames ? s->names[id] : NULL;
	if (*name)
		return STORE_OK;
	st = store_sql(s, SQL_SERIES_NAME);
	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_bind_int64(st, 1, series);
	rc = sqlite3_step(st);
	if (rc == SQLITE_DONE)
		return STORE_OK;
	if (rc != SQLITE_ROW)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	/* The statement stays at its row, so that the text outlives this call
	 * when there is no room for a copy; store_read() resets it. */
	*name = (const char *)sqlite3_column_text(st, 0);
	if (*name && id > 0 && make_room(s, id) &&
	    (s->names[id] = strdup(*name)) != NULL)
		*name = s->names[id];
	return STORE_OK;
}

enum store_result
store_era_of(struct store *s, int64_t epoch, struct era *e)
{
	sqlite3_stmt *st;
	int rc;

	if (e->epoch == epoch)
		return STORE_OK;
	*e = (struct era){.epoch = epoch};
	st = store_sql(s, SQL_EPOCH);
	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_bind_int64(st, 1, epoch);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		int state = sqlite3_column_int(st, 1);
		e->offset_ms = sqlite3_column_int64(st, 0);
		e->state = state >= 0 && state < EPOCH_KNOWN
			       ? (enum epoch_state)state
			       : EPOCH_KNOWN;
		e->known = true;
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_reset(st); /* its row was taken */
	return STORE_OK;
}

void
store_names_forget(struct store *s)
{
	for (size_t i = 0; i < s->nnames; i++)
		free(s->names[i]);
	free(s->names);
	s->names = NULL;
	s->nnames = 0;
}
