/*
 * The bus on a serial line, against units that misbehave (C08 to C13, C17).
 *
 * alone: yes
 */
#include "busfield.h"

/* ---- scripts ---- */

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
late_once_in_two(int fd)
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
stray_always(int fd)
{
	static const uint8_t stray[] = {0x00, 0xFF, 0x01, 0x07, 0x55};
	uint8_t req[8], out[300];

	for (unsigned i = 0;; i++) {
		take(fd, req, 8);
		size_t n = answer_to(req, out + 1);
		out[0] = stray[i % sizeof(stray)];
		give(fd, out, n + 1);
	}
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
wrong_function_once(int fd)
{
	uint8_t req[8], out[256];

	take(fd, req, 8);
	req[1] = 4;
	give(fd, out, answer_to(req, out));
	serve_all(fd);
}

static void
garbled_once(int fd)
{
	uint8_t req[8], out[256];

	take(fd, req, 8);
	size_t n = answer_to(req, out);
	out[5] ^= 0x10;
	give(fd, out, n);
	serve_all(fd);
}

static void
foreign_once(int fd)
{
	uint8_t req[8], out[256], other[256];

	take(fd, req, 8);
	size_t n = answer_to(req, out);
	req[0] = 9;
	req[2] = 1;
	give(fd, other, answer_to(req, other));
	rest(20);
	give(fd, out, n);
	serve_all(fd);
}

static void
dribble(int fd)
{
	uint8_t req[8], out[256];

	for (;;) {
		take(fd, req, 8);
		size_t n = answer_to(req, out);
		for (size_t i = 0; i < n; i++) {
			give(fd, out + i, 1);
			rest(3);
		}
	}
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
	end = port_now_us() + 2500000;
	while (port_now_us() < end) {
		give(fd, "\x55\xAA\x01\x03\x55", 5);
		rest(1);
	}
	/* What was asked meanwhile is not answered. */
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, req, 1) == 1)
		;
	(void)fcntl(fd, F_SETFL, 0);
	serve_all(fd);
}

static void
pause_within(int fd)
{
	uint8_t req[8], out[256];

	for (;;) {
		take(fd, req, 8);
		size_t n = answer_to(req, out);
		give(fd, out, 4);
		rest(T / 2);
		give(fd, out + 4, n - 4);
	}
}

static void
echo_and_serve(int fd)
{
	uint8_t req[8], out[256];

	for (;;) {
		take(fd, req, 8);
		give(fd, req, 8);
		rest(5);
		give(fd, out, answer_to(req, out));
	}
}

/* Of the first request one bit is lost. */
static void
echo_changed_once(int fd)
{
	uint8_t req[8];

	take(fd, req, 8);
	req[3] ^= 0x40;
	give(fd, req, 8);
	echo_and_serve(fd);
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

/* As from a line at another speed. */
static void
nonsense(int fd)
{
	uint8_t req[8];

	for (;;) {
		take(fd, req, 8);
		give(fd, "\xF8\x80\x9E\x00\xFE\x78", 6);
	}
}

/* A function of its own: 0x42, two bytes; it answers three. */
static void
own_function(int fd)
{
	uint8_t req[6], out[8];

	for (;;) {
		take(fd, req, 6);
		out[0] = req[0];
		out[1] = req[1];
		memcpy(out + 2, req + 2, 2);
		out[4] = 7;
		give(fd, out, seal(out, 5));
	}
}

/* ---- tests ---- */

static void
test_reads(void **state)
{
	struct field f;

	(void)state;
	rtu_up(&f, serve_all);
	assert_int_equal(read_at(&f, 0, 10), BUS_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(f.answer.words[i], 100 + i);
	assert_true(f.answer.sent_us > 0);
	assert_true(f.answer.done_us >= f.answer.sent_us);
	assert_int_equal(f.answer.late_ms, 0);
	assert_int_equal(read_at(&f, 0, 126), BUS_NOISE); /* never sent */
	assert_int_equal(f.answer.sent_us, 0);
	assert_non_null(strstr(f.answer.hint, "larger"));
	assert_reads(&f, 5);
	down(&f);
}

static void
test_a_function_of_its_own(void **state)
{
	static const uint8_t raw[] = {0x11, 0x22};
	struct ask ask = {.req = {.unit = 3,
			      .function = 0x42,
			      .raw = raw,
			      .nraw = 2,
			      .nraw_answer = 3},
	    .timeout_ms = T};
	struct field f;

	(void)state;
	rtu_up(&f, own_function);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(run_exchange(&f, &ask), BUS_OK);
		assert_int_equal(f.answer.words[0], 0x11);
		assert_int_equal(f.answer.words[2], 7);
	}
	down(&f);
}

static void
test_late_answer_is_never_the_next_one(void **state)
{
	script_fn *scripts[] = {late_once, late_once_in_two};
	struct field f;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		rtu_up(&f, scripts[i]);
		assert_int_equal(read_at(&f, 0, 1), BUS_TIMEOUT);
		assert_true(f.answer.late_ms >= T);
		for (uint16_t a = 10; a < 15; a++)
			assert_reads(&f, a);
		down(&f);
	}
}

