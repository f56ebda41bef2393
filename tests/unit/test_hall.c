/* Converters that dial in, on loopback: in pieces, with texts that begin alike,
 * strangers, mute ones, too many. Time is passed in where it would be long. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "hall.h"
#include "link.h"
#include "lookup.h"
#include "port.h"

enum { STEP_MAX_US = 2000000, SECOND = 1000000, NOBODY = 99 };

static const struct guest three[] = {
    {"DTU1", 1}, {"DTU10", 10}, {"REG:0001", 5}};
static const struct guest and_any[] = {{"DTU1", 1}, {NULL, 7}, {"DTU10", 10}};
static const struct guest any_alone[] = {{NULL, 7}};

#define assert_says(said, part)                                                \
	do {                                                                   \
		if (strstr(said, part) == NULL)                                \
			fail_msg("\"%s\" lacks \"%s\"", said, part);           \
	} while (0)

struct house {
	struct hall *hall;
	const char *address;
	uint16_t port;
	char said[WHY_MAX];
	size_t who;
};

/* A port that was free a moment ago. */
static uint16_t
free_port(const char *address)
{
	struct sockaddr_storage a;

	assert_true(lookup_address(address, 0, &a));
	socklen_t size = a.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						 : sizeof(struct sockaddr_in);
	int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, size) == -1) {
		if (fd != -1)
			(void)close(fd);
		return 0;
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	(void)close(fd);
	return ntohs(a.ss_family == AF_INET6
			 ? ((struct sockaddr_in6 *)&a)->sin6_port
			 : ((struct sockaddr_in *)&a)->sin_port);
}

static void
house_open(
    struct house *h, const char *address, const struct guest *g, size_t n)
{
	*h = (struct house){.address = address};
	for (int i = 0; h->hall == NULL && i < 20; i++) {
		h->port = free_port(address);
		if (h->port == 0)
			skip(); /* no IPv6 on this machine */
		h->hall = hall_new(address, h->port, g, n, h->said);
	}
	assert_non_null(h->hall);
}

static void
house_close(struct house *h)
{
	h->hall = hall_free(h->hall);
	assert_null(h->hall);
}

static int
dial_in(const struct house *h, const char *address)
{
	struct sockaddr_storage a;

	assert_true(lookup_address(address, h->port, &a));
	int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(
	    connect(fd, (struct sockaddr *)&a,
		a.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					: sizeof(struct sockaddr_in)),
	    0);
	return fd;
}

/* Returns when it lies at the other end. */
static void
talk(int fd, const char *text)
{
	int64_t give_up = port_now_us() + INT64_C(5) * SECOND;
	int left = 1;

	assert_int_equal(
	    send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	while (left > 0 && port_now_us() < give_up)
		assert_int_equal(ioctl(fd, SIOCOUTQ, &left), 0);
	assert_int_equal(left, 0);
}

/* A step, which never waits. */
static int
step(struct house *h, int64_t now_us)
{
	int64_t began = port_now_us();

	h->who = NOBODY;
	int r = hall_step(h->hall, now_us, &h->who, h->said);
	assert_true(port_now_us() - began < STEP_MAX_US);
	assert_true(r >= 0 || r == -EAGAIN);
	assert_true(r >= 0 || h->who == NOBODY);
	return r;
}

/* Waits for something to do, at most that long: is there? */
static bool
stirs(const struct house *h, int ms)
{
	struct pollfd p[HALL_FDS];
	int64_t until = INT64_MAX;
	size_t n = hall_wants(h->hall, p, &until);

	assert_true(n >= 1 && n <= HALL_FDS);
	return poll(p, n, ms) > 0;
}

/* As a poll loop does it, until a guest comes, something is said, or for so
 * long; it must not spin meanwhile. */
static int
wait_for_guest(struct house *h, int ms)
{
	int64_t give_up = port_now_us() + (int64_t)ms * 1000;
	int r, steps = 0;

	for (;;) {
		struct pollfd p[HALL_FDS];
		int64_t now = port_now_us(), until = give_up;

		r = step(h, now);
		if (r >= 0 || h->said[0] != '\0' || now >= give_up)
			return r;
		assert_true(++steps < 100);
		size_t n = hall_wants(h->hall, p, &until);
		int64_t left = until - port_now_us();
		(void)poll(p, n, left > 0 ? (int)(left / 1000) + 1 : 0);
	}
}

/* What the guest finds behind its registration, then it is closed. */
static void
assert_guest(struct house *h, int fd, size_t who, const char *behind)
{
	char bytes[64] = "";
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_true(fd >= 0);
	assert_int_equal(h->who, who);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	/* One byte is enough to be told of. */
	assert_int_equal(poll(&p, 1, 0), behind[0] != '\0');
	ssize_t n = recv(fd, bytes, sizeof(bytes) - 1, MSG_DONTWAIT);
	assert_int_equal(n, behind[0] == '\0' ? -1 : (ssize_t)strlen(behind));
	assert_string_equal(bytes, behind);
	(void)close(fd);
}

/* Until the other end has closed; no byte came. */
static void
assert_turned_away(int fd)
{
	char byte;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_true(recv(fd, &byte, 1, MSG_DONTWAIT) <= 0);
	(void)close(fd);
}

static void
assert_still_waiting(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, 0), 0);
}

