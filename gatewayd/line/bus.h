/*
 * One serial port or one connection: a request at a time. Nothing here waits:
 * bus_step() does what can be done now, bus_wants() says what to poll for and
 * until when, so that a process serves many of them from one loop.
 *
 * What must stay true: a value that bus_step() hands out is the answer to this
 * request, never a late answer to another one. So the line is emptied and
 * silent before each request, a timeout is followed by a quiet wait, and every
 * frame is judged by reply_check().
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

enum bus_state { BUS_CLOSED, BUS_OPENING, BUS_IDLE, BUS_BUSY };

enum bus_result {
	BUS_PENDING, /* nothing to tell yet */
	BUS_OK,
	BUS_TIMEOUT,
	BUS_EXCEPTION, /* answer.code */
	BUS_NOISE,     /* an answer that cannot be trusted; answer.hint */
	BUS_PORT,      /* the port or connection is gone: it is closed now */
	BUS_RECALLED,  /* nothing was sent: see bus_recall() */
	BUS_OPENED,    /* what bus_open() began has come to a good end */
};

/* Where it leads. Texts are borrowed. */
struct bus_way {
	const struct line *line; /* transport and serial settings */
	const char *host;        /* tcp, rtu_over_tcp; NULL: dialled into */
	uint16_t tcp_port;
};

struct ask {
	struct request req;  /* tcp and transaction are set by the bus; what
				req.words points to is copied */
	uint32_t timeout_ms; /* wire time comes on top */
	uint32_t rest_ms;    /* silence the device needs before a request */
	bool quiet;          /* after a timeout, wait for a late answer */
	bool stranger;       /* a unit that is no device of the line */
};

struct answer {
	uint16_t words[READ_COILS_MAX]; /* of a read: registers, or coils */
	uint8_t code;
	uint8_t unit;     /* BUS_OK, BUS_EXCEPTION: who answered */
	bool crc;         /* BUS_NOISE: the checksum was wrong */
	uint32_t late_ms; /* the answer came after the timeout: then 0 < */
	uint32_t took_us; /* BUS_OK, BUS_EXCEPTION: from the end of the
			     request on the wire to the end of the answer */
	int64_t sent_us;  /* boot time at which the request was sent */
	int64_t done_us;  /* boot time of the result */
	char hint[96];    /* in plain words; "" none */
};

enum {
	DEADLINE_MAX_MS = 5000,
	QUIET_MAX_MS = 2500,
	OWED_MS = 5000, /* so long after a request its answer may still come */
};

/* Borrows the line and host. NULL: out of memory. */
struct bus *bus_new(struct bus_way way);
struct bus *bus_free(struct bus *take);

enum bus_state bus_state(const struct bus *b);

/* Begins to open by path or name: 0 (BUS_IDLE at once, or BUS_OPENING), or
 * -errno with the reason and the remedy in `why` (WHY_MAX of room). One that is
 * dialled into stays BUS_OPENING until bus_adopt(). */
int bus_open(struct bus *b, char *why);
void bus_close(struct bus *b);

/* A connection that dialled in, in place of what there was: a result under way
 * is BUS_PORT. */
void bus_adopt(struct bus *b, int take_fd);

/* Other serial settings than the line's own from now on, until it is opened
 * again; 0 for all three: its own. Only when BUS_IDLE: 0, or -errno (-EINVAL:
 * no such speed) and nothing has changed. */
int bus_tune(
    struct bus *b, uint32_t baud, enum parity parity, uint8_t stop_bits);

/* Only when BUS_IDLE. */
void bus_begin(struct bus *b, const struct ask *ask);

/* Something more urgent is to be sent: after a timeout there is no quiet wait,
 * or no more of it; what may still come is remembered. */
void bus_hurry(struct bus *b);
/* The same; and a request that still waits for the line's silence is not sent:
 * its result is BUS_RECALLED. */
void bus_recall(struct bus *b);

/* Goes on as far as it can without waiting. BUS_OPENING: BUS_OPENED, or
 * BUS_PORT with `why`. BUS_BUSY: the result, with *out. Also to be called when
 * BUS_IDLE and readable: bytes that nobody asked for are taken off. */
enum bus_result bus_step(struct bus *b, struct answer *out, char *why);

struct bus_wants {
	int fd;           /* -1: none */
	short events;     /* for poll(2) */
	int64_t until_us; /* boot time; INT64_MAX: never */
};

struct bus_wants bus_wants(const struct bus *b);

/* Until when a good answer to this request may as well be the late one to an
 * earlier request that looks alike (an RTU answer has no address): asked before
 * that, the answer is not believed and the exchange times out. Boot time; 0:
 * there is no doubt. */
int64_t bus_doubt_us(const struct bus *b, const struct request *req);

/* A unit whose answer came when nobody waited for it any more (it is told
 * once): it needs a longer timeout. */
bool bus_late(struct bus *b, uint8_t *unit);

#endif
