/*
 * A bus under test, and at its other end a child process that plays one script:
 * RTU on a pseudo terminal, TCP on loopback. Registers hold 100 + their
 * address, so that an answer to another request shows.
 */
#ifndef BUSFIELD_H
#define BUSFIELD_H

#include <errno.h>
#include <fcntl.h>
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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bus.h"
#include "port.h"

enum {
	T = 300,         /* timeout where one is expected, ms */
	PATIENCE = 5000, /* where none is, however busy the machine */
	FIELD_LIMIT_S = 100,
};

struct field {
	int fd; /* pty master or listening socket */
	char path[64];
	pid_t child;
	struct line line;
	struct bus_way way;
	struct bus *bus;
	struct answer answer;
	char why[WHY_MAX];
};

typedef void script_fn(int fd);

static inline void
rest(int ms)
{
	port_sleep_until_us(port_now_us() + (int64_t)ms * 1000);
}

/* ---- in the child ---- */

static inline void
take(int fd, void *into, size_t n)
{
	uint8_t *out = into;

	while (n > 0) {
		ssize_t got = read(fd, out, n);

		if (got > 0) {
			out += got;
			n -= (size_t)got;
		} else if (got == -1 && (errno == EIO || errno == EINTR)) {
			rest(1); /* the other end is not open yet */
		} else {
			_exit(0);
		}
	}
}

static inline void
give(int fd, const void *p, size_t n)
{
	if (write(fd, p, n) != (ssize_t)n)
		_exit(0);
}

/* With its checksum behind it. */
static inline size_t
seal(uint8_t *p, size_t n)
{
	unsigned c = 0xFFFF;

	for (size_t i = 0; i < n; i++) {
		c ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0xA001 : c >> 1;
	}
	p[n] = (uint8_t)c;
	p[n + 1] = (uint8_t)(c >> 8);
	return n + 2;
}

/* The right answer to an RTU read of registers; its length. */
static inline size_t
answer_to(const uint8_t req[8], uint8_t *out)
{
	size_t count = (size_t)req[4] << 8 | req[5];

	out[0] = req[0];
	out[1] = req[1];
	out[2] = (uint8_t)(count * 2);
	for (size_t i = 0; i < count; i++) {
		size_t v = 100 + ((size_t)req[2] << 8 | req[3]) + i;
		out[3 + i * 2] = (uint8_t)(v >> 8);
		out[4 + i * 2] = (uint8_t)v;
	}
	return seal(out, 3 + count * 2);
}

static inline void
serve_all(int fd)
{
	uint8_t req[8], out[256];

	for (;;) {
		take(fd, req, 8);
		give(fd, out, answer_to(req, out));
	}
}

/* ---- in the parent ---- */

static inline void
play(struct field *f, script_fn *script)
{
	f->child = fork();
	assert_int_not_equal(f->child, -1);
	if (f->child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)alarm(FIELD_LIMIT_S);
		script(f->fd);
		_exit(0);
	}
}

static inline void
stop_child(struct field *f)
{
	if (f->child > 0) {
		(void)kill(f->child, SIGKILL);
		(void)waitpid(f->child, NULL, 0);
	}
	f->child = 0;
}

static inline void
await(const struct bus *b)
{
	struct bus_wants w = bus_wants(b);
	struct pollfd p = {.fd = w.fd, .events = w.events};
	int64_t left = w.until_us - port_now_us();

	if (left < 0)
		left = 0;
	if (left > 1000000)
		left = 1000000;
	struct timespec ts = {.tv_sec = (time_t)(left / 1000000),
	    .tv_nsec = (long)(left % 1000000) * 1000};
	assert_true(ppoll(&p, 1, &ts, NULL) != -1 || errno == EINTR);
}

/* Until something has come of it. */
static inline enum bus_result
run(struct field *f)
{
	enum bus_result r;

	while ((r = bus_step(f->bus, &f->answer, f->why)) == BUS_PENDING)
		await(f->bus);
	return r;
}

/* 0, or -errno, or -EIO when it failed on the way. */
static inline int
open_bus(struct field *f)
{
	int r = bus_open(f->bus, f->why);

	if (r != 0 || bus_state(f->bus) == BUS_IDLE)
		return r;
	return run(f) == BUS_OPENED ? 0 : -EIO;
}

