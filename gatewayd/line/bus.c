/* What leads to the units: opening it, losing it, and handing the exchanges on
 * it through. */
#include "bus.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dial.h"
#include "exchange.h"
#include "port.h"
#include "sense.h"
#include "tune.h"

enum {
	STUCK_TIMEOUTS = 5,  /* in a row, and */
	STUCK_US = 30000000, /* so long: connect anew */
};

struct bus {
	struct bus_way way;
	enum bus_state state;
	struct link *link; /* NULL: closed, or still opening */
	struct dial *dial; /* while dialling */
	bool cut;          /* its connection was replaced in an exchange */
	struct exchange exchange;
	struct line tuned;  /* other serial settings; its port NULL: none */
	struct sense sense; /* serial */
	int64_t answer_us;  /* when something last answered, or opening */
	uint32_t timeouts;  /* in a row */
};

struct bus *
bus_new(struct bus_way way)
{
	struct bus *b = calloc(1, sizeof(*b));

	if (b != NULL) {
		b->way = way;
		exchange_init(&b->exchange, way.line);
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

enum bus_state
bus_state(const struct bus *b)
{
	return b->state;
}

static bool
is_serial(const struct bus *b)
{
	return b->way.line->transport == TRANSPORT_RTU;
}

static bool
dialled_into(const struct bus *b)
{
	return !is_serial(b) && b->way.host == NULL;
}

/* ---- opening and closing ---- */

void
bus_close(struct bus *b)
{
	struct answer none;

	(void)exchange_cut(&b->exchange, &none);
	b->link = link_close(b->link);
	b->dial = dial_free(b->dial);
	b->cut = false;
	b->state = BUS_CLOSED;
	b->tuned.port = NULL;
	exchange_tune(&b->exchange, b->way.line);
}

static void
opened(struct bus *b)
{
	b->state = BUS_IDLE;
	b->timeouts = 0;
	b->answer_us = port_now_us();
	exchange_reset(&b->exchange);
	if (is_serial(b))
		sense_open(&b->sense, link_fd(b->link));
}

int
bus_open(struct bus *b, char *why)
{
	int err = 0;

	/* One that dialled in meanwhile is not sent away again. */
	if (dialled_into(b) && b->state == BUS_OPENING)
		return 0;
	bus_close(b);
	if (is_serial(b)) {
		b->link = link_open(b->way.line, why, &err);
		if (b->link == NULL)
			return -err;
		opened(b);
		return 0;
	}
	if (b->way.host != NULL) {
		b->dial = dial_new(b->way.host, b->way.tcp_port);
		if (b->dial == NULL) {
			(void)snprintf(why, WHY_MAX, "out of memory");
			return -ENOMEM;
		}
	}
	b->state = BUS_OPENING;
	return 0;
}

void
bus_adopt(struct bus *b, int take_fd)
{
	char why[WHY_MAX];
	bool busy = b->state == BUS_BUSY;

	b->link = link_close(b->link);
	b->dial = dial_free(b->dial);
	b->link = link_adopt(b->way.line, take_fd, why);
	b->cut = busy;
	b->state = busy ? BUS_BUSY : BUS_OPENING;
}

static enum bus_result
opening(struct bus *b, char *why)
{
	int fd;

	if (b->dial != NULL) {
		fd = dial_step(b->dial, port_now_us(), why);
		if (fd == -EINPROGRESS)
			return BUS_PENDING;
		b->dial = dial_free(b->dial);
		if (fd >= 0)
			b->link = link_adopt(b->way.line, fd, why);
		if (b->link == NULL) {
			b->state = BUS_CLOSED;
			return BUS_PORT;
		}
	}
	if (b->link == NULL)
		return BUS_PENDING;
	opened(b);
	return BUS_OPENED;
}

int
bus_tune(struct bus *b, uint32_t baud, enum parity parity, uint8_t stop_bits)
{
	const struct line *own = b->way.line;
	const struct line *is = b->tuned.port != NULL ? &b->tuned : own;
	struct line to = *own;
	int r;

	if (baud != 0) {
		to.baud = baud;
		to.parity = parity;
		to.stop_bits = stop_bits;
	}
	if (!is_serial(b) || (is->baud == to.baud && is->parity == to.parity &&
				 is->stop_bits == to.stop_bits))
		return 0;
	r = tune(link_fd(b->link), &to);
	if (r != 0)
		return r;
	b->tuned = to;
	if (to.baud == own->baud && to.parity == own->parity &&
	    to.stop_bits == own->stop_bits)
		b->tuned.port = NULL;
	exchange_tune(&b->exchange, b->tuned.port != NULL ? &b->tuned : own);
	sense_open(&b->sense, link_fd(b->link));
	return 0;
}

/* ---- exchanges ---- */

void
bus_begin(struct bus *b, const struct ask *ask)
{
	if (b->state != BUS_IDLE)
		return;
	if (is_serial(b))
		sense_begin(&b->sense, link_fd(b->link));
	exchange_begin(&b->exchange, ask);
	b->state = BUS_BUSY;
}

void
bus_hurry(struct bus *b)
{
	exchange_hurry(&b->exchange);
}

void
bus_recall(struct bus *b)
{
	exchange_recall(&b->exchange);
}

bool
bus_late(struct bus *b, uint8_t *unit)
{
	struct ear *ear = &b->exchange.ear;

	if (!ear->late)
		return false;
	ear->late = false;
	*unit = ear->late_unit;
	return true;
}

int64_t
bus_doubt_us(const struct bus *b, const struct request *req)
{
	if (b->way.line->transport == TRANSPORT_TCP)
		return 0;
	return owed_doubt(&b->exchange.ear.owed, req, port_now_us());
}

static void
hint_at_settings(struct bus *b, struct answer *out)
{
	const struct ear *ear = &b->exchange.ear;
	const char *hint = sense_failed(&b->sense, link_fd(b->link),
	    !ear->sound && (ear->junk || ear->n > 0));

	if (hint != NULL && !ear->deaf)
		(void)snprintf(out->hint, sizeof(out->hint), "%s", hint);
}

static void
failed(struct bus *b, enum bus_result result, struct answer *out)
{
	if (is_serial(b)) {
		hint_at_settings(b, out);
		return;
	}
	if (result == BUS_NOISE) {
		/* Out of step: only a new connection is surely in step. */
		if (b->way.line->transport == TRANSPORT_TCP)
			bus_close(b);
		return;
	}
	/* A server may hang and keep the connection. */
	b->timeouts++;
	if (b->way.host != NULL && b->timeouts >= STUCK_TIMEOUTS &&
	    out->done_us - b->answer_us > STUCK_US)
		bus_close(b);
}

/* An exchange has come to its end. */
static void
took(struct bus *b, enum bus_result result, struct answer *out)
{
	b->state = BUS_IDLE;
	switch (result) {
	case BUS_OK:
	case BUS_EXCEPTION:
		b->timeouts = 0;
		b->answer_us = out->done_us;
		sense_good(&b->sense);
		break;
	case BUS_PORT:
		bus_close(b);
		break;
	case BUS_RECALLED:
		break;
	case BUS_TIMEOUT:
	case BUS_NOISE:
	default:
		failed(b, result, out);
		break;
	}
}

enum bus_result
bus_step(struct bus *b, struct answer *out, char *why)
{
	enum bus_result r;

	switch (b->state) {
	case BUS_OPENING:
		return opening(b, why);
	case BUS_IDLE:
		r = exchange_step(&b->exchange, b->link, out);
		if (r == BUS_PORT)
			bus_close(b);
		return r;
	case BUS_BUSY:
		if (b->cut) {
			b->cut = false;
			b->state = BUS_OPENING;
			return exchange_cut(&b->exchange, out);
		}
		r = exchange_step(&b->exchange, b->link, out);
		if (r != BUS_PENDING)
			took(b, r, out);
		return r;
	case BUS_CLOSED:
	default:
		return BUS_PENDING;
	}
}

struct bus_wants
bus_wants(const struct bus *b)
{
	struct bus_wants w = {.fd = -1, .until_us = INT64_MAX};

	if (b->dial != NULL)
		w.fd = dial_wants(b->dial, &w.events, &w.until_us);
	else if (b->cut || (b->state == BUS_OPENING && b->link != NULL))
		w.until_us = 0;
	else if (b->link != NULL)
		w = (struct bus_wants){.fd = link_fd(b->link),
		    .events = POLLIN,
		    .until_us = exchange_until(&b->exchange)};
	return w;
}
