/* The file's shape: what people read with sqlite3, and files of before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

struct place {
	char dir[64], path[96];
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/test_schema.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->path, sizeof(p->path), "%s/store.db", p->dir);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static struct store *
open_store(const char *path)
{
	struct store *s;
	char aside[512];

	assert_int_equal(store_open(&s, path, aside, sizeof(aside)), STORE_OK);
	assert_string_equal(aside, "");
	return s;
}

/* A bad reading of every reason, then an event of every kind. */
static void
write_one_of_each(struct store *s)
{
	static char subject[] = "north/soil-a1", text[] = "lost";
	struct epoch e = {.offset_ms = 1700000000000, .state = EPOCH_KNOWN};
	int64_t series;

	assert_int_equal(store_epoch(s, &e), STORE_OK);
	assert_int_equal(store_series(s, "a/b/c", "m", &series), STORE_OK);
	for (int i = 0; i < REASONS; i++) {
		struct store_row row = {.epoch = e.id,
		    .boot_ms = i,
		    .series = series,
		    .quality = QUALITY_BAD,
		    .reason = (enum reason)i};
		assert_int_equal(store_write(s, &row, 1), STORE_OK);
	}
	for (int i = 1; i < EVENT_KINDS; i++) {
		struct store_row row = {.epoch = e.id,
		    .boot_ms = i,
		    .is_event = true,
		    .kind = (enum event_kind)i,
		    .subject = subject,
		    .text = text};
		assert_int_equal(store_write(s, &row, 1), STORE_OK);
	}
}

static void
run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

/* The rows of a query of one text column, in order, as another program sees
 * them. */
static void
assert_rows(const char *path, const char *sql, const char *(*want)(int),
    int from, int to)
{
	sqlite3 *db;
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	for (int i = from; i < to; i++) {
		assert_int_equal(sqlite3_step(st), SQLITE_ROW);
		assert_string_equal(
		    (const char *)sqlite3_column_text(st, 0), want(i));
	}
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
}

static const char *
reason(int i)
{
	return reason_name((enum reason)i);
}

static const char *
kind(int i)
{
	return event_kind_name((enum event_kind)i);
}

static const char *
hex_5_6(int i)
{
	(void)i;
	return "0506";
}

static void
assert_named(const char *path)
{
	assert_rows(path, "SELECT reason FROM reading ORDER BY seq", reason, 0,
	    REASONS);
	assert_rows(
	    path, "SELECT kind FROM events ORDER BY seq", kind, 1, EVENT_KINDS);
}

/* Whoever adds a reason or a kind of event adds it to the views too. */
static void
views_name_every_reason_and_kind(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path);

	write_one_of_each(s);
	(void)store_close(s);
	assert_named(p->path);
}

static void
make_older(const char *path, const char *sql)
{
	run_sql(path, "DROP VIEW reading; DROP VIEW events; DROP TABLE kept;"
		      "CREATE VIEW reading AS SELECT seq, reason FROM journal;"
		      "CREATE VIEW events AS SELECT seq, kind FROM event");
	run_sql(path, sql);
}

static void
a_file_of_version_1_keeps_its_rows_and_learns_the_names(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path);
	uint64_t last;

	write_one_of_each(s);
	last = store_last_seq(s);
	(void)store_close(s);
	make_older(p->path, "PRAGMA user_version = 1");
	/* A reader does not touch it. */
	assert_int_equal(store_open_reader(&s, p->path), STORE_LOCKED);
	(void)store_close(s);
	s = open_store(p->path);
	assert_int_equal(store_last_seq(s), last);
	(void)store_close(s);
	assert_named(p->path);
	assert_int_equal(store_open_reader(&s, p->path), STORE_OK);
	(void)store_close(s);
}

/* It keeps from then on. */
static void
a_file_of_version_2_keeps_its_rows_and_learns_to_keep(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path);
	struct store_kept kept = {.series = 1, .n = 2, .bytes = {5, 6}};
	struct store_batch b = {.kept = &kept, .nkept = 1};
	uint64_t last;

	write_one_of_each(s);
	last = store_last_seq(s);
	(void)store_close(s);
	make_older(p->path, "PRAGMA user_version = 2");
	s = open_store(p->path);
	assert_int_equal(store_last_seq(s), last);
	assert_int_equal(store_write_all(s, &b), STORE_OK);
	(void)store_close(s);
	assert_named(p->path);
	assert_rows(p->path, "SELECT hex(bytes) FROM kept", hex_5_6, 0, 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(views_name_every_reason_and_kind),
	    TEST(a_file_of_version_1_keeps_its_rows_and_learns_the_names),
	    TEST(a_file_of_version_2_keeps_its_rows_and_learns_to_keep),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
