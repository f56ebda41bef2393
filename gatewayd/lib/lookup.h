/*
 * Looks a name up in a process of its own: a mute resolver holds its caller for
 * as many seconds as it has servers and search domains, and a program that
 * serves others must not wait. The process is the caller's own program again,
 * run as `PROGRAM --resolve NAME`: its main() hands that to lookup_main().
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum {
	LOOKUP_MS = 15000, /* then it is killed */
	LOOKUP_MAX = 8,    /* addresses of one name; more are not looked at */
	LOOKUP_TEXT_MAX = LOOKUP_MAX * 64 + 1,
};

enum lookup_result {
	LOOKUP_WAITS,
	LOOKUP_FOUND,
	LOOKUP_BOTH,    /* found, with IPv4 and IPv6 addresses */
	LOOKUP_UNKNOWN, /* there is no such name */
	LOOKUP_MUTE,    /* nobody answered, or not in time */
};

struct lookup { /* all zero: none under way */
	pid_t pid;
	int fd;                     /* of its answer: readable calls for a
				       step; only while pid is set */
	int64_t until;              /* boot time, ms */
	char text[LOOKUP_TEXT_MAX]; /* its answer so far */
	size_t len;
};

/* An address needs no lookup. */
bool lookup_needed(const char *host);
/* Begins one: runs this very program with `--resolve HOST`. 0 or -errno. */
int lookup_begin(struct lookup *l, const char *host, int64_t now);
/* How it stands; none is under way any more unless it says LOOKUP_WAITS. Its
 * addresses are then in `text`. */
enum lookup_result lookup_step(struct lookup *l, int64_t now);
/* Ends one, if there is one. */
void lookup_end(struct lookup *l);

/* A numeric address (IPv6 with its zone, no brackets) and a port. No resolver
 * is asked. False: it is none, and *out is as it was. */
bool lookup_address(
    const char *text, uint16_t port, struct sockaddr_storage *out);
/* Those in a lookup's text, in the order to try them: how many. A line that
 * is no address, or not ended, is passed over. */
size_t lookup_addresses(
    const char *text, uint16_t port, struct sockaddr_storage out[LOOKUP_MAX]);

/* Appended to RES_OPTIONS, where the last word counts: for lookups of this
 * process and its children from now on. 0 or -errno. */
int lookup_patience(const char *options);

/* What `--resolve HOST` does: prints its addresses, one a line, the one to try
 * first in front; the exit code. May block. */
int lookup_main(const char *host);

#endif
