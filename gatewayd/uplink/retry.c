/* Doubling waits with jitter. */
#include "retry.h"

uint32_t
retry_ms(uint32_t failures, uint32_t dice)
{
	uint32_t ms = RETRY_FIRST_MS;

	while (failures-- > 1 && ms < RETRY_MAX_MS)
		ms *= 2;
	if (ms > RETRY_MAX_MS)
		ms = RETRY_MAX_MS;
	return ms - ms / 4 + dice % (ms / 2 + 1);
}
