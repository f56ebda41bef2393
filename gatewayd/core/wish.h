/*
 * What a wish means for the point it names: a command, or why not. Pure.
 * Nothing that is refused here reaches a line.
 */
#ifndef WISH_H
#define WISH_H

#include <stddef.h>

#include "msg.h"
#include "site.h"

struct meaning {
	struct msg_command command;    /* its id and its end are the caller's */
	size_t line;                   /* the line that owns the point */
	char subject[MSG_SUBJECT_MAX]; /* as given, for people to read */
	char what[160]; /* "open for 10min", "close", "set to 12.5" */
};

/* 0, or -EINVAL with the reason, subject and what all the same. */
int wish_read(const struct site *s, const struct msg_wish *w,
    struct meaning *out, char *why, size_t size);

/* "10min", "90s", "1500ms": the largest unit that is exact. Returns out. */
const char *wish_time(uint32_t ms, char *out, size_t size);

#endif
