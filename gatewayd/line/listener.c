/* Binding and listening, and why not. */
#include "listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "lookup.h"

enum { QUEUE = 16 };

static int
bind_fd(int fd, const struct sockaddr_storage *a)
{
	int on = 1, off = 0;
	bool v6 = a->ss_family == AF_INET6;

	/* Both only widen what binding would do. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (v6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (const struct sockaddr *)a,
		v6 ? sizeof(struct sockaddr_in6)
		   : sizeof(struct sockaddr_in)) == -1 ||
	    listen(fd, QUEUE) == -1)
		return -errno;
	return fd;
}

static int
open_fd(const char *address, uint16_t port)
{
	struct sockaddr_storage a;
	int fd, r;

	if (!lookup_address(address, port, &a))
		return -EINVAL;
	fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	r = bind_fd(fd, &a);
	if (r < 0)
		(void)close(fd); /* never used */
	return r;
}

static void
explain(const char *address, uint16_t port, int err, char *why)
{
	const char *remedy = "";

	if (err == EADDRINUSE)
		(void)snprintf(why, WHY_MAX,
		    "%.64s port %u: taken by another program; stop it (`ss "
		    "-ltnp 'sport = :%u'` names it) or listen at another port",
		    address, port, port);
	else if (err == EINVAL)
		(void)snprintf(why, WHY_MAX,
		    "%.64s is no address; listen at one of this box, or at "
		    "0.0.0.0 for all its networks",
		    address);
	else {
		if (err == EADDRNOTAVAIL)
			remedy = "; no network of this box has this address "
				 "now; check it, or listen at 0.0.0.0 for all";
		else if (err == EACCES)
			remedy = "; take a port from 1024 on";
		(void)snprintf(why, WHY_MAX, "%.64s port %u: %s%s", address,
		    port, strerror(err), remedy);
	}
}

int
listener_open(const char *address, uint16_t port, char *why)
{
	int fd = open_fd(address, port);

	if (fd < 0)
		explain(address, port, -fd, why);
	return fd;
}
