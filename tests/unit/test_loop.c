/*
 * The whole line program but its main(): this test is the core on one end of
 * the channel and a TCP device with two coils at the other end of the line.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "chan.h"
#include "loop.h"
#include "mono.h"
#include "msg.h"
#include "site.h"

/* Shared with the device's process. */
struct bench {
	volatile uint8_t coils[2];
	volatile uint8_t mute; /* unit that does not answer; 0: none */
	volatile uint32_t reads;
};

static struct {
	struct bench *bench;
	pid_t device, line;
	int chan;
	struct msg in;
} t;

static void
take(int fd, uint8_t *out, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, out, n);
		if (got <= 0)
			_exit(0);
		out += got;
		n -= (size_t)got;
	}
}

static void
play_device(int listener, struct bench *b)
{
	uint8_t q[12], a[16];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	int fd = accept(listener, NULL, NULL);
	for (;;) {
		take(fd, q, 12);
		memcpy(a, q, 12);
		if (q[6] == b->mute)
			continue;
		size_t n = 12;
		if (q[7] == 5) {
			b->coils[q[9] & 1] = q[10] == 0xFF;
		} else if (q[7] == 1) {
			a[5] = 4;
			a[8] = 1;
			a[9] = b->coils[q[9] & 1];
			if (q[11] == 2)
				a[9] =
				    (uint8_t)(b->coils[0] | b->coils[1] << 1);
			n = 10;
		} else {
			b->reads++;
			a[5] = 5;
			a[8] = 2;
			a[9] = 7;
			a[10] = 29; /* 1821 */
			n = 11;
		}
		if (write(fd, a, n) != (ssize_t)n)
			_exit(0);
	}
}

static const struct point_type relays[] = {
    {.name = "relay_1",
	.kind = KIND_OUTPUT,
	.confirm = -1,
	.writable = true,
	.table = TABLE_COIL,
	.addr = 0,
	.count = 1,
	.type = REG_BOOL,
	.order = {0, 1},
	.mul = 1,
	.div = 1},
    {.name = "relay_2",
	.kind = KIND_OUTPUT,
	.confirm = -1,
	.writable = true,
	.table = TABLE_COIL,
	.addr = 1,
	.count = 1,
	.type = REG_BOOL,
	.order = {0, 1},
	.mul = 1,
	.div = 1},
};
static const struct point_type moisture = {.name = "moisture",
    .table = TABLE_HOLDING,
    .count = 1,
    .type = REG_UINT16,
    .order = {0, 1},
    .mul = 1,
    .div = 100};
static const struct device_type valves = {
    .name = "valves", .coils_per_read = 2000, .points = relays, .npoints = 2};
static const struct device_type probe = {.name = "probe",
    .registers_per_read = 125,
    .points = &moisture,
    .npoints = 1};
static struct point valve_points[] = {
    {.type = &relays[0], .every_ms = 1000, .slope = 1},
    {.type = &relays[1], .every_ms = 1000, .slope = 1}};
static struct point probe_points[] = {
    {.type = &moisture, .every_ms = 200, .slope = 1}};

static void
start(void)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0), pair[2];

	t.bench = mmap(NULL, sizeof(*t.bench), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(t.bench, MAP_FAILED);
	t.bench->coils[0] = t.bench->coils[1] = 1;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	if ((t.device = fork()) == 0)
		play_device(fd, t.bench);
	(void)close(fd);

	struct device devices[] = {{.name = "valves",
				       .path = "station/valves",
				       .type = &valves,
				       .unit = 1,
				       .every_ms = 1000,
				       .timeout_ms = 1000,
				       .points = valve_points},
	    {.name = "probe",
		.path = "station/probe",
		.type = &probe,
		.unit = 2,
		.every_ms = 200,
		.timeout_ms = 5000,
		.series = 2,
		.points = probe_points}};
	struct line line = {.name = "station",
	    .transport = TRANSPORT_TCP,
	    .host = "127.0.0.1",
	    .tcp_port = ntohs(a.sin_port),
	    .devices = devices,
	    .ndevices = 2};
	assert_int_equal(chan_pair(pair, 0), 0);
	if ((t.line = fork()) == 0) {
		(void)close(pair[0]);
		_exit(loop_run(pair[1], NULL, &line));
	}
	(void)close(pair[1]);
	t.chan = pair[0];
}

/* 1 a message, 0 the line has closed its end. */
static int
next_message(void)
{
	int64_t end = mono_ms() + 15000;

	for (;;) {
		int rc = msg_recv(t.chan, &t.in);
		if (rc != -EAGAIN)
			return rc == -ECONNRESET ? 0 : rc;
		assert_true(mono_ms() < end);
		struct pollfd p = {.fd = t.chan, .events = POLLIN};
		(void)poll(&p, 1, 1000);
	}
}

static void
until_kind(enum msg_kind kind)
{
	do
		assert_int_equal(next_message(), 1);
	while (t.in.kind != kind);
}

static void
send_hello(const char *build)
{
	struct msg m = {.kind = MSG_HELLO};

	memcpy(m.hello.build, build, BUILD_ID_LEN);
	assert_int_equal(msg_send(t.chan, &m), 0);
}