/* As a lost unit is probed: without the quiet wait. */
static void
test_late_answer_without_a_quiet_wait(void **state)
{
	struct ask ask = asking(1, FC_READ_HOLDING, 0, 1);
	struct ask other = asking(1, FC_READ_HOLDING, 10, 1);
	struct field f;
	uint8_t unit = 0;

	(void)state;
	rtu_up(&f, late_once);
	ask.quiet = false;
	assert_int_equal(run_exchange(&f, &ask), BUS_TIMEOUT);
	assert_int_equal(f.answer.late_ms, 0);
	assert_false(bus_late(f.bus, &unit));
	/* Another register might be given this one's answer, the same not. */
	assert_true(bus_doubt_us(f.bus, &other.req) > port_now_us());
	assert_int_equal(bus_doubt_us(f.bus, &ask.req), 0);
	other.req.count = 2;
	assert_int_equal(bus_doubt_us(f.bus, &other.req), 0);
	assert_reads(&f, 10);
	assert_true(bus_late(f.bus, &unit));
	assert_int_equal(unit, 1);
	assert_false(bus_late(f.bus, &unit));
	assert_reads(&f, 11);
	down(&f);
}

static void
test_hurry_ends_the_quiet_wait(void **state)
{
	struct ask ask = asking(1, FC_READ_HOLDING, 0, 1);
	struct field f;
	int64_t t0;

	(void)state;
	rtu_up(&f, silent);
	ask.timeout_ms = 1;
	ask.quiet = true;
	bus_begin(f.bus, &ask);
	/* Sent, and timed out; then it would listen for QUIET_MAX_MS. */
	ask.timeout_ms = QUIET_MAX_MS;
	assert_int_equal(run(&f), BUS_TIMEOUT);
	t0 = port_now_us();
	bus_begin(f.bus, &ask);
	while (bus_wants(f.bus).until_us < t0 + 4000000) {
		assert_int_equal(
		    bus_step(f.bus, &f.answer, f.why), BUS_PENDING);
		await(f.bus);
	}
	bus_hurry(f.bus);
	assert_int_equal(bus_step(f.bus, &f.answer, f.why), BUS_TIMEOUT);
	assert_true(bus_doubt_us(f.bus, &(struct request){.unit = 1,
					    .function = FC_READ_HOLDING,
					    .addr = 1,
					    .count = 1}) > 0);
	down(&f);
}

/* Whatever the first answer is, no value is wrong and the next are right. */
static void
fails_once(script_fn *script, enum bus_result first, bool crc)
{
	struct field f;

	rtu_up(&f, script);
	assert_int_equal(read_at(&f, 0, 4), first);
	assert_int_equal(f.answer.crc, crc);
	for (uint16_t a = 10; a < 13; a++)
		assert_reads(&f, a);
	down(&f);
}

static void
test_bad_answers(void **state)
{
	(void)state;
	fails_once(short_once, BUS_NOISE, false);
	fails_once(long_once, BUS_NOISE, false);
	fails_once(wrong_function_once, BUS_NOISE, false);
	fails_once(garbled_once, BUS_NOISE, true);
}

static void
succeeds(script_fn *script)
{
	struct field f;

	rtu_up(&f, script);
	for (uint16_t a = 0; a < 6; a++)
		assert_reads(&f, a);
	down(&f);
}

static void
test_what_must_not_disturb(void **state)
{
	(void)state;
	succeeds(stray_always);
	succeeds(foreign_once);
	succeeds(dribble);
	succeeds(pause_within);
}

