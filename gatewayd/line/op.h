/*
 * An operation of a plugin, which the guard let through, as a request. Pure.
 */
#ifndef OP_H
#define OP_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway_device.h"
#include "reply.h"

bool op_reads(const struct gw_op *op);
bool op_writes(const struct gw_op *op);

/* A write whose registers or coils, read, hold what was written word for word.
 * Of any other only the plugin knows how to see what it did. */
bool op_plain(const struct gw_op *op);

/* bytes: room for GW_WORDS_MAX, borrowed by the request as op is. False when
 * there is nothing to send: a pause. */
bool op_request(
    const struct gw_op *op, uint8_t unit, uint8_t *bytes, struct request *out);

/* The read of what a plain write wrote. */
struct request op_read_back(const struct gw_op *op, uint8_t unit);

/* Whether a raw read was "answered" by its own bytes: on a serial line such an
 * answer and an echo look alike, and it proves nothing. */
bool op_echoed(const struct gw_op *op, const uint16_t *words);

#endif