static void
knows_a_guest(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, "127.0.0.1", three, 3);
	assert_int_equal(step(&h, port_now_us()), -EAGAIN);
	int fd = dial_in(&h, "127.0.0.1");
	talk(fd, "REG:0001\x01\x03PING");
	assert_guest(&h, wait_for_guest(&h, 5000), 5, "\x01\x03PING");
	assert_string_equal(h.said, "");
	(void)close(fd);
	/* The same again: it may dial in anew at any time. */
	fd = dial_in(&h, "127.0.0.1");
	talk(fd, "REG:0001");
	assert_guest(&h, wait_for_guest(&h, 5000), 5, "");
	(void)close(fd);
	house_close(&h);
}

static void
a_text_may_come_in_pieces(void **state)
{
	static const char text[] = "REG:0001";
	struct house h;

	(void)state;
	house_open(&h, "127.0.0.1", three, 3);
	int fd = dial_in(&h, "127.0.0.1");
	for (size_t i = 0; i < 8; i++) {
		const char piece[] = {text[i], '\0'};

		assert_int_equal(wait_for_guest(&h, 0), -EAGAIN);
		talk(fd, piece);
		assert_true(stirs(&h, 5000)); /* each byte wakes us */
	}
	assert_guest(&h, wait_for_guest(&h, 5000), 5, "");
	(void)close(fd);
	house_close(&h);
}

/* What lies there undecided must not wake us again and again. */
static void
undecided_bytes_do_not_spin(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, "127.0.0.1", three, 3);
	int fd = dial_in(&h, "127.0.0.1");
	talk(fd, "REG:");
	assert_true(stirs(&h, 5000));
	assert_int_equal(wait_for_guest(&h, 300), -EAGAIN);
	assert_false(stirs(&h, 100));
	/* But its end does, at once and without a word. */
	(void)shutdown(fd, SHUT_WR);
	assert_true(stirs(&h, 5000));
	assert_int_equal(step(&h, port_now_us()), -EAGAIN);
	assert_string_equal(h.said, "");
	assert_turned_away(fd);
	assert_false(stirs(&h, 0));
	house_close(&h);
}

