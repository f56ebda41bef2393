/* The store after what happens on farms: power cuts, rubbish, kill -9, files
 * of other versions and hands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db.h"
#include "mono.h"

struct place {
	char dir[64], path[96];
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/test_damage.XXXXXX");
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

/* n readings, each in its own transaction. */
static void
write_some(struct store *s, int64_t n)
{
	struct epoch e = {.offset_ms = 1700000000000, .state = EPOCH_KNOWN};
	int64_t series;

	assert_int_equal(store_epoch(s, &e), STORE_OK);
	assert_int_equal(store_series(s, "a/b/c", "m", &series), STORE_OK);
	for (int64_t i = 0; i < n; i++) {
		struct store_row row = {.epoch = e.id,
		    .boot_ms = i,
		    .series = series,
		    .value = value_int(i)};
		assert_int_equal(store_write(s, &row, 1), STORE_OK);
	}
}

static void
one_file(const char *path, int64_t rows)
{
	struct store *s = open_store(path);

	write_some(s, rows);
	(void)store_close(s);
}

static void
overwrite(const char *path, int64_t at, const char *what, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, what, n, at), n);
	(void)close(fd);
}

static void
run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

static void
assert_sound(const char *path)
{
	sqlite3 *db;
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), "ok");
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
}

static size_t
files_like(const char *dir, const char *part)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += strstr(e->d_name, part) != NULL;
	(void)closedir(d);
	return n;
}

/* The damaged file is kept under another name, the new one works and its
 * numbers begin above. */
static uint64_t
assert_set_aside(const struct place *p)
{
	struct store *s;
	char aside[512], *begin;
	struct stat info;
	uint64_t last;
	int64_t now = wall_ms();

	assert_int_equal(
	    store_open(&s, p->path, aside, sizeof(aside)), STORE_OK);
	begin = strstr(aside, "store.db.damaged-2");
	assert_non_null(begin);
	assert_int_equal(stat(aside, &info), 0);
	last = store_last_seq(s);
	assert_true(last >= (uint64_t)now);
	write_some(s, 1);
	(void)store_close(s);
	assert_sound(p->path);
	/* The floor is durable, and a sound file is not set aside. */
	s = open_store(p->path);
	assert_int_equal(store_last_seq(s), last + 1);
	(void)store_close(s);
	return last;
}

static void
a_lost_log_loses_the_tail_alone(void **state)
{
	struct place *p = *state;
	char wal[128];
	pid_t pid;
	int status;

	one_file(p->path, 10);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		write_some(open_store(p->path), 10);
		(void)raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)snprintf(wal, sizeof(wal), "%s-wal", p->path);
	assert_int_equal(unlink(wal), 0);
	struct store *s = open_store(p->path);
	assert_int_equal(store_last_seq(s), 10);
	write_some(s, 1);
	(void)store_close(s);
	assert_sound(p->path);
}

static void
a_zeroed_page_is_set_aside(void **state)
{
	struct place *p = *state;
	char zero[4096] = {0};

	one_file(p->path, 10);
	overwrite(p->path, 4096, zero, sizeof(zero));
	(void)assert_set_aside(p);
}

static void
an_emptied_file_is_set_aside_with_its_log(void **state)
{
	struct place *p = *state;
	char wal[128];

	one_file(p->path, 10);
	(void)snprintf(wal, sizeof(wal), "%s-wal", p->path);
	int fd = open(wal, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "log", 3), 3);
	(void)close(fd);
	assert_int_equal(truncate(p->path, 0), 0);
	(void)assert_set_aside(p);
	assert_int_equal(files_like(p->dir, "damaged"), 2);
}

static void
rubbish_is_set_aside_never_over_another(void **state)
{
	struct place *p = *state;
	char rubbish[100];

	memset(rubbish, 0xa5, sizeof(rubbish));
	for (size_t i = 1; i <= 4; i++) {
		one_file(p->path, 3);
		overwrite(p->path, 0, rubbish, sizeof(rubbish));
		(void)assert_set_aside(p);
		assert_int_equal(files_like(p->dir, "damaged"), i);
	}
}

