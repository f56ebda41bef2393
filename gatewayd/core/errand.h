/*
 * Requests that a person at work has a line make, and their answers back to
 * him. What may be asked is the line's to judge, which knows its devices; here
 * they are counted, so that no line is given more than it takes, and what is
 * written is journalled with who asked.
 */
#ifndef ERRAND_H
#define ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct core;

enum { ERRANDS_MAX = 32, ERRAND_BY_MAX = 96 };

struct errand_for {
	/* Told each answer, in no order between lines. */
	void (*told)(void *arg, const struct msg_probed *answer);
	void *arg;
	char by[ERRAND_BY_MAX]; /* "root (uid 0) through gatewayctl" */
};

struct errand {
	uint64_t id; /* 0: free */
	size_t line;
	bool writes;
	struct errand_for by; /* told NULL: it has gone */
	struct msg_probe asked;
};

struct errands { /* zeroed: none, and none ever */
	uint64_t last_id;
	struct errand list[ERRANDS_MAX];
};

void errand_ask(struct core *core, const struct errand_for *by,
    const struct msg_probe *m, int64_t now);
/* A line's answer: false when it was not asked that, or has answered before. */
bool errand_answered(
    struct core *core, size_t line, const struct msg_probed *m, int64_t now);
/* The line's process is gone, and what it was asked with it. */
void errand_line_gone(struct core *core, size_t line, int64_t now);
/* Nobody with this `arg` listens any more; what is under way goes on. */
void errand_forget(struct core *core, const void *arg);

#endif
