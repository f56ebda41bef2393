/*
 * One Modbus line: a serial port or a connection, one request at a time. What
 * must stay true: a value that bus_ask() hands
 * out is the answer to this request, never a late answer to another one. So the
 * line is emptied and silent before each request, a timeout is followed by a
 * quiet wait, and every frame is judged by reply_check().
 */
#ifndef BUS_H
#define BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "reply.h"
#include "site.h"

struct bus;

enum bus_result {
	BUS_OK,
	BUS_TIMEOUT,
	BUS_EXCEPTION, /* answer.code */
	BUS_NOISE,     /* an answer that cannot be trusted; answer.hint */
	BUS_PORT,      /* the port or connection is gone: it is closed now */
	BUS_WOKEN,     /* given up because the wake descriptor was readable */
};

struct ask {
	struct request req;  /* tcp and transaction are set by the bus */
	uint32_t timeout_ms; /* wire time comes on top */
	uint32_t rest_ms;    /* silence the device needs before a request */
	bool quiet;          /* after a timeout, wait for a late answer */
	bool urgent;         /* do not look at the wake descriptor */
};

struct answer {
	uint16_t words[READ_COILS_MAX]; /* of a read: registers, or coils */
	uint8_t code;
	uint32_t late_ms; /* the answer came after the timeout: then 0 < */
	char hint[96];    /* in plain words; "" none */
};

enum { DEADLINE_MAX_MS = 5000, QUIET_MAX_MS = 2500 };

/* wake: -1 or a descriptor whose readability ends a wait. Borrows the line.
 * NULL: out of memory. */
struct bus *bus_new(const struct line *borrow, int wake);
struct bus *bus_free(struct bus *take);

/* Opens by path or name: 0, or -errno with the reason and the remedy in `why`
 * (WHY_MAX of room). */
int bus_open(struct bus *b, char *why);
bool bus_is_open(const struct bus *b);
void bus_close(struct bus *b);

enum bus_result bus_ask(
    struct bus *b, const struct ask *ask, struct answer *out);

/* A unit whose answer came when nobody waited for it any more (it is told
 * once): it needs a longer timeout. */
bool bus_late(struct bus *b, uint8_t *unit);

#endif
