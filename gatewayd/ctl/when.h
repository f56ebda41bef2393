/* Times as people write and read them, in the machine's zone or in UTC. */
#ifndef WHEN_H
#define WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Milliseconds UTC of: `now`; `90s`, `15min`, `2h`, `3d`, `1w` (so long ago);
 * `2026-05-03`, `2026-05-03T22:00`, `2026-05-03 22:00:30.250`, each local
 * unless `Z` or `+08:00` follows; or plain milliseconds. False otherwise.
 */
bool when_parse(const char *s, int64_t now_ms, int64_t *ms);

/* How long: `250ms`, `90s`, `10min`, `2h`, `3d`, `1w`. False otherwise. */
bool when_duration(const char *s, int64_t *ms);

/* "2026-05-03 22:00:30.250 +0800", or "2026-05-03T14:00:30.250Z". */
const char *when_format(int64_t ms, bool utc, char *out, size_t size);

/* "0.4 s", "12 s", "5 min", "3 h 20 min", "4 d 2 h". */
const char *when_span(int64_t ms, char *out, size_t size);

#endif
