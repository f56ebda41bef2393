/*
 * Requests of a person at work, handed to the line by core: a queue of a few.
 * Commands and outputs go before them; with polls that are due they take turns,
 * so that neither starves the other. What a probe may not do is refused here,
 * whoever asks: see probe_check.h.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"
#include "msg.h"

struct lane;
struct probes;
struct run;
struct sink;

/* NULL: out of memory. */
struct probes *probes_new(struct run *borrow);
struct probes *probes_free(struct probes *take);

/* Waits for its lane from now on, or is answered with the reason why not. One
 * more than PROBES_MAX, which core never sends, is dropped: false. */
bool probes_add(struct probes *p, const struct msg_probe *m);

/* Whether one waits for that lane. */
bool probes_wait(struct probes *p, const struct lane *l);

/* The next one of that lane is to be made: its request, and the serial settings
 * it wants (baud 0: the line's own). Borrowed until it is told. */
struct probe_ask {
	struct ask ask;
	uint32_t baud;
	enum parity parity;
	uint8_t stop_bits;
};
void probes_next(struct probes *p, const struct lane *l, struct probe_ask *out);

/* What became of it. BUS_RECALLED: it waits again. late: a unit whose answer to
 * an earlier request came meanwhile; 0: none. */
void probes_took(struct probes *p, const struct lane *l, enum bus_result result,
    const struct answer *a, uint8_t late);
/* It could not be sent at all. */
void probes_failed(struct probes *p, const struct lane *l,
    enum probe_result result, const char *why);
/* There is no port: none that wait for that lane are made. */
void probes_port_gone(struct probes *p, const struct lane *l, const char *why);
/* Nor when the line stops. */
void probes_stop(struct probes *p);

/* Tells the answers, in the order of the requests. */
void probes_tell(struct probes *p, struct sink *s, int fd);

#endif
