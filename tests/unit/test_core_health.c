/*
 * The lines' health as people and uplinks see it: figures from counts, the
 * document, and when an uplink is sent it.
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

#include "bulletin.h"
#include "chan.h"
#include "core.h"
#include "dispatch.h"
#include "figures.h"
#include "report.h"
#include "report_lines.h"

enum { NDEVICES = 400 };

static struct device_type type = {.name = "probe"};
static struct device devices[NDEVICES];
static char paths[NDEVICES][32];
static struct line lines[] = {
    {.name = "north", .port = "/dev/n", .devices = devices, .ndevices = 3}};
static struct broker broker = {.host = "b", .port = 1883};
static const struct uplink uplinks[] = {
    {.name = "county", .brokers = &broker, .nbrokers = 1}};

struct box {
	struct options opt;
	struct site site;
	struct core core;
	struct msg m;
	int far; /* the uplink's end */
	char text[BULLETIN_MAX + MSG_CHUNK_MAX];
};

static int
set_up_with(void **state, size_t ndevices)
{
	struct box *b = calloc(1, sizeof(*b));
	struct epoch e = {.boot = "b", .state = EPOCH_KNOWN};
	char nowhere[] = "";
	int fd[2];

	*state = b;
	for (size_t i = 0; i < NDEVICES; i++) {
		(void)snprintf(
		    paths[i], sizeof(paths[i]), "north/probe-%zu", i);
		devices[i] =
		    (struct device){.path = paths[i], .type = &type, .unit = 7};
	}
	lines[0].ndevices = ndevices;
	b->opt.config = "site.yaml";
	b->opt.paths.uplink_program = nowhere;
	b->site = (struct site){.id = "t",
	    .name = "t",
	    .lines = lines,
	    .nlines = 1,
	    .uplinks = uplinks,
	    .nuplinks = 1};
	b->core.opt = &b->opt;
	b->core.site = &b->site;
	b->core.snapshot = -1;
	b->core.msg = calloc(1, sizeof(*b->core.msg));
	b->core.journal = journal_new("/nonexistent/s.db", 5000, 1000);
	if (journal_epoch(b->core.journal, &e, true) != 0 ||
	    core_site(&b->core) != 0)
		return 1;
	assert_int_equal(chan_pair(fd, 0), 0);
	b->core.children[0].state = b->core.children[1].state = CHILD_READY;
	b->core.children[1].fd = fd[0];
	b->far = fd[1];
	return 0;
}

static int
set_up(void **state)
{
	return set_up_with(state, 3);
}

static int
set_up_many(void **state)
{
	return set_up_with(state, NDEVICES);
}

static int
tear_down(void **state)
{
	struct box *b = *state;

	child_close(&b->core.children[1]);
	(void)close(b->far);
	free(b->core.lines[0].devices);
	free(b->core.lines[0].recent);
	free(b->core.children);
	free(b->core.lines);
	free(b->core.links);
	free(b->core.msg);
	bulletin_done(&b->core.bulletin);
	b->core.intake = intake_free(b->core.intake);
	b->core.owners = owners_free(b->core.owners);
	b->core.journal = journal_free(b->core.journal);
	free(b);
	return 0;
}

static void
the_bar_that_reaches_it_is_the_figure(void **state)
{
	static const struct {
		uint32_t bars[ANSWER_BARS];
		uint32_t half, most;
	} cases[] = {
	    {{0}, 0, 0},
	    {{1}, 5, 5},
	    {{0, 0, 95, 5}, 20, 20},
	    {{0, 0, 94, 6}, 20, 50},
	    {{50, 50}, 5, 10},
	    {{49, 51}, 10, 10},
	    {{0, 0, 0, 0, 0, 0, 0, 0, 9, 1}, 2000, 0},
	    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 3}, 0, 0},
	    {{UINT32_MAX, UINT32_MAX, UINT32_MAX}, 10, 20},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    figures_within(cases[i].bars, 50), cases[i].half);
		assert_int_equal(
		    figures_within(cases[i].bars, 95), cases[i].most);
	}
}

static void
trouble_is_a_loss_or_one_in_a_hundred(void **state)
{
	static const struct {
		struct msg_device m;
		bool troubled;
	} cases[] = {
	    {{.state = DEVICE_UNKNOWN}, false},
	    {{.state = DEVICE_LOST}, true},
	    {{.state = DEVICE_ONLINE, .requests = 100, .timeouts = 1}, false},
	    {{.state = DEVICE_ONLINE, .requests = 99, .timeouts = 1}, true},
	    {{.state = DEVICE_ONLINE,
		 .requests = 400,
		 .crc = 2,
		 .noise = 1,
		 .exceptions = 1,
		 .late = 1},
		true},
	    {{.state = DEVICE_ONLINE,
		 .requests = UINT32_MAX,
		 .timeouts = UINT32_MAX,
		 .crc = UINT32_MAX},
		true},
	};

	const struct recent none = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    figures_troubled(&none, &cases[i].m), cases[i].troubled);
}

