/*
 * What a child may say. Every kind from either role, before and after hello;
 * indexes that are not its own; times that cannot be; and then any bytes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core.h"
#include "dispatch.h"
#include "mono.h"
#include "report.h"

static struct device_type type = {
    .name = "probe",
    .npoints = 1,
    .points = (const struct point_type[]){{.name = "a", .unit = "%"}},
};
static struct point plain;
static struct device north = {.name = "d",
    .path = "north/d",
    .type = &type,
    .points = &plain,
    .series = 0};
static struct device south = {.name = "d",
    .path = "south/d",
    .type = &type,
    .points = &plain,
    .series = 1};
static const struct line lines[] = {
    {.name = "north", .port = "/dev/n", .devices = &north, .ndevices = 1},
    {.name = "south",
	.transport = TRANSPORT_TCP,
	.host = "::1",
	.tcp_port = 502,
	.devices = &south,
	.ndevices = 1}};
static struct broker broker = {.host = "b", .port = 1883};
static const struct uplink uplinks[] = {
    {.name = "county", .brokers = &broker, .nbrokers = 1}};

struct box {
	struct options opt;
	struct site site;
	struct core core;
	struct msg m;
	char why[256];
};

static int
set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	struct epoch e = {.boot = "b", .state = EPOCH_KNOWN};
	char nowhere[] = "";

	*state = b;
	plain.type = &type.points[0];
	b->opt.config = "site.yaml";
	b->opt.paths.uplink_program = nowhere;
	b->site = (struct site){.id = "t",
	    .name = "t",
	    .lines = lines,
	    .nlines = 2,
	    .uplinks = uplinks,
	    .nuplinks = 1,
	    .nseries = 2};
	b->core.opt = &b->opt;
	b->core.site = &b->site;
	b->core.snapshot = -1;
	b->core.journal = journal_new("/nonexistent/s.db", 5000, 1000);
	return journal_epoch(b->core.journal, &e, true) != 0 ||
	       core_site(&b->core) != 0;
}

static int
tear_down(void **state)
{
	struct box *b = *state;

	for (size_t i = 0; i < 2; i++) {
		free(b->core.lines[i].devices);
		free(b->core.lines[i].recent);
	}
	free(b->core.children);
	free(b->core.lines);
	free(b->core.links);
	b->core.intake = intake_free(b->core.intake);
	b->core.owners = owners_free(b->core.owners);
	b->core.journal = journal_free(b->core.journal);
	free(b);
	return 0;
}

static int
say(struct box *b, size_t child, enum msg_kind kind)
{
	b->why[0] = '\0';
	b->m.kind = kind;
	int r = dispatch(
	    &b->core, &b->core.children[child], &b->m, b->why, sizeof(b->why));
	assert_true(r == 0 || (r == -EPROTO && b->why[0] != '\0'));
	return r;
}

/* A message of that kind which nobody could object to, from the right role. */
static void
make(struct box *b, enum msg_kind kind)
{
	memset(&b->m, 0, sizeof(b->m));
	if (kind == MSG_HELLO)
		memcpy(b->m.hello.build, build_id(), BUILD_ID_LEN);
	if (kind == MSG_EVENT)
		b->m.event.kind = EVENT_LINE;
}

