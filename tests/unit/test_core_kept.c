/*
 * What a line must not forget, on its way back to it: right after its hello,
 * all of its own, `last` on the final piece, whatever the channel takes.
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
#include "handover.h"
#include "mono.h"

/* More than two pieces for one line, and one point of another. */
enum { POINTS = 230 };

static char names[POINTS][8];
static struct point_type point_types[POINTS];
static struct point points[POINTS];
static struct device_type many = {
    .name = "many", .points = point_types, .npoints = POINTS};
static struct device_type one = {
    .name = "one", .points = point_types, .npoints = 1};
static struct device devices[] = {
    {.name = "d", .path = "north/d", .type = &many, .points = points},
    {.name = "d",
	.path = "south/d",
	.type = &one,
	.points = points,
	.series = POINTS}};
static const struct line lines[] = {
    {.name = "north", .port = "/dev/n", .devices = &devices[0], .ndevices = 1},
    {.name = "south", .port = "/dev/s", .devices = &devices[1], .ndevices = 1}};
static const struct site site = {
    .id = "t", .name = "t", .lines = lines, .nlines = 2, .nseries = POINTS + 1};

struct box {
	char dir[32], path[48];
	struct options opt;
	struct core core;
	struct msg m;
	int line; /* its end of the channel */
};

static int
begin(struct box *b, const char *path)
{
	struct epoch e = {.boot = "b", .state = EPOCH_KNOWN};
	static struct site copy;

	copy = site;
	b->core = (struct core){
	    .opt = &b->opt, .site = &copy, .snapshot = -1, .msg = &b->m};
	b->core.journal = journal_new(path, 5000, 1000);
	if (journal_epoch(b->core.journal, &e, true) != 0)
		return -1;
	(void)journal_open(b->core.journal, 1);
	return core_site(&b->core);
}

static void
end(struct box *b)
{
	for (size_t i = 0; i < site.nlines; i++) {
		free(b->core.lines[i].devices);
		free(b->core.lines[i].recent);
	}
	free(b->core.children);
	free(b->core.lines);
	free(b->core.links);
	b->core.intake = intake_free(b->core.intake);
	b->core.owners = owners_free(b->core.owners);
	b->core.journal = journal_free(b->core.journal);
}

static int
set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	for (size_t i = 0; i < POINTS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "p%zu", i);
		point_types[i].name = names[i];
		point_types[i].accumulate = true;
		points[i].type = &point_types[i];
	}
	*state = b;
	strcpy(b->dir, "/tmp/test_kept.XXXXXX");
	if (mkdtemp(b->dir) == NULL)
		return -1;
	(void)snprintf(b->path, sizeof(b->path), "%s/s.db", b->dir);
	return begin(b, b->path);
}

static int
tear_down(void **state)
{
	struct box *b = *state;
	char cmd[64];

	end(b);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", b->dir);
	int r = system(cmd);
	free(b);
	return r;
}

/* The line sends what it keeps of n series from `first` on. */
static int
say(struct box *b, size_t line, uint32_t first, uint16_t n)
{
	static struct msg m;
	char why[256] = "";

	memset(&m, 0, sizeof(m));
	m.kind = MSG_KEPT;
	m.kept.n = n;
	for (uint16_t i = 0; i < n; i++)
		m.kept.k[i] = (struct kept){
		    .series = first + i, .n = 1, .bytes = {(uint8_t)first}};
	b->core.children[line].state = CHILD_READY;
	return dispatch(
	    &b->core, &b->core.children[line], &m, why, sizeof(why));
}

static void
only_its_own(void **state)
{
	struct box *b = *state;
	struct kept k;

	assert_int_equal(say(b, 0, POINTS - 1, 2), -EPROTO);
	assert_false(journal_kept(b->core.journal, POINTS - 1, &k));
	assert_int_equal(say(b, 0, UINT32_MAX, 1), -EPROTO);
	assert_int_equal(say(b, 1, 0, 1), -EPROTO);
	assert_int_equal(say(b, 1, POINTS, 1), 0);
	assert_true(journal_kept(b->core.journal, POINTS, &k));
}

static struct child *
hello(struct box *b, size_t line, int buffer)
{
	struct child *c = &b->core.children[line];
	int pair[2];

	assert_int_equal(chan_pair(pair, buffer), 0);
	c->fd = pair[0];
	b->line = pair[1];
	c->state = CHILD_UP;
	c->started = 1000;
	c->handed = 0;
	return c;
}

