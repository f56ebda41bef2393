/*
 * The bus on connections: Modbus TCP (C08, C11 to C13), and RTU frames through
 * transparent converters, which are dialled or dial in and put their texts
 * between (C24).
 *
 * alone: yes
 */
#include "busfield.h"

/* ---- scripts ---- */

static int
accepted(int fd)
{
	int c = accept(fd, NULL, NULL);

	if (c == -1)
		_exit(0);
	return c;
}

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
late_once(int fd, int ms)
{
	uint8_t req[12], out[300];
	int c = accepted(fd);

	(void)close(fd);
	take(c, req, 12);
	size_t n = tcp_answer(req, out);
	rest(ms);
	give(c, out, n);
	tcp_serve(c);
}

static void
a_little_late(int fd)
{
	late_once(fd, T * 14 / 10);
}

static void
very_late(int fd)
{
	late_once(fd, T * 3);
}

static void
in_two_with_a_pause(int fd)
{
	uint8_t req[12], out[300];
	int c = accepted(fd);

	(void)close(fd);
	take(c, req, 12);
	size_t n = tcp_answer(req, out);
	give(c, out, 5);
	rest(T * 5 / 2);
	give(c, out + 5, n - 5);
	tcp_serve(c);
}

static void
bytewise(int fd)
{
	uint8_t req[12], out[300];
	int c = accepted(fd);

	for (;;) {
		take(c, req, 12);
		size_t n = tcp_answer(req, out);
		for (size_t i = 0; i < n; i++) {
			give(c, out + i, 1);
			rest(20);
		}
	}
}

/* Before each answer: one to an old transaction, one of another unit. */
static void
foreign_before(int fd)
{
	uint8_t req[12], out[300], other[300];
	int c = accepted(fd);

	for (;;) {
		take(c, req, 12);
		size_t n = tcp_answer(req, out);
		memcpy(other, out, n);
		other[1] ^= 0x80;
		other[n - 1] ^= 0x55;
		give(c, other, n);
		memcpy(other, out, n);
		other[6] ^= 0x40;
		other[n - 1] ^= 0x55;
		give(c, other, n);
		give(c, out, n);
	}
}

static void
bad_once(int fd, const uint8_t *bad, size_t n)
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
too_short(int fd)
{
	static const uint8_t s[] = {0, 1, 0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2};

	bad_once(fd, s, sizeof(s));
}

static void
cut_off(int fd)
{
	static const uint8_t s[] = {0, 1, 0, 0, 0, 7, 1, 3, 8, 0, 1, 0, 2};

	bad_once(fd, s, sizeof(s));
}

static void
too_long(int fd)
{
	static const uint8_t s[] = {
	    0, 1, 0, 0, 0, 13, 1, 3, 10, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5};

	bad_once(fd, s, sizeof(s));
}

static void
wrong_protocol(int fd)
{
	static const uint8_t s[] = {
	    0, 1, 0, 1, 0, 11, 1, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4};

	bad_once(fd, s, sizeof(s));
}

static void
wrong_length(int fd)
{
	static const uint8_t s[] = {
	    0, 1, 0, 0, 0xFF, 11, 1, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4};

	bad_once(fd, s, sizeof(s));
}

static void
wrong_function(int fd)
{
	static const uint8_t s[] = {
	    0, 1, 0, 0, 0, 11, 1, 4, 8, 0, 1, 0, 2, 0, 3, 0, 4};

	bad_once(fd, s, sizeof(s));
}

static void
not_modbus(int fd)
{
	static const uint8_t s[] = "REG:0001\r\n";

	bad_once(fd, s, sizeof(s) - 1);
}

static void
plain(int fd)
{
	for (;;) {
		int c = accepted(fd);

		if (fork() == 0)
			tcp_serve(c);
		(void)close(c);
	}
}