static void
test_endless_dribble_is_bounded(void **state)
{
	struct field f;

	(void)state;
	rtu_up(&f, dribble_for_ever);
	assert_int_equal(read_at(&f, 0, 100), BUS_TIMEOUT);
	down(&f);
}

static void
test_endless_babble_is_bounded(void **state)
{
	struct field f;
	int64_t end;

	(void)state;
	rtu_up(&f, babble);
	end = port_now_us() + 10000000;
	assert_int_not_equal(read_at(&f, 0, 1), BUS_OK);
	assert_int_not_equal(read_at(&f, 1, 1), BUS_OK);
	while (read_at(&f, 2, 1) != BUS_OK)
		assert_true(port_now_us() < end);
	assert_int_equal(f.answer.words[0], 102);
	assert_reads_in_time(&f, 3);
	down(&f);
}

static void
test_exception(void **state)
{
	struct field f;

	(void)state;
	rtu_up(&f, busy_once);
	assert_int_equal(read_at(&f, 0, 1), BUS_EXCEPTION);
	assert_int_equal(f.answer.code, 6);
	assert_reads(&f, 1);
	down(&f);
}

static void
test_echo_has_a_hint(void **state)
{
	struct field f;

	(void)state;
	rtu_up(&f, echo_and_serve);
	assert_int_equal(read_at(&f, 0, 2), BUS_NOISE);
	assert_non_null(strstr(f.answer.hint, "`echo: true`"));
	/* Where the echo begins like the answer. */
	assert_int_equal(read_at(&f, 0x0400, 2), BUS_NOISE);
	assert_non_null(strstr(f.answer.hint, "`echo: true`"));
	down(&f);
}

static void
test_echo_that_is_expected(void **state)
{
	struct field f;

	(void)state;
	rtu_play(&f, echo_changed_once);
	f.line.echo = true;
	rtu_open(&f);
	assert_int_equal(read_at(&f, 0, 1), BUS_NOISE);
	assert_non_null(strstr(f.answer.hint, "changed"));
	for (uint16_t a = 0; a < 5; a++)
		assert_reads_in_time(&f, (uint16_t)(a * 0x0100));
	down(&f);
	rtu_play(&f, silent);
	f.line.echo = true;
	rtu_open(&f);
	assert_int_equal(read_at(&f, 0, 1), BUS_TIMEOUT);
	assert_non_null(strstr(f.answer.hint, "not even"));
	down(&f);
}

static void
test_echoed_write_is_not_confirmed(void **state)
{
	uint16_t off = 0;
	struct ask write = asking(2, FC_WRITE_COIL, 2, 1);
	struct ask back = asking(2, FC_READ_COILS, 2, 1);
	struct field f;

	(void)state;
	write.req.words = &off;
	rtu_up(&f, echo_alone);
	/* An echo looks like the answer: that proves nothing ... */
	assert_int_equal(run_exchange(&f, &write), BUS_OK);
	/* ... and reading back does not succeed. */
	assert_int_equal(run_exchange(&f, &back), BUS_NOISE);
	assert_non_null(strstr(f.answer.hint, "hears"));
	down(&f);
	/* Where it is expected, the write does not succeed either. */
	rtu_play(&f, echo_alone);
	f.line.echo = true;
	rtu_open(&f);
	assert_int_equal(run_exchange(&f, &write), BUS_TIMEOUT);
	down(&f);
}

static void
test_wrong_speed_has_a_hint(void **state)
{
	struct field f;

	(void)state;
	rtu_up(&f, nonsense);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(read_at(&f, 0, 2), BUS_NOISE);
		assert_null(strstr(f.answer.hint, "baud"));
	}
	assert_int_equal(read_at(&f, 0, 2), BUS_NOISE);
	assert_non_null(strstr(f.answer.hint, "baud"));
	down(&f);
}