static void
numbers_never_repeat_with_a_wrong_clock(void **state)
{
	struct place *p = *state;
	const uint64_t high = UINT64_C(4102444800000000);
	struct timespec future[2] = {
	    {.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
	char zero[4096] = {0};

	/* What still can be read counts ... */
	one_file(p->path, 3);
	run_sql(p->path, "UPDATE floor SET seq = 4102444800000000");
	overwrite(p->path, 4096, zero, sizeof(zero));
	assert_int_equal(assert_set_aside(p), high);
	/* ... and the file's own date, when the clock has fallen back. */
	assert_int_equal(truncate(p->path, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, p->path, future, 0), 0);
	assert_int_equal(assert_set_aside(p), 4000000000000);
	/* ... and what was set aside before we were killed. */
	assert_int_equal(unlink(p->path), 0);
	struct store *s = open_store(p->path);
	assert_int_equal(store_last_seq(s), 4000000000000);
	(void)store_close(s);
}

static void
a_file_found_bad_in_use_is_begun_anew(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path);
	char aside[512];

	write_some(s, 5);
	assert_int_equal(store_begin_anew(&s, aside, sizeof(aside)), STORE_OK);
	assert_non_null(strstr(aside, ".damaged-"));
	assert_true(store_last_seq(s) > 5);
	write_some(s, 1);
	(void)store_close(s);
	assert_sound(p->path);
	assert_sound(aside);
}

static void
files_of_others_are_refused_untouched(void **state)
{
	static const char *const make[] = {
	    "PRAGMA user_version = 9999",
	    "PRAGMA user_version = 0; PRAGMA application_id = 0",
	};
	struct place *p = *state;
	char aside[512], command[400];
	struct store *s;

	for (size_t i = 0; i < 2; i++) {
		one_file(p->path, 3);
		run_sql(p->path, make[i]);
		(void)snprintf(command, sizeof(command), "cp %s %s/before",
		    p->path, p->dir);
		assert_int_equal(system(command), 0);
		assert_int_equal(
		    store_open(&s, p->path, aside, sizeof(aside)), STORE_NEWER);
		assert_true(strlen(store_error(s)) > 0);
		(void)store_close(s);
		(void)snprintf(command, sizeof(command), "cmp %s %s/before",
		    p->path, p->dir);
		assert_int_equal(system(command), 0);
		assert_int_equal(files_like(p->dir, "damaged"), 0);
		assert_int_equal(unlink(p->path), 0);
	}
}

static void
an_older_file_is_brought_forward(void **state)
{
	struct place *p = *state;
	struct store *s;

	run_sql(p->path, "PRAGMA journal_mode = wal;"
			 "PRAGMA application_id = 0x47574459;"
			 "CREATE TABLE older(x); INSERT INTO older VALUES (7)");
	assert_int_equal(store_open_reader(&s, p->path), STORE_LOCKED);
	(void)store_close(s);
	one_file(p->path, 3);
	run_sql(p->path, "SELECT x FROM older");
	assert_int_equal(store_open_reader(&s, p->path), STORE_OK);
	(void)store_close(s);
}

static void
a_place_that_is_not_there_is_said_in_words(void **state)
{
	struct place *p = *state;
	char path[128], aside[512];
	struct store *s;

	(void)snprintf(path, sizeof(path), "%s/no/store.db", p->dir);
	assert_int_equal(store_open(&s, path, aside, sizeof(aside)), STORE_IO);
	assert_non_null(strstr(store_error(s), "No such file"));
	(void)store_close(s);
	assert_int_equal(store_open_reader(&s, p->path), STORE_IO);
	(void)store_close(s);
	assert_int_equal(files_like(p->dir, "store.db"), 0);
}

/* Writes batches until killed; says each number once it is durable. */
static void
write_until_killed(const char *path, int say)
{
	struct store *s;
	struct epoch e = {.offset_ms = 1700000000000, .state = EPOCH_KNOWN};
	char aside[512];
	int64_t series;

	if (store_open(&s, path, aside, sizeof(aside)) != STORE_OK ||
	    aside[0] || store_epoch(s, &e) != STORE_OK ||
	    store_series(s, "a/b/c", "m", &series) != STORE_OK)
		_exit(1);
	for (;;) {
		struct store_row rows[7];
		for (int i = 0; i < 7; i++)
			rows[i] = (struct store_row){.epoch = e.id,
			    .series = series,
			    .value = value_int(i)};
		if (store_write(s, rows, 7) != STORE_OK ||
		    write(say, &rows[6].seq, 8) != 8)
			_exit(1);
	}
}

static uint64_t
kill_at_random(const char *path, useconds_t after)
{
	uint64_t seq, said = 0;
	int fd[2], status;
	pid_t pid;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		write_until_killed(path, fd[1]);
	(void)close(fd[1]);
	if (read(fd[0], &seq, 8) == 8) /* it has begun */
		said = seq;
	(void)usleep(after);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(fd[0], &seq, 8) == 8)
		said = seq;
	(void)close(fd[0]);
	return said;
}

