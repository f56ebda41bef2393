/* Masters over TCP; see tcpline.h. */
#include "tcpline.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "field.h"
#include "sending.h"
#include "site.h"

enum { CONNS = TCP_FDS_MAX - 1, IN_MAX = 1024 };

struct conn {
	int fd; /* -1: free */
	uint8_t in[IN_MAX];
	size_t nin;
	struct sending *out;
};

struct tcp_line {
	int listener; /* -1: refusing */
	struct conn conns[CONNS];
};

static bool
is_loopback(const struct sockaddr *sa)
{
	const struct sockaddr_in *v4 = (const void *)sa;
	const struct sockaddr_in6 *v6 = (const void *)sa;

	if (sa->sa_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return sa->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static int
listen_at(const struct addrinfo *ai)
{
	int on = 1, fd, error;

	if (!is_loopback(ai->ai_addr))
		return -EADDRNOTAVAIL;
	fd = socket(
	    ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	/* Without it a restart within a minute fails; bind() tells. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
	    listen(fd, CONNS) == 0)
		return fd;
	error = -errno;
	(void)close(fd);
	return error;
}

int
tcp_line_back(struct sim_line *l)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
	char port[8];
	int fd = -EADDRNOTAVAIL;

	if (l->tcp->listener != -1)
		return 0;
	(void)snprintf(port, sizeof(port), "%u", l->conf->tcp_port);
	if (getaddrinfo(l->conf->host, port, &hints, &list) != 0)
		return -EADDRNOTAVAIL;
	for (const struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
		fd = listen_at(ai);
	freeaddrinfo(list);
	if (fd < 0)
		return fd;
	l->tcp->listener = fd;
	l->gone = false;
	l->back_at = 0;
	return 0;
}

int
tcp_line_open(struct sim_line *l)
{
	l->tcp = arena_alloc(l->farm->arena, sizeof(*l->tcp));
	l->tcp->listener = -1;
	for (size_t i = 0; i < CONNS; i++)
		l->tcp->conns[i].fd = -1;
	return tcp_line_back(l);
}

static void
hang_up(struct conn *c, bool reset)
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
	sending_clear(&c->out);
}

void
tcp_line_drop(struct sim_line *l)
{
	for (size_t i = 0; i < CONNS; i++)
		hang_up(&l->tcp->conns[i], true);
}

void
tcp_line_gone(struct sim_line *l)
{
	tcp_line_close(l);
	l->gone = true;
}

void
tcp_line_close(struct sim_line *l)
{
	if (l->tcp->listener != -1)
		(void)close(l->tcp->listener);
	l->tcp->listener = -1;
	tcp_line_drop(l);
}

size_t
tcp_line_fds(const struct sim_line *l, struct pollfd out[TCP_FDS_MAX])
{
	const struct tcp_line *t = l->tcp;
	size_t n = 0;

	if (t->listener != -1)
		out[n++] = (struct pollfd){.fd = t->listener, .events = POLLIN};
	for (size_t i = 0; i < CONNS; i++)
		if (t->conns[i].fd != -1)
			out[n++] = (struct pollfd){
			    .fd = t->conns[i].fd, .events = POLLIN};
	return n;
}

static void
take_connection(struct sim_line *l, int64_t now)
{
	struct tcp_line *t = l->tcp;
	int on = 1;
	int fd = accept4(t->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd == -1)
		return; /* it was gone again */
	l->stats.connections++;
	for (size_t i = 0; i < CONNS; i++) {
		struct conn *c = &t->conns[i];
		if (c->fd != -1)
			continue;
		/* Only a matter of pace. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		c->fd = fd;
		if (l->greeting[0])
			sending_queue(
			    &c->out, sending_raw((const uint8_t *)l->greeting,
					 strlen(l->greeting), now, 0));
		return;
	}
	(void)close(fd); /* a cheap gateway takes so many and no more */
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
request(struct sim_line *l, struct conn *c, unsigned tid, unsigned unit,
    const uint8_t *pdu, size_t n, int64_t now)
{
	l->stats.frames++;
	for (size_t i = 0; i < l->ndevices; i++) {
		if (l->devices[i].unit == unit) {
			ask(&l->devices[i], c, tid, pdu, n, now);
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
			hang_up(c, false); /* out of step for good */
			return;
		}
		if (c->nin < 6 + length)
			return;
		request(l, c, get16(c->in), c->in[6], c->in + MBAP_LEN,
		    length - 1, now);
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
		request(l, c, 0, c->in[0], c->in + 1, (size_t)n - 3, now);
		forget(c, (size_t)n);
	}
}

static void
take_bytes(struct sim_line *l, struct conn *c, int64_t now)
{
	ssize_t n = recv(c->fd, c->in + c->nin, sizeof(c->in) - c->nin, 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(c, false);
		return;
	}
	c->nin += (size_t)n;
	if (l->conf->transport == TRANSPORT_RTU_OVER_TCP)
		split_rtu(l, c, now);
	else
		split_mbap(l, c, now);
}

void
tcp_line_ready(struct sim_line *l, const struct pollfd *fd, int64_t now)
{
	if (fd->fd == l->tcp->listener) {
		take_connection(l, now);
		return;
	}
	for (size_t i = 0; i < CONNS; i++)
		if (l->tcp->conns[i].fd == fd->fd)
			take_bytes(l, &l->tcp->conns[i], now);
}

static int64_t
push_out(struct conn *c, int64_t now)
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
			hang_up(c, false);
			break;
		}
		s->sent += n > 0 ? (size_t)n : 0;
		if (s->sent < s->n)
			return n < (ssize_t)ready ? now + 1000000
						  : sending_due(s, s->sent);
		if (s->drop) {
			hang_up(c, true);
			break;
		}
		sending_pop(&c->out, now);
	}
	return INT64_MAX;
}

int64_t
tcp_line_tick(struct sim_line *l, int64_t now)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < CONNS; i++) {
		struct conn *c = &l->tcp->conns[i];
		int64_t at = c->fd == -1 ? INT64_MAX : push_out(c, now);
		if (at < next)
			next = at;
	}
	return next;
}

void
tcp_line_noise(struct sim_line *l, const uint8_t *bytes, size_t n, int64_t now)
{
	for (size_t i = 0; i < CONNS; i++) {
		struct conn *c = &l->tcp->conns[i];
		if (c->fd != -1)
			sending_queue(&c->out, sending_raw(bytes, n, now, 0));
	}
}
