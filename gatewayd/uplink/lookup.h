/*
 * Asks whether a name resolves, in a process of its own: a mute resolver holds
 * its caller for as many seconds as it has servers and search domains, and the
 * uplink must beat meanwhile. libmosquitto, which needs the name itself to
 * check the certificate, asks again only when it did resolve.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { LOOKUP_MS = 15000 }; /* then it is killed */

enum lookup_result {
	LOOKUP_WAITS,
	LOOKUP_FOUND,
	LOOKUP_BOTH,    /* found, with IPv4 and IPv6 addresses */
	LOOKUP_UNKNOWN, /* there is no such name */
	LOOKUP_MUTE,    /* nobody answered, or not in time */
};

struct lookup { /* all zero: none under way */
	pid_t pid;
	int64_t until; /* boot time, ms */
};

/* An address needs no lookup. */
bool lookup_needed(const char *host);
/* Begins one: runs this very program with `--resolve HOST`. 0 or -errno. */
int lookup_begin(struct lookup *l, const char *host, int64_t now);
/* How it stands; none is under way any more unless it says LOOKUP_WAITS. */
enum lookup_result lookup_step(struct lookup *l, int64_t now);
/* Ends one, if there is one. */
void lookup_end(struct lookup *l);

/* Appended to RES_OPTIONS, where the last word counts: for lookups of this
 * process and its children from now on. 0 or -errno. */
int lookup_patience(const char *options);

/* What `--resolve HOST` does: the exit code. May block. */
int lookup_main(const char *host);

#endif
