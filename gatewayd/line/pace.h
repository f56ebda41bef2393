/*
 * How long bytes take on a line, and how long it must be still. Microseconds;
 * rounded up, for a silence that is a little too short may cost the request.
 */
#ifndef PACE_H
#define PACE_H

#include <stddef.h>
#include <stdint.h>

#include "site.h"

/* So many characters, one after the other; 0 on TCP. */
int64_t pace_wire_us(const struct line *l, size_t chars);

/* The stillness before a request, and at least rest_ms. */
int64_t pace_silence_us(const struct line *l, uint32_t rest_ms);

#endif