static void
trouble_passes(void **state)
{
	struct recent r = {0};
	struct msg_device m = {
	    .state = DEVICE_ONLINE, .requests = 50, .timeouts = 40};
	int64_t now = 1000;

	(void)state;
	figures_note(&r, &m, now);
	assert_true(figures_troubled(&r, &m));
	/* It answers again: an hour later that is what counts. */
	for (int i = 0; i < 2 * RECENT_MS / 60000; i++) {
		now += 60000;
		m.requests++;
		figures_note(&r, &m, now);
		if (now < 1000 + RECENT_MS)
			assert_true(figures_troubled(&r, &m));
	}
	assert_false(figures_troubled(&r, &m));
	m.requests++;
	m.timeouts++;
	assert_true(figures_troubled(&r, &m));
	/* A line that was started again counts from nothing. */
	m = (struct msg_device){.state = DEVICE_ONLINE, .requests = 3};
	figures_note(&r, &m, now);
	assert_false(figures_troubled(&r, &m));
}

/* As the line would say it. */
static void
device(struct box *b, uint32_t i, enum device_state s)
{
	char why[256];

	b->m = (struct msg){.kind = MSG_DEVICE};
	b->m.device = (struct msg_device){.device = i,
	    .state = s,
	    .requests = 50,
	    .answers = 40,
	    .timeouts = 5,
	    .crc = 2,
	    .noise = 1,
	    .exceptions = 3,
	    .deadline_ms = 310,
	    .line_ms = 12345};
	b->m.device.codes[0] = 1;
	b->m.device.codes[2] = 2;
	b->m.device.answer_bars[2] = 38;
	b->m.device.answer_bars[9] = 2;
	assert_int_equal(
	    dispatch(&b->core, &b->core.children[0], &b->m, why, sizeof(why)),
	    0);
}

static void
port(struct box *b, enum port_state s)
{
	char why[256];

	b->m = (struct msg){.kind = MSG_LINE};
	b->m.state = (struct msg_state){
	    .state = (uint8_t)s, .sent = 77, .overruns = 9, .use = 431};
	assert_int_equal(
	    dispatch(&b->core, &b->core.children[0], &b->m, why, sizeof(why)),
	    0);
}

static void
status_has_everything(void **state)
{
	static const char *const want[] = {"\"requests\":50", "\"answers\":40",
	    "\"timeouts\":5", "\"crc\":2", "\"noise\":1", "\"exceptions\":3",
	    "\"codes\":{\"2\":2,\"other\":1}",
	    "\"answer_bars\":[0,0,38,0,0,0,0,0,0,2]", "\"median_ms\":20",
	    "\"p95_ms\":20", "\"deadline_ms\":310", "\"line_ms\":12345",
	    "\"trouble\":true", "\"trouble\":false", "\"overruns\":9",
	    "\"use_per_mille\":431", "\"devices_all\":3",
	    "\"devices_online\":1", "\"devices_lost\":0"};
	struct box *b = *state;
	char *text;

	device(b, 1, DEVICE_ONLINE);
	port(b, PORT_OPEN);
	text = report(&b->core, "status", 1000);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		if (strstr(text, want[i]) == NULL)
			fail_msg("%s is not in %s", want[i], text);
	free(text);
}

