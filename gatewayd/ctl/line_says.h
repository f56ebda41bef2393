/*
 * What gatewayd-line says of a site. It is asked because it alone has the code
 * that polls, and because plugins run in no other program: it gets the site as
 * a line gets it, and a time by which it is to be done.
 */
#ifndef LINE_SAYS_H
#define LINE_SAYS_H

#include <stddef.h>

struct snapshot;

enum { LINE_SAYS_MS = 10000, LINE_SAYS_MAX = 16 << 20 };

/* Runs `program option arg` with the snapshot: what it printed, the caller's to
 * free(), or NULL with the reason. Its stderr is ours. */
char *line_says(const char *program, const struct snapshot *s,
    const char *option, const char *arg, size_t *len, char *why, size_t size);

#endif