static void
only_its_own_kinds(void **state)
{
	static const char line[MSG_KINDS] = {[MSG_HELLO] = 1,
	    [MSG_READY] = 1,
	    [MSG_BEAT] = 1,
	    [MSG_BYE] = 1,
	    [MSG_READINGS] = 1,
	    [MSG_EVENT] = 1,
	    [MSG_DEVICE] = 1,
	    [MSG_LINE] = 1,
	    [MSG_RESULT] = 1,
	    [MSG_KEPT] = 1,
	    [MSG_PROBED] = 1};
	static const char uplink[MSG_KINDS] = {[MSG_HELLO] = 1,
	    [MSG_READY] = 1,
	    [MSG_BEAT] = 1,
	    [MSG_BYE] = 1,
	    [MSG_EVENT] = 1,
	    [MSG_ACK] = 1,
	    [MSG_LINK] = 1};
	struct box *b = *state;

	for (int k = 0; k < MSG_KINDS + 3; k++) {
		bool known = k < MSG_KINDS;
		enum msg_kind kind = (enum msg_kind)k;
		assert_int_equal(
		    dispatch_allowed(ROLE_LINE, kind), known && line[k]);
		assert_int_equal(
		    dispatch_allowed(ROLE_UPLINK, kind), known && uplink[k]);
		if (k == MSG_HELLO)
			continue;
		make(b, kind);
		b->core.children[0].state = CHILD_UP;
		b->core.children[0].bye = false;
		/* An answer to what was not asked is none. */
		assert_int_equal(say(b, 0, kind),
		    known && line[k] && k != MSG_RESULT && k != MSG_PROBED
			? 0
			: -EPROTO);
	}
}

static void
hello_first_and_once(void **state)
{
	struct box *b = *state;
	struct child *c = &b->core.children[0];

	c->state = CHILD_STARTING;
	make(b, MSG_BEAT);
	assert_int_equal(say(b, 0, MSG_BEAT), -EPROTO);
	make(b, MSG_HELLO);
	b->m.hello.build[0] ^= 1;
	assert_int_equal(say(b, 0, MSG_HELLO), -EPROTO);
	assert_non_null(strstr(b->why, "another build"));
	assert_int_equal(c->state, CHILD_STARTING);
	make(b, MSG_HELLO);
	assert_int_equal(say(b, 0, MSG_HELLO), 0);
	assert_int_equal(c->state, CHILD_UP);
	assert_int_equal(say(b, 0, MSG_READY), 0);
	assert_int_equal(c->state, CHILD_READY);
	make(b, MSG_HELLO);
	assert_int_equal(say(b, 0, MSG_HELLO), -EPROTO);
	assert_int_equal(say(b, 0, MSG_BYE), 0);
	assert_int_equal(say(b, 0, MSG_BEAT), -EPROTO);
}

static void
only_its_own_series(void **state)
{
	struct box *b = *state;
	struct journal *j = b->core.journal;
	int64_t now = mono_ms();
	static const struct {
		uint32_t series;
		int64_t late;
		int want;
	} cases[] = {{0, 0, 0}, {1, 0, -EPROTO}, {2, 0, -EPROTO},
	    {UINT32_MAX, 0, -EPROTO}, {0, 60000, -EPROTO},
	    {0, INT64_MIN / 2, -EPROTO}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t before = journal_view(j).pending;
		b->core.children[0].state = CHILD_READY;
		make(b, MSG_READINGS);
		b->m.readings.n = 2;
		for (size_t k = 0; k < 2; k++)
			b->m.readings.r[k] =
			    (struct reading){.series = k ? cases[i].series : 0,
				.boot_ms = now - 10 + (int64_t)k +
					   (k ? cases[i].late : 0),
				.value = value_int(1)};
		assert_int_equal(say(b, 0, MSG_READINGS), cases[i].want);
		/* All of a message, or nothing of it. */
		assert_int_equal(journal_view(j).pending - before,
		    cases[i].want == 0 ? 2 : 0);
	}
	/* The other line may. */
	b->core.children[1].state = CHILD_READY;
	b->m.readings.n = 1;
	b->m.readings.r[0] = (struct reading){
	    .series = 1, .boot_ms = now, .value = value_int(1)};
	assert_int_equal(say(b, 1, MSG_READINGS), 0);
}

static void
events_of_its_trade(void **state)
{
	struct box *b = *state;

	for (size_t i = 0; i < 3; i++)
		b->core.children[i].state = CHILD_READY;
	make(b, MSG_EVENT);
	assert_int_equal(say(b, 0, MSG_EVENT), 0);
	assert_int_equal(say(b, 2, MSG_EVENT), -EPROTO);
	b->m.event.kind = EVENT_LINK;
	assert_int_equal(say(b, 0, MSG_EVENT), -EPROTO);
	assert_int_equal(say(b, 2, MSG_EVENT), 0);
	b->m.event.kind = EVENT_GATEWAY;
	assert_int_equal(say(b, 0, MSG_EVENT), -EPROTO);
	assert_int_equal(say(b, 2, MSG_EVENT), -EPROTO);
}

