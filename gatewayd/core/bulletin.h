/*
 * The lines' health for the uplinks: composed every five minutes, and soon
 * after a device or a port changed its state, but never twice within ten
 * seconds. Every uplink gets it in pieces, as its channel has room; one that
 * was started anew gets the last one again.
 */
#ifndef BULLETIN_H
#define BULLETIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct child;
struct core;

enum {
	BULLETIN_MS = 300000,
	BULLETIN_APART_MS = 10000,
	BULLETIN_MAX = 65536, /* bytes */
};

struct bulletin {   /* zeroed: none yet */
	char *text; /* the last one */
	unsigned number;
	int64_t next; /* boot time of the one to come */
	int64_t last;
};

/* A state changed. */
void bulletin_news(struct bulletin *b);
/* Composes what is due, sends what there is room for. The boot time to come
 * back at. */
int64_t bulletin_step(struct core *core, int64_t now);
void bulletin_done(struct bulletin *b);

#endif
