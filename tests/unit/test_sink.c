/* What a line has to tell while the core does not listen. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "chan.h"
#include "sink.h"

static void
put(struct sink *s, uint32_t i)
{
	struct reading r = {.series = i,
	    .boot_ms = i,
	    .value = value_int(i),
	    .quality = QUALITY_GOOD};

	sink_reading(s, &r);
}

static void
test_full_channel_loses_the_oldest_and_says_so(void **state)
{
	enum { N = 30000, ROOM = 4096 };
	struct sink *s = sink_new(ROOM);
	struct msg *m = malloc(sizeof(*m));
	uint32_t next = 0, got = 0, jumps = 0;
	char told[MSG_LINE_TEXT_MAX] = "";
	int fd[2], rc;

	(void)state;
	assert_int_equal(chan_pair(fd, 65536), 0);
	for (uint32_t i = 0; i < N; i++) {
		put(s, i);
		if (i % 50 == 0)
			(void)sink_flush(s, fd[0], i, "north", false);
	}
	assert_int_equal(sink_flush(s, fd[0], N, "north", true), -EAGAIN);
	assert_int_equal(sink_readings(s), ROOM);
	/* States are not told ahead of what waits. */
	struct msg beat = {.kind = MSG_BEAT};
	assert_false(sink_send(s, fd[0], &beat));
	do {
		rc = sink_flush(s, fd[0], N, "north", true);
		while (msg_recv(fd[1], m) == 1) {
			if (m->kind == MSG_EVENT)
				strcpy(told, m->event.text);
			for (size_t i = 0;
			     m->kind == MSG_READINGS && i < m->readings.n;
			     i++) {
				uint32_t series = m->readings.r[i].series;
				assert_true(series >= next);
				jumps += series != next;
				next = series + 1;
				got++;
			}
		}
	} while (rc == -EAGAIN);
	assert_int_equal(rc, 0);
	assert_int_equal(next, N); /* the newest is there */
	assert_int_equal(jumps, 1);
	/* Exactly what is missing is what the event counts. */
	assert_int_equal(strtoul(told, NULL, 10), N - got);
	(void)close(fd[0]);
	(void)close(fd[1]);
	free(m);
	s = sink_free(s);
}

static void
test_events_are_bounded(void **state)
{
	struct sink *s = sink_new(0);
	struct msg_event e;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		sink_event(s, EVENT_LINE, i, "north", "event %d", i);
	while (sink_take_event(s, &e))
		n++;
	assert_int_equal(n, 64);
	assert_string_equal(e.text, "event 99");
	s = sink_free(s);
}

/* A wake-up of core costs more than a reading; but nothing waits for long. */
static void
test_readings_wait_for_company(void **state)
{
	struct sink *s = sink_new(0);
	struct msg *m = malloc(sizeof(*m));
	int fd[2];

	(void)state;
	assert_int_equal(chan_pair(fd, 0), 0);
	assert_true(sink_due(s) == INT64_MAX);
	put(s, 1000);
	assert_int_equal(sink_due(s), 1000 + SINK_WAIT_MS);
	assert_int_equal(sink_flush(s, fd[0], 1050, "north", false), 0);
	assert_int_equal(msg_recv(fd[1], m), -EAGAIN);
	/* A result takes along what belongs to it. */
	sink_result(s, 7, RESULT_DONE, "confirmed");
	assert_int_equal(sink_flush(s, fd[0], 1050, "north", false), 0);
	assert_int_equal(msg_recv(fd[1], m), 1);
	assert_int_equal(m->kind, MSG_READINGS);
	assert_int_equal(msg_recv(fd[1], m), 1);
	assert_int_equal(m->kind, MSG_RESULT);
	assert_int_equal(m->result.id, 7);
	put(s, 2000);
	assert_int_equal(
	    sink_flush(s, fd[0], 2000 + SINK_WAIT_MS, "north", false), 0);
	assert_int_equal(msg_recv(fd[1], m), 1);
	for (uint32_t i = 0; i < MSG_READINGS_MAX; i++)
		put(s, 3000);
	assert_int_equal(sink_flush(s, fd[0], 3000, "north", false), 0);
	assert_int_equal(msg_recv(fd[1], m), 1);
	assert_int_equal(m->readings.n, MSG_READINGS_MAX);
	(void)close(fd[0]);
	(void)close(fd[1]);
	free(m);
	s = sink_free(s);
}

static void
test_core_gone(void **state)
{
	struct sink *s = sink_new(0);
	int fd[2];

	(void)state;
	assert_int_equal(chan_pair(fd, 0), 0);
	(void)close(fd[1]);
	put(s, 1);
	int rc = sink_flush(s, fd[0], 1, "north", true);
	assert_true(rc < 0 && rc != -EAGAIN);
	(void)close(fd[0]);
	s = sink_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_full_channel_loses_the_oldest_and_says_so),
	    cmocka_unit_test(test_events_are_bounded),
	    cmocka_unit_test(test_readings_wait_for_company),
	    cmocka_unit_test(test_core_gone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