static void
test_bytes_nobody_asked_for(void **state)
{
	struct field f;

	(void)state;
	rtu_up(&f, silent);
	stop_child(&f);
	for (int i = 0; i < 300; i++) {
		give(f.fd, "\x01\x03\x02\x00\x64\xB9\xAF", 7);
		while (!(bus_wants(f.bus).events & POLLIN))
			;
		await(f.bus);
		assert_int_equal(
		    bus_step(f.bus, &f.answer, f.why), BUS_PENDING);
	}
	assert_int_equal(bus_state(f.bus), BUS_IDLE);
	play(&f, serve_all);
	assert_reads(&f, 10);
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
	char dir[] = "/tmp/test_bus.XXXXXX", link[64];
	struct field f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(link, sizeof(link), "%s/port", dir);
	rtu_play(&f, serve_all);
	assert_int_equal(symlink(f.path, link), 0);
	f.line.port = link;
	rtu_open(&f);
	assert_reads(&f, 1);

	stop_child(&f);
	(void)close(f.fd);
	assert_int_equal(unlink(link), 0);
	await(f.bus); /* noticed without a request, too */
	assert_int_equal(run(&f), BUS_PORT);
	assert_int_equal(bus_state(f.bus), BUS_CLOSED);
	assert_int_equal(deleted_fds(), 0);
	assert_int_equal(bus_step(f.bus, &f.answer, f.why), BUS_PENDING);
	assert_int_equal(bus_wants(f.bus).fd, -1);
	assert_int_equal(open_bus(&f), -ENOENT);
	assert_non_null(strstr(f.why, "is not there"));

	open_pty(&f);
	assert_int_equal(symlink(f.path, link), 0);
	play(&f, serve_all);
	assert_int_equal(open_bus(&f), 0);
	assert_reads(&f, 2);
	down(&f);
	(void)unlink(link);
	(void)rmdir(dir);
}

static void
test_pulled_out_in_an_exchange(void **state)
{
	struct ask ask = asking(1, FC_READ_HOLDING, 0, 1);
	struct field f;

	(void)state;
	rtu_up(&f, silent);
	ask.timeout_ms = 60000;
	bus_begin(f.bus, &ask);
	while (bus_wants(f.bus).until_us < port_now_us() + 30000000) {
		assert_int_equal(
		    bus_step(f.bus, &f.answer, f.why), BUS_PENDING);
		if (bus_wants(f.bus).until_us < port_now_us() + 30000000)
			await(f.bus);
	}
	stop_child(&f);
	(void)close(f.fd);
	f.fd = -1;
	assert_int_equal(run(&f), BUS_PORT);
	assert_int_equal(bus_state(f.bus), BUS_CLOSED);
	down(&f);
}

static void
test_ports_that_do_not_open(void **state)
{
	struct line none = {
	    .transport = TRANSPORT_RTU, .port = "/etc/passwd", .baud = 9600};
	struct bus *b = bus_new((struct bus_way){.line = &none});
	char why[WHY_MAX];
	struct field f;

	(void)state;
	assert_true(bus_open(b, why) < 0);
	assert_non_null(strstr(why, "serial settings"));
	b = bus_free(b);

	rtu_up(&f, serve_all);
	b = bus_new(f.way);
	assert_int_equal(bus_open(b, why), -EBUSY);
	assert_non_null(strstr(why, "in use"));
	assert_int_equal(bus_state(b), BUS_CLOSED);
	assert_reads(&f, 1);
	b = bus_free(b);
	down(&f);

	/* A pseudo terminal has no direction to switch. */
	rtu_play(&f, serve_all);
	f.line.rs485 = true;
	b = bus_new(f.way);
	assert_true(bus_open(b, why) < 0);
	assert_non_null(strstr(why, "direction"));
	b = bus_free(b);
	down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reads),
	    cmocka_unit_test(test_a_function_of_its_own),
	    cmocka_unit_test(test_late_answer_is_never_the_next_one),
	    cmocka_unit_test(test_late_answer_without_a_quiet_wait),
	    cmocka_unit_test(test_hurry_ends_the_quiet_wait),
	    cmocka_unit_test(test_bad_answers),
	    cmocka_unit_test(test_what_must_not_disturb),
	    cmocka_unit_test(test_endless_dribble_is_bounded),
	    cmocka_unit_test(test_endless_babble_is_bounded),
	    cmocka_unit_test(test_exception),
	    cmocka_unit_test(test_echo_has_a_hint),
	    cmocka_unit_test(test_echo_that_is_expected),
	    cmocka_unit_test(test_echoed_write_is_not_confirmed),
	    cmocka_unit_test(test_wrong_speed_has_a_hint),
	    cmocka_unit_test(test_bytes_nobody_asked_for),
	    cmocka_unit_test(test_port_gone_and_back_under_another_name),
	    cmocka_unit_test(test_pulled_out_in_an_exchange),
	    cmocka_unit_test(test_ports_that_do_not_open),
	};

	(void)alarm(FIELD_LIMIT_S);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
