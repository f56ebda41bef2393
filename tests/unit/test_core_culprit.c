/*
 * Which plugin is to blame, how often it may be, and what makes up for it. The
 * line's process is this test: it stores in the page what a line would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core.h"
#include "culprit.h"
#include "mono.h"
#include "page.h"
#include "report.h"

static char plugin_path[64];
static const struct point_type valve = {
    .name = "valve", .kind = KIND_OUTPUT, .writable = true};
static const struct point_type level = {.name = "level"};
static struct device_type bad = {.name = "bad",
    .plugin = true,
    .path = plugin_path,
    .points = &valve,
    .npoints = 1};
static struct device_type plain = {
    .name = "plain", .points = &level, .npoints = 1};
static struct point valve_point = {.type = &valve};
static struct point level_point = {.type = &level};
static struct device devices[] = {
    {.path = "north/plain", .type = &plain, .points = &level_point},
    {.path = "north/bad-1", .type = &bad, .points = &valve_point, .series = 1},
    {.path = "north/bad-2", .type = &bad, .points = &valve_point, .series = 2}};
static struct device south = {
    .path = "south/bad", .type = &bad, .points = &valve_point, .series = 3};
static const struct line lines[] = {
    {.name = "north", .port = "/dev/n", .devices = devices, .ndevices = 3},
    {.name = "south", .port = "/dev/s", .devices = &south, .ndevices = 1}};
static struct site site;

struct box {
	struct options opt;
	struct core core;
	struct child *c; /* north's */
	struct msg m;
};

