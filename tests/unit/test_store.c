/* The store: what goes in comes out, in order, once, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db.h"
#include "mono.h"

struct place {
	char dir[64], path[96];
	struct store *s, *reader;
	struct epoch epoch;
	int64_t series;
};

static struct store *
open_store(const char *path)
{
	struct store *s;
	char aside[512];

	assert_int_equal(store_open(&s, path, aside, sizeof(aside)), STORE_OK);
	assert_string_equal(aside, "");
	return s;
}

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/test_store.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->path, sizeof(p->path), "%s/store.db", p->dir);
	p->s = open_store(p->path);
	p->epoch = (struct epoch){.offset_ms = 1700000000000,
	    .state = EPOCH_KNOWN,
	    .boot = "0f6c7a60-0000-4000-8000-000000000001"};
	assert_int_equal(store_epoch(p->s, &p->epoch), STORE_OK);
	assert_int_equal(
	    store_series(p->s, "north/soil-a1/ph", "[pH]", &p->series),
	    STORE_OK);
	assert_int_equal(store_open_reader(&p->reader, p->path), STORE_OK);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	(void)store_close(p->reader);
	(void)store_close(p->s);
	(void)snprintf(command, sizeof(command), "rm -r %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static struct store_row
reading(const struct place *p, int64_t at, struct value v)
{
	return (struct store_row){.epoch = p->epoch.id,
	    .boot_ms = at,
	    .series = p->series,
	    .value = v,
	    .quality = v.type == VALUE_NONE ? QUALITY_BAD : QUALITY_GOOD};
}

static struct store_row
event(const struct place *p, int64_t at)
{
	static char subject[] = "north/O'Brien", text[] = "lost: 3号田";

	return (struct store_row){.epoch = p->epoch.id,
	    .boot_ms = at,
	    .is_event = true,
	    .kind = EVENT_DEVICE,
	    .subject = subject,
	    .text = text};
}

static void
write_ints(struct place *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct store_row row =
		    reading(p, (int64_t)i, value_int((int64_t)i));
		assert_int_equal(store_write(p->s, &row, 1), STORE_OK);
	}
}

/* A whole number out of the file, seen by another program. */
static int64_t
ask(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	int64_t n;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	return n;
}

static void
every_value_comes_back_exactly(void **state)
{
	struct place *p = *state;
	struct value v[] = {value_int(0), value_int(INT64_MIN),
	    value_int(INT64_MAX), value_uint((uint64_t)INT64_MAX + 1),
	    value_uint(UINT64_MAX), value_real(5e-324), value_real(-0.0),
	    value_real(0.1), value_real(5.0),
	    value_real(1.7976931348623157e308), value_text("O'Brien; 3号田"),
	    value_text(""), value_text("18446744073709551615"), {0}};
	enum { N = sizeof(v) / sizeof(v[0]) };
	struct store_row rows[N];
	struct stored got[N + 1];
	size_t n;

	for (size_t i = 0; i < N; i++)
		rows[i] = reading(p, (int64_t)i, v[i]);
	rows[N - 1].reason = REASON_EXCEPTION;
	rows[N - 1].detail = 255;
	assert_int_equal(store_write(p->s, rows, N), STORE_OK);
	assert_int_equal(
	    store_read(p->reader, 0, false, got, N + 1, &n), STORE_OK);
	assert_int_equal(n, N);
	for (size_t i = 0; i < N; i++) {
		assert_true(value_equal(&got[i].value, &v[i]));
		assert_int_equal(got[i].seq, i + 1);
		assert_int_equal(rows[i].seq, i + 1);
		assert_int_equal(got[i].ts_ms, 1700000000000 + (int64_t)i);
		assert_string_equal(got[i].name, "north/soil-a1/ph");
		assert_int_equal(got[i].quality, rows[i].quality);
	}
	assert_int_equal(got[N - 1].reason, REASON_EXCEPTION);
	assert_int_equal(got[N - 1].detail, 255);
	/* C04: a bad reading is NULL for those who open the file, too. */
	assert_int_equal(ask(p->path, "SELECT count(*) FROM reading WHERE value"
				      " IS NULL AND quality = 'bad' AND reason"
				      " = 'exception'"),
	    1);
	assert_int_equal(
	    ask(p->path, "SELECT count(*) FROM reading WHERE seq = 1 AND"
			 " time = '2023-11-14T22:13:20.000Z'"),
	    1);
}

