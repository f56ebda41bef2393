/*
 * Rows from the journal, in order of their numbers, as far as core said they
 * are durable. The journal is the backlog: nothing is kept here but one batch.
 */
#ifndef BACKLOG_H
#define BACKLOG_H

#include "window.h"

struct backlog;

enum { BACKLOG_ROWS = 500 };

/* `path` and `uplink` are borrowed. NULL: no memory. */
struct backlog *backlog_new(const char *path, const char *uplink);
struct backlog *backlog_free(struct backlog *take);

/* Opens the store when it is not (or no longer) the one at the path, and then
 * fills the window from its cursor. False: not to be had now, try again. */
bool backlog_ready(struct backlog *b, struct window *w);

/* The next rows up to `durable` that the broker does not have: *rows borrowed
 * until the next call, all events or all readings. 0: nothing more for now. */
size_t backlog_next(struct backlog *b, struct window *w, uint64_t durable,
    const struct stored **rows);

#endif
