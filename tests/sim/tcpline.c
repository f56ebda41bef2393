/* Masters over TCP; see tcpline.h. */
#include "tcpline.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "field.h"
#include "sending.h"
#include "site.h"
#include "tcpconn.h"
#include "tcpsocket.h"

enum { CONNS = 16, DIAL_NS = 500000000 };

struct server {
	const char *host;
	uint16_t port;
	int listener;             /* -1: refusing */
	bool dials;               /* a converter's: it has no listener */
	const char *registration; /* what it says then; NULL: nothing */
	int64_t dial_at;          /* ns: not again before */
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

	s->dial_at = 0;
	if (s->dials)
		return 0;
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
	s->dials = l->conf->listen != NULL;
	s->registration = d->registration;
	s->host = s->dials  ? l->conf->listen
		  : d->host ? d->host
			    : l->conf->host;
	s->port = d->host ? d->tcp_port : l->conf->tcp_port;
	s->listener = -1;
	for (size_t i = 0; i < CONNS; i++)
		s->conns[i] = (struct conn){
		    .fd = -1, .way = t->nservers, .open = &s->nconns};
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

	(void)fprintf(to, "%s %s%s:%u",
	    l->conf->transport == TRANSPORT_TCP ? "tcp" : "rtu_over_tcp",
	    l->conf->listen ? "dials " : "",
	    t->nservers ? t->servers[0].host : "nowhere",
	    t->nservers ? t->servers[0].port : 0u);
	if (t->nservers > 1)
		(void)fprintf(to, " and %zu more", t->nservers - 1);
}

static void
server_drop(struct server *s)
{
	for (size_t i = 0; i < CONNS; i++)
		conn_close(&s->conns[i], true);
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
use_connection(struct sim_line *l, struct server *s, int fd, int64_t now)
{
	l->stats.connections++;
	for (size_t i = 0; i < CONNS; i++) {
		struct conn *c = &s->conns[i];
		if (c->fd != -1)
			continue;
		conn_open(c, fd);
		conn_say(c, s->registration, now);
		conn_say(c, l->greeting, now);
		return;
	}
	(void)close(fd); /* a cheap gateway takes so many and no more */
}

static void
take_connection(struct sim_line *l, struct server *s, int64_t now)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd != -1) /* else it was gone again */
		use_connection(l, s, fd, now);
}

/* A converter dials until it gets through, and when it has lost it. */
static int64_t
dial(struct sim_line *l, struct server *s, int64_t now)
{
	int fd;

	if (!s->dials || s->nconns > 0 || l->gone)
		return INT64_MAX;
	if (now < s->dial_at)
		return s->dial_at;
	s->dial_at = now + DIAL_NS;
	fd = tcp_dial(s->host, s->port);
	if (fd >= 0)
		use_connection(l, s, fd, now);
	return s->dial_at;
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
				conn_read(l, &s->conns[k], now);
	}
}

static int64_t
server_tick(struct sim_line *l, struct server *s, int64_t now)
{
	int64_t next = dial(l, s, now), at;

	for (size_t i = 0; s->nconns > 0 && i < CONNS; i++)
		if (s->conns[i].fd != -1 &&
		    (at = conn_push(l, &s->conns[i], now)) < next)
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