static void
readings_and_events_share_one_order(void **state)
{
	struct place *p = *state;
	struct store_row rows[40];
	struct stored got[7];
	uint64_t after = 0;
	size_t n;

	for (size_t i = 0; i < 40; i++)
		rows[i] = i * 7 % 5 < 2
			      ? event(p, (int64_t)i)
			      : reading(p, (int64_t)i, value_int((int64_t)i));
	assert_int_equal(store_write(p->s, rows, 40), STORE_OK);
	do {
		assert_int_equal(
		    store_read(p->reader, after, false, got, 7, &n), STORE_OK);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(got[i].seq, ++after);
			assert_int_equal(
			    got[i].is_event, rows[after - 1].is_event);
			if (!got[i].is_event)
				continue;
			assert_int_equal(got[i].kind, EVENT_DEVICE);
			assert_string_equal(got[i].name, "north/O'Brien");
			assert_string_equal(got[i].text, "lost: 3号田");
		}
	} while (n > 0);
	assert_int_equal(after, 40);
}

/* The core commits just as the reader turns from readings to events. */
static int
commit_between(unsigned kind, void *arg, void *st, void *sql)
{
	struct place *p = arg;
	struct store_row rows[2] = {reading(p, 1, value_int(1)), event(p, 2)};

	(void)kind;
	(void)sql;
	if (strstr(sqlite3_sql(st), "FROM event") && !store_last_seq(p->s))
		assert_int_equal(store_write(p->s, rows, 2), STORE_OK);
	return 0;
}

static void
a_commit_between_the_two_looks_is_not_passed_over(void **state)
{
	struct place *p = *state;
	struct stored got[4];
	uint64_t after = 0;
	size_t n;

	(void)sqlite3_trace_v2(
	    p->reader->db, SQLITE_TRACE_STMT, commit_between, p);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    store_read(p->reader, after, false, got, 4, &n), STORE_OK);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(got[k].seq, ++after);
	}
	assert_int_equal(after, 2);
}

static void
no_number_is_used_twice(void **state)
{
	struct place *p = *state;
	struct store_row row = reading(p, 0, value_int(1));

	write_ints(p, 5);
	p->s = store_close(p->s);
	(void)ask(p->path, "DELETE FROM journal RETURNING seq");
	p->s = open_store(p->path);
	assert_int_equal(store_last_seq(p->s), 5);
	assert_int_equal(store_write(p->s, &row, 1), STORE_OK);
	assert_int_equal(row.seq, 6);
}

static void
a_full_disk_takes_all_or_nothing(void **state)
{
	struct place *p = *state;
	static struct store_row rows[5000];
	struct store_ack ack = {"county", 1, 3};
	struct store_kept kept = {.series = p->series, .n = 1};
	struct store_batch all = {.rows = rows,
	    .nrows = 5000,
	    .acks = &ack,
	    .nacks = 1,
	    .kept = &kept,
	    .nkept = 1};
	struct seq_range got[2];
	size_t n;

	write_ints(p, 3);
	assert_int_equal(
	    store_exec(p->s, "PRAGMA max_page_count = 14"), STORE_OK);
	for (size_t i = 0; i < 5000; i++)
		rows[i] = reading(p, (int64_t)i, value_real(0.1));
	assert_int_equal(store_write_all(p->s, &all), STORE_FULL);
	assert_int_equal(store_last_seq(p->s), 3);
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(rows[i].seq, 0);
	assert_int_equal(ask(p->path, "SELECT count(*) FROM journal"), 3);
	assert_int_equal(
	    store_cursor(p->reader, "county", got, 2, &n), STORE_OK);
	assert_int_equal(n, 0);
	assert_int_equal(ask(p->path, "SELECT count(*) FROM kept"), 0);
	/* Space again: the same rows, with the numbers next in turn. */
	assert_int_equal(
	    store_exec(p->s, "PRAGMA max_page_count = 100000"), STORE_OK);
	assert_int_equal(store_write_all(p->s, &all), STORE_OK);
	assert_int_equal(rows[0].seq, 4);
	assert_int_equal(rows[4999].seq, 5003);
	assert_int_equal(ask(p->path, "SELECT count(*) FROM journal"), 5003);
}

