/* Masters over TCP; see tcpline.h. */
#include "tcpline.h"

#include <errno.h>
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
#include "tcplisten.h"
#include "wiretap.h"

enum { CONNS = 16, IN_MAX = 1024 };

struct conn {
	struct server *server;
	int fd; /* -1: free */
	uint8_t in[IN_MAX];
	size_t nin;
	struct sending *out;
};

struct server {
	const char *host;
	uint16_t port;
	int listener; /* -1: refusing */
	size_t nconns;
	struct conn conns[CONNS];
};

struct tcp_line {
	struct server *servers;
	size_t nservers;
};

static int
server_open(struct server *s)
{
	int fd = s->listener;

	if (fd == -1)
		fd = tcp_listen(s->host, s->port, CONNS);
	if (fd < 0)
		return fd;
	s->listener = fd;
	return 0;
}

int
tcp_line_back(struct sim_line *l)
{
	int r = 0;

	for (size_t i = 0; i < l->tcp->nservers && r == 0; i++)
		r = server_open(&l->tcp->servers[i]);
	if (r == 0) {
		l->gone = false;
		l->back_at = 0;
	}
	return r;
}

/* The server of a device: that of one before it on the same way, or a new. */
static size_t
place(struct sim_line *l, size_t k)
{
	const struct device *d = l->devices[k].conf;
	struct tcp_line *t = l->tcp;
	struct server *s;

	for (size_t i = 0; i < k; i++)
		if (site_same_way(l->conf, l->devices[i].conf, d))
			return l->devices[i].way;
	s = &t->servers[t->nservers];
	s->host = d->host ? d->host : l->conf->host;
	s->port = d->host ? d->tcp_port : l->conf->tcp_port;
	s->listener = -1;
	for (size_t i = 0; i < CONNS; i++)
		s->conns[i] = (struct conn){.server = s, .fd = -1};
	return t->nservers++;
}

int
tcp_line_open(struct sim_line *l)
{
	struct tcp_line *t = arena_alloc(l->farm->arena, sizeof(*t));

	l->tcp = t;
	t->servers =
	    arena_array(l->farm->arena, l->ndevices, sizeof(*t->servers));
	for (size_t k = 0; k < l->ndevices; k++)
		l->devices[k].way = place(l, k);
	return tcp_line_back(l);
}

void
tcp_line_describe(const struct sim_line *l, FILE *to)
{
	const struct tcp_line *t = l->tcp;

	(void)fprintf(to, "%s %s:%u",
	    l->conf->transport == TRANSPORT_TCP ? "tcp" : "rtu_over_tcp",
	    t->nservers ? t->servers[0].host : "nowhere",
	    t->nservers ? t->servers[0].port : 0u);
	if (t->nservers > 1)
		(void)fprintf(to, " and %zu more", t->nservers - 1);
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
	c->server->nconns--;
	sending_clear(&c->out);
}

static void
server_drop(struct server *s)
{
	for (size_t i = 0; i < CONNS; i++)
		hang_up(&s->conns[i], true);
}

void
tcp_line_drop(struct sim_line *l)
{
	for (size_t i = 0; i < l->tcp->nservers; i++)
		server_drop(&l->tcp->servers[i]);
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
	for (size_t i = 0; i < l->tcp->nservers; i++) {
		struct server *s = &l->tcp->servers[i];
		if (s->listener != -1)
			(void)close(s->listener);
		s->listener = -1;
		server_drop(s);
	}
}

size_t
tcp_line_fds_max(const struct sim_line *l)
{
	return l->tcp->nservers * (1 + CONNS);
}

size_t
tcp_line_fds(const struct sim_line *l, struct pollfd *out)
{
	size_t n = 0;

	for (size_t i = 0; i < l->tcp->nservers; i++) {
		const struct server *s = &l->tcp->servers[i];
		if (s->listener != -1)
			out[n++] = (struct pollfd){
			    .fd = s->listener, .events = POLLIN};
		for (size_t k = 0; s->nconns > 0 && k < CONNS; k++)
			if (s->conns[k].fd != -1)
				out[n++] = (struct pollfd){
				    .fd = s->conns[k].fd, .events = POLLIN};
	}
	return n;
}

static void
take_connection(struct sim_line *l, struct server *s, int64_t now)
{
	int on = 1;
	int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd == -1)
		return; /* it was gone again */
	l->stats.connections++;
	for (size_t i = 0; i < CONNS; i++) {
		struct conn *c = &s->conns[i];
		if (c->fd != -1)
			continue;
		/* Only a matter of pace. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		c->fd = fd;
		s->nconns++;
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
		if (d->unit == unit && &l->tcp->servers[d->way] == c->server) {
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
			hang_up(c, false); /* out of step for good */
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
	for (size_t i = 0; i < l->tcp->nservers; i++) {
		struct server *s = &l->tcp->servers[i];
		if (fd->fd == s->listener)
			take_connection(l, s, now);
		for (size_t k = 0; s->nconns > 0 && k < CONNS; k++)
			if (s->conns[k].fd == fd->fd)
				take_bytes(l, &s->conns[k], now);
	}
}

static int64_t
push_out(struct sim_line *l, struct conn *c, int64_t now)
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
		wiretap_answer(l, s->bytes, s->n, now, sending_end(s));
		if (s->drop) {
			hang_up(c, true);
			break;
		}
		sending_pop(&c->out, now);
	}
	return INT64_MAX;
}

static int64_t
server_tick(struct sim_line *l, struct server *s, int64_t now)
{
	int64_t next = INT64_MAX, at;

	for (size_t i = 0; s->nconns > 0 && i < CONNS; i++)
		if (s->conns[i].fd != -1 &&
		    (at = push_out(l, &s->conns[i], now)) < next)
			next = at;
	return next;
}

int64_t
tcp_line_tick(struct sim_line *l, int64_t now)
{
	int64_t next = INT64_MAX, at;

	for (size_t i = 0; i < l->tcp->nservers; i++)
		if ((at = server_tick(l, &l->tcp->servers[i], now)) < next)
			next = at;
	return next;
}

void
tcp_line_noise(struct sim_line *l, const uint8_t *bytes, size_t n, int64_t now)
{
	for (size_t i = 0; i < l->tcp->nservers; i++)
		for (size_t k = 0; k < CONNS; k++) {
			struct conn *c = &l->tcp->servers[i].conns[k];
			if (c->fd != -1)
				sending_queue(
				    &c->out, sending_raw(bytes, n, now, 0));
		}
}
