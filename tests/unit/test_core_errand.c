/*
 * Requests that a person has a line make: what a line is given, to whom its
 * answers go, and what the journal keeps. The line is the other end of a
 * channel.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "chan.h"
#include "core.h"
#include "dispatch.h"
#include "errand.h"

static const struct point_type points[] = {
    {.name = "moisture", .kind = KIND_GAUGE, .unit = "%"}};
static const struct device_type type = {
    .name = "probe", .npoints = 1, .points = points};
static struct device devices[] = {
    {.path = "north/a", .type = &type, .series = 0},
    {.path = "south/a", .type = &type, .series = 1}};
static const struct line lines[] = {
    {.name = "north", .port = "/dev/n", .devices = &devices[0], .ndevices = 1},
    {.name = "south", .port = "/dev/s", .devices = &devices[1], .ndevices = 1}};

enum { TOLD_MAX = 64 };

struct box {
	struct options opt;
	struct site site;
	struct core core;
	struct msg m;
	int far[2]; /* the lines' ends */
	size_t ntold;
	struct msg_probed told[TOLD_MAX];
};

static void
on_told(void *arg, const struct msg_probed *a)
{
	struct box *b = arg;

	assert_true(b->ntold < TOLD_MAX);
	b->told[b->ntold++] = *a;
}

static int
set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	struct epoch e = {.boot = "b", .state = EPOCH_KNOWN};

	*state = b;
	b->site =
	    (struct site){.id = "t", .lines = lines, .nlines = 2, .nseries = 2};
	b->core.opt = &b->opt;
	b->core.site = &b->site;
	b->core.snapshot = -1;
	b->core.msg = calloc(1, sizeof(*b->core.msg));
	b->core.journal = journal_new("/nonexistent/s.db", 5000, 1000);
	if (journal_epoch(b->core.journal, &e, true) != 0 ||
	    core_site(&b->core) != 0)
		return 1;
	for (size_t i = 0; i < 2; i++) {
		int fd[2];
		assert_int_equal(chan_pair(fd, 0), 0);
		b->core.children[i].fd = fd[0];
		b->core.children[i].state = CHILD_READY;
		b->far[i] = fd[1];
	}
	return 0;
}

static int
tear_down(void **state)
{
	struct box *b = *state;

	for (size_t i = 0; i < 2; i++) {
		child_close(&b->core.children[i]);
		(void)close(b->far[i]);
	}
	b->core.site = NULL; /* it is no heap's */
	for (size_t i = 0; i < 2; i++) {
		free(b->core.lines[i].devices);
		free(b->core.lines[i].recent);
	}
	core_site_done(&b->core);
	free(b->core.msg);
	b->core.journal = journal_free(b->core.journal);
	free(b);
	return 0;
}

static void
ask(struct box *b, const char *line, uint64_t id, uint8_t function)
{
	struct errand_for by = {.told = on_told, .arg = b, .by = "root"};
	struct msg_probe q = {.id = id,
	    .timeout_ms = 100,
	    .unit = 5,
	    .function = function,
	    .addr = 0x07D0,
	    .count = 1};

	(void)snprintf(q.line, sizeof(q.line), "%s", line);
	if (function > 4) {
		q.nwords = 1;
		q.words[0] = 2;
	}
	b->core.msg->kind = MSG_PROBE; /* where the control socket has it */
	b->core.msg->probe = q;
	errand_ask(&b->core, &by, &b->core.msg->probe, 1000);
}

/* What the line was given: its id there, or 0. */
static uint64_t
given(struct box *b, size_t line)
{
	if (msg_recv(b->far[line], &b->m) != 1)
		return 0;
	assert_int_equal(b->m.kind, MSG_PROBE);
	return b->m.probe.id;
}

/* What the line says to it. */
static int
say(struct box *b, size_t line, uint64_t id, enum probe_result result)
{
	char why[256] = "";

	memset(&b->m, 0, sizeof(b->m));
	b->m.kind = MSG_PROBED;
	b->m.probed.id = id;
	b->m.probed.result = result;
	b->m.probed.nwords = 1;
	b->m.probed.words[0] = (uint16_t)id;
	return dispatch(
	    &b->core, &b->core.children[line], &b->m, why, sizeof(why));
}

static uint64_t
events(const struct box *b)
{
	return journal_view(b->core.journal).pending;
}

