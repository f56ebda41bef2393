/*
 * The queue and what it does while the store is in trouble. The store is real:
 * a second connection holds it (C38), a page limit fills it (C37).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "journal.h"
#include "queue.h"

static struct device_type type = {
    .npoints = 2,
    .points =
	(const struct point_type[]){{.name = "a", .unit = "%"}, {.name = "b"}},
};
static struct device device = {
    .name = "d", .path = "l/d", .type = &type, .series = 0};
static const struct line line = {
    .name = "l", .devices = &device, .ndevices = 1};
static const struct site site = {.lines = &line, .nlines = 1, .nseries = 2};

struct box {
	char dir[32], path[48];
	struct journal *j;
	sqlite3 *db;
};

static int
set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	struct epoch e = {
	    .boot = "b1", .offset_ms = 1000, .state = EPOCH_KNOWN};

	*state = b;
	strcpy(b->dir, "/tmp/test_journal.XXXXXX");
	if (mkdtemp(b->dir) == NULL)
		return -1;
	(void)snprintf(b->path, sizeof(b->path), "%s/s.db", b->dir);
	b->j = journal_new(b->path, 5000, 64);
	return journal_epoch(b->j, &e, true) != 0 ||
	       journal_open(b->j, 1) != STORE_OK ||
	       journal_site(b->j, &site) != 0 ||
	       sqlite3_open(b->path, &b->db) != SQLITE_OK;
}

static int
tear_down(void **state)
{
	struct box *b = *state;
	char cmd[64];

	(void)sqlite3_close(b->db);
	b->j = journal_free(b->j);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", b->dir);
	int r = system(cmd);
	free(b);
	return r;
}

static int64_t
number(struct box *b, const char *sql)
{
	sqlite3_stmt *st;
	int64_t n = -1;

	assert_int_equal(
	    sqlite3_prepare_v2(b->db, sql, -1, &st, NULL), SQLITE_OK);
	if (sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return n;
}

static void
read_at(struct box *b, int64_t ms)
{
	struct reading r = {.series = (uint32_t)(ms % 2),
	    .boot_ms = ms,
	    .value = value_int(ms)};

	journal_reading(b->j, &r, ms);
}

/* Readings wait for their commit, an event does not. */
static void
groups(void **state)
{
	struct box *b = *state;

	(void)journal_step(b->j, 1);
	read_at(b, 100);
	read_at(b, 101);
	assert_int_equal(journal_step(b->j, 110), 5100);
	assert_int_equal(number(b, "SELECT count(*) FROM reading"), 0);
	assert_true(journal_step(b->j, 5100) > 5100);
	assert_int_equal(number(b, "SELECT count(*) FROM reading"), 2);
	assert_int_equal(number(b, "SELECT max(ts_ms) FROM reading"), 1101);
	assert_int_equal(journal_last(b->j), 2);
	read_at(b, 5200);
	journal_event(b->j, EVENT_LINE, 5201, "l", "open");
	(void)journal_step(b->j, 5201);
	assert_int_equal(number(b, "SELECT count(*) FROM events"), 1);
	assert_int_equal(number(b, "SELECT count(*) FROM reading"), 3);
	assert_int_equal(journal_view(b->j).pending, 0);
}

static void
locked(void **state)
{
	struct box *b = *state;

	(void)journal_step(b->j, 1);
	assert_int_equal(
	    sqlite3_exec(b->db, "BEGIN IMMEDIATE", 0, 0, 0), SQLITE_OK);
	for (int64_t ms = 1000; ms < 31000; ms += 1000) {
		read_at(b, ms);
		(void)journal_step(b->j, ms);
	}
	assert_int_equal(journal_view(b->j).state, STORE_LOCKED);
	assert_int_equal(journal_view(b->j).dropped, 0);
	assert_int_equal(sqlite3_exec(b->db, "COMMIT", 0, 0, 0), SQLITE_OK);
	(void)journal_step(b->j, 32000);
	(void)journal_step(b->j, 33000);
	assert_int_equal(journal_view(b->j).state, STORE_OK);
	assert_int_equal(number(b, "SELECT count(*) FROM reading"), 30);
	/* Once that it began, once that it is over. */
	assert_int_equal(number(b, "SELECT count(*) FROM events"), 2);
}

