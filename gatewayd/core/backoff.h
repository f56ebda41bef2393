/* How long to wait before a child is started again; pure. */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdint.h>

enum { BACKOFF_FIRST_MS = 200, BACKOFF_MAX_MS = 30000, HEALTHY_MS = 60000 };

struct backoff {
	uint32_t next_ms; /* 0: BACKOFF_FIRST_MS */
};

/* The child ran for `lived_ms` and died: the wait, doubling from 0.2 s to
 * 30 s, and from the start again once it lived for a minute. */
uint32_t backoff_after(struct backoff *b, int64_t lived_ms);

#endif
