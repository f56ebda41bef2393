/*
 * Commands under way: what is refused before a line hears of it, what a line
 * is given, who is told what, and what the journal keeps. The line is the
 * other end of a channel.
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
#include "command.h"
#include "core.h"
#include "dispatch.h"

static const struct choice soils[] = {{0, "mineral"}, {3, "organic"}};
static const struct point_type points[] = {
    {.name = "moisture", .kind = KIND_GAUGE, .unit = "%"},
    {.name = "relay_1",
	.kind = KIND_OUTPUT,
	.type = REG_BOOL,
	.writable = true,
	.max_on_ms = 4 * 3600000},
    {.name = "offset",
	.kind = KIND_SETTING,
	.type = REG_INT16,
	.writable = true,
	.unit = "Cel",
	.has_range = true,
	.min = -5,
	.max = 5},
    {.name = "soil",
	.kind = KIND_SETTING,
	.type = REG_UINT16,
	.writable = true,
	.choices = soils,
	.nchoices = 2},
    {.name = "buzzer",
	.kind = KIND_SETTING,
	.type = REG_BOOL,
	.writable = true},
    {.name = "serial", .kind = KIND_SETTING, .writable = true, .text = true},
};
enum { NPOINTS = sizeof(points) / sizeof(points[0]) };
static const struct device_type type = {
    .name = "valve", .npoints = NPOINTS, .points = points};
static struct device north = {.path = "north/v", .type = &type, .series = 0};
static struct device south = {
    .path = "south/v", .type = &type, .series = NPOINTS};
static const struct line lines[] = {
    {.name = "north", .port = "/dev/n", .devices = &north, .ndevices = 1},
    {.name = "south", .port = "/dev/s", .devices = &south, .ndevices = 1}};

struct box {
	struct options opt;
	struct site site;
	struct core core;
	struct msg m;
	int far[2]; /* the lines' ends */
	int told;
	enum command_result result;
	char text[MSG_LINE_TEXT_MAX];
};

static void
on_told(void *arg, enum command_result r, const char *text)
{
	struct box *b = arg;

	b->told++;
	b->result = r;
	(void)snprintf(b->text, sizeof(b->text), "%s", text);
}

static int
set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	struct epoch e = {.boot = "b", .state = EPOCH_KNOWN};

	*state = b;
	b->site = (struct site){
	    .id = "t", .lines = lines, .nlines = 2, .nseries = 2 * NPOINTS};
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
		free(b->core.lines[i].devices);
		free(b->core.lines[i].recent);
	}
	free(b->core.children);
	free(b->core.lines);
	free(b->core.links);
	free(b->core.msg);
	b->core.intake = intake_free(b->core.intake);
	b->core.owners = owners_free(b->core.owners);
	b->core.journal = journal_free(b->core.journal);
	free(b);
	return 0;
}

static void
ask(struct box *b, enum command_action action, const char *subject,
    const char *value, uint32_t for_ms, int64_t now)
{
	struct asker a = {.told = on_told, .arg = b, .by = "root (uid 0)"};
	struct msg_wish w = {.action = action, .for_ms = for_ms};

	(void)snprintf(w.subject, sizeof(w.subject), "%s", subject);
	(void)snprintf(w.value, sizeof(w.value), "%s", value);
	b->told = 0;
	command_ask(&b->core, &a, &w, now);
}

static uint64_t
events(const struct box *b)
{
	return journal_view(b->core.journal).pending;
}

/* What the line was given, or none. */
static bool
given(struct box *b, size_t line)
{
	int r = msg_recv(b->far[line], &b->m);

	assert_true(r == 1 || r == -EAGAIN);
	if (r == 1)
		assert_int_equal(b->m.kind, MSG_COMMAND);
	return r == 1;
}

