/* How long to wait before the next try at a broker; pure. */
#ifndef RETRY_H
#define RETRY_H

#include <stdint.h>

enum { RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 48000 };

/* After `failures` in a row: doubling, with a quarter either way by `dice`, so
 * that a county's gateways do not come back all at once; never above a minute.
 */
uint32_t retry_ms(uint32_t failures, uint32_t dice);

#endif
