/* A field that answered on a network would be taken for a real one. */
#include "tcpsocket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

static struct addrinfo *
look_up(const char *host, uint16_t port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
	char service[8];

	(void)snprintf(service, sizeof(service), "%u", port);
	return getaddrinfo(host, service, &hints, &list) == 0 ? list : NULL;
}

static int
listen_at(const struct addrinfo *ai, int waiting)
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
	    listen(fd, waiting) == 0)
		return fd;
	error = -errno;
	(void)close(fd);
	return error;
}

/* "All addresses" is dialled at the one of this machine. */
static const char *
name_to_dial(const char *host)
{
	if (strcmp(host, "0.0.0.0") == 0)
		return "127.0.0.1";
	return strcmp(host, "::") == 0 ? "::1" : host;
}

static int
connect_to(const struct addrinfo *ai)
{
	int fd, error;

	if (!is_loopback(ai->ai_addr))
		return -EADDRNOTAVAIL;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	/* On this machine it does not wait. */
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
	    fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	error = -errno;
	(void)close(fd);
	return error;
}

int
tcp_dial(const char *host, uint16_t port)
{
	struct addrinfo *list = look_up(name_to_dial(host), port);
	int fd = -EADDRNOTAVAIL;

	for (const struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
		fd = connect_to(ai);
	if (list)
		freeaddrinfo(list);
	return fd;
}

int
tcp_listen(const char *host, uint16_t port, int waiting)
{
	struct addrinfo *list = look_up(host, port);
	int fd = -EADDRNOTAVAIL;

	for (const struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
		fd = listen_at(ai, waiting);
	if (list)
		freeaddrinfo(list);
	return fd;
}
