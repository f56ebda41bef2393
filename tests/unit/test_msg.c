/* Messages between programs, there and back; and what must be refused. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "chan.h"
#include "msg.h"

static struct msg in, out;
static uint8_t frame[MSG_MAX + 16], again[MSG_MAX];

static void
begin(enum msg_kind kind)
{
	memset(&in, 0, sizeof(in));
	in.kind = kind;
}

/* One of each kind, every field with a value of its own. */
static void
make(enum msg_kind kind)
{
	begin(kind);
	switch (kind) {
	case MSG_HELLO:
		(void)snprintf(in.hello.build, sizeof(in.hello.build), "%s",
		    "0123456789abcdef0123456789abcdef");
		break;
	case MSG_READINGS:
		in.readings.n = 5;
		in.readings.r[0] = (struct reading){.series = 7,
		    .boot_ms = 123456789012,
		    .value = value_real(23.1)};
		in.readings.r[1] = (struct reading){
		    .value = value_uint(UINT64_MAX), .series = UINT32_MAX};
		in.readings.r[2] =
		    (struct reading){.value = value_int(INT64_MIN),
			.quality = QUALITY_UNCERTAIN,
			.reason = REASON_CLOCK};
		in.readings.r[3] = (struct reading){.quality = QUALITY_BAD,
		    .reason = REASON_EXCEPTION,
		    .detail = 2};
		in.readings.r[4] =
		    (struct reading){.value = value_text("墒情 v1.1")};
		break;
	case MSG_EVENT:
		in.event.kind = EVENT_LINK;
		in.event.boot_ms = -5;
		(void)strcpy(in.event.subject, "north/soil-a1");
		memset(in.event.text, 'x', sizeof(in.event.text) - 1);
		break;
	case MSG_DEVICE:
		in.device = (struct msg_device){.device = 3,
		    .state = DEVICE_LOST,
		    .requests = 1,
		    .answers = 2,
		    .timeouts = 3,
		    .noise = 4,
		    .exceptions = 5,
		    .late = UINT32_MAX,
		    .crc = 6,
		    .deadline_ms = 300,
		    .line_ms = UINT64_MAX - 1,
		    .last_ok_ms = 99,
		    .text = "no answer 3 times"};
		for (uint32_t i = 0; i < CODES_MAX; i++)
			in.device.codes[i] = 100 + i;
		for (uint32_t i = 0; i < ANSWER_BARS; i++)
			in.device.answer_bars[i] = 200 + i;
		break;
	case MSG_LINE:
	case MSG_LINK:
		in.state = (struct msg_state){.state = 2,
		    .in_flight = 20,
		    .sent = UINT64_MAX,
		    .overruns = UINT64_MAX - 2,
		    .use = 873,
		    .text = "open"};
		break;
	case MSG_COMMITTED:
	case MSG_ACK:
		in.range = (struct msg_range){.first = 5, .last = UINT64_MAX};
		break;
	case MSG_ASK:
	case MSG_TEXT:
	case MSG_HEALTH:
		in.text.last = 1;
		memset(in.text.text, 'j', sizeof(in.text.text) - 1);
		break;
	case MSG_COMMAND:
		in.command = (struct msg_command){.id = UINT64_MAX,
		    .series = 7,
		    .action = COMMAND_SET,
		    .value = -12.5,
		    .for_ms = 600000,
		    .expires_ms = INT64_MAX};
		break;
	case MSG_RESULT:
		in.result = (struct msg_result){.id = 8,
		    .result = RESULT_UNCERTAIN,
		    .text = "it reads open still"};
		break;
	case MSG_WISH:
		in.wish = (struct msg_wish){.action = COMMAND_OPEN,
		    .for_ms = UINT32_MAX,
		    .subject = "north/阀门-1/relay_1",
		    .value = "on"};
		break;
	case MSG_KEPT:
		in.kept.last = 1;
		in.kept.n = 3;
		in.kept.k[0] = (struct kept){
		    .series = UINT32_MAX, .n = 3, .bytes = {0, 1, 255}};
		in.kept.k[1].series = 5; /* nothing of it */
		in.kept.k[2].n = KEPT_BYTES;
		memset(in.kept.k[2].bytes, 'k', KEPT_BYTES);
		break;
	case MSG_PROBE:
		in.probe = (struct msg_probe){.id = UINT64_MAX,
		    .line = "north",
		    .host = "[2001:db8::1]:502",
		    .baud = 921600,
		    .parity = 2,
		    .stop_bits = 1,
		    .timeout_ms = 5000,
		    .unit = 255,
		    .function = 16,
		    .addr = 0xFFFE,
		    .count = 2,
		    .nwords = 2,
		    .words = {0x1234, 0xFFFF}};
		break;
	case MSG_PROBED:
		in.probed = (struct msg_probed){.id = 9,
		    .result = PROBE_EXCEPTION,
		    .code = 11,
		    .unit = 7,
		    .took_us = UINT32_MAX,
		    .nwords = PROBE_WORDS,
		    .text = "no answer behind the gateway"};
		memset(in.probed.words, 0x5C, sizeof(in.probed.words));
		break;
	default:
		break;
	}
}