static void
devices_and_acknowledgements(void **state)
{
	struct box *b = *state;

	b->core.children[0].state = b->core.children[2].state = CHILD_READY;
	make(b, MSG_DEVICE);
	assert_int_equal(say(b, 0, MSG_DEVICE), 0);
	b->m.device.device = 1;
	assert_int_equal(say(b, 0, MSG_DEVICE), -EPROTO);
	/* Nothing is stored yet: nothing can be acknowledged. */
	make(b, MSG_ACK);
	b->m.range = (struct msg_range){1, 1};
	assert_int_equal(say(b, 2, MSG_ACK), -EPROTO);
	b->m.range = (struct msg_range){0, 0};
	assert_int_equal(say(b, 2, MSG_ACK), -EPROTO);
}

/* Texts of a child are not always UTF-8; what people are told is. */
static void
reports_are_documents(void **state)
{
	struct box *b = *state;
	int64_t now = mono_ms();
	char *text;

	b->core.children[0].state = CHILD_READY;
	make(b, MSG_DEVICE);
	(void)snprintf(b->m.device.text, sizeof(b->m.device.text),
	    "bad \xff\xfe \"quoted\"");
	assert_int_equal(say(b, 0, MSG_DEVICE), 0);
	text = report(&b->core, "status", now);
	assert_non_null(text);
	assert_non_null(strstr(text, "bad ?? \\\"quoted\\\""));
	assert_non_null(strstr(text, "\"[::1]:502\""));
	free(text);
	make(b, MSG_READINGS);
	b->m.readings.n = 1;
	b->m.readings.r[0] = (struct reading){
	    .series = 0, .boot_ms = now, .value = value_real(18.21)};
	assert_int_equal(say(b, 0, MSG_READINGS), 0);
	text = report(&b->core, "points", now);
	assert_non_null(strstr(text, "\"value\":18.21,"));
	assert_non_null(strstr(text, "\"value\":null,"));
	free(text);
	b->m.readings.r[0] = (struct reading){
	    .series = 0, .boot_ms = now + 1, .value = value_uint(UINT64_MAX)};
	assert_int_equal(say(b, 0, MSG_READINGS), 0);
	text = report(&b->core, "points", now);
	assert_non_null(strstr(text, "\"value\":\"18446744073709551615\""));
	free(text);
	text = report(&b->core, "%s%n", now);
	assert_non_null(strstr(text, "\"error\""));
	free(text);
}

/* Whatever decodes is dispatched; nothing of it may hurt. */
static void
any_bytes(void **state)
{
	struct box *b = *state;
	uint8_t frame[600];
	size_t decoded = 0;

	srand(1);
	for (int i = 0; i < 200000; i++) {
		size_t len = (size_t)rand() % sizeof(frame);
		for (size_t k = 0; k < len; k++)
			frame[k] = (uint8_t)(rand() % 4 ? 0 : rand());
		if (len > 1) {
			frame[0] = (uint8_t)(rand() % (MSG_KINDS + 1));
			frame[1] = 0;
		}
		if (i % 2)
			len = len % 40;
		if (msg_decode(frame, len, &b->m) != 0)
			continue;
		decoded++;
		struct child *c = &b->core.children[i % 3];
		c->state = CHILD_READY;
		c->bye = false;
		(void)say(b, (size_t)i % 3, b->m.kind);
	}
	assert_true(decoded > 100);
}

int
main(void)
{
#define BOXED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    BOXED(only_its_own_kinds),
	    BOXED(hello_first_and_once),
	    BOXED(only_its_own_series),
	    BOXED(events_of_its_trade),
	    BOXED(devices_and_acknowledgements),
	    BOXED(reports_are_documents),
	    BOXED(any_bytes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("core dispatch", tests, NULL, NULL);
}
