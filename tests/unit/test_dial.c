/* Connecting without waiting, to sockets on loopback. The process that looks a
 * name up is this test again, as it is gatewayd-line otherwise: a name here
 * stands for a list of addresses, or for a resolver's mood. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dial.h"
#include "link.h"
#include "lookup.h"
#include "port.h"

/* A step takes less than any of the silences here, however busy the machine. */
enum { STEP_MAX_US = 2000000, GIVE_UP_US = 30000000 };

/* A listening socket at an address of ours; its port, 0 at first, is kept. */
static int
listening(const char *address, uint16_t *port, int backlog)
{
	struct sockaddr_storage a;
	socklen_t size;
	int on = 1;

	assert_true(lookup_address(address, *port, &a));
	size = a.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
				       : sizeof(struct sockaddr_in);
	int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, size) == -1) {
		(void)close(fd);
		return -1;
	}
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	*port = ntohs(a.ss_family == AF_INET6
			  ? ((struct sockaddr_in6 *)&a)->sin6_port
			  : ((struct sockaddr_in *)&a)->sin_port);
	return fd;
}

/* One that answers to no further connecting: its queue is full. */
struct hole {
	int fd, in[8];
	uint16_t port;
};

static void
hole_open(struct hole *h, const char *address, uint16_t port)
{
	struct sockaddr_storage a;

	h->port = port;
	h->fd = listening(address, &h->port, 0);
	assert_true(h->fd >= 0);
	assert_true(lookup_address(address, h->port, &a));
	for (size_t i = 0; i < 8; i++) {
		h->in[i] = socket(
		    AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_true(h->in[i] >= 0);
		(void)connect(h->in[i], (struct sockaddr *)&a,
		    sizeof(struct sockaddr_in));
	}
	struct pollfd last = {.fd = h->in[7], .events = POLLOUT};
	assert_int_equal(poll(&last, 1, 200), 0);
}

static void
hole_close(struct hole *h)
{
	for (size_t i = 0; i < 8; i++)
		(void)close(h->in[i]);
	(void)close(h->fd);
}

/* A step, which never waits. */
static int
step(struct dial *d, int64_t now_us, char *why)
{
	int64_t began = port_now_us();
	int r = dial_step(d, now_us, why);

	assert_true(port_now_us() - began < STEP_MAX_US);
	return r;
}

/* As a poll loop does it; a descriptor or -errno, with how long it took. */
static int
dial_through(struct dial *d, char *why, int64_t *took_us)
{
	int64_t began = port_now_us(), until;
	short events;
	int r, steps = 0;

	why[0] = '\0';
	while ((r = step(d, port_now_us(), why)) == -EINPROGRESS) {
		struct pollfd p = {.fd = dial_wants(d, &events, &until)};

		p.events = events;
		assert_true(p.fd >= 0);
		assert_true(until > began);
		assert_true(until - port_now_us() <= GIVE_UP_US);
		assert_true(++steps < 200); /* and does not spin */
		int64_t left = until - port_now_us();
		(void)poll(&p, 1, left > 0 ? (int)(left / 1000) + 1 : 0);
	}
	*took_us = port_now_us() - began;
	return r;
}

static int
dial_once(const char *host, uint16_t port, char *why)
{
	struct dial *d = dial_new(host, port);
	int64_t took;

	assert_non_null(d);
	int r = dial_through(d, why, &took);
	d = dial_free(d);
	assert_null(d);
	/* No process of a lookup is left, ended or not. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return r;
}

#define assert_says(why, part)                                                 \
	do {                                                                   \
		if (strstr(why, part) == NULL)                                 \
			fail_msg("\"%s\" lacks \"%s\"", why, part);            \
	} while (0)

/* It is a good one: connected, and as a line wants it. */
static void
assert_connected(int fd, int listener)
{
	int on = 0;
	socklen_t size = sizeof(on);
	char byte = 0;

	assert_true(fd >= 0);
	int in = accept(listener, NULL, NULL);
	assert_true(in >= 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(
	    getsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, &size), 0);
	assert_int_not_equal(on, 0);
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	assert_int_equal(recv(in, &byte, 1, 0), 1);
	(void)close(in);
	(void)close(fd);
}

/* A bare system has no such name. */
static bool
has_localhost(void)
{
	struct addrinfo *list = NULL;

	if (getaddrinfo("localhost", NULL, NULL, &list) != 0)
		return false;
	freeaddrinfo(list);
	return true;
}

static void
reaches_addresses_and_names(void **state)
{
	char why[WHY_MAX];
	uint16_t port = 0;
	int at = listening("127.0.0.1", &port, 8);

	(void)state;
	assert_connected(dial_once("127.0.0.1", port, why), at);
	/* Perhaps ::1 first, where nobody listens, and then this. */
	if (has_localhost())
		assert_connected(dial_once("localhost", port, why), at);
	(void)close(at);
}

static void
reaches_ipv6(void **state)
{
	char why[WHY_MAX];
	uint16_t port = 0;
	int at = listening("::1", &port, 8);

	(void)state;
	if (at == -1)
		skip(); /* no IPv6 on this machine */
	assert_connected(dial_once("::1", port, why), at);
	assert_connected(dial_once("two-kinds", port, why), at);
	(void)close(at);
}

/* What no resolver could make slower. */
static void
an_address_spawns_nothing(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "::1"};
	char why[WHY_MAX];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct dial *d = dial_new(hosts[i], 1);

		(void)step(d, port_now_us(), why);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
		(void)dial_free(d);
	}
}