static size_t
times(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void
health_keeps_within_its_size(void **state)
{
	struct box *b = *state;
	char *text;

	device(b, 5, DEVICE_LOST);
	device(b, 6, DEVICE_LOST);
	text = report_health(&b->core, 1000, 1 << 20);
	assert_int_equal(times(text, "north/probe-"), NDEVICES);
	assert_non_null(strstr(text, "\"devices\":\"all\""));
	free(text);
	text = report_health(&b->core, 1000, BULLETIN_MAX);
	assert_true(strlen(text) <= BULLETIN_MAX);
	assert_int_equal(times(text, "north/probe-"), 2);
	assert_non_null(strstr(text, "\"devices\":\"in trouble\""));
	assert_non_null(strstr(text, "\"devices_all\":400"));
	free(text);
	for (uint32_t i = 0; i < NDEVICES; i++)
		device(b, i, DEVICE_LOST);
	text = report_health(&b->core, 1000, BULLETIN_MAX);
	assert_int_equal(times(text, "north/probe-"), 0);
	assert_non_null(strstr(text, "\"devices_lost\":400"));
	free(text);
}

/* What the uplink gets of one bulletin; false: nothing. */
static bool
received(struct box *b)
{
	size_t len = 0;
	int r;

	b->text[0] = '\0';
	while ((r = msg_recv(b->far, &b->m)) == 1) {
		assert_int_equal(b->m.kind, MSG_HEALTH);
		len += (size_t)snprintf(
		    b->text + len, sizeof(b->text) - len, "%s", b->m.text.text);
		assert_true(len < sizeof(b->text));
		if (b->m.text.last)
			return true;
	}
	assert_int_equal(r, -EAGAIN);
	return false;
}

static void
a_bulletin_comes_in_time_and_not_too_often(void **state)
{
	struct box *b = *state;
	int64_t now = 5000;

	assert_int_equal(bulletin_step(&b->core, now), now + BULLETIN_APART_MS);
	assert_false(received(b));
	now += BULLETIN_APART_MS;
	assert_int_equal(bulletin_step(&b->core, now), now + BULLETIN_MS);
	assert_true(received(b));
	assert_non_null(strstr(b->text, "north/probe-2"));
	/* Nothing new: not before its time. */
	assert_int_equal(
	    bulletin_step(&b->core, now + BULLETIN_MS - 1), now + BULLETIN_MS);
	assert_false(received(b));
	now += BULLETIN_MS;
	(void)bulletin_step(&b->core, now);
	assert_true(received(b));
	/* A loss soon after: ten seconds after the last one. */
	device(b, 2, DEVICE_ONLINE);
	device(b, 2, DEVICE_LOST);
	assert_int_equal(
	    bulletin_step(&b->core, now + 100), now + BULLETIN_APART_MS);
	assert_false(received(b));
	(void)bulletin_step(&b->core, now + BULLETIN_APART_MS);
	assert_true(received(b));
	assert_non_null(strstr(b->text, "\"lost\""));
	/* A loss long after: at once; the same again is no news. */
	now += BULLETIN_APART_MS + 60000;
	device(b, 2, DEVICE_LOST);
	(void)bulletin_step(&b->core, now);
	assert_false(received(b));
	port(b, PORT_FAILED);
	(void)bulletin_step(&b->core, now);
	assert_true(received(b));
	assert_non_null(strstr(b->text, "\"failed\""));
}

static void
a_new_uplink_gets_the_last_one(void **state)
{
	struct box *b = *state;
	struct child *c = &b->core.children[1];

	c->state = CHILD_UP;
	(void)bulletin_step(&b->core, 5000);
	(void)bulletin_step(&b->core, 15000);
	assert_false(received(b));
	c->state = CHILD_READY;
	(void)bulletin_step(&b->core, 15100);
	assert_true(received(b));
	(void)bulletin_step(&b->core, 15200);
	assert_false(received(b));
	c->bulletin_number = 0; /* as child_start() leaves it */
	(void)bulletin_step(&b->core, 15300);
	assert_true(received(b));
}

static void
a_full_channel_delays_it_and_no_more(void **state)
{
	struct box *b = *state;
	struct child *c = &b->core.children[1];
	int fd[2];
	char *whole;

	/* Too small for all the pieces. */
	child_close(c);
	(void)close(b->far);
	assert_int_equal(chan_pair(fd, 20000), 0);
	c->fd = fd[0];
	b->far = fd[1];
	for (uint32_t i = 0; i < 180; i++)
		device(b, i, DEVICE_LOST);
	(void)bulletin_step(&b->core, 5000);
	(void)bulletin_step(&b->core, 15000);
	whole = report_health(&b->core, 15000, BULLETIN_MAX);
	assert_true(strlen(whole) > 40000);
	assert_non_null(c->bulletin);
	/* The next one is due meanwhile: the first still comes whole. */
	device(b, 180, DEVICE_LOST);
	size_t len = 0;
	for (int64_t now = 25000; len < strlen(whole); now += 100) {
		(void)bulletin_step(&b->core, now);
		assert_int_equal(msg_recv(b->far, &b->m), 1);
		assert_memory_equal(
		    b->m.text.text, whole + len, strlen(b->m.text.text));
		len += strlen(b->m.text.text);
		assert_int_equal(b->m.text.last, len == strlen(whole));
	}
	free(whole);
	(void)bulletin_step(&b->core, 60000);
	assert_int_equal(msg_recv(b->far, &b->m), 1);
	assert_memory_equal(b->m.text.text, "{\"ts\"", 5);
}

int
main(void)
{
#define BOXED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define MANY(f)  cmocka_unit_test_setup_teardown(f, set_up_many, tear_down)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_bar_that_reaches_it_is_the_figure),
	    cmocka_unit_test(trouble_is_a_loss_or_one_in_a_hundred),
	    cmocka_unit_test(trouble_passes),
	    BOXED(status_has_everything),
	    MANY(health_keeps_within_its_size),
	    BOXED(a_bulletin_comes_in_time_and_not_too_often),
	    BOXED(a_new_uplink_gets_the_last_one),
	    MANY(a_full_channel_delays_it_and_no_more),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("core health", tests, NULL, NULL);
}
