/* Doubling waits. */
#include "backoff.h"

uint32_t
backoff_after(struct backoff *b, int64_t lived_ms)
{
	uint32_t wait;

	if (!b->next_ms || lived_ms >= HEALTHY_MS)
		b->next_ms = BACKOFF_FIRST_MS;
	wait = b->next_ms;
	b->next_ms = wait > BACKOFF_MAX_MS / 2 ? BACKOFF_MAX_MS : wait * 2;
	return wait;
}
