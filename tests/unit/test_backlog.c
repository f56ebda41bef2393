/* Reading on through a real store, whatever the cursor and the rows look like.
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
#include <sqlite3.h>

#include "backlog.h"

enum { ROWS = 400, LOST = 10 };

static char dir[] = "/tmp/test_backlog.XXXXXX", path[64];

static void
sql(const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ROWS readings, of which the broker has all but the first LOST and the last.
 */
static void
make_store(void)
{
	static struct store_row rows[ROWS];
	struct store_ack ack = {"county", LOST + 1, ROWS - 1};
	struct store_batch acked = {.acks = &ack, .nacks = 1};
	struct epoch e = {.offset_ms = 1000, .state = EPOCH_KNOWN};
	struct store *s;
	char aside[512];
	int64_t series;

	(void)snprintf(e.boot, sizeof(e.boot), "boot");
	assert_int_equal(store_open(&s, path, aside, sizeof(aside)), STORE_OK);
	assert_int_equal(store_series(s, "a/b/c", NULL, &series), STORE_OK);
	assert_int_equal(store_epoch(s, &e), STORE_OK);
	for (int i = 0; i < ROWS; i++)
		rows[i] = (struct store_row){.epoch = e.id,
		    .boot_ms = i,
		    .series = series,
		    .value = value_int(i)};
	assert_int_equal(store_write(s, rows, ROWS), STORE_OK);
	assert_int_equal(store_write_all(s, &acked), STORE_OK);
	store_close(s);
}

/* What comes, a bounded number of calls, each row as if it had been sent. */
static size_t
read_all(uint64_t *seqs, size_t cap)
{
	struct backlog *b = backlog_new(path, "county");
	static struct window w;
	const struct stored *rows;
	size_t n, total = 0;

	assert_non_null(b);
	assert_true(backlog_ready(b, &w));
	for (int calls = 0; calls < 20; calls++) {
		n = backlog_next(b, &w, ROWS, &rows);
		for (size_t i = 0; i < n && total < cap; i++)
			seqs[total++] = rows[i].seq;
		if (n)
			window_sent(&w, calls, rows[0].seq, rows[n - 1].seq);
	}
	backlog_free(b);
	return total;
}

static void
sends_what_is_missing_and_no_more(void **state)
{
	uint64_t seqs[ROWS];

	(void)state;
	assert_int_equal(read_all(seqs, ROWS), LOST + 1);
	for (uint64_t i = 0; i < LOST; i++)
		assert_int_equal(seqs[i], i + 1);
	assert_int_equal(seqs[LOST], ROWS);
}

static void
does_not_stand_still_before_rows_that_are_gone(void **state)
{
	uint64_t seqs[ROWS];

	(void)state;
	sql("DELETE FROM journal WHERE seq <= 10");
	assert_int_equal(read_all(seqs, ROWS), 1);
	assert_int_equal(seqs[0], ROWS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sends_what_is_missing_and_no_more),
	    cmocka_unit_test(does_not_stand_still_before_rows_that_are_gone),
	};
	char command[96];
	int r;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (!mkdtemp(dir))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/store.db", dir);
	make_store();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) == 0 ? r : 1;
}