static void
the_longest_text_wins(void **state)
{
	struct house h;
	int64_t until = INT64_MAX;
	struct pollfd p[HALL_FDS];

	(void)state;
	house_open(&h, "127.0.0.1", three, 3);
	int fd = dial_in(&h, "127.0.0.1");
	talk(fd, "DTU10");
	assert_guest(&h, wait_for_guest(&h, 5000), 10, "");
	(void)close(fd);

	/* The next byte decides it for the shorter one. */
	fd = dial_in(&h, "127.0.0.1");
	talk(fd, "DTU1\r\n");
	assert_guest(&h, wait_for_guest(&h, 5000), 1, "\r\n");
	(void)close(fd);

	/* Or a pause does. */
	int64_t now = port_now_us();
	fd = dial_in(&h, "127.0.0.1");
	talk(fd, "DTU1");
	assert_true(stirs(&h, 5000));
	assert_int_equal(step(&h, now), -EAGAIN);
	(void)hall_wants(h.hall, p, &until);
	assert_int_equal(until, now + 300000);
	assert_int_equal(step(&h, until - 1), -EAGAIN);
	assert_guest(&h, step(&h, until), 1, "");
	(void)close(fd);
	house_close(&h);
}

static void
whoever_alone_is_in_at_once(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, "127.0.0.1", any_alone, 1);
	int fd = dial_in(&h, "127.0.0.1");
	assert_guest(&h, wait_for_guest(&h, 5000), 7, "");
	(void)close(fd);
	fd = dial_in(&h, "127.0.0.1");
	talk(fd, "anything");
	assert_true(stirs(&h, 5000));
	int in = wait_for_guest(&h, 5000);
	struct pollfd p = {.fd = in, .events = POLLIN};
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_guest(&h, in, 7, "anything");
	(void)close(fd);
	house_close(&h);
}

static void
whoever_beside_others_waits_for_its_turn(void **state)
{
	struct house h;
	int64_t now = port_now_us();

	(void)state;
	house_open(&h, "127.0.0.1", and_any, 3);
	int fd = dial_in(&h, "127.0.0.1");
	talk(fd, "DTU2"); /* begins like no text */
	assert_guest(&h, wait_for_guest(&h, 5000), 7, "DTU2");
	(void)close(fd);

	fd = dial_in(&h, "127.0.0.1");
	assert_true(stirs(&h, 5000));
	assert_int_equal(step(&h, now), -EAGAIN);
	assert_int_equal(step(&h, now + REGISTER_MS * 1000LL - 1), -EAGAIN);
	assert_guest(&h, step(&h, now + REGISTER_MS * 1000LL), 7, "");
	(void)close(fd);

	/* Half a text is not taken off. */
	fd = dial_in(&h, "127.0.0.1");
	talk(fd, "DT");
	assert_true(stirs(&h, 5000));
	assert_int_equal(step(&h, now), -EAGAIN);
	assert_guest(&h, step(&h, now + REGISTER_MS * 1000LL), 7, "DT");
	(void)close(fd);

	fd = dial_in(&h, "127.0.0.1");
	talk(fd, "DTU10");
	assert_guest(&h, wait_for_guest(&h, 5000), 10, "");
	(void)close(fd);
	house_close(&h);
}

static void
a_stranger_is_closed_and_told_of(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, "127.0.0.1", three, 3);
	int fd = dial_in(&h, "127.0.0.1");
	talk(fd, "GET / \x1b[2J\"\r\n");
	assert_int_equal(wait_for_guest(&h, 5000), -EAGAIN);
	assert_says(h.said, "127.0.0.1 dialled in and said "
			    "\"GET / \\x1b[2J\\x22\\x0d\\x0a\"");
	assert_says(h.said, "set the same text");
	assert_turned_away(fd);

	/* Flooded by them, the log gets one in a minute, and the count. */
	int64_t now = port_now_us();
	for (int i = 0; i < 20; i++) {
		fd = dial_in(&h, "127.0.0.1");
		talk(fd, "?");
		assert_true(stirs(&h, 5000));
		assert_int_equal(step(&h, now), -EAGAIN);
		while (stirs(&h, 0)) /* its bytes came after the step */
			assert_int_equal(step(&h, now), -EAGAIN);
		assert_string_equal(h.said, "");
		assert_turned_away(fd);
	}
	fd = dial_in(&h, "127.0.0.1");
	talk(fd, "?");
	while (h.said[0] == '\0' && stirs(&h, 5000))
		assert_int_equal(step(&h, now + INT64_C(61) * SECOND), -EAGAIN);
	assert_says(h.said, "said \"?\", which is no registration");
	assert_says(h.said, "; 20 more like it since the last time");
	assert_turned_away(fd);
	house_close(&h);
}

