/*
 * A unit whose answers come two to three timeouts late, on a pseudo terminal,
 * with the whole line at work: no register ever gets another's value, and the
 * line comes into step by itself. Registers hold 100 + their address.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "mono.h"
#include "run.h"

enum { T = 100, NPOINTS = 5, RUN_MS = 6000 };

static void
take(int fd, uint8_t *out, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, out, n);
		if (got > 0) {
			out += got;
			n -= (size_t)got;
		} else {
			mono_sleep_until(mono_ms() + 1);
		}
	}
}

static void
slave(int fd, int least_ms, int most_ms)
{
	uint8_t q[8], a[7];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	srand(3);
	for (;;) {
		take(fd, q, 8);
		unsigned v = 100u + ((unsigned)q[2] << 8 | q[3]), crc = 0xFFFF;
		memcpy(a, q, 2);
		a[2] = 2;
		a[3] = (uint8_t)(v >> 8);
		a[4] = (uint8_t)v;
		for (int i = 0; i < 5; i++) {
			crc ^= a[i];
			for (int b = 0; b < 8; b++)
				crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
		}
		a[5] = (uint8_t)crc;
		a[6] = (uint8_t)(crc >> 8);
		mono_sleep_until(
		    mono_ms() + least_ms + rand() % (most_ms - least_ms));
		if (write(fd, a, 7) != 7)
			_exit(1);
	}
}

static void
play(int least_ms, int most_ms)
{
	static struct point_type types[NPOINTS];
	static struct point points[NPOINTS];
	struct device_type type = {.name = "slow",
	    .registers_per_read = 125,
	    .points = types,
	    .npoints = NPOINTS};
	struct device device = {.name = "d",
	    .path = "north/d",
	    .type = &type,
	    .unit = 1,
	    .every_ms = T,
	    .timeout_ms = T,
	    .points = points};
	char path[64];
	struct line line = {.name = "north",
	    .transport = TRANSPORT_RTU,
	    .port = path,
	    .baud = 115200,
	    .stop_bits = 1,
	    .devices = &device,
	    .ndevices = 1};
	size_t good = 0, last = 0;
	struct reading r;

	for (uint16_t i = 0; i < NPOINTS; i++) {
		types[i] = (struct point_type){.name = "p",
		    .addr = (uint16_t)(i * 10),
		    .count = 1,
		    .type = REG_UINT16,
		    .order = {0, 1},
		    .mul = 1,
		    .div = 1};
		points[i] = (struct point){
		    .type = &types[i], .every_ms = 5 * T, .slope = 1};
	}
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	assert_int_equal(grantpt(fd) | unlockpt(fd), 0);
	assert_int_equal(ptsname_r(fd, path, sizeof(path)), 0);
	pid_t pid = fork();
	if (pid == 0)
		slave(fd, least_ms, most_ms);
	struct run *run = run_new(&line, -1, mono_ms());
	int64_t t0 = mono_ms();
	while (mono_ms() < t0 + RUN_MS) {
		mono_sleep_until(run_step(run, mono_ms()));
		while (sink_take(run->sink, &r)) {
			if (r.quality != QUALITY_GOOD)
				continue;
			assert_int_equal(r.value.i, 100 + r.series * 10);
			good++;
			last = (size_t)(r.boot_ms - t0);
		}
	}
	assert_true(good > NPOINTS);
	assert_true(last > RUN_MS - 2000); /* still flowing at the end */
	assert_true(run->devs[0].late > 0);
	run = run_free(run);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)close(fd);
}

static void
test_up_to_two_timeouts(void **state)
{
	(void)state;
	play(T * 8 / 10, T * 2);
}

static void
test_two_to_three_timeouts(void **state)
{
	(void)state;
	play(T * 2, T * 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_up_to_two_timeouts),
	    cmocka_unit_test(test_two_to_three_timeouts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
