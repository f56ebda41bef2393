/*
 * The bus against slaves that misbehave: RTU on a pseudo terminal, TCP on
 * loopback. Each slave is a child process that plays one script. Registers
 * hold 100 + their address, so that an answer to another request shows.
 *
 * alone: yes
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
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
#include "mono.h"

enum { T = 120 }; /* timeout of the asks, ms */

struct field {
	int fd; /* pty master or listening socket */
	char path[64];
	uint16_t port;
	pid_t child;
	struct line line;
	struct bus *bus;
};

typedef void script_fn(int fd);

static void
rest(int ms)
{
	mono_sleep_until(mono_ms() + ms);
}

static uint16_t
crc(const uint8_t *p, size_t n)
{
	uint16_t c = 0xFFFF;

	while (n-- > 0) {
		c = (uint16_t)(c ^ *p++);
		for (int i = 0; i < 8; i++)
			c = (uint16_t)(c & 1 ? c >> 1 ^ 0xA001 : c >> 1);
	}
	return c;
}

/* ---- in the child ---- */

static void
take(int fd, uint8_t *out, size_t n)
{
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

static void
give(int fd, const void *p, size_t n)
{
	if (write(fd, p, n) != (ssize_t)n)
		_exit(0);
}

/* The right answer to an RTU read; its length. */
static size_t
answer_to(const uint8_t req[8], uint8_t *out)
{
	size_t count = (size_t)req[4] << 8 | req[5];
	size_t n = 3 + count * 2;

	out[0] = req[0];
	out[1] = req[1];
	out[2] = (uint8_t)(count * 2);
	for (size_t i = 0; i < count; i++) {
		size_t v = 100 + ((size_t)req[2] << 8 | req[3]) + i;
		out[3 + i * 2] = (uint8_t)(v >> 8);
		out[4 + i * 2] = (uint8_t)v;
	}
	uint16_t c = crc(out, n);
	out[n] = (uint8_t)c;
	out[n + 1] = (uint8_t)(c >> 8);
	return n + 2;
}

static void
serve(int fd)
{
	uint8_t req[8], out[256];

	take(fd, req, 8);
	give(fd, out, answer_to(req, out));
}

static void
serve_all(int fd)
{
	for (;;)
		serve(fd);
}

static void
late_once(int fd)
{
	uint8_t req[8], out[256];

	take(fd, req, 8);
	size_t n = answer_to(req, out);
	rest(T * 14 / 10);
	give(fd, out, n);
	serve_all(fd);
}

static void
late_once_then(int fd, bool late)
{
	uint8_t req[8], out[256];

	take(fd, req, 8);
	size_t n = answer_to(req, out);
	if (late)
		rest(T * 14 / 10);
	give(fd, out, n);
}

static void
late_often(int fd)
{
	uint8_t req[8], out[256];

	srand(7);
	for (;;) {
		take(fd, req, 8);
		size_t n = answer_to(req, out);
		rest(T * 8 / 10 + rand() % (T * 11 / 10));
		give(fd, out, n);
	}
}

static void
stray_once(int fd)
{
	uint8_t req[8], out[300];

	take(fd, req, 8);
	size_t n = answer_to(req, out + 1);
	out[0] = 0;
	give(fd, out, n + 1);
	serve_all(fd);
}

static void
short_once(int fd)
{
	static const uint8_t s[] = {1, 3, 4, 0, 1, 0, 2, 0x2A, 0x32};
	uint8_t req[8];

	take(fd, req, 8);
	give(fd, s, sizeof(s));
	serve_all(fd);
}

static void
long_once(int fd)
{
	uint8_t req[8], out[256];

	take(fd, req, 8);
	req[5] = 6;
	give(fd, out, answer_to(req, out));
	serve_all(fd);
}

static void
foreign_once(int fd)
{
	uint8_t req[8], out[256];

	take(fd, req, 8);
	size_t n = answer_to(req, out);
	req[0] = 9;
	req[2] = 1;
	uint8_t other[256];
	give(fd, other, answer_to(req, other));
	rest(20);
	give(fd, out, n);
	serve_all(fd);
}

static void
dribble_once(int fd)
{
	uint8_t req[8], out[256];

	take(fd, req, 8);
	size_t n = answer_to(req, out);
	for (size_t i = 0; i < n; i++) {
		give(fd, out + i, 1);
		rest(3);
	}
	serve_all(fd);
}

static void
dribble_for_ever(int fd)
{
	uint8_t req[8], out[256];

	take(fd, req, 8);
	req[5] = 100;
	size_t n = answer_to(req, out);
	for (size_t i = 0; i < n; i++) {
		give(fd, out + i, 1);
		rest(T / 2);
	}
}

static void
babble(int fd)
{
	uint8_t req[8];
	int64_t end;

	take(fd, req, 8);
	end = mono_ms() + 2500;
	while (mono_ms() < end) {
		give(fd, "\x55\xAA\x01\x03\x55", 5);
		rest(1);
	}
	/* What was asked meanwhile is gone. */
	serve_all(fd);
}

static void
pause_once(int fd)
{
	uint8_t req[8], out[256];

	take(fd, req, 8);
	size_t n = answer_to(req, out);
	give(fd, out, 4);
	rest(T / 2);
	give(fd, out + 4, n - 4);
	serve_all(fd);
}

static void
pause_long(int fd)
{
	uint8_t req[8], out[256];

	take(fd, req, 8);
	size_t n = answer_to(req, out);
	give(fd, out, 4);
	rest(T * 3 / 2);
	give(fd, out + 4, n - 4);
	serve_all(fd);
}

static void
echo_and_serve(int fd)
{
	uint8_t req[8], out[256];

	for (;;) {
		take(fd, req, 8);
		give(fd, req, 8);
		rest(5);
		if (req[1] <= 4)
			give(fd, out, answer_to(req, out));
	}
}

static void
echo_alone(int fd)
{
	uint8_t req[8];

	for (;;) {
		take(fd, req, 8);
		give(fd, req, 8);
	}
}

static void
busy_once(int fd)
{
	static const uint8_t s[] = {1, 0x83, 6, 0xC1, 0x32};
	uint8_t req[8];

	take(fd, req, 8);
	give(fd, s, sizeof(s));
	serve_all(fd);
}

static void
silent(int fd)
{
	uint8_t req[8];

	for (;;)
		take(fd, req, 8);
}

/* ---- in the parent ---- */

static void
play(struct field *f, script_fn *script)
{
	f->child = fork();
	assert_int_not_equal(f->child, -1);
	if (f->child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)alarm(60);
		script(f->fd);
		_exit(0);
	}
}

