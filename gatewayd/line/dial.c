/*
 * One address after the other, each with its own time. A dial that has come to
 * an end, good or bad, begins anew with the next step.
 */
#include "dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "lookup.h"
#include "port.h"

struct dial {
	const char *host; /* borrowed */
	uint16_t port;
	struct lookup lookup;
	struct sockaddr_storage list[LOOKUP_MAX];
	size_t n, at; /* n 0: the name is still to be looked up */
	int fd;       /* connecting to list[at]; -1: not yet */
	int64_t until_us;
	int err; /* negative; of list[blamed]: what is told in the end */
	size_t blamed;
};

struct dial *
dial_new(const char *host, uint16_t port)
{
	struct dial *d = calloc(1, sizeof(*d));

	if (d != NULL) {
		d->host = host;
		d->port = port;
		d->fd = -1;
	}
	return d;
}

static void
hang_up(struct dial *d)
{
	if (d->fd != -1)
		(void)close(d->fd); /* nothing was sent on it */
	d->fd = -1;
}

struct dial *
dial_free(struct dial *take)
{
	if (take != NULL) {
		lookup_end(&take->lookup);
		hang_up(take);
		free(take);
	}
	return NULL;
}

static socklen_t
length(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					: sizeof(struct sockaddr_in);
}

static void
start_over(struct dial *d)
{
	d->n = 0;
	d->at = 0;
	d->err = 0;
	d->fd = -1;
}

/* 0: d->list is filled. */
static int
resolve(struct dial *d, int64_t now_us, char *why)
{
	const char *fault = "there is none such; check host and DNS";
	int r;

	if (d->lookup.pid == 0 &&
	    lookup_address(d->host, d->port, &d->list[0])) {
		d->n = 1;
		return 0;
	}
	if (d->lookup.pid == 0 &&
	    (r = lookup_begin(&d->lookup, d->host, now_us / 1000)) < 0) {
		(void)snprintf(why, WHY_MAX,
		    "%.120s: the name cannot be looked up: %s", d->host,
		    strerror(-r));
		return r;
	}
	switch (lookup_step(&d->lookup, now_us / 1000)) {
	case LOOKUP_WAITS:
		return -EINPROGRESS;
	case LOOKUP_FOUND:
	case LOOKUP_BOTH:
		d->n = lookup_addresses(d->lookup.text, d->port, d->list);
		return 0;
	case LOOKUP_UNKNOWN:
		break;
	case LOOKUP_MUTE:
	default:
		fault = "DNS does not answer; check the network and DNS, or "
			"write the address in its place";
		break;
	}
	(void)snprintf(why, WHY_MAX, "%.120s: the name cannot be resolved: %s",
	    d->host, fault);
	return -EHOSTUNREACH;
}

/* On loopback a connection to a free port may meet itself, and would then hear
 * its own requests. */
static bool
met_itself(int fd)
{
	struct sockaddr_storage a = {0}, b = {0};
	socklen_t la = sizeof(a), lb = sizeof(b);

	return getsockname(fd, (struct sockaddr *)&a, &la) == 0 &&
	       getpeername(fd, (struct sockaddr *)&b, &lb) == 0 && la == lb &&
	       memcmp(&a, &b, la) == 0;
}

/* These return 0: connected; -EINPROGRESS; other -errno: not at this address.
 */
static int
connect_begin(struct dial *d, int64_t now_us)
{
	const struct sockaddr_storage *a = &d->list[d->at];

	d->fd =
	    socket(a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd == -1)
		return -errno;
	port_tune_tcp(d->fd);
	d->until_us = now_us + (int64_t)DIAL_MS * 1000;
	if (connect(d->fd, (const struct sockaddr *)a, length(a)) == 0)
		return met_itself(d->fd) ? -ECONNREFUSED : 0;
	/* A signal does not end what has begun. */
	return errno == EINTR ? -EINPROGRESS : -errno;
}

static int
connect_go_on(struct dial *d, int64_t now_us)
{
	struct pollfd p = {.fd = d->fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int err = 0;

	if (poll(&p, 1, 0) <= 0)
		return now_us < d->until_us ? -EINPROGRESS : -ETIMEDOUT;
	if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &err, &size) == -1)
		return -errno;
	if (err == 0 && met_itself(d->fd))
		return -ECONNREFUSED;
	return -err;
}

/* Of several addresses the first is blamed, unless it is of a kind that this
 * machine has no way to: half of all names have an IPv6 address that nobody
 * here could reach. */
static void
note(struct dial *d, int err)
{
	if (d->err == 0 || d->err == -ENETUNREACH || d->err == -EADDRNOTAVAIL ||
	    d->err == -EAFNOSUPPORT) {
		d->err = err;
		d->blamed = d->at;
	}
}

static void
explain(const struct dial *d, char *why)
{
	const struct sockaddr_storage *a = &d->list[d->blamed];
	char text[64] = "", where[sizeof(text) + 4] = "";
	const char *fact = strerror(-d->err), *remedy = "check address, power "
							"and cable";

	/* The address beside the name: DNS may be wrong, too. */
	if (lookup_needed(d->host) &&
	    getnameinfo((const struct sockaddr *)a, length(a), text,
		sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
		(void)snprintf(where, sizeof(where), " (%s)", text);
	switch (-d->err) {
	case ECONNREFUSED:
		fact = "connection refused";
		remedy = "check the port; many converters take one master only";
		break;
	case ETIMEDOUT:
		fact = "no answer to connecting";
		break;
	case EHOSTUNREACH:
		fact = "unreachable, nothing at this address answers";
		break;
	case ENETUNREACH:
	case EADDRNOTAVAIL:
		fact = "unreachable, this gateway has no way to that network";
		remedy = "check the gateway's own address and cable";
		break;
	default:
		break;
	}
	(void)snprintf(why, WHY_MAX, "%.80s%.50s port %u: %s; %s", d->host,
	    where, d->port, fact, remedy);
}

int
dial_step(struct dial *d, int64_t now_us, char *why)
{
	int r;

	if (d->n == 0 && (r = resolve(d, now_us, why)) < 0)
		return r;
	for (; d->at < d->n; d->at++) {
		r = d->fd == -1 ? connect_begin(d, now_us)
				: connect_go_on(d, now_us);
		if (r == -EINPROGRESS)
			return r;
		if (r == 0) {
			int fd = d->fd;
			start_over(d);
			return fd;
		}
		note(d, r);
		hang_up(d);
	}
	explain(d, why);
	r = d->err;
	start_over(d);
	return r;
}

int
dial_wants(const struct dial *d, short *events, int64_t *until_us)
{
	if (d->lookup.pid != 0) {
		*events = POLLIN;
		*until_us = d->lookup.until * 1000;
		return d->lookup.fd;
	}
	*events = d->fd == -1 ? 0 : POLLOUT;
	*until_us = d->fd == -1 ? 0 : d->until_us;
	return d->fd;
}
