/*
 * A child program: started on descriptor 3 (channel), 4 (configuration) and, a
 * line, 5 (the page it shares with us, wire/page.h), watched, killed when it is
 * silent or talks nonsense, started again. Core trusts none of them and waits
 * for none of them.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "backoff.h"

enum child_role { ROLE_LINE, ROLE_UPLINK, ROLES };

enum { SILENCE_MS = 10000, REAP_MS = 5000, CHILD_BUFFER = 256 * 1024 };

enum child_state {
	CHILD_DOWN,     /* none runs; `next` says when one will */
	CHILD_STARTING, /* it has not said hello */
	CHILD_UP,       /* of our build */
	CHILD_READY,
	CHILD_ENDING /* killed, or its channel is closed; not reaped yet */
};

struct child {
	enum child_role role;
	uint32_t index;   /* of the site's line or uplink */
	const char *name; /* borrowed from the site */
	enum child_state state;
	pid_t pid; /* 0: none */
	int fd;    /* -1: none */
	int page;  /* line: shared with it; -1: none. Also when it is gone */
	int64_t started, heard, next;
	bool stopping, stop_sent, bye;
	bool renew; /* asked to end, to be started anew */
	bool held;  /* not listened to while the journal is crowded */
	uint32_t restarts;
	struct backoff backoff;
	uint32_t handed;    /* line: up to this series, see handover.h */
	uint64_t committed; /* uplink: what it was told, see journal_commits */
	char *bulletin;     /* uplink: it is being sent this; NULL: nothing */
	size_t bulletin_sent;
	unsigned bulletin_number; /* the last one that it was sent */
	void *io, *ended;         /* event sources, the supervisor's */
};

/* How a child is started. */
struct program {
	char *path;
	int snapshot; /* sealed memfd */
	int page; /* negative: none; taken, also when it cannot be started */
	bool debug;
};

/* Starts it: 0 with pid and fd (close-on-exec, non-blocking), or -errno. */
int child_start(struct child *c, const struct program *p, int64_t now);
/* SIGKILL; it is still to be reaped. */
void child_kill(struct child *c);
/* Closes the channel, and drops what it was being sent. */
void child_close(struct child *c);
/* Lets go of what outlives its process. */
void child_done(struct child *c);
bool child_silent(const struct child *c, int64_t now);

#endif
