/* Modbus TCP or serial frames on a socket; see tcpconn.h. */
#include "tcpconn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "field.h"
#include "sending.h"
#include "site.h"
#include "wiretap.h"

void
conn_open(struct conn *c, int fd)
{
	int on = 1;

	/* Only a matter of pace. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->fd = fd;
	++*c->open;
}

void
conn_close(struct conn *c, bool reset)
{
	struct linger now = {.l_onoff = 1};

	if (c->fd == -1)
		return;
	if (reset) /* with a linger of 0 close() sends RST */
		(void)setsockopt(
		    c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(c->fd);
	c->fd = -1;
	c->nin = 0;
	--*c->open;
	sending_clear(&c->out);
}

void
conn_say(struct conn *c, const char *text, int64_t now)
{
	if (text != NULL && text[0] != '\0')
		sending_queue(&c->out,
		    sending_raw((const uint8_t *)text, strlen(text), now, 0));
}

static void
ask(struct sim_device *d, struct conn *c, unsigned tid, const uint8_t *pdu,
    size_t n, int64_t now)
{
	bool rtu = d->line->conf->transport == TRANSPORT_RTU_OVER_TCP;
	int64_t start = now + d->turnaround_ns;
	struct strike strike;
	struct answer a;

	if (!serve(d, pdu, n, false, now, &a, &strike))
		return;
	/* A late answer holds no other up: each request has its number. */
	if (strike.by[FAULT_LATE])
		start += strike.by[FAULT_LATE]->ns;
	sending_queue(
	    &c->out, rtu ? sending_rtu(d->unit, &a, &strike, start, 0)
			 : sending_tcp(tid, d->unit, &a, &strike, start));
}

static void
request(struct sim_line *l, struct conn *c, const uint8_t *frame, size_t n,
    int64_t now)
{
	bool rtu = l->conf->transport == TRANSPORT_RTU_OVER_TCP;
	unsigned tid = rtu ? 0 : get16(frame), unit = frame[rtu ? 0 : 6];
	const uint8_t *pdu = frame + (rtu ? 1 : MBAP_LEN);
	size_t npdu = n - (rtu ? 3 : MBAP_LEN);

	l->stats.frames++;
	wiretap_request(l, frame, n, now);
	for (size_t i = 0; i < l->ndevices; i++) {
		struct sim_device *d = &l->devices[i];
		if (d->unit == unit && d->way == c->way) {
			ask(d, c, tid, pdu, npdu, now);
			return;
		}
	}
	l->stats.foreign++;
}

static void
forget(struct conn *c, size_t n)
{
	c->nin -= n;
	memmove(c->in, c->in + n, c->nin);
}

static void
split_mbap(struct sim_line *l, struct conn *c, int64_t now)
{
	while (c->fd != -1 && c->nin >= MBAP_LEN) {
		unsigned length = get16(c->in + 4);
		if (get16(c->in + 2) != 0 || length < 2 ||
		    length > MBAP_LENGTH_MAX) {
			conn_close(c, false); /* out of step for good */
			return;
		}
		if (c->nin < 6 + length)
			return;
		request(l, c, c->in, 6 + length, now);
		forget(c, 6 + length);
	}
}

static void
split_rtu(struct sim_line *l, struct conn *c, int64_t now)
{
	while (c->nin > 0) {
		int n = frame_request_length(c->in, c->nin);
		if (n == 0 || (n > 0 && c->nin < (size_t)n))
			return;
		if (n < 0 || !frame_crc_ok(c->in, (size_t)n)) {
			l->stats.bad_crc++;
			c->nin = 0;
			return;
		}
		request(l, c, c->in, (size_t)n, now);
		forget(c, (size_t)n);
	}
}

void
conn_read(struct sim_line *l, struct conn *c, int64_t now)
{
	ssize_t n = recv(c->fd, c->in + c->nin, sizeof(c->in) - c->nin, 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_close(c, false);
		return;
	}
	c->nin += (size_t)n;
	if (l->conf->transport == TRANSPORT_RTU_OVER_TCP)
		split_rtu(l, c, now);
	else
		split_mbap(l, c, now);
}

int64_t
conn_push(struct sim_line *l, struct conn *c, int64_t now)
{
	while (c->out != NULL) {
		struct sending *s = c->out;
		size_t ready = sending_ready(s, now);
		ssize_t n = 0;
		if (s->start > now)
			return s->start;
		if (ready)
			n = send(
			    c->fd, s->bytes + s->sent, ready, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN) {
			conn_close(c, false);
			break;
		}
		s->sent += n > 0 ? (size_t)n : 0;
		if (s->sent < s->n)
			return n < (ssize_t)ready ? now + 1000000
						  : sending_due(s, s->sent);
		wiretap_answer(l, s->bytes, s->n, now, sending_end(s));
		if (s->drop) {
			conn_close(c, true);
			break;
		}
		sending_pop(&c->out, now);
	}
	return INT64_MAX;
}
