/* A slave's part: a request's PDU to the PDU of its answer. */
#ifndef SERVE_H
#define SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct sim_device;
struct strike;

struct answer {
	uint8_t pdu[2 * PDU_MAX + 8]; /* room for one that is too long */
	size_t n;
};

/* Does what is asked, with what strikes it, and fills the answer. False:
 * there is none. `broadcast`: only writes, never answered. */
bool serve(struct sim_device *d, const uint8_t *pdu, size_t n, bool broadcast,
    int64_t now, struct answer *out, struct strike *strike);

/* Timed outputs of which the time is up. The next such time, or INT64_MAX. */
int64_t serve_timers(struct sim_device *d, int64_t now);

#endif