static void
says_why_not(void **state)
{
	char why[WHY_MAX];
	uint16_t port = 0;

	(void)state;
	/* A port of which nobody else can take hold meanwhile. */
	int at = listening("127.0.0.1", &port, 1);
	assert_int_equal(dial_once("127.0.0.2", port, why), -ECONNREFUSED);
	assert_says(why, "127.0.0.2 port ");
	assert_says(why, "refused");
	assert_says(why, "check the port");
	assert_int_equal(dial_once("second", port, why), -ECONNREFUSED);
	assert_says(why, "second (127.0.0.2) port "); /* which DNS says */

	assert_true(dial_once("unknown", port, why) < 0);
	assert_says(why, "unknown: the name cannot be resolved");
	assert_says(why, "check host and DNS");
	assert_true(dial_once("crash", port, why) < 0);
	assert_says(why, "DNS does not answer");
	/* Nobody may have this one, by RFC 6761. */
	assert_true(dial_once("meter.invalid", port, why) < 0);
	assert_says(why, "meter.invalid: the name cannot be resolved");
	(void)close(at);
}

static void
a_black_hole_costs_only_its_time(void **state)
{
	struct hole h;
	char why[WHY_MAX] = "";
	int64_t until, now = port_now_us();
	short events;

	(void)state;
	hole_open(&h, "127.0.0.1", 0);
	struct dial *d = dial_new("127.0.0.1", h.port);
	assert_int_equal(step(d, now, why), -EINPROGRESS);
	int fd = dial_wants(d, &events, &until);
	assert_true(fd >= 0);
	assert_int_equal(events, POLLOUT);
	assert_int_equal(until, now + DIAL_MS * INT64_C(1000));
	assert_int_equal(step(d, until - 1, why), -EINPROGRESS);
	assert_string_equal(why, "");
	assert_int_equal(step(d, until, why), -ETIMEDOUT);
	assert_says(why, "no answer to connecting; check address, power");
	assert_int_equal(fcntl(fd, F_GETFD), -1); /* closed */
	/* And anew. */
	assert_int_equal(step(d, until, why), -EINPROGRESS);
	(void)dial_free(d);
	hole_close(&h);
}

