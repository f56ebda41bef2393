/* The list of series: for people who mistyped one, and for their unit. */
#include "names.h"

#include "db.h"

enum store_result
store_names(struct store *s,
    bool (*each)(const char *name, const char *unit, void *arg), void *arg)
{
	sqlite3_stmt *st = NULL;
	enum store_result r = STORE_OK;
	int rc = sqlite3_prepare_v2(s->db,
	    "SELECT name, unit FROM series ORDER BY name", -1, &st, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		const char *name, *unit;
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW)
			break;
		name = (const char *)sqlite3_column_text(st, 0);
		unit = (const char *)sqlite3_column_text(st, 1);
		if (!each(name ? name : "", unit ? unit : "", arg))
			break;
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		r = store_failed(s, sqlite3_extended_errcode(s->db));
	(void)sqlite3_finalize(st);
	return r;
}