static void
each_kind_goes_there_and_back(void **state)
{
	(void)state;
	for (int kind = 1; kind < MSG_KINDS; kind++) {
		ssize_t n, m;
		make((enum msg_kind)kind);
		n = msg_encode(&in, frame, sizeof(frame));
		assert_true(n > 0 && n <= MSG_MAX);
		memset(&out, 0x5a, sizeof(out));
		assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
		assert_int_equal(out.kind, kind);
		/* The same frame again: no field was lost on the way. */
		m = msg_encode(&out, again, sizeof(again));
		assert_int_equal(m, n);
		assert_memory_equal(frame, again, (size_t)n);
	}
}

static void
fields_keep_their_values(void **state)
{
	ssize_t n;

	(void)state;
	make(MSG_READINGS);
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
	assert_int_equal(out.readings.n, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct reading *a = &in.readings.r[i];
		const struct reading *b = &out.readings.r[i];
		assert_int_equal(a->series, b->series);
		assert_int_equal(a->boot_ms, b->boot_ms);
		assert_int_equal(a->quality, b->quality);
		assert_int_equal(a->reason, b->reason);
		assert_int_equal(a->detail, b->detail);
		assert_true(value_equal(&a->value, &b->value));
	}
	make(MSG_DEVICE);
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
	assert_int_equal(out.device.noise, 4);
	assert_int_equal(out.device.late, UINT32_MAX);
	assert_string_equal(out.device.text, "no answer 3 times");
	assert_int_equal(out.device.crc, 6);
	assert_int_equal(out.device.codes[0], 100);
	assert_int_equal(out.device.codes[CODES_MAX - 1], 99 + CODES_MAX);
	assert_int_equal(
	    out.device.answer_bars[ANSWER_BARS - 1], 199 + ANSWER_BARS);
	assert_int_equal(out.device.deadline_ms, 300);
	assert_int_equal(out.device.line_ms, UINT64_MAX - 1);
	make(MSG_LINE);
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
	assert_int_equal(out.state.overruns, UINT64_MAX - 2);
	assert_int_equal(out.state.use, 873);
}

static void
commands_keep_their_values(void **state)
{
	ssize_t n;

	(void)state;
	make(MSG_COMMAND);
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
	assert_int_equal(out.command.id, UINT64_MAX);
	assert_int_equal(out.command.series, 7);
	assert_int_equal(out.command.action, COMMAND_SET);
	assert_true(out.command.value == -12.5);
	assert_int_equal(out.command.for_ms, 600000);
	assert_int_equal(out.command.expires_ms, INT64_MAX);
	make(MSG_RESULT);
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
	assert_int_equal(out.result.id, 8);
	assert_int_equal(out.result.result, RESULT_UNCERTAIN);
	assert_string_equal(out.result.text, "it reads open still");
	make(MSG_WISH);
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
	assert_int_equal(out.wish.action, COMMAND_OPEN);
	assert_int_equal(out.wish.for_ms, UINT32_MAX);
	assert_string_equal(out.wish.subject, "north/阀门-1/relay_1");
	assert_string_equal(out.wish.value, "on");
}