/* In trouble nothing hurries the next try, not even events. */
static void
patient(void **state)
{
	struct box *b = *state;

	(void)journal_step(b->j, 1);
	(void)sqlite3_exec(b->db, "BEGIN IMMEDIATE", 0, 0, 0);
	journal_event(b->j, EVENT_LINE, 1000, "l", "open");
	assert_int_equal(journal_step(b->j, 1000), 2000);
	journal_event(b->j, EVENT_LINE, 1001, "l", "closed");
	assert_int_equal(journal_step(b->j, 1001), 2000);
	(void)sqlite3_exec(b->db, "COMMIT", 0, 0, 0);
	(void)journal_step(b->j, 2000);
	assert_int_equal(journal_view(b->j).state, STORE_OK);
}

static void
drops_are_counted(void **state)
{
	struct box *b = *state;

	(void)journal_step(b->j, 1);
	(void)sqlite3_exec(b->db, "BEGIN IMMEDIATE", 0, 0, 0);
	journal_event(b->j, EVENT_OUTPUT, 900, "l/d/a", "made safe");
	for (int64_t ms = 1000; ms < 1200; ms++) {
		read_at(b, ms);
		(void)journal_step(b->j, ms);
	}
	uint64_t dropped = journal_view(b->j).dropped;
	assert_int_equal(journal_view(b->j).pending, 64);
	assert_int_equal(dropped, 200 + 2 - 64);
	(void)sqlite3_exec(b->db, "COMMIT", 0, 0, 0);
	(void)journal_step(b->j, 3000);
	(void)journal_step(b->j, 4000);
	/* The newest are there, and the event that was older than all. */
	assert_int_equal(number(b, "SELECT max(ts_ms) FROM reading"), 2199);
	assert_int_equal(number(b, "SELECT count(*) FROM reading"), 62);
	assert_int_equal(
	    number(b, "SELECT count(*) FROM events WHERE kind = 'output'"), 1);
	assert_int_equal(
	    number(b, "SELECT count(*) FROM events WHERE text LIKE "
		      "'%138 readings%lost%'"),
	    1);
}

static void
acknowledged(void **state)
{
	struct box *b = *state;
	uint64_t upto, left;

	(void)journal_step(b->j, 1);
	for (int64_t ms = 1; ms <= 10; ms++)
		read_at(b, ms);
	journal_flush(b->j, 20);
	assert_true(journal_acked(b->j, "county", &upto, &left));
	assert_int_equal(upto, 0);
	assert_int_equal(left, 10);
	journal_ack(b->j, "county", 1, 3, 30);
	journal_ack(b->j, "county", 4, 5, 31);
	journal_ack(b->j, "county", 8, 9, 32);
	/* What is known counts, stored or not. */
	assert_true(journal_acked(b->j, "county", &upto, &left));
	assert_int_equal(upto, 5);
	assert_true(journal_acked(b->j, "other", &upto, &left));
	assert_int_equal(left, 10);
	/* At the latest a second later, without any row. */
	assert_int_equal(journal_step(b->j, 40), 1030);
	(void)journal_step(b->j, 1030);
	assert_true(journal_acked(b->j, "county", &upto, &left));
	assert_int_equal(upto, 5);
	assert_int_equal(left, 5);
}

/* Before the time is known rows say so; once it is, they move with it. */
static void
held(void **state)
{
	struct box *b = *state;
	struct epoch e = {.boot = "b1", .state = EPOCH_UNKNOWN};

	assert_int_equal(journal_epoch(b->j, &e, true), 0);
	read_at(b, 60000);
	journal_flush(b->j, 60000);
	assert_int_equal(
	    number(b, "SELECT reason = 'clock' AND ts_ms = 60000 FROM reading"),
	    1);
	uint64_t commits = journal_commits(b->j);
	e.state = EPOCH_KNOWN;
	e.offset_ms = 1000000;
	assert_int_equal(journal_epoch(b->j, &e, false), 0);
	(void)journal_step(b->j, 61000);
	assert_true(journal_commits(b->j) > commits);
	assert_int_equal(number(b, "SELECT ts_ms FROM reading"), 1060000);
	assert_int_equal(
	    number(b, "SELECT count(*) FROM epoch WHERE state = 0"), 0);
}

