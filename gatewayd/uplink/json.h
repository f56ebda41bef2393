/*
 * The `json` format: payloads from rows; pure. `readings` has the ThingsBoard
 * gateway shape,
 *   {"north/soil-a1": [{"ts": 1732500000000, "values": {"moisture": 23.1}}],
 *    "gateway": [{"ts": ..., "values": {"seq": 812345}}]}
 * Integers are exact to 64 bits, reals the shortest that read back. A reading
 * without a value is absent. An uncertain one, or one whose time is not sure,
 * has a neighbour: "moisture_quality": "uncertain".
 */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

#include "store.h"

/* The readings among n rows, as a text the caller frees; its length in *len.
 * NULL and *len 0: none has a value. NULL and *len 1: no memory. */
char *json_readings(const struct stored *rows, size_t n, size_t *len);
/* One event; NULL: no memory. */
char *json_event(const struct stored *row, size_t *len);
/* `state` is "online" or "offline". */
char *json_status(const char *state, const char *gateway, const char *version,
    const char *boot, int64_t ts_ms, size_t *len);

#endif