/* What the line has been handed; *last: how many pieces said so. */
static size_t
handed(struct box *b, int *last)
{
	static struct msg in;
	size_t n = 0;

	while (msg_recv(b->line, &in) == 1) {
		assert_int_equal(in.kind, MSG_KEPT);
		assert_int_equal(*last, 0);
		n += in.kept.n;
		*last += in.kept.last;
	}
	return n;
}

static void
bye(struct box *b, struct child *c)
{
	(void)close(b->line);
	(void)close(c->fd);
	c->fd = -1;
}

static void
keep_all(struct box *b)
{
	for (uint32_t i = 0; i < POINTS; i += 46)
		assert_int_equal(say(b, 0, i, 46), 0);
	assert_int_equal(say(b, 1, POINTS, 1), 0);
}

static void
all_and_the_last_said(void **state)
{
	struct box *b = *state;
	struct child *c = hello(b, 0, 0);
	int last = 0;

	assert_true(handover_step(&b->core, c, 1000));
	assert_int_equal(handed(b, &last), 0);
	assert_int_equal(last, 1); /* also when there are none */
	bye(b, c);
	keep_all(b);
	c = hello(b, 0, 0);
	last = 0;
	assert_true(handover_step(&b->core, c, 1000));
	assert_int_equal(handed(b, &last), POINTS);
	assert_int_equal(last, 1);
	/* Once is enough. */
	assert_true(handover_step(&b->core, c, 1001));
	assert_int_equal(handed(b, &last), 0);
	bye(b, c);
	c = hello(b, 1, 0);
	last = 0;
	assert_true(handover_step(&b->core, c, 1000));
	assert_int_equal(handed(b, &last), 1);
	bye(b, c);
	/* And by the next gateway, from its store. */
	journal_flush(b->core.journal, 2000);
	end(b);
	assert_int_equal(begin(b, b->path), 0);
	c = hello(b, 0, 0);
	last = 0;
	assert_true(handover_step(&b->core, c, 1000));
	assert_int_equal(handed(b, &last), POINTS);
	bye(b, c);
}

static void
no_faster_than_the_channel(void **state)
{
	struct box *b = *state;
	struct msg filler = {.kind = MSG_BEAT}, in;
	struct child *c = hello(b, 0, 4096);
	int last = 0;

	keep_all(b);
	c->state = CHILD_UP;
	while (msg_send(c->fd, &filler) == 0)
		;
	assert_false(handover_step(&b->core, c, 1000));
	while (msg_recv(b->line, &in) == 1)
		assert_int_equal(in.kind, MSG_BEAT);
	size_t n = 0;
	while (!handover_step(&b->core, c, 1001))
		n += handed(b, &last);
	n += handed(b, &last);
	assert_int_equal(n, POINTS);
	assert_int_equal(last, 1);
	bye(b, c);
}

/* It waits for the store a little, and then begins anew with an event. */
static void
a_store_that_cannot_be_read(void **state)
{
	struct box *b = *state;
	struct child *c;
	int last = 0;

	end(b);
	assert_int_equal(begin(b, "/nonexistent/s.db"), 0);
	c = hello(b, 0, 0);
	assert_false(handover_step(&b->core, c, 1000));
	assert_false(handover_step(&b->core, c, 999 + HANDOVER_WAIT_MS));
	uint64_t before = journal_view(b->core.journal).pending;
	assert_true(handover_step(&b->core, c, 1000 + HANDOVER_WAIT_MS));
	assert_int_equal(handed(b, &last), 0);
	assert_int_equal(last, 1);
	assert_int_equal(journal_view(b->core.journal).pending, before + 1);
	bye(b, c);
	/* A line with nothing to keep has nothing to wait for. */
	for (size_t i = 0; i < POINTS; i++)
		point_types[i].accumulate = false;
	c = hello(b, 1, 0);
	assert_true(handover_step(&b->core, c, 1000));
	assert_int_equal(journal_view(b->core.journal).pending, before + 1);
	bye(b, c);
}

int
main(void)
{
#define BOXED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    BOXED(only_its_own),
	    BOXED(all_and_the_last_said),
	    BOXED(no_faster_than_the_channel),
	    BOXED(a_store_that_cannot_be_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("core kept", tests, NULL, NULL);
}