/* What an earlier run left unknown would stop every reader for ever. */
static void
settled(void **state)
{
	struct box *b = *state;
	struct epoch e = {.boot = "b1", .state = EPOCH_UNKNOWN};

	(void)sqlite3_exec(b->db,
	    "INSERT INTO epoch(boot, offset_ms, state) VALUES"
	    " ('b0', 7, 0), ('b1', 7, 0)",
	    0, 0, 0);
	assert_int_equal(journal_epoch(b->j, &e, true), 0);
	journal_flush(b->j, 10);
	assert_int_equal(
	    number(b, "SELECT count(*) FROM epoch WHERE boot = 'b0'"
		      " AND state = 1 AND offset_ms = 7"),
	    1);
	e.state = EPOCH_KNOWN;
	e.offset_ms = 99;
	assert_int_equal(journal_epoch(b->j, &e, false), 0);
	journal_flush(b->j, 20);
	assert_int_equal(
	    number(b, "SELECT count(*) FROM epoch WHERE boot = 'b1'"
		      " AND state = 2 AND offset_ms = 99"),
	    2);
}

/* Rubbish at the start: set aside, begun anew, and an event says where it is.
 */
static void
damaged(void **state)
{
	struct box *b = *state;
	struct epoch e = {.boot = "b1", .state = EPOCH_KNOWN};
	FILE *f;

	read_at(b, 1);
	journal_flush(b->j, 10);
	uint64_t last = journal_last(b->j);
	(void)sqlite3_close(b->db);
	b->db = NULL;
	b->j = journal_free(b->j);
	f = fopen(b->path, "r+");
	assert_non_null(f);
	for (int i = 0; i < 100; i++)
		assert_int_equal(fputc(0x5a, f), 0x5a);
	assert_int_equal(fclose(f), 0);
	b->j = journal_new(b->path, 5000, 64);
	assert_int_equal(journal_epoch(b->j, &e, true), 0);
	assert_int_equal(journal_open(b->j, 1000), STORE_OK);
	assert_int_equal(journal_site(b->j, &site), 0);
	read_at(b, 1000);
	journal_flush(b->j, 1001);
	assert_int_equal(journal_view(b->j).state, STORE_OK);
	assert_true(journal_last(b->j) > last);
	assert_int_equal(sqlite3_open(b->path, &b->db), SQLITE_OK);
	assert_int_equal(number(b, "SELECT count(*) FROM reading"), 1);
	assert_int_equal(
	    number(b, "SELECT count(*) FROM events WHERE text LIKE "
		      "'%set aside%'"),
	    1);
}

static void
add(struct queue *q, int64_t ms, bool event)
{
	struct store_row row = {.boot_ms = ms, .is_event = event};

	if (event)
		row.text = strdup("x");
	assert_int_equal(queue_add(q, &row), 0);
}

static void
queue_keeps_order(void **state)
{
	struct queue *q = queue_new(1000);
	int64_t in = 0, out = 0;

	(void)state;
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < 1 + round * 7 % 50; i++, in++)
			add(q, in, in % 5 == 0);
		size_t n = queue_count(q) * (size_t)(round % 4) / 3;
		for (size_t i = 0; i < n; i++)
			assert_int_equal(queue_rows(q)[i].boot_ms, out++);
		queue_done(q, n);
	}
	assert_int_equal(queue_count(q), in - out);
	assert_int_equal(queue_lost(q).readings, 0);
	q = queue_free(q);
}

/* A storm of events does not push all readings out, nor the other way. */
static void
queue_is_fair(void **state)
{
	struct queue *q = queue_new(100);
	size_t events = 0;

	(void)state;
	for (int i = 0; i < 50; i++)
		add(q, i, false);
	for (int i = 50; i < 500; i++)
		add(q, i, true);
	assert_int_equal(queue_count(q), 100);
	for (size_t i = 0; i < 100; i++)
		events += queue_rows(q)[i].is_event;
	assert_in_range(events, 45, 55);
	assert_int_equal(queue_lost(q).events + queue_lost(q).readings, 400);
	assert_in_range(queue_lost(q).readings, 0, 5);
	q = queue_free(q);
}

static void
keep(struct box *b, uint32_t series, uint8_t count, int64_t now)
{
	struct kept k = {.series = series, .n = 2, .bytes = {9, count}};

	journal_keep(b->j, &k, now);
}

static int
kept_count(struct box *b, uint32_t series)
{
	struct kept k;

	if (!journal_kept(b->j, series, &k))
		return -1;
	assert_int_equal(k.series, series);
	assert_int_equal(k.n, 2);
	return k.bytes[1];
}

