/* The store on a real file system of 4 MB (C37): full and freed, read-only and
 * back. Mounts in a namespace of its own; skipped where that is not allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "store.h"

static char dir[] = "/tmp/test_disk.XXXXXX";
static char path[64];
static struct store_row rows[500];

static int
set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/store.db", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)umount(dir); /* not mounted when skipped */
	return rmdir(dir);
}

static bool
mount_small(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", dir, "tmpfs", 0, "size=4m") == 0;
}

static void
remount(unsigned long flags)
{
	assert_int_equal(
	    mount("none", dir, "tmpfs", MS_REMOUNT | flags, "size=4m"), 0);
}

static void
prepare(struct store *s)
{
	struct epoch e = {.state = EPOCH_KNOWN};
	int64_t series;

	assert_int_equal(store_epoch(s, &e), STORE_OK);
	assert_int_equal(store_series(s, "a/b/c", NULL, &series), STORE_OK);
	for (size_t i = 0; i < 500; i++)
		rows[i] = (struct store_row){.epoch = e.id,
		    .boot_ms = (int64_t)i,
		    .series = series,
		    .value = value_real(0.1)};
}

static int
fill_up(void)
{
	static const char zero[4096];
	char name[80];
	int fd;

	(void)snprintf(name, sizeof(name), "%s/fill", dir);
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	while (write(fd, zero, sizeof(zero)) == sizeof(zero))
		;
	return fd;
}

static enum store_result
open_store(struct store **s)
{
	char aside[512];
	enum store_result r = store_open(s, path, aside, sizeof(aside));

	assert_string_equal(aside, ""); /* trouble is not damage */
	return r;
}

static void
full_then_freed(struct store *s)
{
	struct store *other;
	char name[80], aside[512];
	int fd = fill_up();
	enum store_result r;
	uint64_t last;

	for (int i = 0; (r = store_write(s, rows, 500)) == STORE_OK; i++)
		assert_true(i < 5000);
	last = store_last_seq(s);
	assert_int_equal(r, STORE_FULL);
	assert_int_equal(store_write(s, rows, 500), STORE_FULL);
	(void)snprintf(name, sizeof(name), "%s/new.db", dir);
	assert_int_equal(
	    store_open(&other, name, aside, sizeof(aside)), STORE_FULL);
	(void)store_close(other);
	assert_int_equal(ftruncate(fd, 0), 0);
	(void)close(fd);
	assert_int_equal(store_write(s, rows, 500), STORE_OK);
	assert_int_equal(store_last_seq(s), last + 500);
}

static void
full_and_read_only_are_said_and_outlived(void **state)
{
	struct store *s;

	(void)state;
	if (!mount_small())
		skip();
	assert_int_equal(open_store(&s), STORE_OK);
	prepare(s);
	full_then_freed(s);
	(void)store_close(s);

	remount(MS_RDONLY);
	assert_int_equal(open_store(&s), STORE_READ_ONLY);
	assert_non_null(strstr(store_error(s), "ead-only"));
	(void)store_close(s);
	remount(0);
	assert_int_equal(open_store(&s), STORE_OK);
	assert_int_equal(store_write(s, rows, 500), STORE_OK);
	(void)store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(full_and_read_only_are_said_and_outlived),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
