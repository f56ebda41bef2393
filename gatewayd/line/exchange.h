/*
 * One request and its answer on a link that is open: the silence before, the
 * sending, the deadline, and what is done after a disturbance so that the next
 * exchange is not harmed by this one. Nothing waits.
 *
 *   SILENCE  until the line was still for long enough; what comes is taken off
 *   ANSWER   until the deadline
 *   SETTLE   after noise: until the line is still again. The answer may be
 *            behind the noise, and is taken if it is
 *   QUIET    after a timeout: an answer that comes now is late, and no value
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "ear.h"
#include "link.h"
#include "reply.h"
#include "site.h"

enum phase {
	PHASE_IDLE,
	PHASE_SILENCE,
	PHASE_ANSWER,
	PHASE_SETTLE,
	PHASE_QUIET
};

struct exchange {
	const struct line *line;
	enum phase phase;

	/* The request, with copies of what it points to. */
	struct request req;
	uint16_t words[WRITE_COILS_MAX];
	uint8_t raw[RAW_MAX];
	uint8_t frame[FRAME_MAX];
	size_t nframe; /* 0: breaks the limits, never sent */
	uint32_t timeout_ms;
	int64_t silence_us;
	bool quiet, stranger;
	bool recalled; /* not to be sent after all */
	uint16_t transaction;

	/* Boot time, microseconds. */
	int64_t sent_us;  /* 0: not yet */
	int64_t until_us; /* the end of the phase at the latest */
	int64_t last_us;  /* of the last byte on the wire, as far as we know:
			     ahead of now while a request goes out */

	struct ear ear;
	bool paid; /* an answer came, good or bad: none will follow */
};

/* Borrows the line. The exchange must stay where it is in memory. */
void exchange_init(struct exchange *x, const struct line *line);

/* A new port or connection: nothing has come on it yet. */
void exchange_reset(struct exchange *x);

/* The port has been set up anew, as this line says (borrowed): a silence of
 * that speed before the next request. */
void exchange_tune(struct exchange *x, const struct line *line);

void exchange_begin(struct exchange *x, const struct ask *ask);

/* The result, or BUS_PENDING. BUS_PORT: the link is to be closed; on TCP after
 * BUS_NOISE, too: only a new connection is surely in step. */
enum bus_result exchange_step(
    struct exchange *x, struct link *k, struct answer *out);

/* The link is gone: BUS_PORT. */
enum bus_result exchange_cut(struct exchange *x, struct answer *out);

/* When to step at the latest; before that, whenever the link is readable. */
int64_t exchange_until(const struct exchange *x);

/* No quiet wait, or no more of it. */
void exchange_hurry(struct exchange *x);
/* The same; and what has not been sent yet is not sent: BUS_RECALLED. */
void exchange_recall(struct exchange *x);

#endif