/* Another process of ours on the same file. */
static void
start_anew(struct box *b)
{
	b->j = journal_free(b->j);
	b->j = journal_new(b->path, 5000, 64);
	assert_int_equal(journal_open(b->j, 1), STORE_OK);
	assert_int_equal(journal_site(b->j, &site), 0);
	assert_true(journal_kept_known(b->j));
}

/* With the readings it came before, not by a commit of its own. */
static void
kept(void **state)
{
	struct box *b = *state;

	(void)journal_step(b->j, 1);
	assert_int_equal(kept_count(b, 1), -1);
	keep(b, 1, 5, 100);
	read_at(b, 101);
	assert_int_equal(journal_step(b->j, 110), 5100);
	assert_int_equal(kept_count(b, 1), 5);
	assert_int_equal(number(b, "SELECT count(*) FROM kept"), 0);
	(void)journal_step(b->j, 5100);
	assert_int_equal(number(b, "SELECT count(*) FROM kept"), 1);
	keep(b, 1, 5, 6000); /* no news */
	assert_int_equal(journal_step(b->j, 6000), INT64_MAX);
	keep(b, 0, 7, 6000);
	assert_int_equal(journal_step(b->j, 6000), 11000);
	(void)journal_step(b->j, 11000);
	start_anew(b);
	assert_int_equal(kept_count(b, 0), 7);
	assert_int_equal(kept_count(b, 1), 5);
}

/* A batch of old readings takes what is newest along. */
static void
kept_through_trouble(void **state)
{
	struct box *b = *state;

	(void)journal_step(b->j, 1);
	(void)sqlite3_exec(b->db, "BEGIN IMMEDIATE", 0, 0, 0);
	for (int i = 0; i < 20; i++) {
		keep(b, 1, (uint8_t)i, i * 1000);
		read_at(b, i * 1000 + 1);
		(void)journal_step(b->j, i * 1000 + 1);
	}
	assert_int_equal(kept_count(b, 1), 19);
	assert_int_equal(number(b, "SELECT count(*) FROM kept"), 0);
	assert_int_equal(sqlite3_exec(b->db, "COMMIT", 0, 0, 0), SQLITE_OK);
	journal_flush(b->j, 30000);
	start_anew(b);
	assert_int_equal(kept_count(b, 1), 19);
}

/* No card when we start: what is known later is not laid over what is newer. */
static void
kept_unknown_at_first(void **state)
{
	struct box *b = *state;
	struct epoch e = {.boot = "b1", .state = EPOCH_KNOWN};
	char away[64];

	(void)snprintf(away, sizeof(away), "%s.away", b->path);
	keep(b, 0, 1, 1);
	keep(b, 1, 1, 1);
	journal_flush(b->j, 1);
	(void)sqlite3_close(b->db);
	b->j = journal_free(b->j);
	assert_int_equal(rename(b->path, away), 0);
	assert_int_equal(mkdir(b->path, 0700), 0);
	b->j = journal_new(b->path, 5000, 64);
	assert_int_equal(journal_epoch(b->j, &e, true), 0);
	assert_int_not_equal(journal_open(b->j, 1), STORE_OK);
	assert_int_equal(journal_site(b->j, &site), 0);
	assert_false(journal_kept_known(b->j));
	keep(b, 1, 2, 10);
	assert_int_equal(rmdir(b->path), 0);
	assert_int_equal(rename(away, b->path), 0);
	journal_flush(b->j, 5000);
	assert_true(journal_kept_known(b->j));
	assert_int_equal(kept_count(b, 0), 1);
	assert_int_equal(kept_count(b, 1), 2);
	assert_int_equal(sqlite3_open(b->path, &b->db), SQLITE_OK);
	assert_int_equal(
	    number(b, "SELECT count(*) FROM kept WHERE bytes = x'0902'"), 1);
}

int
main(void)
{
#define BOXED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    BOXED(groups),
	    BOXED(locked),
	    BOXED(patient),
	    BOXED(drops_are_counted),
	    BOXED(acknowledged),
	    BOXED(held),
	    BOXED(settled),
	    BOXED(damaged),
	    BOXED(kept),
	    BOXED(kept_through_trouble),
	    BOXED(kept_unknown_at_first),
	    cmocka_unit_test(queue_keeps_order),
	    cmocka_unit_test(queue_is_fair),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("core journal", tests, NULL, NULL);
}