static void
probes_keep_their_values(void **state)
{
	ssize_t n;

	(void)state;
	make(MSG_PROBE);
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
	assert_int_equal(out.probe.id, UINT64_MAX);
	assert_string_equal(out.probe.line, "north");
	assert_string_equal(out.probe.host, "[2001:db8::1]:502");
	assert_int_equal(out.probe.baud, 921600);
	assert_int_equal(out.probe.parity, 2);
	assert_int_equal(out.probe.stop_bits, 1);
	assert_int_equal(out.probe.timeout_ms, 5000);
	assert_int_equal(out.probe.unit, 255);
	assert_int_equal(out.probe.function, 16);
	assert_int_equal(out.probe.addr, 0xFFFE);
	assert_int_equal(out.probe.count, 2);
	assert_int_equal(out.probe.nwords, 2);
	assert_int_equal(out.probe.words[1], 0xFFFF);
	make(MSG_PROBED);
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
	assert_int_equal(out.probed.id, 9);
	assert_int_equal(out.probed.result, PROBE_EXCEPTION);
	assert_int_equal(out.probed.code, 11);
	assert_int_equal(out.probed.unit, 7);
	assert_int_equal(out.probed.took_us, UINT32_MAX);
	assert_int_equal(out.probed.nwords, PROBE_WORDS);
	assert_int_equal(out.probed.words[PROBE_WORDS - 1], 0x5C5C);
	in.probed.nwords++;
	assert_int_equal(msg_encode(&in, frame, sizeof(frame)), -EMSGSIZE);
}

static void
what_is_kept_keeps_its_bytes(void **state)
{
	ssize_t n;

	(void)state;
	make(MSG_KEPT);
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
	assert_int_equal(out.kept.last, 1);
	assert_int_equal(out.kept.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(out.kept.k[i].series, in.kept.k[i].series);
		assert_int_equal(out.kept.k[i].n, in.kept.k[i].n);
		assert_memory_equal(
		    out.kept.k[i].bytes, in.kept.k[i].bytes, in.kept.k[i].n);
	}
	/* The most of it, and not one more. */
	begin(MSG_KEPT);
	in.kept.n = KEPTS_MAX;
	for (size_t i = 0; i < KEPTS_MAX; i++)
		in.kept.k[i].n = KEPT_BYTES;
	n = msg_encode(&in, frame, sizeof(frame));
	assert_true(n > 0 && n <= MSG_MAX);
	assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
	assert_int_equal(out.kept.n, KEPTS_MAX);
	in.kept.k[7].n++;
	assert_int_equal(msg_encode(&in, frame, sizeof(frame)), -EMSGSIZE);
	in.kept.k[7].n--;
	in.kept.n++;
	assert_int_equal(msg_encode(&in, frame, sizeof(frame)), -EMSGSIZE);
}

static void
every_name_is_one(void **state)
{
	(void)state;
	for (int i = 1; i < EVENT_KINDS; i++)
		assert_string_not_equal(
		    event_kind_name((enum event_kind)i), "?");
	for (int i = 1; i < COMMAND_RESULTS; i++)
		assert_string_not_equal(
		    command_result_name((enum command_result)i), "?");
	for (int i = 1; i < REASONS; i++) {
		assert_string_not_equal(reason_name((enum reason)i), "?");
		assert_string_not_equal(reason_name((enum reason)i), "");
	}
	assert_string_equal(event_kind_name(EVENT_COMMAND), "command");
	assert_string_equal(reason_name(REASON_UNCONFIRMED), "unconfirmed");
	assert_string_equal(event_kind_name(EVENT_KINDS), "?");
	assert_string_equal(command_result_name(COMMAND_RESULTS), "?");
	assert_string_equal(reason_name(REASONS), "?");
	for (size_t i = 1; i < ANSWER_BARS - 1; i++)
		assert_true(answer_bar_ms[i] > answer_bar_ms[i - 1]);
	assert_int_equal(answer_bar_ms[0], 5);
	assert_int_equal(answer_bar_ms[ANSWER_BARS - 2], 2000);
}

static void
no_other_length_is_taken(void **state)
{
	(void)state;
	for (int kind = 1; kind < MSG_KINDS; kind++) {
		size_t n;
		make((enum msg_kind)kind);
		n = (size_t)msg_encode(&in, frame, sizeof(frame));
		frame[n] = 0;
		assert_int_equal(msg_decode(frame, n + 1, &out), -EPROTO);
		for (size_t cut = 0; cut < n; cut++)
			if (msg_decode(frame, cut, &out) != -EPROTO)
				fail_msg("kind %d cut at %zu", kind, cut);
	}
}

/* A frame of this kind with one byte changed must be refused. */
static void
refuse_byte(enum msg_kind kind, size_t at, uint8_t byte)
{
	size_t n;

	make(kind);
	n = (size_t)msg_encode(&in, frame, sizeof(frame));
	frame[at] = byte;
	if (msg_decode(frame, n, &out) != -EPROTO)
		fail_msg("kind %d, byte %zu = %u", (int)kind, at, byte);
}