static void
closes_between(int fd)
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
closes_within(int fd)
{
	uint8_t req[12], out[300];

	for (;;) {
		int c = accepted(fd);

		take(c, req, 12);
		(void)tcp_answer(req, out);
		give(c, out, 7);
		(void)close(c);
		c = accepted(fd);
		for (int i = 0; i < 3; i++) {
			take(c, req, 12);
			give(c, out, tcp_answer(req, out));
		}
		(void)close(c);
	}
}

/* The first connection stays open, and nobody is at its end. */
static void
mute_once(int fd)
{
	int c = accepted(fd), d = accepted(fd);

	tcp_serve(d);
	(void)close(c);
}

static void
gateway_without_target(int fd)
{
	uint8_t req[12], out[300];
	int c = accepted(fd);

	(void)close(fd);
	for (;;) {
		take(c, req, 12);
		size_t n = tcp_answer(req, out);
		if (req[6] == 5) {
			out[5] = 3;
			out[7] |= 0x80;
			out[8] = 0x0B;
			n = 9;
		}
		give(c, out, n);
	}
}

/* A converter: RTU frames, a registration, and PING before every third. */
static void
converter(int c)
{
	uint8_t req[8], out[256];

	give(c, "REG:0001", 8);
	for (unsigned i = 0;; i++) {
		take(c, req, 8);
		size_t n = answer_to(req, out);
		if (i % 3 == 2)
			give(c, "PING", 4);
		give(c, out, n / 2);
		rest(2);
		give(c, out + n / 2, n - n / 2);
		if (i % 5 == 4)
			give(c, "\r\nPING", 6);
	}
}

static void
converter_listens(int fd)
{
	converter(accepted(fd));
}

static void
converter_late_once(int fd)
{
	uint8_t req[8], out[256];
	int c = accepted(fd);

	take(c, req, 8);
	size_t n = answer_to(req, out);
	rest(T * 14 / 10);
	give(c, out, n);
	serve_all(c);
}

/* ---- tests ---- */

static void
test_late_answer_is_dropped(void **state)
{
	script_fn *scripts[] = {a_little_late, very_late, in_two_with_a_pause};
	struct field f;
	uint8_t unit;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		tcp_up(&f, scripts[i]);
		assert_int_equal(read_at(&f, 0, 1), BUS_TIMEOUT);
		for (uint16_t a = 10; a <= 40; a = (uint16_t)(a + 10))
			assert_reads(&f, a);
		assert_true(bus_late(f.bus, &unit));
		assert_int_equal(unit, 1);
		assert_int_equal(bus_state(f.bus), BUS_IDLE);
		down(&f);
	}
}

static void
test_what_must_not_disturb(void **state)
{
	struct field f;

	(void)state;
	tcp_up(&f, bytewise);
	assert_reads(&f, 3);
	assert_reads(&f, 4);
	down(&f);
	tcp_up(&f, foreign_before);
	for (uint16_t a = 0; a < 10; a++)
		assert_reads(&f, a);
	down(&f);
}

static void
test_bad_frames_cost_the_connection(void **state)
{
	script_fn *scripts[] = {too_short, too_long, cut_off, wrong_protocol,
	    wrong_length, wrong_function, not_modbus};
	struct field f;

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		tcp_up(&f, scripts[i]);
		assert_int_equal(read_at(&f, 0, 4), BUS_NOISE);
		assert_int_equal(bus_state(f.bus), BUS_CLOSED);
		if (scripts[i] == not_modbus)
			assert_non_null(
			    strstr(f.answer.hint, "`rtu_over_tcp`"));
		assert_int_equal(open_bus(&f), 0);
		for (uint16_t a = 10; a < 13; a++)
			assert_reads(&f, a);
		down(&f);
	}
}