static void
open_pty(struct field *f)
{
	f->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_not_equal(f->fd, -1);
	assert_int_equal(grantpt(f->fd), 0);
	assert_int_equal(unlockpt(f->fd), 0);
	assert_int_equal(ptsname_r(f->fd, f->path, sizeof(f->path)), 0);
}

static void
rtu_up(struct field *f, script_fn *script)
{
	char why[WHY_MAX];

	memset(f, 0, sizeof(*f));
	open_pty(f);
	f->line = (struct line){.name = "north",
	    .transport = TRANSPORT_RTU,
	    .port = f->path,
	    .baud = 115200,
	    .stop_bits = 1};
	play(f, script); /* first: a child would hold the port's lock */
	f->bus = bus_new(&f->line, -1);
	assert_int_equal(bus_open(f->bus, why), 0);
}

static void
down(struct field *f)
{
	f->bus = bus_free(f->bus);
	if (f->child > 0) {
		(void)kill(f->child, SIGKILL);
		(void)waitpid(f->child, NULL, 0);
	}
	(void)close(f->fd);
}

static struct answer answer;

static enum bus_result
read_at(struct field *f, uint16_t addr, uint16_t count)
{
	struct ask ask = {.req = {.unit = 1,
			      .function = FC_READ_HOLDING,
			      .addr = addr,
			      .count = count},
	    .timeout_ms = T,
	    .quiet = true};

	return bus_ask(f->bus, &ask, &answer);
}

static void
assert_reads(struct field *f, uint16_t addr)
{
	assert_int_equal(read_at(f, addr, 1), BUS_OK);
	assert_int_equal(answer.words[0], 100 + addr);
}