static void
what_is_out_of_bounds_is_refused(void **state)
{
	(void)state;
	refuse_byte(MSG_BEAT, 0, 0);
	refuse_byte(MSG_BEAT, 0, MSG_KINDS);
	refuse_byte(MSG_BEAT, 1, 1);
	refuse_byte(MSG_READINGS, 2, MSG_READINGS_MAX + 1);
	refuse_byte(MSG_READINGS, 2 + 2 + 12, QUALITIES);
	refuse_byte(MSG_READINGS, 2 + 2 + 13, REASONS);
	refuse_byte(MSG_READINGS, 2 + 2 + 15, VALUE_TYPES);
	refuse_byte(MSG_EVENT, 2, 0);
	refuse_byte(MSG_EVENT, 2, EVENT_KINDS);
	refuse_byte(MSG_EVENT, 2 + 9 + 2 + 3, '\0');
	refuse_byte(MSG_DEVICE, 2 + 4, DEVICE_STATES);
	refuse_byte(MSG_LINE, 2, PORT_STATES);
	refuse_byte(MSG_LINK, 2, LINK_STATES);
	refuse_byte(MSG_COMMAND, 2 + 12, 0);
	refuse_byte(MSG_COMMAND, 2 + 12, COMMAND_ACTIONS);
	refuse_byte(MSG_RESULT, 2 + 8, 0);
	refuse_byte(MSG_RESULT, 2 + 8, COMMAND_RESULTS);
	refuse_byte(MSG_WISH, 2, COMMAND_ACTIONS);
	refuse_byte(MSG_PROBED, 2 + 8, 0);
	refuse_byte(MSG_PROBED, 2 + 8, PROBE_RESULTS);
	refuse_byte(MSG_PROBED, 2 + 8 + 1 + 1 + 1 + 4, PROBE_WORDS + 1);
	refuse_byte(MSG_KEPT, 2, 2);
	refuse_byte(MSG_KEPT, 2 + 1, KEPTS_MAX + 1);
	refuse_byte(MSG_KEPT, 2 + 1 + 2 + 4, KEPT_BYTES + 1);
	begin(MSG_ACK);
	in.range = (struct msg_range){.first = 6, .last = 5};
	ssize_t n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), -EPROTO);
}

static void
no_value_is_made_up(void **state)
{
	ssize_t n;

	(void)state;
	begin(MSG_READINGS); /* bad, with a value */
	in.readings.n = 1;
	in.readings.r[0] =
	    (struct reading){.value = value_int(0), .quality = QUALITY_BAD};
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), -EPROTO);
	in.readings.r[0] = (struct reading){.quality = QUALITY_GOOD};
	n = msg_encode(&in, frame, sizeof(frame)); /* good, without */
	assert_int_equal(msg_decode(frame, (size_t)n, &out), -EPROTO);
	in.readings.r[0] = (struct reading){.value = {.type = VALUE_REAL}};
	in.readings.r[0].value.r = NAN;
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), -EPROTO);
	make(MSG_COMMAND);
	in.command.value = -INFINITY; /* nor written */
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), -EPROTO);
	in.command.value = NAN;
	n = msg_encode(&in, frame, sizeof(frame));
	assert_int_equal(msg_decode(frame, (size_t)n, &out), -EPROTO);
}

static void
a_full_message_fits(void **state)
{
	ssize_t n;

	(void)state;
	begin(MSG_READINGS);
	in.readings.n = MSG_READINGS_MAX;
	for (size_t i = 0; i < MSG_READINGS_MAX; i++) {
		struct value *v = &in.readings.r[i].value;
		v->type = VALUE_TEXT;
		memset(v->text, 'x', sizeof(v->text) - 1);
	}
	n = msg_encode(&in, frame, sizeof(frame));
	assert_true(n > 0 && n <= MSG_MAX);
	assert_int_equal(msg_decode(frame, (size_t)n, &out), 0);
	assert_int_equal(msg_encode(&in, frame, (size_t)n - 1), -EMSGSIZE);
	in.readings.n++;
	assert_int_equal(msg_encode(&in, frame, sizeof(frame)), -EMSGSIZE);
}

