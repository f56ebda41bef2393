/*
 * The rules of an exchange. Times are in microseconds of this boot: silences
 * on a serial line are a few of its characters long.
 */
#include "bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "port.h"

enum {
	OWED = 8,
	SETTLE_US = 30000, /* silence that ends a disturbance */
	SETTLE_MAX_US = 500000,
	STUCK_TIMEOUTS = 5,  /* in a row, and */
	STUCK_US = 30000000, /* so long: connect anew */
};

struct owed { /* an answer that may still come */
	struct request req;
	int64_t void_us; /* not to be expected any more; 0: none */
};

struct bus {
	const struct line *line;
	int wake, fd;
	struct link *link; /* NULL: closed */
	uint16_t transaction;
	int64_t quiet_since_us; /* the last byte on the wire, as far we know */
	int64_t answer_us;      /* when something last answered, or opening */
	uint32_t timeouts;      /* in a row */
	struct owed owed[OWED];
	unsigned owed_next;
	uint8_t late_unit;
	bool late;
};

struct bus *
bus_new(const struct line *borrow, int wake)
{
	struct bus *b = calloc(1, sizeof(*b));

	if (b != NULL) {
		b->line = borrow;
		b->wake = wake;
		b->fd = -1;
	}
	return b;
}

struct bus *
bus_free(struct bus *take)
{
	if (take != NULL) {
		bus_close(take);
		free(take);
	}
	return NULL;
}

bool
bus_is_open(const struct bus *b)
{
	return b->link != NULL;
}

void
bus_close(struct bus *b)
{
	if (b->link == NULL)
		return;
	b->link = link_close(b->link);
	b->fd = -1;
	memset(b->owed, 0, sizeof(b->owed));
}

static bool
framed_rtu(const struct bus *b)
{
	return b->line->transport != TRANSPORT_TCP;
}

int
bus_open(struct bus *b, char *why)
{
	int err;

	bus_close(b);
	b->link = link_open(b->line, why, &err);
	if (b->link == NULL)
		return -err;
	b->fd = link_fd(b->link);
	b->timeouts = 0;
	b->quiet_since_us = b->answer_us = port_now_us();
	return 0;
}

/* Microseconds that n characters take on the wire. */
static int64_t
wire_us(const struct bus *b, size_t n)
{
	const struct line *l = b->line;
	int64_t bits = 10 + (l->parity != PARITY_NONE) + (l->stop_bits == 2);

	if (l->transport == TRANSPORT_TCP || l->baud == 0)
		return 0;
	return (int64_t)n * bits * 1000000 / l->baud;
}

/* Serial Line V1.02: 3.5 characters of 11 bits, 1.75 ms above 19200 baud. */
static int64_t
silence_us(const struct bus *b, uint32_t rest_ms)
{
	uint32_t baud = b->line->baud;
	int64_t us = 0;

	if (b->line->transport == TRANSPORT_RTU)
		us = baud == 0 || baud > 19200 ? 1750 : 38500000 / baud + 1;
	return us > (int64_t)rest_ms * 1000 ? us : (int64_t)rest_ms * 1000;
}

/* Whether these bytes are what an earlier request is owed. */
static void
note_late(struct bus *b, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < OWED && framed_rtu(b); i++) {
		struct owed *o = &b->owed[i];

		if (o->void_us == 0 || !reply_find(&o->req, bytes, n))
			continue;
		o->void_us = 0;
		b->late = true;
		b->late_unit = o->req.unit;
	}
}

bool
bus_late(struct bus *b, uint8_t *unit)
{
	if (!b->late)
		return false;
	b->late = false;
	*unit = b->late_unit;
	return true;
}

/* Takes bytes until the line was silent for so long, within a bound (a unit
 * that babbles for ever must not hold us). 0, or -1: the port is gone. */
static int
settle(struct bus *b, int64_t silence, int64_t bound)
{
	int64_t end = port_now_us() + bound;
	uint8_t bytes[512];
	size_t n = 0;

	for (;;) {
		int64_t until = b->quiet_since_us + silence;
		enum port_wait w = port_wait(b->fd, -1, until);

		if (w == WAIT_GONE)
			return -1;
		if (w != WAIT_READY)
			break;
		int got = port_take(b->fd, bytes + n, sizeof(bytes) - n);
		if (got < 0)
			return -1;
		n = n + (size_t)got < sizeof(bytes) ? n + (size_t)got : 0;
		b->quiet_since_us = port_now_us();
		if (b->quiet_since_us > end)
			break;
	}
	note_late(b, bytes, n);
	return 0;
}