static void
a_lock_is_said_at_once_and_costs_nothing(void **state)
{
	struct place *p = *state;
	struct store_row rows[30];
	struct epoch e = p->epoch;
	sqlite3 *db;
	int64_t began, id = 77;

	for (size_t i = 0; i < 30; i++)
		rows[i] = reading(p, (int64_t)i, value_int((int64_t)i));
	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	began = mono_ms();
	assert_int_equal(store_write(p->s, rows, 30), STORE_LOCKED);
	assert_int_equal(store_epoch(p->s, &e), STORE_LOCKED);
	assert_int_equal(store_series(p->s, "x", NULL, &id), STORE_LOCKED);
	assert_true(mono_ms() - began < 100);
	assert_int_equal(id, 77);
	assert_true(strstr(store_error(p->s), "locked") != NULL);
	assert_int_equal(
	    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	assert_int_equal(store_write(p->s, rows, 30), STORE_OK);
	assert_int_equal(rows[29].seq, 30);
	assert_int_equal(ask(p->path, "SELECT count(DISTINCT at_ms) FROM"
				      " journal"),
	    30);
}

static void
acknowledge(struct store *s, const struct store_ack *acks, size_t n)
{
	struct store_batch b = {.acks = acks, .nacks = n};

	assert_int_equal(store_write_all(s, &b), STORE_OK);
}

static void
acknowledgements_match_a_bitmap(void **state)
{
	struct place *p = *state;
	enum { N = 120 };
	bool acked[N + 2] = {false};
	struct seq_range got[N];
	uint32_t x = 12345;
	size_t n;

	write_ints(p, N);
	for (int step = 0; step < 150; step++) {
		x = x * 1664525u + 1013904223u;
		uint64_t first = 1 + (x >> 8) % N;
		uint64_t last = first + (x >> 24) % 4;
		struct store_ack a[] = {
		    {"county", first, last}, {"other", 1, 1}};
		acknowledge(p->s, a, 2);
		for (uint64_t i = first; i <= last && i <= N; i++)
			acked[i] = true;
		assert_int_equal(
		    store_cursor(p->reader, "county", got, N, &n), STORE_OK);
		size_t k = 0;
		for (uint64_t i = 1; i <= N; i++) {
			if (acked[i] && !acked[i - 1])
				assert_int_equal(got[k].first, i);
			if (acked[i] && !acked[i + 1])
				assert_int_equal(got[k++].last, i);
		}
		assert_int_equal(k, n);
	}
	assert_int_equal(
	    store_cursor(p->reader, "other", got, N, &n), STORE_OK);
	assert_int_equal(n, 1);
}

static void
an_absurd_acknowledgement_changes_nothing(void **state)
{
	struct place *p = *state;
	struct store_ack a[] = {{"county", 0, 5}, {"county", 3, 2},
	    {"county", 11, UINT64_MAX}, {"county", UINT64_MAX, UINT64_MAX}};
	struct store_ack beyond = {"county", 9, UINT64_MAX};
	struct seq_range got[4];
	size_t n;

	write_ints(p, 10);
	acknowledge(p->s, a, 4);
	assert_int_equal(
	    store_cursor(p->reader, "county", got, 4, &n), STORE_OK);
	assert_int_equal(n, 0);
	acknowledge(p->s, &beyond, 1);
	p->s = store_close(p->s);
	p->s = open_store(p->path);
	assert_int_equal(store_last_seq(p->s), 10);
}

static void
an_epoch_moves_its_own_rows_and_frees_them(void **state)
{
	struct place *p = *state;
	struct epoch boot1970 = {.offset_ms = 20000,
	    .state = EPOCH_UNKNOWN,
	    .boot = "0f6c7a60-0000-4000-8000-000000000002"};
	struct store_row rows[3];
	struct stored got[8];
	size_t n;

	assert_int_equal(store_epoch(p->s, &boot1970), STORE_OK);
	for (int i = 0; i < 3; i++)
		rows[i] = reading(p, 60000 * i, value_int(i));
	rows[1].epoch = boot1970.id;
	assert_int_equal(store_write(p->s, rows, 3), STORE_OK);

	/* Held: it and what stands behind it wait. */
	assert_int_equal(store_read(p->reader, 0, false, got, 8, &n), STORE_OK);
	assert_int_equal(n, 1);
	assert_int_equal(store_read(p->reader, 0, true, got, 8, &n), STORE_OK);
	assert_int_equal(n, 3);
	assert_int_equal(got[1].clock, EPOCH_UNKNOWN);
	assert_int_equal(got[1].ts_ms, 80000);

	boot1970.offset_ms = 1800000000000;
	boot1970.state = EPOCH_KNOWN;
	assert_int_equal(store_epoch(p->s, &boot1970), STORE_OK);
	assert_int_equal(store_read(p->reader, 0, false, got, 8, &n), STORE_OK);
	assert_int_equal(n, 3);
	assert_int_equal(got[0].ts_ms, 1700000000000);
	assert_int_equal(got[1].ts_ms, 1800000060000);
	assert_int_equal(got[2].ts_ms, 1700000120000);
}

static bool
take_three(const struct stored *row, void *arg)
{
	int64_t *at = arg;

	at[1 + at[0]] = row->ts_ms - 1700000000000;
	return ++at[0] < 3;
}

struct found {
	char name[32];
	uint8_t bytes[KEPT_BYTES], n;
	int all;
};

static void
find(const char *name, const uint8_t *bytes, uint8_t n, void *arg)
{
	struct found *f = arg;

	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	memcpy(f->bytes, bytes, n);
	f->n = n;
	f->all++;
}

/* The newest alone, and what is no work of ours is passed over. */
static void
what_is_kept_comes_back(void **state)
{
	struct place *p = *state;
	struct store_kept kept = {.series = p->series, .n = KEPT_BYTES};
	struct store_batch b = {.kept = &kept, .nkept = 1};
	struct found f = {.all = 0};

	assert_int_equal(store_kept_all(p->s, find, &f), STORE_OK);
	assert_int_equal(f.all, 0);
	memset(kept.bytes, 7, sizeof(kept.bytes));
	assert_int_equal(store_write_all(p->s, &b), STORE_OK);
	kept.n = 3;
	memcpy(kept.bytes, "\0\1\2", 3);
	assert_int_equal(store_write_all(p->s, &b), STORE_OK);
	p->s = store_close(p->s);
	p->s = open_store(p->path);
	assert_int_equal(store_exec(p->s, "INSERT INTO series VALUES (99, 'z',"
					  " NULL); INSERT INTO kept VALUES"
					  " (99, zeroblob(65)), (98, x'00')"),
	    STORE_OK);
	assert_int_equal(store_kept_all(p->s, find, &f), STORE_OK);
	assert_int_equal(f.all, 1);
	assert_string_equal(f.name, "north/soil-a1/ph");
	assert_int_equal(f.n, 3);
	assert_memory_equal(f.bytes, kept.bytes, 3);
}

static void
history_is_cut_by_name_and_time(void **state)
{
	struct place *p = *state;
	int64_t at[4] = {0}, other;
	struct store_row row;

	assert_int_equal(
	    store_series(p->s, "north/soil-a1/ec", "mS/cm", &other), STORE_OK);
	assert_int_not_equal(other, p->series);
	write_ints(p, 10);
	row = reading(p, 5, value_int(1));
	row.series = other;
	assert_int_equal(store_write(p->s, &row, 1), STORE_OK);
	assert_int_equal(store_history(p->reader, "north/soil-a1/ph",
			     1700000000004, 1700000000006, take_three, at),
	    STORE_OK);
	assert_int_equal(at[0], 2);
	assert_int_equal(at[1], 4);
	assert_int_equal(at[2], 5);
	at[0] = 0;
	assert_int_equal(store_history(p->reader, "north/soil-a1/ph", 0,
			     INT64_MAX, take_three, at),
	    STORE_OK);
	assert_int_equal(at[0], 3);
	at[0] = 0;
	assert_int_equal(
	    store_history(p->reader, "no such", 0, INT64_MAX, take_three, at),
	    STORE_OK);
	assert_int_equal(at[0], 0);
}

static void
a_series_keeps_its_id(void **state)
{
	struct place *p = *state;
	struct store_series many[] = {
	    {"a", NULL, 0}, {"b", "m3", 0}, {"north/soil-a1/ph", "1", 0}};
	struct store_counts c;

	assert_int_equal(store_series_all(p->s, many, 3), STORE_OK);
	assert_int_equal(many[2].id, p->series);
	assert_int_not_equal(many[0].id, many[1].id);
	assert_int_equal(ask(p->path, "SELECT count(*) FROM series WHERE unit ="
				      " '1'"),
	    1);
	write_ints(p, 4);
	assert_int_equal(store_count(p->reader, &c), STORE_OK);
	assert_int_equal(c.readings, 4);
	assert_int_equal(c.events, 0);
	assert_int_equal(c.last_seq, 4);
	assert_true(c.bytes > 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(every_value_comes_back_exactly),
	    TEST(readings_and_events_share_one_order),
	    TEST(a_commit_between_the_two_looks_is_not_passed_over),
	    TEST(no_number_is_used_twice),
	    TEST(a_full_disk_takes_all_or_nothing),
	    TEST(a_lock_is_said_at_once_and_costs_nothing),
	    TEST(acknowledgements_match_a_bitmap),
	    TEST(an_absurd_acknowledgement_changes_nothing),
	    TEST(an_epoch_moves_its_own_rows_and_frees_them),
	    TEST(what_is_kept_comes_back),
	    TEST(history_is_cut_by_name_and_time),
	    TEST(a_series_keeps_its_id),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