/* C40 (a). A reader is there all the while, and must see no hole. */
static void
fifty_kills_lose_nothing(void **state)
{
	struct place *p = *state;
	static struct stored got[500];
	struct store *reader = NULL;
	uint64_t after = 0, said;
	uint32_t x = 1;
	size_t n;

	for (int i = 0; i < 50; i++) {
		x = x * 1664525u + 1013904223u;
		said = kill_at_random(p->path, (x >> 16) % 20000);
		assert_true(said > after);
		if (!reader)
			assert_int_equal(
			    store_open_reader(&reader, p->path), STORE_OK);
		do {
			assert_int_equal(
			    store_read(reader, after, false, got, 500, &n),
			    STORE_OK);
			for (size_t k = 0; k < n; k++)
				assert_int_equal(got[k].seq, ++after);
		} while (n > 0);
		assert_true(after >= said);
	}
	(void)store_close(reader);
	assert_sound(p->path);
}

static void
a_reader_beside_the_writer_sees_every_row_once(void **state)
{
	struct place *p = *state;
	struct store *s = open_store(p->path), *reader;
	static struct stored got[64];
	uint64_t after = 0;
	int64_t began;
	size_t n;
	pid_t pid;
	int status;

	assert_int_equal(store_open_reader(&reader, p->path), STORE_OK);
	(void)store_close(s);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char subject[] = "line", text[] = "lost";
		char aside[512];
		struct epoch e = {.state = EPOCH_KNOWN};
		int64_t series;
		if (store_open(&s, p->path, aside, sizeof(aside)) != STORE_OK ||
		    store_epoch(s, &e) != STORE_OK ||
		    store_series(s, "a/b/c", NULL, &series) != STORE_OK)
			_exit(1);
		for (int i = 0; i < 3000; i++) {
			struct store_row row = {.epoch = e.id,
			    .series = series,
			    .is_event = i % 2,
			    .kind = EVENT_LINE,
			    .subject = subject,
			    .text = text,
			    .value = value_int(i)};
			if (store_write(s, &row, 1) != STORE_OK)
				_exit(1);
		}
		_exit(0);
	}
	began = mono_ms();
	while (after < 3000 && mono_ms() - began < 60000) {
		enum store_result r =
		    store_read(reader, after, false, got, 64, &n);
		assert_true(r == STORE_OK || r == STORE_LOCKED);
		for (size_t k = 0; r == STORE_OK && k < n; k++)
			assert_int_equal(got[k].seq, ++after);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(after, 3000);
	(void)store_close(reader);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_lost_log_loses_the_tail_alone),
	    TEST(a_zeroed_page_is_set_aside),
	    TEST(an_emptied_file_is_set_aside_with_its_log),
	    TEST(rubbish_is_set_aside_never_over_another),
	    TEST(numbers_never_repeat_with_a_wrong_clock),
	    TEST(a_file_found_bad_in_use_is_begun_anew),
	    TEST(files_of_others_are_refused_untouched),
	    TEST(an_older_file_is_brought_forward),
	    TEST(a_place_that_is_not_there_is_said_in_words),
	    TEST(fifty_kills_lose_nothing),
	    TEST(a_reader_beside_the_writer_sees_every_row_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
