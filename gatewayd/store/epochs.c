/*
 * What earlier runs left undecided. A run that ended before its clock was known
 * leaves an unknown epoch, and readers stop in front of its rows: of this same
 * boot it takes the offset now known, of an earlier boot nobody can tell any
 * more and it is let go as uncertain.
 */
#include <stdio.h>
#include <string.h>

#include "db.h"

enum store_result
store_settle(struct store *s, const struct epoch *now)
{
	char sql[256];

	/* The boot id stands inside quotes below. */
	if (strchr(now->boot, '\'') != NULL)
		return STORE_IO;
	(void)snprintf(sql, sizeof(sql),
	    "UPDATE epoch SET state = %d WHERE state = %d AND boot <> '%s'",
	    EPOCH_RELEASED, EPOCH_UNKNOWN, now->boot);
	enum store_result r = store_exec(s, sql);
	if (r != STORE_OK || now->state == EPOCH_UNKNOWN)
		return r;
	(void)snprintf(sql, sizeof(sql),
	    "UPDATE epoch SET state = %d, offset_ms = %lld"
	    " WHERE state = %d AND boot = '%s'",
	    now->state, (long long)now->offset_ms, EPOCH_UNKNOWN, now->boot);
	return store_exec(s, sql);
}
