/*
 * Raw requests from end to end: the plugin of tests/good/raw-relay.c, the whole
 * line, and over a socket a relay box that speaks no standard function but two.
 * Its relay falls open by itself; FC05 to 0x0200 closes it for so many tenths
 * of a second (Waveshare wiki, "Modbus RTU Relay", flash-on command).
 */
#include <libgen.h>
#include <limits.h>
#include <sys/mman.h>

#include "busfield.h"
#include "chan.h"
#include "mono.h"
#include "run.h"

enum { LEVEL, RELAY, GAIN, POINTS };
enum { PULSE = 0x0200, GUARD_MS = 20000 };

/* The box, seen by both sides. */
struct box {
	int relay, gain, level;
	int64_t open_us;        /* when its relay falls open */
	int pulses, held, offs; /* commands that came, and the last time */
	int stuck;              /* the relay does not move */
	int mute;               /* so many writes act and are not answered */
	int late;   /* the relay moves only once it has been asked about */
	int refuse; /* no gain is accepted */
};

static volatile struct box *box;

/* ---- in the child ---- */

static size_t
refusal(uint8_t *out, uint8_t code)
{
	out[1] |= 0x80;
	out[2] = code;
	return 3;
}

static size_t
write_coil(const uint8_t *in, uint8_t *out)
{
	unsigned addr = (unsigned)in[2] << 8 | in[3];
	unsigned value = (unsigned)in[4] << 8 | in[5];

	if (addr == PULSE) {
		box->pulses++;
		box->held = (int)value;
		box->open_us = port_now_us() + (int64_t)value * 100000;
		box->relay = !box->stuck && !box->late;
	} else if (addr == 0 && value == 0) {
		if (!box->stuck)
			box->relay = 0;
	} else {
		return refusal(out, 3);
	}
	memcpy(out + 2, in + 2, 4);
	return 6;
}

static size_t
answer_box(const uint8_t *in, uint8_t *out)
{
	if (box->relay && port_now_us() >= box->open_us)
		box->relay = 0;
	memcpy(out, in, 2);
	switch (in[1]) {
	case FC_READ_COILS:
		out[2] = 1;
		out[3] = (uint8_t)box->relay;
		if (box->late && box->pulses > 0)
			box->relay = 1;
		return 4;
	case FC_WRITE_COIL:
		return write_coil(in, out);
	case 0x41:
		memcpy(out + 2, in + 2, 2);
		out[4] = (uint8_t)(box->level >> 8);
		out[5] = (uint8_t)box->level;
		return 6;
	case 0x42:
		box->offs++;
		if (!box->stuck)
			box->relay = 0;
		return 2;
	case 0x43:
		if (box->refuse)
			return refusal(out, 4);
		box->gain = in[2];
		return 2;
	case 0x44:
		out[2] = (uint8_t)box->gain;
		return 3;
	default:
		return refusal(out, 1);
	}
}

/* Unit, function and what follows. */
static void
take_rtu(int fd, uint8_t *in)
{
	static const uint8_t data[] = {[0x41] = 2, [0x42] = 0, [0x43] = 1};
	uint8_t again[16];
	size_t n;

	take(fd, in, 2);
	n = 2 + (in[1] < 0x41 ? 4u : in[1] < sizeof(data) ? data[in[1]] : 0u);
	take(fd, in + 2, n);
	memcpy(again, in, n);
	if (memcmp(again, in, seal(again, n)) != 0)
		_exit(1); /* a request of another length */
}

static void
serve_box(int listener, bool tcp)
{
	int fd = accept(listener, NULL, NULL);
	uint8_t in[256], out[64], *body = tcp ? out + 6 : out;

	for (;;) {
		if (tcp) {
			take(fd, out, 6);
			take(fd, in, out[5]);
		} else {
			take_rtu(fd, in);
		}
		size_t n = answer_box(in, body);
		if (box->mute > 0 && in[1] == FC_WRITE_COIL) {
			box->mute--;
			continue;
		}
		if (tcp)
			out[5] = (uint8_t)n;
		give(fd, out, tcp ? n + 6 : seal(out, n));
	}
}

/* ---- in the parent ---- */

static const struct point_type types[POINTS] = {
    {.name = "level",
	.unit = "%",
	.kind = KIND_GAUGE,
	.has_range = true,
	.max = 100},
    {.name = "relay", .kind = KIND_OUTPUT, .writable = true},
    {.name = "gain", .kind = KIND_SETTING, .writable = true},
};