static void
tries_every_address(void **state)
{
	struct hole h;
	char why[WHY_MAX];
	uint16_t port = 0;
	int64_t took;

	(void)state;
	/* "several": refused, mute, and one that answers. */
	int at = listening("127.0.0.4", &port, 8);
	hole_open(&h, "127.0.0.3", port);
	struct dial *d = dial_new("several", port);
	assert_connected(dial_through(d, why, &took), at);
	assert_in_range(took / 1000, DIAL_MS, DIAL_MS + 20000);
	(void)close(at);
	/* Of those that all fail the first is told. */
	assert_int_equal(dial_through(d, why, &took), -ECONNREFUSED);
	assert_says(why, "several (127.0.0.2)");
	(void)dial_free(d);
	hole_close(&h);
}

/* Seconds of a resolver's silence are no one else's. */
static void
a_mute_resolver_holds_nobody(void **state)
{
	char why[WHY_MAX] = "";
	int64_t until, now = port_now_us();
	short events;

	(void)state;
	struct dial *d = dial_new("mute", 502);
	assert_int_equal(dial_wants(d, &events, &until), -1);
	assert_true(until <= now); /* it wants to begin */
	assert_int_equal(step(d, now, why), -EINPROGRESS);
	assert_true(dial_wants(d, &events, &until) >= 0);
	assert_int_equal(events, POLLIN);
	assert_in_range(until - now, 14999000, 15000000);
	assert_int_equal(step(d, now + 10000000, why), -EINPROGRESS);
	assert_true(step(d, now + 15000000, why) < 0);
	assert_says(why, "mute: the name cannot be resolved: DNS does not");
	/* Given up in the middle, too, nothing stays. */
	assert_int_equal(step(d, now, why), -EINPROGRESS);
	(void)dial_free(d);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* A free port on loopback is reached by whoever happens to dial from it. */
static void
never_meets_itself(void **state)
{
	char text[32] = "", why[WHY_MAX];
	int low = 0, high = 0;

	(void)state;
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	if (f == NULL)
		skip();
	assert_non_null(fgets(text, sizeof(text), f));
	(void)fclose(f);
	char *end;
	low = (int)strtol(text, &end, 10);
	high = (int)strtol(end, NULL, 10);
	assert_true(low > 0 && high > low);
	/* Every other port is given out in turn: some pass meets it. */
	int64_t give_up = port_now_us() + 5000000;
	for (int i = 0; i < (high - low) * 2 && port_now_us() < give_up; i++)
		assert_int_equal(
		    dial_once("127.0.0.1", (uint16_t)(low + 1000), why),
		    -ECONNREFUSED);
}

static int
play(const char *host)
{
	static const struct {
		const char *host, *text;
	} says[] = {
	    {"two-kinds", "127.0.0.2\n::1\n"},
	    {"second", "127.0.0.2\n"},
	    {"several", "127.0.0.2\n127.0.0.3\n127.0.0.4\n"},
	};

	if (strcmp(host, "mute") == 0)
		(void)pause();
	if (strcmp(host, "crash") == 0)
		(void)raise(SIGKILL);
	if (strcmp(host, "unknown") == 0)
		return lookup_main(""); /* which no resolver is asked for */
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		if (strcmp(host, says[i].host) == 0)
			return fputs(says[i].text, stdout) == EOF;
	return lookup_main(host);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reaches_addresses_and_names),
	    cmocka_unit_test(reaches_ipv6),
	    cmocka_unit_test(an_address_spawns_nothing),
	    cmocka_unit_test(says_why_not),
	    cmocka_unit_test(a_black_hole_costs_only_its_time),
	    cmocka_unit_test(tries_every_address),
	    cmocka_unit_test(a_mute_resolver_holds_nobody),
	    cmocka_unit_test(never_meets_itself),
	};

	if (argc == 3 && strcmp(argv[1], "--resolve") == 0)
		return play(argv[2]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