static void
channels_carry_whole_frames(void **state)
{
	int fd[2];

	(void)state;
	assert_int_equal(chan_pair(fd, 0), 0);
	assert_int_equal(msg_recv(fd[0], &out), -EAGAIN);
	make(MSG_TEXT);
	assert_int_equal(msg_send(fd[1], &in), 0);
	begin(MSG_BEAT);
	assert_int_equal(msg_send(fd[1], &in), 0);
	assert_int_equal(msg_recv(fd[0], &out), 1);
	assert_int_equal(out.kind, MSG_TEXT);
	assert_int_equal(msg_recv(fd[0], &out), 1);
	assert_int_equal(out.kind, MSG_BEAT);
	memset(frame, 0, sizeof(frame)); /* too large for any message */
	assert_int_equal(chan_send(fd[1], frame, sizeof(frame)), 0);
	assert_int_equal(msg_recv(fd[0], &out), -EPROTO);
	begin(MSG_BYE);
	assert_int_equal(msg_send(fd[1], &in), 0);
	assert_int_equal(close(fd[1]), 0);
	assert_int_equal(msg_recv(fd[0], &out), 1);
	assert_int_equal(msg_recv(fd[0], &out), 0);
	assert_int_equal(msg_send(fd[0], &in), -EPIPE);
	assert_int_equal(close(fd[0]), 0);
}

static void
a_full_channel_says_so(void **state)
{
	int fd[2], r = 0, sent = 0;

	(void)state;
	assert_int_equal(chan_pair(fd, 32768), 0);
	make(MSG_TEXT);
	while (sent < 1000 && (r = msg_send(fd[0], &in)) == 0)
		sent++;
	assert_int_equal(r, -EAGAIN);
	assert_true(sent > 0);
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(close(fd[1]), 0);
}

static void
values_are_written_as_they_are(void **state)
{
	static const struct {
		double r;
		const char *text;
	} real[] = {{23.1, "23.1"}, {0.1 + 0.2, "0.30000000000000004"},
	    {18.21, "18.21"}, {-0.5, "-0.5"}, {1e300, "1e+300"}};
	struct value v;
	char s[80];

	(void)state;
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		v = value_real(real[i].r);
		assert_string_equal(
		    value_format(&v, s, sizeof(s)), real[i].text);
	}
	v = value_uint(UINT64_MAX);
	assert_string_equal(
	    value_format(&v, s, sizeof(s)), "18446744073709551615");
	v = value_int(INT64_MIN);
	assert_string_equal(
	    value_format(&v, s, sizeof(s)), "-9223372036854775808");
	v = value_real(INFINITY);
	assert_int_equal(v.type, VALUE_NONE);
	assert_string_equal(value_format(&v, s, sizeof(s)), "");
	v = value_text("a\nb");
	assert_int_equal(v.type, VALUE_NONE);
	v = value_uint(5);
	assert_int_equal(v.type, VALUE_INT);
}

/* The shortest that reads back, which trying one precision after another also
 * finds. */
static void
reals_are_as_short_as_can_be(void **state)
{
	static const double scale[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7};
	char want[40], got[40];
	uint64_t x = 88172645463325252;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		int64_t whole = (int64_t)x >> (x & 63);
		double r = (double)whole / scale[i & 7];
		if (i % 16 == 15)
			memcpy(&r, &x, sizeof(r));
		if (i % 16 == 14)
			r = (double)(float)r;
		struct value v = value_real(r);
		if (v.type == VALUE_NONE)
			continue;
		for (int digits = 15; digits <= 17; digits++) {
			(void)snprintf(want, sizeof(want), "%.*g", digits, r);
			if (strtod(want, NULL) == r)
				break;
		}
		assert_string_equal(value_format(&v, got, sizeof(got)), want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_goes_there_and_back),
	    cmocka_unit_test(fields_keep_their_values),
	    cmocka_unit_test(commands_keep_their_values),
	    cmocka_unit_test(probes_keep_their_values),
	    cmocka_unit_test(what_is_kept_keeps_its_bytes),
	    cmocka_unit_test(every_name_is_one),
	    cmocka_unit_test(no_other_length_is_taken),
	    cmocka_unit_test(what_is_out_of_bounds_is_refused),
	    cmocka_unit_test(no_value_is_made_up),
	    cmocka_unit_test(a_full_message_fits),
	    cmocka_unit_test(channels_carry_whole_frames),
	    cmocka_unit_test(a_full_channel_says_so),
	    cmocka_unit_test(values_are_written_as_they_are),
	    cmocka_unit_test(reals_are_as_short_as_can_be),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