static struct point points[POINTS];
static struct device_type type;
static struct device device;
static struct line line;
static struct run *work;
static struct field field;
static int ends[2];

/* What core was told last. */
static struct {
	struct reading last[POINTS];
	struct msg_result result;
	struct msg in;
} core;

static const char *
plugin_path(void)
{
	static char path[PATH_MAX + 40];
	char exe[PATH_MAX] = "";

	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	(void)snprintf(path, sizeof(path), "%s/tests/good/raw-relay.so",
	    dirname(dirname(dirname(exe))));
	return path;
}

static void
describe_site(enum transport transport, uint16_t port)
{
	type = (struct device_type){.name = "raw-relay",
	    .path = plugin_path(),
	    .plugin = true,
	    .points = types,
	    .npoints = POINTS};
	for (int i = 0; i < POINTS; i++)
		points[i] = (struct point){.type = &types[i], .every_ms = 200};
	device = (struct device){.name = "box",
	    .path = "yard/box",
	    .type = &type,
	    .unit = 7,
	    .every_ms = 200,
	    .timeout_ms = 1000,
	    .points = points};
	line = (struct line){.name = "yard",
	    .transport = transport,
	    .host = "127.0.0.1",
	    .tcp_port = port,
	    .baud = 115200,
	    .devices = &device,
	    .ndevices = 1};
}

static void
begin(enum transport transport)
{
	uint16_t port = 0;

	memset(&core, 0, sizeof(core));
	box = mmap(NULL, sizeof(*box), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(box != MAP_FAILED);
	box->level = 37;
	box->relay = 1;
	box->open_us = INT64_MAX;
	field = (struct field){.fd = tcp_listen(false, &port)};
	assert_true(field.fd >= 0);
	field.child = fork();
	assert_int_not_equal(field.child, -1);
	if (field.child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)alarm(FIELD_LIMIT_S);
		serve_box(field.fd, transport == TRANSPORT_TCP);
	}
	describe_site(transport, port);
	assert_int_equal(chan_pair(ends, 0), 0);
	work = run_new(&line, NULL, mono_ms());
	assert_non_null(work);
	assert_string_equal(work->devs[0].refused, "");
}

static void
end(void)
{
	work = run_free(work);
	stop_child(&field);
	(void)close(field.fd);
	(void)close(ends[0]);
	(void)close(ends[1]);
	(void)munmap((void *)(uintptr_t)box, sizeof(*box));
}

static void
hear(void)
{
	(void)sink_flush(work->sink, ends[0], mono_ms(), "yard", true);
	while (msg_recv(ends[1], &core.in) == 1)
		if (core.in.kind == MSG_RESULT)
			core.result = core.in.result;
		else if (core.in.kind == MSG_READINGS)
			for (size_t i = 0; i < core.in.readings.n; i++) {
				struct reading *r = &core.in.readings.r[i];
				assert_in_range(r->series, 0, POINTS - 1);
				core.last[r->series] = *r;
			}
}

static void
turn(void)
{
	struct pollfd fds[64];
	int64_t until = mono_us() + 50000, left;

	run_fds(work, fds, &until);
	left = until - mono_us();
	left = left < 0 ? 0 : left;
	struct timespec ts = {.tv_nsec = (long)left * 1000};
	if (ppoll(fds, run_nfds(work), &ts, NULL) == -1)
		fail();
	run_step(work, fds, mono_us());
	hear();
}

static bool
reads(uint32_t point, int64_t value)
{
	const struct reading *r = &core.last[point];

	return r->quality == QUALITY_GOOD && r->value.type == VALUE_INT &&
	       r->value.i == value;
}

static void
until_it_reads(uint32_t point, int64_t value)
{
	int64_t late = mono_ms() + GUARD_MS;

	while (!reads(point, value)) {
		if (mono_ms() > late)
			fail_msg("point %u never was %d", point, (int)value);
		turn();
	}
}

static void
command(uint32_t point, enum command_action action, double value,
    enum command_result want, const char *words)
{
	static uint64_t id;
	struct msg_command m = {.id = ++id,
	    .series = point,
	    .action = action,
	    .value = value,
	    .for_ms = action == COMMAND_OPEN ? 60000 : 0,
	    .expires_ms = mono_ms() + GUARD_MS};
	int64_t late = mono_ms() + GUARD_MS;