static void
a_mute_one_is_closed(void **state)
{
	struct house h;
	int64_t until = INT64_MAX, now = port_now_us();
	struct pollfd p[HALL_FDS];

	(void)state;
	house_open(&h, "127.0.0.1", three, 3);
	int mute = dial_in(&h, "127.0.0.1");
	assert_true(stirs(&h, 5000));
	assert_int_equal(step(&h, now), -EAGAIN);
	int half = dial_in(&h, "127.0.0.1");
	talk(half, "RE");
	assert_true(stirs(&h, 5000));
	assert_int_equal(step(&h, now), -EAGAIN);
	(void)hall_wants(h.hall, p, &until);
	assert_int_equal(until, now + REGISTER_MS * 1000LL);
	assert_int_equal(step(&h, until - 1), -EAGAIN);
	assert_string_equal(h.said, "");
	assert_still_waiting(mute);
	assert_int_equal(step(&h, until), -EAGAIN);
	assert_says(h.said, "127.0.0.1 dialled in and said no whole "
			    "registration for 10 s; closed");
	/* The other is closed in the same or the next step, untold. */
	assert_int_equal(step(&h, until), -EAGAIN);
	assert_string_equal(h.said, "");
	assert_turned_away(mute);
	assert_turned_away(half);
	house_close(&h);
}

static void
the_oldest_of_too_many_goes(void **state)
{
	struct house h;
	int64_t now = port_now_us();
	int fd[HALL_WAITING + 2];

	(void)state;
	house_open(&h, "127.0.0.1", three, 3);
	for (size_t i = 0; i < HALL_WAITING; i++) {
		fd[i] = dial_in(&h, "127.0.0.1");
		assert_true(stirs(&h, 5000));
		assert_int_equal(step(&h, now), -EAGAIN);
	}
	assert_string_equal(h.said, "");
	assert_false(stirs(&h, 0));
	fd[HALL_WAITING] = dial_in(&h, "127.0.0.1");
	assert_true(stirs(&h, 5000));
	assert_int_equal(step(&h, now), -EAGAIN);
	assert_says(h.said, "more than 8 that dialled in");
	assert_turned_away(fd[0]);
	assert_still_waiting(fd[1]);
	/* An honest one gets through the crowd, wherever it stands in it. */
	talk(fd[1], "DTU10");
	assert_guest(&h, wait_for_guest(&h, 5000), 10, "");
	fd[HALL_WAITING + 1] = dial_in(&h, "127.0.0.1");
	talk(fd[HALL_WAITING + 1], "REG:0001");
	assert_guest(&h, wait_for_guest(&h, 5000), 5, "");
	for (size_t i = 1; i < HALL_WAITING + 2; i++)
		(void)close(fd[i]);
	house_close(&h);
}