/* Our own request came back: as far as it goes, byte for byte. */
static bool
is_echo(const struct request *q, const uint8_t *frame)
{
	uint8_t sent[FRAME_MAX];
	size_t n = request_frame(q, sent), same = 0;

	while (same < n && frame[same] == sent[same])
		same++;
	return !q->tcp && same >= 5;
}

/* So that bytes which never came differ from those of an echo. */
static void
unlike_request(const struct request *q, uint8_t *frame)
{
	(void)request_frame(q, frame);
	for (size_t i = 0; i < FRAME_MAX; i++)
		frame[i] = (uint8_t)~frame[i];
}

static enum bus_result
gone(struct bus *b)
{
	bus_close(b);
	return BUS_PORT;
}

static enum bus_result
noise(struct bus *b, const struct request *q, const uint8_t *frame,
    struct answer *out)
{
	bool echo = is_echo(q, frame);

	(void)snprintf(out->hint, sizeof(out->hint), "%s",
	    echo ? "the adapter hears its own requests; turn its echo off"
		 : "the answer was garbled or not the one asked for");
	if (q->tcp) {
		/* Out of step: only a new connection is surely in step. */
		bus_close(b);
		return BUS_NOISE;
	}
	b->quiet_since_us = port_now_us();
	return settle(b, SETTLE_US, SETTLE_MAX_US) == -1 ? gone(b) : BUS_NOISE;
}

/* One frame within the deadline; REPLY_SHORT with *end set when there will be
 * none. */
static enum reply
receive(struct bus *b, const struct request *q, uint8_t *frame,
    int64_t deadline, struct answer *out, bool *is_gone)
{
	int n = link_receive(b->link, frame, deadline - port_now_us());

	b->quiet_since_us = port_now_us();
	if (n > 0)
		return reply_check(q, frame, (size_t)n, out->words, &out->code);
	if (n == 0)
		return REPLY_FOREIGN; /* libmodbus: another unit's */
	if (n == -ETIMEDOUT)
		return REPLY_SHORT;
	*is_gone = n != -EBADMSG;
	return REPLY_GARBAGE;
}

/* A late answer must not be taken for the next one: listen for it as long
 * again. Ends when it has come. */
static enum bus_result
listen_on(struct bus *b, const struct ask *ask, const struct request *q,
    int64_t sent, struct answer *out)
{
	uint32_t ms =
	    ask->timeout_ms < QUIET_MAX_MS ? ask->timeout_ms : QUIET_MAX_MS;
	int64_t until = port_now_us() + (int64_t)ms * 1000;
	int wake = ask->urgent ? -1 : b->wake;
	uint8_t bytes[FRAME_MAX * 2];
	size_t n = 0;

	for (;;) {
		enum port_wait w = port_wait(b->fd, wake, until);

		if (w == WAIT_GONE)
			return gone(b);
		if (w != WAIT_READY)
			return w == WAIT_WOKEN ? BUS_WOKEN : BUS_TIMEOUT;
		int got = port_take(b->fd, bytes + n, sizeof(bytes) - n);
		if (got < 0)
			return gone(b);
		b->quiet_since_us = port_now_us();
		n += (size_t)got;
		if (reply_find(q, bytes, n)) {
			out->late_ms =
			    (uint32_t)((b->quiet_since_us - sent) / 1000);
			return BUS_TIMEOUT;
		}
		note_late(b, bytes, n);
		if (n == sizeof(bytes))
			n = 0;
		if (b->quiet_since_us > until)
			return BUS_TIMEOUT;
	}
}

/* Health lets a unit rest as long. */
static void
owe(struct bus *b, const struct request *q, int64_t sent, uint32_t timeout_ms)
{
	int64_t ms = (int64_t)timeout_ms * 4;

	/* A write's words are the caller's and soon gone. */
	if (q->words != NULL)
		return;
	if (ms > DEADLINE_MAX_MS)
		ms = DEADLINE_MAX_MS;
	b->owed[b->owed_next++ % OWED] =
	    (struct owed){.req = *q, .void_us = sent + ms * 1000};
}