static void
what_cannot_be_never_reaches_a_line(void **state)
{
	static const struct {
		enum command_action action;
		const char *subject, *value;
		uint32_t for_ms;
		const char *why;
	} bad[] = {
	    {0, "north/v/relay1", "on", 1000, "did you mean north/v/relay_1?"},
	    {0, "zzzzz", "on", 1000, "gatewayctl points"},
	    {0, "", "on", 1000, "no such point"},
	    {0, "north/v", "on", 1000, "no such point"},
	    {0, "north/v/", "on", 1000, "no such point"},
	    {0, "north/v/moisture", "3", 0, "only be read"},
	    {0, "north/v/relay_1", "on", 0, "closes by itself"},
	    {0, "north/v/relay_1", "on", 14400001, "4h at most"},
	    {0, "north/v/relay_1", "on", UINT32_MAX, "4h at most"},
	    {0, "north/v/relay_1", "off", 1000, "only opening"},
	    {0, "north/v/relay_1", "1", 1000, "on or off"},
	    {COMMAND_SET, "north/v/relay_1", "on", 1000, "on or off"},
	    {COMMAND_OPEN, "north/v/relay_1", "", 0, "closes by itself"},
	    {COMMAND_OPEN, "north/v/offset", "", 1000, "no output"},
	    {0, "north/v/offset", "3", 1000, "a setting stays"},
	    {0, "north/v/offset", "5.1", 0, "from -5 to 5 Cel"},
	    {0, "north/v/offset", "-6", 0, "from -5 to 5 Cel"},
	    {0, "north/v/offset", "on", 0, "a number"},
	    {0, "north/v/offset", "nan", 0, "a number"},
	    {0, "north/v/offset", "inf", 0, "a number"},
	    {0, "north/v/offset", "1e999", 0, "a number"},
	    {0, "north/v/offset", "0x3", 0, "a number"},
	    {0, "north/v/offset", "3 ", 0, "a number"},
	    {0, "north/v/offset", "", 0, "a number"},
	    {0, "north/v/soil", "sand", 0, "such as mineral"},
	    {0, "north/v/serial", "x", 0, "a text"},
	};
	struct box *b = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t before = events(b);
		ask(b, bad[i].action, bad[i].subject, bad[i].value,
		    bad[i].for_ms, 1000);
		if (b->told != 1 || b->result != RESULT_REFUSED ||
		    strstr(b->text, bad[i].why) == NULL)
			fail_msg("%s %s %u: told %d: %s", bad[i].subject,
			    bad[i].value, bad[i].for_ms, b->told, b->text);
		assert_int_equal(events(b), before + 1);
		assert_false(given(b, 0));
		assert_false(given(b, 1));
	}
}

static void
the_line_that_owns_it_is_given_the_command(void **state)
{
	static const struct {
		const char *subject, *value;
		uint32_t for_ms;
		size_t line;
		struct msg_command want;
	} good[] = {
	    {"south/v/relay_1", "on", 14400000, 1,
		{.series = NPOINTS + 1,
		    .action = COMMAND_OPEN,
		    .value = 1,
		    .for_ms = 14400000}},
	    {"north/v/relay_1", "off", 0, 0,
		{.series = 1, .action = COMMAND_CLOSE, .value = 0}},
	    {"north/v/offset", "-4.5", 0, 0,
		{.series = 2, .action = COMMAND_SET, .value = -4.5}},
	    {"north/v/soil", "organic", 0, 0,
		{.series = 3, .action = COMMAND_SET, .value = 3}},
	    {"north/v/soil", "0", 0, 0,
		{.series = 3, .action = COMMAND_SET, .value = 0}},
	    {"south/v/buzzer", "on", 0, 1,
		{.series = NPOINTS + 4, .action = COMMAND_SET, .value = 1}},
	};
	struct box *b = *state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct msg_command *c = &b->m.command;
		ask(b, 0, good[i].subject, good[i].value, good[i].for_ms, 1000);
		assert_int_equal(b->told, 0);
		assert_true(given(b, good[i].line));
		assert_int_equal(c->id, i + 1);
		assert_int_equal(c->series, good[i].want.series);
		assert_int_equal(c->action, good[i].want.action);
		assert_true(c->value == good[i].want.value);
		assert_int_equal(c->for_ms, good[i].want.for_ms);
		assert_true(c->expires_ms > 1000 &&
			    c->expires_ms < 1000 + COMMAND_WAIT_MS);
		assert_false(given(b, 1 - good[i].line));
	}
}