static void
test_reads(void **state)
{
	struct field f;

	(void)state;
	rtu_up(&f, serve_all);
	assert_int_equal(read_at(&f, 0, 10), BUS_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(answer.words[i], 100 + i);
	assert_int_equal(read_at(&f, 0, 126), BUS_NOISE); /* never sent */
	assert_reads(&f, 5);
	down(&f);
}

static void
test_late_answer_is_never_the_next_one(void **state)
{
	struct field f;

	(void)state;
	rtu_up(&f, late_once);
	assert_int_equal(read_at(&f, 0, 1), BUS_TIMEOUT);
	assert_in_range(answer.late_ms, T, T * 2);
	for (uint16_t a = 10; a < 15; a++)
		assert_reads(&f, a);
	down(&f);
}

/* As a lost unit is probed: without the quiet wait. */
static void
test_late_answer_without_a_quiet_wait(void **state)
{
	struct ask ask = {
	    .req = {.unit = 1, .function = FC_READ_HOLDING, .count = 1},
	    .timeout_ms = T};
	struct field f;
	uint8_t unit = 0;

	(void)state;
	rtu_up(&f, late_once);
	assert_int_equal(bus_ask(f.bus, &ask, &answer), BUS_TIMEOUT);
	assert_false(bus_late(f.bus, &unit));
	assert_reads(&f, 10);
	assert_true(bus_late(f.bus, &unit));
	assert_int_equal(unit, 1);
	assert_reads(&f, 11);
	down(&f);
}

static void
test_random_lateness_gives_no_wrong_value(void **state)
{
	struct field f;
	int good = 0;

	(void)state;
	rtu_up(&f, late_often);
	for (uint16_t i = 0; i < 30; i++) {
		uint16_t addr = (uint16_t)(i * 7 % 50);

		if (read_at(&f, addr, 1) != BUS_OK)
			continue;
		good++;
		assert_int_equal(answer.words[0], 100 + addr);
	}
	assert_true(good > 1);
	down(&f);
}

/* Whatever the first answer is, no value is wrong and the next are right. */
static void
fails_once(script_fn *script, enum bus_result first)
{
	struct field f;

	rtu_up(&f, script);
	assert_int_equal(read_at(&f, 0, 4), first);
	for (uint16_t a = 10; a < 13; a++)
		assert_reads(&f, a);
	down(&f);
}

static void
test_stray_byte(void **state)
{
	(void)state;
	fails_once(stray_once, BUS_NOISE);
}

static void
test_short_answer(void **state)
{
	(void)state;
	fails_once(short_once, BUS_NOISE);
}

static void
test_long_answer(void **state)
{
	(void)state;
	fails_once(long_once, BUS_NOISE);
}

static void
test_long_pause(void **state)
{
	(void)state;
	fails_once(pause_long, BUS_TIMEOUT);
}

static void
succeeds(script_fn *script)
{
	struct field f;

	rtu_up(&f, script);
	for (uint16_t a = 0; a < 3; a++)
		assert_reads(&f, a);
	down(&f);
}

static void
test_foreign_unit_is_waited_out(void **state)
{
	(void)state;
	succeeds(foreign_once);
}

static void
test_dribble(void **state)
{
	(void)state;
	succeeds(dribble_once);
}

static void
test_short_pause(void **state)
{
	(void)state;
	succeeds(pause_once);
}

static void
test_endless_dribble_is_bounded(void **state)
{
	struct field f;
	int64_t t0;

	(void)state;
	rtu_up(&f, dribble_for_ever);
	t0 = mono_ms();
	assert_int_equal(read_at(&f, 0, 100), BUS_TIMEOUT);
	assert_in_range(mono_ms() - t0, T, T * 3);
	down(&f);
}

static void
test_endless_babble_is_bounded(void **state)
{
	struct field f;
	int64_t t0;

	(void)state;
	rtu_up(&f, babble);
	t0 = mono_ms();
	assert_int_not_equal(read_at(&f, 0, 1), BUS_OK);
	assert_int_not_equal(read_at(&f, 1, 1), BUS_OK);
	assert_true(mono_ms() - t0 < 2500);
	mono_sleep_until(t0 + 3000);
	(void)read_at(&f, 2, 1); /* takes up what was left over */
	assert_reads(&f, 3);
	down(&f);
}

static void
test_exception(void **state)
{
	struct field f;

	(void)state;
	rtu_up(&f, busy_once);
	assert_int_equal(read_at(&f, 0, 1), BUS_EXCEPTION);
	assert_int_equal(answer.code, 6);
	assert_reads(&f, 1);
	down(&f);
}

static void
test_echo_of_a_read_has_a_hint(void **state)
{
	struct field f;

	(void)state;
	rtu_up(&f, echo_and_serve);
	assert_int_equal(read_at(&f, 0, 2), BUS_NOISE);
	assert_non_null(strstr(answer.hint, "hears"));
	assert_int_equal(read_at(&f, 0x0400, 2), BUS_NOISE);
	assert_non_null(strstr(answer.hint, "hears"));
	down(&f);
}

static void
test_echoed_write_is_not_confirmed(void **state)
{
	uint16_t off = 0;
	struct ask write = {.req = {.unit = 2,
				.function = FC_WRITE_COIL,
				.addr = 2,
				.count = 1,
				.words = &off},
	    .timeout_ms = T,
	    .quiet = true};
	struct ask back = write;
	struct field f;

	(void)state;
	rtu_up(&f, echo_alone);
	/* An echo looks like the answer: that proves nothing ... */
	assert_int_equal(bus_ask(f.bus, &write, &answer), BUS_OK);
	/* ... and reading back does not succeed. */
	back.req.function = FC_READ_COILS;
	back.req.words = NULL;
	assert_int_not_equal(bus_ask(f.bus, &back, &answer), BUS_OK);
	assert_non_null(strstr(answer.hint, "hears"));
	down(&f);
}

static void
test_wake_ends_a_wait(void **state)
{
	struct field f;
	int p[2];
	char why[WHY_MAX];
	int64_t t0;
	struct ask ask = {
	    .req = {.unit = 1, .function = FC_READ_HOLDING, .count = 1},
	    .timeout_ms = 5000,
	    .quiet = true};

	(void)state;
	rtu_up(&f, silent);
	assert_int_equal(pipe(p), 0);
	f.bus = bus_free(f.bus);
	f.bus = bus_new(&f.line, p[0]);
	assert_int_equal(bus_open(f.bus, why), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	t0 = mono_ms();
	assert_int_equal(bus_ask(f.bus, &ask, &answer), BUS_WOKEN);
	assert_true(mono_ms() - t0 < 1000);
	ask.urgent = true;
	ask.timeout_ms = T;
	assert_int_equal(bus_ask(f.bus, &ask, &answer), BUS_TIMEOUT);
	(void)close(p[0]);
	(void)close(p[1]);
	down(&f);
}

static int
deleted_fds(void)
{
	char name[64], target[256];
	int n = 0;

	for (int fd = 0; fd < 64; fd++) {
		(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		ssize_t len = readlink(name, target, sizeof(target) - 1);
		if (len <= 0)
			continue;
		target[len] = '\0';
		n += strstr(target, "/dev/pts/") == target &&
		     strstr(target, "(deleted)") != NULL;
	}
	return n;
}

static void
test_port_gone_and_back_under_another_name(void **state)
{
	char dir[] = "/tmp/test_bus.XXXXXX", link[64], why[WHY_MAX];
	struct field f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(link, sizeof(link), "%s/port", dir);
	rtu_up(&f, serve_all);
	f.bus = bus_free(f.bus);
	assert_int_equal(symlink(f.path, link), 0);
	f.line.port = link;
	f.bus = bus_new(&f.line, -1);
	assert_int_equal(bus_open(f.bus, why), 0);
	assert_reads(&f, 1);

	(void)kill(f.child, SIGKILL);
	(void)waitpid(f.child, NULL, 0);
	(void)close(f.fd);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(read_at(&f, 1, 1), BUS_PORT);
	assert_false(bus_is_open(f.bus));
	assert_int_equal(deleted_fds(), 0);
	assert_int_equal(read_at(&f, 1, 1), BUS_PORT);
	assert_int_equal(bus_open(f.bus, why), -ENOENT);
	assert_non_null(strstr(why, "is not there"));

	open_pty(&f);
	assert_int_equal(symlink(f.path, link), 0);
	play(&f, serve_all);
	assert_int_equal(bus_open(f.bus, why), 0);
	assert_reads(&f, 2);
	down(&f);
	(void)unlink(link);
	(void)rmdir(dir);
}

static void
test_port_in_use(void **state)
{
	struct field f;
	char why[WHY_MAX];
	struct bus *second;

	(void)state;
	rtu_up(&f, serve_all);
	second = bus_new(&f.line, -1);
	assert_int_equal(bus_open(second, why), -EBUSY);
	assert_non_null(strstr(why, "in use"));
	assert_false(bus_is_open(second));
	assert_reads(&f, 1);
	second = bus_free(second);
	down(&f);
}

static void
test_no_terminal(void **state)
{
	struct line l = {
	    .transport = TRANSPORT_RTU, .port = "/etc/passwd", .baud = 9600};
	struct bus *b = bus_new(&l, -1);
	char why[WHY_MAX];

	(void)state;
	assert_true(bus_open(b, why) < 0);
	assert_non_null(strstr(why, "serial settings"));
	b = bus_free(b);
}

/* ---- TCP ---- */

static size_t
tcp_answer(const uint8_t req[12], uint8_t *out)
{
	uint8_t rtu[8], frame[256];

	memcpy(rtu, req + 6, 6);
	size_t n = answer_to(rtu, frame) - 2;
	memcpy(out, req, 4);
	out[4] = 0;
	out[5] = (uint8_t)n;
	memcpy(out + 6, frame, n);
	return n + 6;
}

static int
accepted(int fd)
{
	int c = accept(fd, NULL, NULL);

	if (c == -1)
		_exit(0);
	return c;
}

static void
tcp_serve(int c)
{
	uint8_t req[12], out[300];

	for (;;) {
		take(c, req, 12);
		give(c, out, tcp_answer(req, out));
	}
}

/* One connection only: who needs a second is not served. */
static void
tcp_late_once(int fd)
{
	uint8_t req[12], out[300];
	int c = accepted(fd);

	(void)close(fd);
	take(c, req, 12);
	size_t n = tcp_answer(req, out);
	rest(T * 14 / 10);
	give(c, out, n);
	tcp_serve(c);
}

static void
tcp_very_late_once(int fd)
{
	uint8_t req[12], out[300];
	int c = accepted(fd);

	(void)close(fd);
	take(c, req, 12);
	size_t n = tcp_answer(req, out);
	rest(T * 3);
	give(c, out, n);
	tcp_serve(c);
}

static void
tcp_bytewise(int fd)
{
	uint8_t req[12], out[300];
	int c = accepted(fd);

	for (;;) {
		take(c, req, 12);
		size_t n = tcp_answer(req, out);
		for (size_t i = 0; i < n; i++) {
			give(c, out + i, 1);
			rest(3);
		}
	}
}

static void
tcp_bad_once(int fd, const uint8_t *bad, size_t n)
{
	uint8_t req[12], out[300];
	int c = accepted(fd);

	take(c, req, 12);
	memcpy(out, bad, n);
	memcpy(out, req, 2);
	give(c, out, n);
	for (;;) {
		int next = accept(fd, NULL, NULL);
		if (next == -1)
			_exit(0);
		(void)close(c);
		c = next;
		for (int i = 0; i < 3; i++) {
			take(c, req, 12);
			give(c, out, tcp_answer(req, out));
		}
	}
}

static void
tcp_short(int fd)
{
	static const uint8_t s[] = {0, 1, 0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2};

	tcp_bad_once(fd, s, sizeof(s));
}

static void
tcp_long(int fd)
{
	static const uint8_t s[] = {
	    0, 1, 0, 0, 0, 13, 1, 3, 10, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5};

	tcp_bad_once(fd, s, sizeof(s));
}

static void
tcp_protocol(int fd)
{
	static const uint8_t s[] = {
	    0, 1, 0, 1, 0, 11, 1, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4};

	tcp_bad_once(fd, s, sizeof(s));
}

static void
tcp_length(int fd)
{
	static const uint8_t s[] = {
	    0, 1, 0, 0, 0xFF, 11, 1, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4};

	tcp_bad_once(fd, s, sizeof(s));
}

static void
tcp_plain(int fd)
{
	for (;;) {
		int c = accepted(fd);

		if (fork() == 0)
			tcp_serve(c);
		(void)close(c);
	}
}

static void
tcp_closes_idle(int fd)
{
	uint8_t req[12], out[300];

	for (;;) {
		int c = accepted(fd);

		take(c, req, 12);
		give(c, out, tcp_answer(req, out));
		(void)close(c);
	}
}

static void
tcp_up_as(struct field *f, script_fn *script, const char *host, bool v6,
    enum transport transport)
{
	char why[WHY_MAX] = "";
	struct sockaddr_in6 a6 = {
	    .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in a4 = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = v6 ? sizeof(a6) : sizeof(a4);
	struct addrinfo *found = NULL;
	struct sockaddr *a =
	    v6 ? (struct sockaddr *)&a6 : (struct sockaddr *)&a4;

	memset(f, 0, sizeof(*f));
	f->fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	if (bind(f->fd, a, len) == -1 && v6) {
		(void)close(f->fd);
		skip();
	}
	assert_int_equal(listen(f->fd, 5), 0);
	assert_int_equal(getsockname(f->fd, a, &len), 0);
	play(f, script);
	f->line = (struct line){.name = "station",
	    .transport = transport,
	    .baud = 9600,
	    .host = host,
	    .tcp_port = ntohs(v6 ? a6.sin6_port : a4.sin_port)};
	f->bus = bus_new(&f->line, -1);
	if (bus_open(f->bus, why) == 0)
		return;
	/* A bare system has no /etc/hosts, and so no localhost. */
	if (strcmp(host, "localhost") == 0 &&
	    getaddrinfo(host, NULL, NULL, &found) != 0) {
		down(f);
		skip();
	}
	fail_msg("%s", why);
}

static void
rtu_over_tcp(int fd)
{
	int c = accepted(fd);

	for (int i = 0; i < 3; i++)
		late_once_then(c, i == 1);
	serve_all(c);
}

static void
tcp_up(struct field *f, script_fn *script, const char *host, bool v6)
{
	tcp_up_as(f, script, host, v6, TRANSPORT_TCP);
}

static void
test_rtu_over_tcp(void **state)
{
	struct field f;

	(void)state;
	tcp_up_as(&f, rtu_over_tcp, "127.0.0.1", false, TRANSPORT_RTU_OVER_TCP);
	assert_reads(&f, 1);
	assert_int_equal(read_at(&f, 2, 1), BUS_TIMEOUT);
	assert_true(answer.late_ms > 0);
	assert_reads(&f, 3);
	assert_reads(&f, 4);
	down(&f);
}

static void
tcp_late(script_fn *script)
{
	struct field f;

	tcp_up(&f, script, "127.0.0.1", false);
	assert_int_equal(read_at(&f, 0, 1), BUS_TIMEOUT);
	for (uint16_t a = 10; a <= 40; a = (uint16_t)(a + 10)) {
		int tries = 0;
		while (read_at(&f, a, 1) == BUS_TIMEOUT && tries++ < 3)
			;
		assert_int_equal(answer.words[0], 100 + a);
		assert_true(bus_is_open(f.bus));
	}
	down(&f);
}

static void
test_tcp_late_answer_is_dropped(void **state)
{
	(void)state;
	tcp_late(tcp_late_once);
	tcp_late(tcp_very_late_once);
}

static void
test_tcp_bytewise(void **state)
{
	struct field f;

	(void)state;
	tcp_up(&f, tcp_bytewise, "127.0.0.1", false);
	assert_reads(&f, 3);
	assert_reads(&f, 4);
	down(&f);
}

static void
test_tcp_bad_frames_cost_the_connection(void **state)
{
	script_fn *scripts[] = {tcp_short, tcp_long, tcp_protocol, tcp_length};
	char why[WHY_MAX];
	struct field f;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		tcp_up(&f, scripts[i], "127.0.0.1", false);
		assert_int_equal(read_at(&f, 0, 4), BUS_NOISE);
		assert_false(bus_is_open(f.bus));
		assert_int_equal(bus_open(f.bus, why), 0);
		for (uint16_t a = 10; a < 13; a++)
			assert_reads(&f, a);
		down(&f);
	}
}

static void
test_tcp_names(void **state)
{
	struct field f;

	(void)state;
	tcp_up(&f, tcp_plain, "localhost", false);
	assert_reads(&f, 3);
	down(&f);
	tcp_up(&f, tcp_plain, "::1", true);
	assert_reads(&f, 4);
	down(&f);
}

static void
test_tcp_refused_and_unknown(void **state)
{
	struct line l = {.transport = TRANSPORT_TCP,
	    .host = "no-such-name.invalid",
	    .tcp_port = 502};
	struct bus *b = bus_new(&l, -1);
	char why[WHY_MAX];

	(void)state;
	assert_true(bus_open(b, why) < 0);
	assert_non_null(strstr(why, "cannot be resolved"));
	l.host = "127.0.0.1";
	l.tcp_port = 1;
	assert_true(bus_open(b, why) < 0);
	assert_non_null(strstr(why, "refused"));
	b = bus_free(b);
}

static void
test_tcp_any_unit(void **state)
{
	static const uint8_t units[] = {0, 1, 247, 250, 255};
	struct ask ask = {
	    .req = {.function = FC_READ_INPUT, .addr = 7, .count = 2},
	    .timeout_ms = T};
	struct field f;

	(void)state;
	tcp_up(&f, tcp_plain, "127.0.0.1", false);
	for (size_t i = 0; i < sizeof(units); i++) {
		ask.req.unit = units[i];
		assert_int_equal(bus_ask(f.bus, &ask, &answer), BUS_OK);
		assert_int_equal(answer.words[1], 108);
	}
	down(&f);
}

static void
test_tcp_server_closes_idle_connections(void **state)
{
	struct field f;
	char why[WHY_MAX];

	(void)state;
	tcp_up(&f, tcp_closes_idle, "127.0.0.1", false);
	for (uint16_t a = 0; a < 4; a++) {
		int64_t until = mono_ms() + 2000;

		assert_reads(&f, a);
		while (read_at(&f, a, 1) == BUS_TIMEOUT && mono_ms() < until)
			;
		assert_false(bus_is_open(f.bus));
		assert_int_equal(bus_open(f.bus, why), 0);
	}
	down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reads),
	    cmocka_unit_test(test_late_answer_is_never_the_next_one),
	    cmocka_unit_test(test_late_answer_without_a_quiet_wait),
	    cmocka_unit_test(test_random_lateness_gives_no_wrong_value),
	    cmocka_unit_test(test_stray_byte),
	    cmocka_unit_test(test_short_answer),
	    cmocka_unit_test(test_long_answer),
	    cmocka_unit_test(test_long_pause),
	    cmocka_unit_test(test_foreign_unit_is_waited_out),
	    cmocka_unit_test(test_dribble),
	    cmocka_unit_test(test_short_pause),
	    cmocka_unit_test(test_endless_dribble_is_bounded),
	    cmocka_unit_test(test_endless_babble_is_bounded),
	    cmocka_unit_test(test_exception),
	    cmocka_unit_test(test_echo_of_a_read_has_a_hint),
	    cmocka_unit_test(test_echoed_write_is_not_confirmed),
	    cmocka_unit_test(test_wake_ends_a_wait),
	    cmocka_unit_test(test_port_gone_and_back_under_another_name),
	    cmocka_unit_test(test_port_in_use),
	    cmocka_unit_test(test_no_terminal),
	    cmocka_unit_test(test_tcp_late_answer_is_dropped),
	    cmocka_unit_test(test_tcp_bytewise),
	    cmocka_unit_test(test_tcp_bad_frames_cost_the_connection),
	    cmocka_unit_test(test_tcp_names),
	    cmocka_unit_test(test_tcp_refused_and_unknown),
	    cmocka_unit_test(test_rtu_over_tcp),
	    cmocka_unit_test(test_tcp_any_unit),
	    cmocka_unit_test(test_tcp_server_closes_idle_connections),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