static inline struct ask
asking(uint8_t unit, uint8_t function, uint16_t addr, uint16_t count)
{
	return (struct ask){.req = {.unit = unit,
				.function = function,
				.addr = addr,
				.count = count},
	    .timeout_ms = T,
	    .quiet = true};
}

static inline enum bus_result
run_exchange(struct field *f, const struct ask *ask)
{
	if (bus_state(f->bus) != BUS_IDLE)
		return BUS_PORT;
	bus_begin(f->bus, ask);
	return run(f);
}

static inline enum bus_result
read_at(struct field *f, uint16_t addr, uint16_t count)
{
	struct ask ask = asking(1, FC_READ_HOLDING, addr, count);

	return run_exchange(f, &ask);
}

static inline void
assert_reads(struct field *f, uint16_t addr)
{
	struct ask ask = asking(1, FC_READ_HOLDING, addr, 1);

	ask.timeout_ms = PATIENCE;
	assert_int_equal(run_exchange(f, &ask), BUS_OK);
	assert_int_equal(f->answer.words[0], 100 + addr);
}

/* As a scheduler does: not while an answer could not be believed. */
static inline void
assert_reads_in_time(struct field *f, uint16_t addr)
{
	struct ask ask = asking(1, FC_READ_HOLDING, addr, 1);

	port_sleep_until_us(bus_doubt_us(f->bus, &ask.req));
	assert_reads(f, addr);
}

static inline void
open_pty(struct field *f)
{
	f->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_not_equal(f->fd, -1);
	assert_int_equal(grantpt(f->fd), 0);
	assert_int_equal(unlockpt(f->fd), 0);
	assert_int_equal(ptsname_r(f->fd, f->path, sizeof(f->path)), 0);
}

/* A line's other settings are set between this and rtu_open(). */
static inline void
rtu_play(struct field *f, script_fn *script)
{
	memset(f, 0, sizeof(*f));
	open_pty(f);
	f->line = (struct line){.name = "north",
	    .transport = TRANSPORT_RTU,
	    .port = f->path,
	    .baud = 115200,
	    .stop_bits = 1};
	f->way.line = &f->line;
	play(f, script); /* first: a child would hold the port's lock */
}

static inline void
rtu_open(struct field *f)
{
	f->bus = bus_new(f->way);
	assert_non_null(f->bus);
	assert_int_equal(open_bus(f), 0);
}

static inline void
rtu_up(struct field *f, script_fn *script)
{
	rtu_play(f, script);
	rtu_open(f);
}

static inline int
tcp_listen(bool v6, uint16_t *port)
{
	struct sockaddr_in6 a6 = {
	    .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in a4 = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = v6 ? sizeof(a6) : sizeof(a4);
	struct sockaddr *a =
	    v6 ? (struct sockaddr *)&a6 : (struct sockaddr *)&a4;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	if (bind(fd, a, len) == -1 || listen(fd, 5) == -1 ||
	    getsockname(fd, a, &len) == -1) {
		(void)close(fd);
		return -1;
	}
	*port = ntohs(v6 ? a6.sin6_port : a4.sin_port);
	return fd;
}

static inline void
tcp_up_as(struct field *f, script_fn *script, enum transport transport,
    const char *host)
{
	uint16_t port = 0;

	memset(f, 0, sizeof(*f));
	f->fd = tcp_listen(strchr(host, ':') != NULL, &port);
	if (f->fd == -1)
		skip(); /* a system without IPv6 */
	play(f, script);
	f->line = (struct line){.name = "station", .transport = transport};
	f->way =
	    (struct bus_way){.line = &f->line, .host = host, .tcp_port = port};
	f->bus = bus_new(f->way);
	assert_non_null(f->bus);
	if (open_bus(f) != 0)
		fail_msg("%s", f->why);
}

static inline void
tcp_up(struct field *f, script_fn *script)
{
	tcp_up_as(f, script, TRANSPORT_TCP, "127.0.0.1");
}

static inline void
down(struct field *f)
{
	f->bus = bus_free(f->bus);
	stop_child(f);
	if (f->fd >= 0)
		(void)close(f->fd);
}

#endif
