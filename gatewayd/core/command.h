/*
 * Commands under way: checked, journalled, handed to the line that owns the
 * point, waited for, answered, journalled again. Where a command came from is
 * its source's to know: here it is a name for the journal and somebody to be
 * told.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"
#include "wish.h"

struct core;

enum {
	COMMANDS_MAX = 16,
	COMMANDS_KEPT = 4,        /* of them: for closing */
	COMMAND_BEGIN_MS = 10000, /* a line begins it by then, or refuses */
	COMMAND_WAIT_MS = 15000,  /* then it is uncertain */
	COMMAND_BY_MAX = 96,
};

struct asker {
	/* Told once what became of it, from command_ask() on; NULL: nobody
	 * waits. */
	void (*told)(void *arg, enum command_result result, const char *text);
	void *arg;
	char by[COMMAND_BY_MAX]; /* "root (uid 0) through gatewayctl" */
};

struct pending {
	uint64_t id; /* 0: free */
	size_t line;
	int64_t until; /* INT64_MAX: it was told that it is uncertain */
	struct asker asker;
	char subject[MSG_SUBJECT_MAX], what[160];
};

struct commands { /* zeroed: none, and none ever */
	uint64_t last_id;
	struct pending pending[COMMANDS_MAX];
};

void command_ask(struct core *core, const struct asker *a,
    const struct msg_wish *w, int64_t now);
/* A line's answer: false when that line was not given that id, or has answered
 * it before. */
bool command_result(
    struct core *core, size_t line, const struct msg_result *m, int64_t now);
/* The line's process is gone: what it had not answered is uncertain. */
void command_line_gone(struct core *core, size_t line, int64_t now);
/* Nobody waits with this `arg` any more; its commands go on. */
void command_forget(struct core *core, const void *arg);
/* What has been waited for long enough. The boot time to come back at. */
int64_t command_step(struct core *core, int64_t now);

#endif