static void
test_addresses_and_units(void **state)
{
	static const uint8_t units[] = {0, 1, 247, 250, 255};
	struct ask ask = asking(0, FC_READ_INPUT, 7, 2);
	struct field f;

	(void)state;
	tcp_up(&f, plain);
	ask.timeout_ms = PATIENCE;
	for (size_t i = 0; i < sizeof(units); i++) {
		ask.req.unit = units[i];
		assert_int_equal(run_exchange(&f, &ask), BUS_OK);
		assert_int_equal(f.answer.words[1], 108);
	}
	down(&f);
	tcp_up_as(&f, plain, TRANSPORT_TCP, "::1");
	assert_reads(&f, 4);
	down(&f);
}

static void
test_nobody_there(void **state)
{
	struct field f = {.fd = -1};

	(void)state;
	f.line = (struct line){.transport = TRANSPORT_TCP};
	f.way = (struct bus_way){
	    .line = &f.line, .host = "127.0.0.1", .tcp_port = 1};
	f.bus = bus_new(f.way);
	assert_int_equal(open_bus(&f), -EIO);
	assert_non_null(strstr(f.why, "refused"));
	assert_int_equal(bus_state(f.bus), BUS_CLOSED);
	assert_int_equal(bus_wants(f.bus).fd, -1);
	down(&f);
}

static void
test_server_closes(void **state)
{
	struct field f;

	(void)state;
	tcp_up(&f, closes_between);
	for (uint16_t a = 0; a < 4; a++) {
		assert_reads(&f, a);
		/* Noticed without a request. */
		assert_int_equal(run(&f), BUS_PORT);
		assert_int_equal(bus_state(f.bus), BUS_CLOSED);
		assert_int_equal(open_bus(&f), 0);
	}
	down(&f);
	tcp_up(&f, closes_within);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(read_at(&f, 0, 1), BUS_PORT);
		assert_int_equal(open_bus(&f), 0);
		for (uint16_t a = 0; a < 3; a++)
			assert_reads(&f, a);
		assert_int_equal(run(&f), BUS_PORT);
		assert_int_equal(open_bus(&f), 0);
	}
	down(&f);
}

static void
test_connection_that_leads_nowhere(void **state)
{
	struct field f;

	(void)state;
	tcp_up(&f, mute_once);
	for (int i = 0; i < 2; i++)
		assert_int_equal(read_at(&f, 0, 1), BUS_TIMEOUT);
	bus_close(f.bus);
	assert_int_equal(open_bus(&f), 0);
	assert_reads(&f, 1);
	down(&f);
}

static void
test_silent_target_costs_no_connection(void **state)
{
	struct ask dead = asking(5, FC_READ_HOLDING, 0, 1);
	struct field f;

	(void)state;
	tcp_up(&f, gateway_without_target);
	dead.timeout_ms = PATIENCE;
	for (uint16_t a = 0; a < 10; a++) {
		assert_int_equal(run_exchange(&f, &dead), BUS_EXCEPTION);
		assert_int_equal(f.answer.code, 0x0B);
		assert_reads(&f, a);
	}
	down(&f);
}

static void
test_converter_with_texts(void **state)
{
	struct field f;

	(void)state;
	tcp_up_as(&f, converter_listens, TRANSPORT_RTU_OVER_TCP, "127.0.0.1");
	for (uint16_t a = 0; a < 60; a++)
		assert_reads(&f, a);
	down(&f);
	tcp_up_as(&f, converter_late_once, TRANSPORT_RTU_OVER_TCP, "127.0.0.1");
	assert_int_equal(read_at(&f, 2, 1), BUS_TIMEOUT);
	assert_true(f.answer.late_ms > 0);
	assert_reads(&f, 3);
	assert_reads(&f, 4);
	down(&f);
	/* Modbus TCP never makes a value of it. */
	tcp_up(&f, converter_listens);
	assert_int_not_equal(read_at(&f, 0, 2), BUS_OK);
	assert_int_equal(bus_state(f.bus), BUS_CLOSED);
	down(&f);
}

static void
dial_in(struct field *f)
{
	int two[2];

	stop_child(f);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, two), 0);
	f->fd = two[0];
	play(f, converter);
	(void)close(two[0]);
	f->fd = -1;
	bus_adopt(f->bus, two[1]);
}