static void
test_there_and_back(void **state)
{
	struct box *b = *state;
	uint64_t before = events(b), one, two;

	ask(b, "north", 77, 3);
	ask(b, "south", 78, 3);
	one = given(b, 0);
	assert_int_equal(b->m.probe.unit, 5);
	assert_int_equal(b->m.probe.addr, 0x07D0);
	two = given(b, 1);
	assert_true(one != 0 && two != 0 && one != two);
	assert_int_equal(say(b, 1, two, PROBE_OK), 0);
	assert_int_equal(say(b, 0, one, PROBE_TIMEOUT), 0);
	assert_int_equal(b->ntold, 2);
	assert_int_equal(b->told[0].id, 78);
	assert_int_equal(b->told[0].words[0], two);
	assert_int_equal(b->told[1].id, 77);
	assert_int_equal(b->told[1].result, PROBE_TIMEOUT);
	assert_int_equal(events(b), before); /* a read is no event */
}

static void
test_answers_that_nobody_asked_for(void **state)
{
	struct box *b = *state;
	uint64_t id;

	ask(b, "north", 1, 3);
	id = given(b, 0);
	assert_int_equal(say(b, 1, id, PROBE_OK), -EPROTO);
	assert_int_equal(say(b, 0, id + 1, PROBE_OK), -EPROTO);
	assert_int_equal(say(b, 0, 0, PROBE_OK), -EPROTO);
	assert_int_equal(say(b, 0, id, PROBE_OK), 0);
	assert_int_equal(say(b, 0, id, PROBE_OK), -EPROTO);
	assert_int_equal(b->ntold, 1);
}

static void
test_refused_at_once(void **state)
{
	struct box *b = *state;

	ask(b, "west", 1, 3);
	assert_int_equal(b->told[0].result, PROBE_REFUSED);
	assert_string_equal(b->told[0].text, "the gateway has no such line");
	b->core.children[0].state = CHILD_DOWN;
	ask(b, "north", 2, 3);
	assert_int_equal(b->told[1].id, 2);
	assert_int_equal(b->told[1].result, PROBE_PORT);
	assert_int_equal(given(b, 0), 0);
}

/* A line is never given more than it has room for. */
static void
test_no_more_than_it_takes(void **state)
{
	struct box *b = *state;
	uint64_t first;

	for (uint64_t i = 1; i <= PROBES_MAX + 1; i++)
		ask(b, "north", i, 3);
	assert_int_equal(b->ntold, 1);
	assert_int_equal(b->told[0].id, PROBES_MAX + 1);
	assert_int_equal(b->told[0].result, PROBE_REFUSED);
	first = given(b, 0);
	for (uint64_t i = 2; i <= PROBES_MAX; i++)
		assert_true(given(b, 0) != 0);
	assert_int_equal(given(b, 0), 0);
	assert_int_equal(say(b, 0, first, PROBE_OK), 0);
	ask(b, "north", 99, 3);
	assert_true(given(b, 0) != 0);
}

static void
test_writes_have_an_author(void **state)
{
	struct box *b = *state;
	uint64_t before = events(b), id;

	ask(b, "north", 1, 6);
	assert_int_equal(events(b), before + 1);
	id = given(b, 0);
	assert_int_equal(b->m.probe.words[0], 2);
	assert_int_equal(say(b, 0, id, PROBE_OK), 0);
	assert_int_equal(events(b), before + 2);
}

static void
test_the_asker_leaves(void **state)
{
	struct box *b = *state;
	uint64_t before = events(b), id;

	ask(b, "north", 1, 6);
	errand_forget(&b->core, b);
	id = given(b, 0);
	assert_int_equal(say(b, 0, id, PROBE_OK), 0);
	assert_int_equal(b->ntold, 0);
	assert_int_equal(events(b), before + 2);
}

static void
test_the_line_ends(void **state)
{
	struct box *b = *state;
	uint64_t id;

	ask(b, "north", 1, 3);
	ask(b, "south", 2, 3);
	errand_line_gone(&b->core, 0, 2000);
	assert_int_equal(b->ntold, 1);
	assert_int_equal(b->told[0].id, 1);
	assert_int_equal(b->told[0].result, PROBE_PORT);
	id = given(b, 1);
	assert_int_equal(say(b, 1, id, PROBE_OK), 0);
	assert_int_equal(b->told[1].id, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	    T(test_there_and_back),
	    T(test_answers_that_nobody_asked_for),
	    T(test_refused_at_once),
	    T(test_no_more_than_it_takes),
	    T(test_writes_have_an_author),
	    T(test_the_asker_leaves),
	    T(test_the_line_ends),
#undef T
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