static int
answer(struct box *b, size_t line, uint64_t id, enum command_result r)
{
	char why[256];
	struct msg m = {.kind = MSG_RESULT,
	    .result = {.id = id, .result = r, .text = "it reads so"}};

	return dispatch(
	    &b->core, &b->core.children[line], &m, why, sizeof(why));
}

static void
an_answer_reaches_its_asker_once(void **state)
{
	struct box *b = *state;
	uint64_t before = events(b);

	ask(b, 0, "north/v/relay_1", "on", 3000, 1000);
	assert_int_equal(events(b), before + 1);
	/* Only from that line, only for that id, only once. */
	assert_int_equal(answer(b, 1, 1, RESULT_DONE), -EPROTO);
	assert_int_equal(answer(b, 0, 2, RESULT_DONE), -EPROTO);
	assert_int_equal(answer(b, 0, 0, RESULT_DONE), -EPROTO);
	assert_int_equal(b->told, 0);
	assert_int_equal(answer(b, 0, 1, RESULT_DONE), 0);
	assert_int_equal(b->told, 1);
	assert_int_equal(b->result, RESULT_DONE);
	assert_string_equal(b->text, "it reads so");
	assert_int_equal(events(b), before + 2);
	assert_int_equal(answer(b, 0, 1, RESULT_DONE), -EPROTO);
	assert_int_equal(b->told, 1);
}

static void
silence_is_uncertain_and_a_late_answer_is_kept(void **state)
{
	struct box *b = *state;
	uint64_t before;

	ask(b, 0, "north/v/relay_1", "off", 0, 1000);
	assert_int_equal(command_step(&b->core, 1000), 1000 + COMMAND_WAIT_MS);
	(void)command_step(&b->core, 1000 + COMMAND_WAIT_MS - 1);
	assert_int_equal(b->told, 0);
	assert_int_equal(
	    command_step(&b->core, 1000 + COMMAND_WAIT_MS), INT64_MAX);
	assert_int_equal(b->told, 1);
	assert_int_equal(b->result, RESULT_UNCERTAIN);
	assert_non_null(strstr(b->text, "did not say in 15 s"));
	before = events(b);
	assert_int_equal(answer(b, 0, 1, RESULT_DONE), 0);
	assert_int_equal(b->told, 1); /* nobody waits any more */
	assert_int_equal(events(b), before + 1);
}

static void
a_line_that_is_gone_leaves_uncertainty(void **state)
{
	struct box *b = *state;

	ask(b, 0, "south/v/relay_1", "on", 1000, 1000);
	ask(b, 0, "north/v/relay_1", "on", 1000, 1000);
	command_line_gone(&b->core, 0, 2000);
	assert_int_equal(b->told, 1);
	assert_int_equal(b->result, RESULT_UNCERTAIN);
	assert_non_null(strstr(b->text, "ended before"));
	assert_int_equal(answer(b, 0, 2, RESULT_DONE), -EPROTO);
	/* The other line's goes on. */
	assert_int_equal(answer(b, 1, 1, RESULT_SENT), 0);
	assert_int_equal(b->told, 2);
	assert_int_equal(b->result, RESULT_SENT);
}

