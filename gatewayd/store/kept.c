/* What series must not forget: one row each, the newest. */
#include "db.h"

enum store_result
store_keep(struct store *s, const struct store_kept *k)
{
	sqlite3_stmt *st = store_sql(s, SQL_KEEP);

	if (st) {
		(void)sqlite3_bind_int64(st, 1, k->series);
		(void)sqlite3_bind_blob(st, 2, k->bytes, k->n, SQLITE_STATIC);
	}
	return store_do(s, st);
}

enum store_result
store_kept_all(struct store *s,
    void (*each)(const char *name, const uint8_t *bytes, uint8_t n, void *arg),
    void *arg)
{
	sqlite3_stmt *st = store_sql(s, SQL_KEPT);
	enum store_result r = STORE_OK;
	int rc;

	if (!st)
		return store_failed(s, sqlite3_extended_errcode(s->db));
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 0);
		const void *bytes = sqlite3_column_blob(st, 1);
		int n = sqlite3_column_bytes(st, 1);

		/* Anything else was not written by us. */
		if (name && bytes && n <= KEPT_BYTES)
			each(name, bytes, (uint8_t)n, arg);
	}
	if (rc != SQLITE_DONE)
		r = store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_reset(st); /* its error was taken above */
	return r;
}