static void
test_converter_that_dials_in(void **state)
{
	struct ask ask = asking(1, FC_READ_HOLDING, 0, 1);
	struct field f = {.fd = -1};

	(void)state;
	f.line = (struct line){.transport = TRANSPORT_RTU_OVER_TCP};
	f.way = (struct bus_way){.line = &f.line};
	f.bus = bus_new(f.way);
	assert_int_equal(bus_open(f.bus, f.why), 0);
	assert_int_equal(bus_state(f.bus), BUS_OPENING);
	assert_int_equal(bus_step(f.bus, &f.answer, f.why), BUS_PENDING);
	assert_true(bus_wants(f.bus).until_us == INT64_MAX);
	for (int i = 0; i < 3; i++) {
		dial_in(&f);
		assert_int_equal(run(&f), BUS_OPENED);
		for (uint16_t a = 0; a < 10; a++)
			assert_reads(&f, a);
	}
	/* In the middle of an exchange. */
	stop_child(&f);
	assert_int_equal(run(&f), BUS_PORT);
	assert_int_equal(bus_open(f.bus, f.why), 0);
	dial_in(&f);
	assert_int_equal(run(&f), BUS_OPENED);
	bus_begin(f.bus, &ask);
	dial_in(&f);
	assert_int_equal(bus_state(f.bus), BUS_BUSY);
	assert_int_equal(run(&f), BUS_PORT);
	assert_int_equal(bus_state(f.bus), BUS_OPENING);
	assert_int_equal(bus_open(f.bus, f.why), 0); /* does no harm */
	assert_int_equal(run(&f), BUS_OPENED);
	assert_reads_in_time(&f, 7);
	down(&f);
}

/* One that hands out a byte every 20 ms, and one in the same loop. */
static void
test_a_slow_one_holds_up_nobody(void **state)
{
	struct ask ask = asking(1, FC_READ_HOLDING, 0, 60);
	struct field slow, quick;
	enum bus_result r = BUS_PENDING;
	uint32_t done = 0;

	(void)state;
	tcp_up(&slow, bytewise);
	tcp_up(&quick, plain);
	ask.timeout_ms = PATIENCE * 10;
	bus_begin(slow.bus, &ask);
	ask.timeout_ms = PATIENCE;
	ask.req.count = 1;
	while (r == BUS_PENDING) {
		r = bus_step(slow.bus, &slow.answer, slow.why);
		if (bus_state(quick.bus) == BUS_IDLE) {
			ask.req.addr = (uint16_t)(done % 50);
			bus_begin(quick.bus, &ask);
		}
		switch (bus_step(quick.bus, &quick.answer, quick.why)) {
		case BUS_PENDING:
			await(quick.bus);
			break;
		case BUS_OK:
			assert_int_equal(
			    quick.answer.words[0], 100 + done % 50);
			done++;
			break;
		default:
			fail();
		}
	}
	assert_int_equal(r, BUS_OK);
	assert_int_equal(slow.answer.words[59], 159);
	/* It took at least 128 x 20 ms, and many an exchange of the other. */
	assert_true(slow.answer.took_us >= 127 * 20000);
	assert_true(done > 129);
	down(&slow);
	down(&quick);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_late_answer_is_dropped),
	    cmocka_unit_test(test_what_must_not_disturb),
	    cmocka_unit_test(test_bad_frames_cost_the_connection),
	    cmocka_unit_test(test_addresses_and_units),
	    cmocka_unit_test(test_nobody_there),
	    cmocka_unit_test(test_server_closes),
	    cmocka_unit_test(test_connection_that_leads_nowhere),
	    cmocka_unit_test(test_silent_target_costs_no_connection),
	    cmocka_unit_test(test_converter_with_texts),
	    cmocka_unit_test(test_converter_that_dials_in),
	    cmocka_unit_test(test_a_slow_one_holds_up_nobody),
	};

	(void)alarm(FIELD_LIMIT_S);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
