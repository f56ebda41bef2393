/*
 * A TCP connection in the making. Nothing waits: a name is looked up in a
 * process of its own (a resolver may be mute for seconds), connect() is not
 * blocking, and every address the name has is tried in turn.
 */
#ifndef DIAL_H
#define DIAL_H

#include <stdint.h>

struct dial;

enum { DIAL_MS = 3000 /* for one address */ };

/* host: name or address without brackets, borrowed. NULL: out of memory. */
struct dial *dial_new(const char *host, uint16_t port);
struct dial *dial_free(struct dial *take);

/* The connected descriptor (non-blocking, close-on-exec, tuned by
 * port_tune_tcp()), the caller's from now on; -EINPROGRESS; or another -errno
 * with the reason and the remedy in `why` (WHY_MAX of link.h). */
int dial_step(struct dial *d, int64_t now_us, char *why);

/* What to poll for, and until when (boot time, microseconds). */
int dial_wants(const struct dial *d, short *events, int64_t *until_us);

#endif