static void
a_line_that_does_not_run_is_not_asked(void **state)
{
	static const enum child_state states[] = {
	    CHILD_DOWN, CHILD_STARTING, CHILD_UP, CHILD_ENDING};
	struct box *b = *state;
	struct child *c = &b->core.children[0];

	for (size_t i = 0; i < 6; i++) {
		c->state = i < 4 ? states[i] : CHILD_READY;
		c->stopping = i == 4;
		b->core.phase = i == 5 ? PHASE_STOP_LINES : PHASE_RUN;
		ask(b, 0, "north/v/relay_1", "on", 1000, 1000);
		assert_int_equal(b->told, 1);
		assert_int_equal(b->result, RESULT_REFUSED);
		assert_string_equal(b->text, "the line north is not running");
		assert_false(given(b, 0));
	}
	/* A channel that is full. */
	b->core.phase = PHASE_RUN;
	b->m.kind = MSG_TEXT;
	while (msg_send(c->fd, &b->m) == 0)
		;
	ask(b, 0, "north/v/relay_1", "on", 1000, 1000);
	assert_int_equal(b->told, 1);
	assert_string_equal(b->text, "the line north does not listen now");
}

static void
the_table_is_bounded(void **state)
{
	struct box *b = *state;

	for (int i = 0; i < COMMANDS_MAX; i++) {
		ask(b, 0, "north/v/relay_1", "off", 0, 1000 + i);
		assert_int_equal(b->told, 0);
	}
	ask(b, 0, "north/v/relay_1", "off", 0, 2000);
	assert_int_equal(b->told, 1);
	assert_int_equal(b->result, RESULT_REFUSED);
	assert_non_null(strstr(b->text, "too many"));
	/* The oldest that is uncertain gives way. */
	(void)command_step(&b->core, 1000 + COMMAND_WAIT_MS);
	ask(b, 0, "north/v/relay_1", "off", 0, 20000);
	assert_int_equal(b->told, 0);
	assert_int_equal(answer(b, 0, 1, RESULT_DONE), -EPROTO);
	assert_int_equal(answer(b, 0, 2, RESULT_DONE), 0);
	assert_int_equal(answer(b, 0, COMMANDS_MAX + 1, RESULT_DONE), 0);
}

static void
closing_is_not_crowded_out(void **state)
{
	struct box *b = *state;

	for (int i = 0; i < COMMANDS_MAX; i++) {
		ask(b, 0, "north/v/relay_1", "on", 1000, 1000 + i);
		assert_int_equal(b->told, i >= COMMANDS_MAX - COMMANDS_KEPT);
	}
	ask(b, 0, "north/v/relay_1", "off", 0, 2000);
	assert_int_equal(b->told, 0);
	assert_int_equal(
	    answer(b, 0, COMMANDS_MAX - COMMANDS_KEPT + 1, RESULT_DONE), 0);
}

static void
an_asker_that_left_is_not_told(void **state)
{
	struct box *b = *state;
	uint64_t before;

	ask(b, 0, "north/v/relay_1", "off", 0, 1000);
	command_forget(&b->core, b);
	before = events(b);
	assert_int_equal(answer(b, 0, 1, RESULT_DONE), 0);
	assert_int_equal(b->told, 0);
	assert_int_equal(events(b), before + 1);
}

static void
times_are_written_as_people_write_them(void **state)
{
	static const struct {
		uint32_t ms;
		const char *text;
	} cases[] = {{600000, "10min"}, {90000, "90s"}, {1500, "1500ms"},
	    {7200000, "2h"}, {86400000, "1d"}, {UINT32_MAX, "4294967295ms"}};
	char s[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    wish_time(cases[i].ms, s, sizeof(s)), cases[i].text);
}

int
main(void)
{
#define BOXED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    BOXED(what_cannot_be_never_reaches_a_line),
	    BOXED(the_line_that_owns_it_is_given_the_command),
	    BOXED(an_answer_reaches_its_asker_once),
	    BOXED(silence_is_uncertain_and_a_late_answer_is_kept),
	    BOXED(a_line_that_is_gone_leaves_uncertainty),
	    BOXED(a_line_that_does_not_run_is_not_asked),
	    BOXED(the_table_is_bounded),
	    BOXED(closing_is_not_crowded_out),
	    BOXED(an_asker_that_left_is_not_told),
	    cmocka_unit_test(times_are_written_as_people_write_them),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("core command", tests, NULL, NULL);
}
