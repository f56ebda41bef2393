/* Hands a line what its series must not forget: right after its hello, and the
 * line does not begin before the last of it. */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "child.h"

struct core;

/* So long a line waits for a store that cannot be read yet. */
enum { HANDOVER_WAIT_MS = 3000 };

/* False: there is more to hand over; come back soon. */
bool handover_step(struct core *core, struct child *c, int64_t now);

#endif