/* Several at once: one a step, the others are not forgotten. */
static void
serves_several_at_once(void **state)
{
	static const char *const texts[] = {"REG:0001", "DTU10", "DTU1\n"};
	struct house h;
	int fd[3], seen = 0;

	(void)state;
	house_open(&h, "127.0.0.1", three, 3);
	for (size_t i = 0; i < 3; i++) {
		fd[i] = dial_in(&h, "127.0.0.1");
		talk(fd[i], texts[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		int in = wait_for_guest(&h, 5000);

		assert_true(in >= 0);
		seen |= h.who == 5 ? 1 : h.who == 10 ? 2 : h.who == 1 ? 4 : 0;
		(void)close(in);
		(void)close(fd[i]);
	}
	assert_int_equal(seen, 7);
	house_close(&h);
}

static void
who_hangs_up_is_forgotten(void **state)
{
	struct linger rst = {.l_onoff = 1};
	struct house h;

	(void)state;
	house_open(&h, "127.0.0.1", three, 3);
	for (int i = 0; i < 2 * HALL_WAITING; i++) {
		int fd = dial_in(&h, "127.0.0.1");

		if (i % 2 == 0)
			(void)setsockopt(
			    fd, SOL_SOCKET, SO_LINGER, &rst, sizeof(rst));
		else
			talk(fd, "DTU1");
		assert_true(stirs(&h, 5000));
		assert_int_equal(step(&h, port_now_us()), -EAGAIN);
		(void)close(fd);
		assert_true(stirs(&h, 5000));
		assert_int_equal(step(&h, port_now_us()), -EAGAIN);
		assert_string_equal(h.said, "");
	}
	house_close(&h);
}

static void
ipv6_and_both(void **state)
{
	struct house h;

	(void)state;
	house_open(&h, "::1", three, 3);
	int fd = dial_in(&h, "::1");
	talk(fd, "DTU10");
	assert_guest(&h, wait_for_guest(&h, 5000), 10, "");
	(void)close(fd);
	house_close(&h);

	house_open(&h, "::", three, 3);
	fd = dial_in(&h, "::1");
	talk(fd, "DTU10");
	assert_guest(&h, wait_for_guest(&h, 5000), 10, "");
	(void)close(fd);
	fd = dial_in(&h, "127.0.0.1");
	talk(fd, "who?");
	assert_int_equal(wait_for_guest(&h, 5000), -EAGAIN);
	assert_int_equal(strncmp(h.said, "127.0.0.1 dialled", 17), 0);
	assert_turned_away(fd);
	house_close(&h);
}

static void
says_why_it_cannot_listen(void **state)
{
	struct house h;
	char why[WHY_MAX] = "", port[16];

	(void)state;
	house_open(&h, "127.0.0.1", three, 3);
	assert_null(hall_new("127.0.0.1", h.port, three, 3, why));
	(void)snprintf(port, sizeof(port), "port %u", h.port);
	assert_says(why, port);
	assert_says(why, "taken by another program");
	assert_null(hall_new("192.0.2.1", h.port, three, 3, why));
	assert_says(why, "no network of this box has this address");
	assert_null(hall_new("dtu.example", h.port, three, 3, why));
	assert_says(why, "dtu.example is no address");
	house_close(&h);
	/* And the port is free again at once, whatever was connected. */
	struct hall *again = hall_new("127.0.0.1", h.port, three, 3, why);
	assert_non_null(again);
	(void)hall_free(again);
}

static void
without_descriptors_it_rests(void **state)
{
	struct rlimit was, none;
	struct house h;
	int64_t now = port_now_us();

	(void)state;
	house_open(&h, "127.0.0.1", three, 3);
	int fd = dial_in(&h, "127.0.0.1");
	assert_true(stirs(&h, 5000));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){.rlim_cur = 3, .rlim_max = was.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	int r = step(&h, now);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(r, -EAGAIN);
	assert_says(h.said, "cannot be taken in: Too many open files");
	assert_false(stirs(&h, 50)); /* or it would spin */
	talk(fd, "DTU10");
	assert_int_equal(step(&h, now + SECOND - 1), -EAGAIN);
	assert_guest(&h, step(&h, now + SECOND), 10, "");
	(void)close(fd);
	house_close(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_a_guest),
	    cmocka_unit_test(a_text_may_come_in_pieces),
	    cmocka_unit_test(undecided_bytes_do_not_spin),
	    cmocka_unit_test(the_longest_text_wins),
	    cmocka_unit_test(whoever_alone_is_in_at_once),
	    cmocka_unit_test(whoever_beside_others_waits_for_its_turn),
	    cmocka_unit_test(a_stranger_is_closed_and_told_of),
	    cmocka_unit_test(a_mute_one_is_closed),
	    cmocka_unit_test(the_oldest_of_too_many_goes),
	    cmocka_unit_test(serves_several_at_once),
	    cmocka_unit_test(who_hangs_up_is_forgotten),
	    cmocka_unit_test(ipv6_and_both),
	    cmocka_unit_test(says_why_it_cannot_listen),
	    cmocka_unit_test(without_descriptors_it_rests),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