/* A sound answer that may as well be the late one to an earlier request, which
 * looks the same but asked for other registers. */
static bool
owed_to_another(struct bus *b, const struct request *q)
{
	int64_t now = port_now_us();

	for (size_t i = 0; i < OWED; i++) {
		struct owed *o = &b->owed[i];

		if (now >= o->void_us || o->req.unit != q->unit ||
		    o->req.function != q->function ||
		    o->req.count != q->count || o->req.addr == q->addr)
			continue;
		o->void_us = 0;
		b->late = true;
		b->late_unit = q->unit;
		return true;
	}
	return false;
}

static enum bus_result
timed_out(struct bus *b, const struct ask *ask, const struct request *q,
    int64_t sent, const uint8_t *frame, struct answer *out)
{
	enum bus_result r = BUS_TIMEOUT;

	if (is_echo(q, frame))
		(void)snprintf(out->hint, sizeof(out->hint),
		    "the adapter hears its own request, and nobody answered");
	b->timeouts++;
	if (q->tcp) {
		if (b->timeouts >= STUCK_TIMEOUTS &&
		    port_now_us() - b->answer_us > STUCK_US)
			bus_close(b);
		return r;
	}
	if (ask->quiet)
		r = listen_on(b, ask, q, sent, out);
	if (r != BUS_PORT && out->late_ms == 0)
		owe(b, q, sent, ask->timeout_ms);
	return r;
}

static enum bus_result
await(struct bus *b, const struct ask *ask, const struct request *q,
    struct answer *out)
{
	size_t wire = request_answer_len(q) + 8;
	int64_t sent = port_now_us();
	int64_t deadline = sent + (int64_t)ask->timeout_ms * 1000 +
			   (framed_rtu(b) ? wire_us(b, wire) : 0);
	int wake = ask->urgent ? -1 : b->wake;
	uint8_t frame[FRAME_MAX];
	bool is_gone = false;

	unlike_request(q, frame);
	for (;;) {
		enum port_wait w = port_wait(b->fd, wake, deadline);

		if (w == WAIT_GONE)
			return gone(b);
		if (w == WAIT_WOKEN)
			return BUS_WOKEN;
		if (w == WAIT_TIMEOUT)
			return timed_out(b, ask, q, sent, frame, out);
		switch (receive(b, q, frame, deadline, out, &is_gone)) {
		case REPLY_OK:
			if (owed_to_another(b, q)) {
				unlike_request(q, frame);
				break;
			}
			/* fallthrough */
		case REPLY_EXCEPTION:
			b->timeouts = 0;
			b->answer_us = port_now_us();
			return frame[q->tcp ? 7 : 1] & 0x80 ? BUS_EXCEPTION
							    : BUS_OK;
		case REPLY_FOREIGN:
		case REPLY_STALE:
			note_late(b, frame, sizeof(frame));
			unlike_request(q, frame);
			break;
		case REPLY_SHORT:
			return timed_out(b, ask, q, sent, frame, out);
		case REPLY_GARBAGE:
		default:
			return is_gone ? gone(b) : noise(b, q, frame, out);
		}
	}
}

enum bus_result
bus_ask(struct bus *b, const struct ask *ask, struct answer *out)
{
	struct request q = ask->req;
	uint8_t frame[FRAME_MAX];

	out->code = 0;
	out->late_ms = 0;
	out->hint[0] = '\0';
	if (b->link == NULL)
		return BUS_PORT;
	q.tcp = b->line->transport == TRANSPORT_TCP;
	q.transaction = ++b->transaction;
	if (request_frame(&q, frame) == 0) {
		(void)snprintf(out->hint, sizeof(out->hint),
		    "the request is larger than Modbus allows");
		return BUS_NOISE;
	}
	if (settle(b, silence_us(b, ask->rest_ms), SETTLE_MAX_US) == -1 ||
	    link_send(b->link, &q) < 0)
		return gone(b);
	return await(b, ask, &q, out);
}