static void
write_plugin(const char *text)
{
	FILE *f = fopen(plugin_path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int
set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	struct epoch e = {.boot = "b", .state = EPOCH_KNOWN};

	*state = b;
	(void)snprintf(plugin_path, sizeof(plugin_path), "/tmp/test_culprit.%d",
	    (int)getpid());
	write_plugin("one");
	site = (struct site){
	    .id = "t", .name = "t", .lines = lines, .nlines = 2, .nseries = 4};
	b->opt.config = "site.yaml";
	b->core.opt = &b->opt;
	b->core.site = &site;
	b->core.snapshot = -1;
	b->core.msg = &b->m;
	b->core.journal = journal_new("/nonexistent/s.db", 5000, 1000);
	if (journal_epoch(b->core.journal, &e, true) != 0 ||
	    core_site(&b->core) != 0)
		return -1;
	b->c = &b->core.children[0];
	return 0;
}

static int
tear_down(void **state)
{
	struct box *b = *state;

	for (size_t i = 0; i < 2; i++) {
		free(b->core.lines[i].devices);
		free(b->core.lines[i].recent);
		child_done(&b->core.children[i]);
	}
	free(b->core.children);
	free(b->core.lines);
	free(b->core.links);
	culprits_done(&b->core.culprits);
	b->core.intake = intake_free(b->core.intake);
	b->core.owners = owners_free(b->core.owners);
	b->core.journal = journal_free(b->core.journal);
	free(b);
	return unlink(plugin_path);
}

/* Another process of the line, as it sees its page. */
static struct page *
start(struct box *b)
{
	struct page *p;

	child_done(b->c);
	b->c->page = culprit_page(&b->core, 0);
	assert_true(b->c->page >= 0);
	p = page_map(dup(b->c->page), 3);
	assert_non_null(p);
	return p;
}

/* One that died while that device's plugin was called. */
static const struct device *
crash(struct box *b, uint32_t calling, int64_t now)
{
	const struct device *d;

	start(b)->calling = calling;
	d = culprit_of(&b->core, b->c);
	culprit_count(&b->core, b->c, d, now);
	return d;
}

static uint64_t
events(const struct box *b)
{
	return journal_view(b->core.journal).pending;
}

static void
known_never_guessed(void **state)
{
	struct box *b = *state;
	char words[80];

	assert_null(culprit_of(&b->core, b->c)); /* no page yet */
	assert_null(crash(b, 0, 1));
	assert_null(crash(b, 1, 1)); /* a profile's device: nonsense */
	assert_null(crash(b, 4, 1)); /* beyond the line's */
	assert_null(crash(b, UINT32_MAX, 1));
	assert_int_equal(ftruncate(b->c->page, 2), 0);
	assert_null(culprit_of(&b->core, b->c));
	assert_string_equal(culprit_words(NULL, words, sizeof(words)), "");
	assert_ptr_equal(crash(b, 3, 1), &devices[2]);
	assert_string_equal(culprit_words(&devices[2], words, sizeof(words)),
	    " in plugin bad, called for north/bad-2");
	assert_int_equal(events(b), 0);
	assert_false(culprit_disabled(&b->core, 0, &bad));
}

static void
three_within_an_hour(void **state)
{
	struct box *b = *state;
	struct page *p;
	int64_t now = 10;

	/* Every 31 minutes for a day: never three within an hour. */
	for (int i = 0; i < 46; i++, now += 31 * 60000)
		(void)crash(b, 2, now);
	assert_false(culprit_disabled(&b->core, 0, &bad));
	now += CULPRIT_SPAN_MS;
	(void)crash(b, 2, now);
	(void)crash(b, 3, now + 1); /* the same plugin for another device */
	p = start(b);
	assert_int_equal(page_disabled(p, 1), 0);
	(void)crash(b, 2, now + CULPRIT_SPAN_MS);
	assert_true(culprit_disabled(&b->core, 0, &bad));
	assert_false(culprit_disabled(&b->core, 1, &bad));
	assert_false(culprit_disabled(&b->core, 0, &plain));
	/* One that it is disabled, and an alarm for each device's outputs. */
	assert_int_equal(events(b), 3);
	p = start(b);
	assert_int_equal(page_disabled(p, 0), 0);
	assert_int_equal(page_disabled(p, 1), CULPRIT_CRASHES);
	assert_int_equal(page_disabled(p, 2), CULPRIT_CRASHES);
	assert_int_equal(page_disabled(p, 3), 0);
	assert_int_equal(page_disabled(NULL, 1), 0);
	assert_int_equal(p->calling, 0);
	char *text = report(&b->core, "status", now + CULPRIT_SPAN_MS + 5);
	assert_non_null(strstr(text, "\"disabled_plugins\":[{\"plugin\":"
				     "\"bad\",\"crashes\":3,\"age_ms\":5}]"));
	free(text);
}

static void
another_file(void **state)
{
	struct box *b = *state;
	int64_t now = 1000;

	(void)crash(b, 2, now);
	(void)crash(b, 2, now);
	write_plugin("another, which begins with a clean sheet");
	(void)crash(b, 2, now);
	(void)crash(b, 2, now);
	assert_false(culprit_disabled(&b->core, 0, &bad));
	(void)crash(b, 2, now);
	assert_true(culprit_disabled(&b->core, 0, &bad));
	for (int i = 0; i < 5; i++)
		(void)culprit_step(&b->core, now += CULPRIT_LOOK_MS);
	assert_true(culprit_disabled(&b->core, 0, &bad));
	write_plugin("half a fi");
	(void)culprit_step(&b->core, now += CULPRIT_LOOK_MS);
	write_plugin("half a file, and now the whole");
	(void)culprit_step(&b->core, now += CULPRIT_LOOK_MS);
	assert_true(culprit_disabled(&b->core, 0, &bad));
	assert_false(b->c->renew);
	/* Nobody writes any more. */
	(void)culprit_step(&b->core, now + 1); /* not its time */
	assert_true(culprit_disabled(&b->core, 0, &bad));
	assert_int_equal(culprit_step(&b->core, now + CULPRIT_LOOK_MS),
	    now + 2 * CULPRIT_LOOK_MS);
	assert_false(culprit_disabled(&b->core, 0, &bad));
	assert_true(b->c->renew);
	(void)crash(b, 2, now);
	assert_false(culprit_disabled(&b->core, 0, &bad));
}

/* A file that is gone is no better one. */
static void
no_file(void **state)
{
	struct box *b = *state;
	int64_t now = 1000;

	for (int i = 0; i < 3; i++)
		(void)crash(b, 2, now);
	assert_int_equal(unlink(plugin_path), 0);
	for (int i = 0; i < 3; i++)
		(void)culprit_step(&b->core, now += CULPRIT_LOOK_MS);
	assert_true(culprit_disabled(&b->core, 0, &bad));
	write_plugin("back again");
	for (int i = 0; i < 3; i++)
		(void)culprit_step(&b->core, now += CULPRIT_LOOK_MS);
	assert_false(culprit_disabled(&b->core, 0, &bad));
}

static void
pages_that_are_none(void **state)
{
	int fd = page_new((const uint8_t[]){0, 3}, 2);

	(void)state;
	assert_true(fd >= 0);
	assert_null(page_map(dup(fd), 3)); /* of another number of devices */
	assert_int_equal(page_calling(fd), -1);
	assert_int_equal(page_calling(-1), -1);
	assert_null(page_map(-1, 2));
	assert_int_equal(close(fd), 0);
}

int
main(void)
{
#define BOXED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    BOXED(known_never_guessed),
	    BOXED(three_within_an_hour),
	    BOXED(another_file),
	    BOXED(no_file),
	    cmocka_unit_test(pages_that_are_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("core culprit", tests, NULL, NULL);
}