	run_command(work, &m, mono_ms());
	while (core.result.id != id && mono_ms() < late)
		turn();
	if (core.result.id != id || core.result.result != want ||
	    strstr(core.result.text, words) == NULL)
		fail_msg("%s \"%s\", not %s \"%s\"",
		    command_result_name(core.result.result), core.result.text,
		    command_result_name(want), words);
}

static void
works_on(enum transport transport)
{
	begin(transport);
	/* Safe by a function of its own before anything else, and seen so. */
	until_it_reads(LEVEL, 37);
	assert_int_equal(box->offs, 1);
	assert_int_equal(box->relay, 0);
	until_it_reads(RELAY, 0);
	command(RELAY, COMMAND_OPEN, 0, RESULT_DONE, "confirmed by reading");
	assert_int_equal(box->held, 50);
	assert_int_equal(box->pulses, 1);
	until_it_reads(RELAY, 1);
	command(RELAY, COMMAND_CLOSE, 0, RESULT_DONE, "confirmed by reading");
	assert_int_equal(box->relay, 0);
	command(GAIN, COMMAND_SET, 7, RESULT_DONE, "confirmed by reading");
	assert_int_equal(box->gain, 7);
	until_it_reads(GAIN, 7);
	assert_true(reads(LEVEL, 37));
	end();
}

static void
test_tcp(void **state)
{
	(void)state;
	works_on(TRANSPORT_TCP);
}

/* With checksums, and answers that are nothing but a function code. */
static void
test_rtu_over_tcp(void **state)
{
	(void)state;
	works_on(TRANSPORT_RTU_OVER_TCP);
}

/* A write whose answer is lost is made again, and confirmed. */
static void
test_unanswered(void **state)
{
	(void)state;
	begin(TRANSPORT_TCP);
	until_it_reads(RELAY, 0);
	box->mute = 1;
	command(RELAY, COMMAND_OPEN, 0, RESULT_DONE, "confirmed by reading");
	assert_int_equal(box->mute, 0);
	assert_int_equal(box->held, 50);
	assert_int_equal(box->relay, 1);
	end();
}

/* A list that ran to its end is not run again before its read has looked
 * again: the relay was slow. */
static void
test_slow(void **state)
{
	(void)state;
	begin(TRANSPORT_TCP);
	until_it_reads(RELAY, 0);
	box->late = 1;
	command(RELAY, COMMAND_OPEN, 0, RESULT_DONE, "confirmed by reading");
	assert_int_equal(box->pulses, 1);
	assert_int_equal(box->relay, 1);
	end();
}

/* Acknowledged is not done; refused is said so; a range that is none. */
static void
test_not_done(void **state)
{
	(void)state;
	begin(TRANSPORT_TCP);
	until_it_reads(RELAY, 0);
	box->stuck = 1;
	command(RELAY, COMMAND_OPEN, 0, RESULT_UNCERTAIN,
	    "it reads back differently");
	assert_int_equal(box->pulses, 3);
	box->refuse = 1;
	command(GAIN, COMMAND_SET, 7, RESULT_REFUSED,
	    "the device refused (exception 04)");
	assert_int_equal(box->gain, 0);
	command(GAIN, COMMAND_SET, 300, RESULT_REFUSED,
	    "the plugin's list is wrong: op 0 sends 300 as a byte");
	end();
}

static size_t
stop_within(int64_t ms)
{
	int64_t late = mono_ms() + ms;

	run_stop(work, late);
	while (run_left(work) > 0 && mono_ms() < late)
		turn();
	return run_left(work);
}

/* "All off" counts only once the relay has been read as open. */
static void
test_end(void **state)
{
	(void)state;
	begin(TRANSPORT_TCP);
	until_it_reads(RELAY, 0);
	command(RELAY, COMMAND_OPEN, 0, RESULT_DONE, "confirmed by reading");
	assert_int_equal(stop_within(GUARD_MS), 0);
	assert_true(box->offs >= 2);
	assert_int_equal(box->relay, 0);
	end();
	begin(TRANSPORT_TCP);
	until_it_reads(RELAY, 0);
	box->relay = box->stuck = 1;
	assert_true(stop_within(1000) >= 1);
	assert_true(box->offs >= 2);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_rtu_over_tcp),
	    cmocka_unit_test(test_unanswered),
	    cmocka_unit_test(test_slow),
	    cmocka_unit_test(test_not_done),
	    cmocka_unit_test(test_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("raw device", tests, NULL, NULL);
}