/* What core had kept: n pieces of what the devices have no use for. */
static void
send_kept(int n)
{
	struct msg m = {.kind = MSG_KEPT};

	for (int i = 0; i < n; i++) {
		m.kept.n = 2;
		m.kept.last = i == n - 1;
		m.kept.k[0] = (struct kept){.series = 2, .n = 1};
		m.kept.k[1] = (struct kept){.series = UINT32_MAX, .n = 1};
		assert_int_equal(msg_send(t.chan, &m), 0);
	}
}

static int
exit_code(void)
{
	int status;

	assert_int_equal(waitpid(t.line, &status, 0), t.line);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
finish(void)
{
	if (t.chan != -1)
		(void)close(t.chan);
	(void)kill(t.device, SIGKILL);
	(void)waitpid(t.device, NULL, 0);
	(void)munmap(t.bench, sizeof(*t.bench));
}

static void
until_good_reading(void)
{
	for (;;) {
		until_kind(MSG_READINGS);
		for (size_t i = 0; i < t.in.readings.n; i++)
			if (t.in.readings.r[i].series == 2) {
				assert_int_equal(
				    t.in.readings.r[i].quality, QUALITY_GOOD);
				assert_true(
				    value_number(&t.in.readings.r[i].value) ==
				    18.21);
				return;
			}
	}
}

static void
begin(void)
{
	start();
	until_kind(MSG_HELLO);
	assert_string_equal(t.in.hello.build, build_id());
	send_hello(build_id());
	send_kept(2);
	until_kind(MSG_READY);
	/* Safe, read back, and only then ready. */
	assert_int_equal(t.bench->coils[0], 0);
	assert_int_equal(t.bench->coils[1], 0);
	until_good_reading();
	until_kind(MSG_BEAT);
	t.bench->coils[0] = t.bench->coils[1] = 1;
}

static void
test_stop(void **state)
{
	struct msg stop = {.kind = MSG_STOP};

	(void)state;
	begin();
	assert_int_equal(msg_send(t.chan, &stop), 0);
	until_kind(MSG_BYE);
	assert_int_equal(t.bench->coils[0], 0);
	assert_int_equal(t.bench->coils[1], 0);
	assert_int_equal(next_message(), 0);
	assert_int_equal(exit_code(), 0);
	finish();
}

static void
test_core_gone(void **state)
{
	(void)state;
	begin();
	(void)close(t.chan);
	t.chan = -1;
	assert_int_equal(exit_code(), 0);
	assert_int_equal(t.bench->coils[0], 0);
	assert_int_equal(t.bench->coils[1], 0);
	finish();
}

/* C48 (a): the bus waits on a silent unit with a timeout of 5 s, which may be
 * told nothing else meanwhile; there is time left for the others. */
static void
test_stop_while_waiting_for_a_silent_unit(void **state)
{
	struct msg stop = {.kind = MSG_STOP};
	int64_t t0;

	(void)state;
	begin();
	t.bench->mute = 2;
	until_kind(MSG_BEAT);
	until_kind(MSG_BEAT);
	mono_sleep_until(mono_ms() + 500);
	t0 = mono_ms();
	assert_int_equal(msg_send(t.chan, &stop), 0);
	until_kind(MSG_BYE);
	assert_int_equal(t.bench->coils[0], 0);
	assert_int_equal(exit_code(), 0);
	assert_true(mono_ms() - t0 < 9000);
	finish();
}

static void
test_stop_when_outputs_do_not_answer(void **state)
{
	struct msg stop = {.kind = MSG_STOP};
	int64_t t0;

	(void)state;
	begin();
	t.bench->mute = 1;
	t0 = mono_ms();
	assert_int_equal(msg_send(t.chan, &stop), 0);
	until_kind(MSG_BYE);
	assert_int_equal(exit_code(), 0);
	assert_in_range(mono_ms() - t0, 5000, 8500);
	finish();
}

/* Nothing is read before what must not be forgotten is known. */
static void
test_nothing_kept_said(void **state)
{
	int64_t t0 = mono_ms();

	(void)state;
	start();
	until_kind(MSG_HELLO);
	send_hello(build_id());
	assert_int_equal(exit_code(), 1);
	assert_in_range(mono_ms() - t0, HELLO_MS - 100, HELLO_MS + 2000);
	assert_int_equal(t.bench->reads, 0);
	finish();
}

static void
test_stop_while_waiting_for_what_was_kept(void **state)
{
	struct msg stop = {.kind = MSG_STOP};

	(void)state;
	start();
	until_kind(MSG_HELLO);
	send_hello(build_id());
	assert_int_equal(msg_send(t.chan, &stop), 0);
	until_kind(MSG_BYE);
	assert_int_equal(t.bench->coils[0], 0);
	assert_int_equal(exit_code(), 0);
	finish();
}

static void
test_unequal_build(void **state)
{
	char other[BUILD_ID_LEN + 1];

	(void)state;
	memset(other, 'a', BUILD_ID_LEN);
	other[BUILD_ID_LEN] = '\0';
	start();
	until_kind(MSG_HELLO);
	send_hello(other);
	assert_int_equal(exit_code(), 1);
	assert_int_equal(t.bench->coils[0], 1); /* nothing on the bus */
	finish();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_core_gone),
	    cmocka_unit_test(test_stop_while_waiting_for_a_silent_unit),
	    cmocka_unit_test(test_stop_when_outputs_do_not_answer),
	    cmocka_unit_test(test_nothing_kept_said),
	    cmocka_unit_test(test_stop_while_waiting_for_what_was_kept),
	    cmocka_unit_test(test_unequal_build),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
