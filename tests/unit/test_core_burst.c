/*
 * Readings faster than any line reads them: a real core, whose line is this
 * program again and hands over 200,000 as fast as its channel takes them. None
 * may be lost, whether the store keeps up or is locked for some seconds; and
 * meanwhile core still answers, and takes no line for hung.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "build.h"
#include "chan.h"
#include "core.h"
#include "daemon.h"
#include "mono.h"
#include "msg.h"

enum {
	READINGS = 200000,
	POINTS = 20,
	PATIENCE_MS = 60000,
	ANSWER_MS = 3000, /* as long as gatewayctl waits */
	LOCKED_MS = 2500
};

/* ---- the line ---- */

static void
wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	(void)poll(&p, 1, events == 0 ? 20 : 1000);
}

static void
say(const struct msg *m)
{
	int r;

	while ((r = msg_send(CHAN_FD, m)) == -EAGAIN)
		wait_for(CHAN_FD, POLLOUT);
	if (r != 0)
		exit(1); /* core is gone */
}

static void
burst(struct msg *m)
{
	m->kind = MSG_READINGS;
	m->readings.n = POINTS;
	for (int64_t i = 0; i < READINGS / POINTS; i++) {
		for (uint32_t p = 0; p < POINTS; p++)
			m->readings.r[p] = (struct reading){.series = p,
			    .boot_ms = i + 1,
			    .value = value_int(i * POINTS + p)};
		say(m);
	}
}

/* As a line does: first all it has, then a beat a second until told to stop. */
static int
be_line(void)
{
	struct msg *m = calloc(1, sizeof(*m));
	static const enum msg_kind greeting[] = {MSG_HELLO, MSG_READY};
	int r = 0;

	if (m == NULL)
		return 1;
	for (size_t i = 0; i < 2; i++) {
		m->kind = greeting[i];
		memcpy(m->hello.build, build_id(), BUILD_ID_LEN);
		m->hello.build[BUILD_ID_LEN] = '\0';
		say(m);
	}
	while (access(getenv("BURST_GO"), F_OK) != 0)
		wait_for(CHAN_FD, 0);
	burst(m);
	do {
		m->kind = MSG_BEAT;
		say(m);
		wait_for(CHAN_FD, POLLIN);
		r = msg_recv(CHAN_FD, m);
	} while (r == -EAGAIN || (r == 1 && m->kind != MSG_STOP));
	m->kind = MSG_BYE;
	if (r == 1)
		say(m);
	free(m);
	return r == 1 ? 0 : 1;
}

/* ---- the test ---- */

struct box {
	char dir[32], store[64], self[512];
	pid_t core;
	sqlite3 *db;
};

static void
put_file(const struct box *b, const char *name, const char *text)
{
	char path[96];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
put_profile(const struct box *b)
{
	char text[2048] = "profile: burst\nmaker: test\nmodel: test\n"
			  "source: this test\npoints:\n";

	for (int i = 0; i < POINTS; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "  r%d: {holding: %d, type: uint16}\n", i, i);
	put_file(b, "burst.yaml", text);
}

static void
put_site(const struct box *b)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "gateway: {id: burst, clock: {trust: system}}\n"
	    "store: {path: %s, commit: 5s}\n"
	    "lines:\n"
	    "  north:\n"
	    "    {transport: tcp, host: 127.0.0.1,\n"
	    "     devices: {d: {type: burst}}}\n",
	    b->store);
	put_file(b, "site.yaml", text);
}

static void
run_core(struct box *b)
{
	char config[64], go[64];
	struct options o = {.config = config, .run_dir = b->dir};

	(void)snprintf(config, sizeof(config), "%s/site.yaml", b->dir);
	(void)snprintf(go, sizeof(go), "%s/go", b->dir);
	if (setenv("BURST_GO", go, 1) != 0 ||
	    paths_add_profiles(&o.paths, b->dir) != 0)
		_exit(3);
	o.paths.line_program = b->self;
	_exit(daemon_run(&o));
}

static int64_t
number(struct box *b, const char *sql)
{
	sqlite3_stmt *st;
	int64_t n = -1;

	if (sqlite3_prepare_v2(b->db, sql, -1, &st, NULL) != SQLITE_OK)
		return -1;
	if (sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return n;
}

/* Asks core for its status: how long until the first of the answer. */
static int64_t
answer_ms(const struct box *b)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct msg *m = calloc(1, sizeof(*m));
	int64_t since = mono_ms(), got;
	struct pollfd p = {.events = POLLIN};

	assert_non_null(m);
	(void)snprintf(
	    to.sun_path, sizeof(to.sun_path), "%s/control.sock", b->dir);
	p.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_true(p.fd >= 0);
	assert_int_equal(
	    connect(p.fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	m->kind = MSG_ASK;
	(void)snprintf(m->text.text, sizeof(m->text.text), "status");
	m->text.last = true;
	assert_int_equal(msg_send(p.fd, m), 0);
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	got = mono_ms() - since;
	assert_int_equal(close(p.fd), 0);
	free(m);
	return got;
}

/* Core runs, its line is ready, and the store is open to us too. */
static int
set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	int64_t until = mono_ms() + PATIENCE_MS;
	char socket_path[64];
	ssize_t n;

	assert_non_null(b);
	*state = b;
	strcpy(b->dir, "/tmp/test_burst.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	(void)snprintf(b->store, sizeof(b->store), "%s/s.db", b->dir);
	(void)snprintf(
	    socket_path, sizeof(socket_path), "%s/control.sock", b->dir);
	n = readlink("/proc/self/exe", b->self, sizeof(b->self) - 1);
	assert_true(n > 0);
	put_profile(b);
	put_site(b);
	b->core = fork();
	assert_true(b->core >= 0);
	if (b->core == 0)
		run_core(b);
	while (access(socket_path, F_OK) != 0 && mono_ms() < until)
		(void)usleep(10000);
	return sqlite3_open_v2(b->store, &b->db, SQLITE_OPEN_READWRITE, NULL) !=
		   SQLITE_OK ||
	       sqlite3_busy_timeout(b->db, PATIENCE_MS) != SQLITE_OK;
}

static int
tear_down(void **state)
{
	struct box *b = *state;
	char cmd[64];
	int code = -1;

	(void)sqlite3_close(b->db);
	(void)kill(b->core, SIGTERM); /* it is ours, and not reaped yet */
	(void)waitpid(b->core, &code, 0);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", b->dir);
	code |= system(cmd);
	free(b);
	return code;
}

/* All are stored; core was never away for long, and nobody was killed. */
static void
all_arrive(struct box *b)
{
	int64_t until = mono_ms() + PATIENCE_MS, n, slowest = 0;

	do {
		int64_t ms = answer_ms(b);
		slowest = ms > slowest ? ms : slowest;
		n = number(b, "SELECT count(*) FROM journal");
	} while (n < READINGS && mono_ms() < until && usleep(20000) == 0);
	assert_int_equal(n, READINGS);
	assert_in_range(slowest, 0, ANSWER_MS);
	assert_int_equal(
	    number(b, "SELECT count(*) FROM events WHERE kind = 'child'"), 0);
	/* In order, each once. */
	assert_int_equal(
	    number(b,
		"SELECT count(*) FROM (SELECT value, row_number() OVER"
		" (ORDER BY seq) - 1 AS i FROM journal) WHERE value <> i"),
	    0);
}

static void
none_is_lost(void **state)
{
	struct box *b = *state;

	put_file(b, "go", "");
	all_arrive(b);
	assert_int_equal(
	    number(b, "SELECT count(*) FROM events WHERE kind = 'store'"), 0);
}

/* Lines keep what they have while somebody else holds the store. */
static void
none_is_lost_to_a_lock(void **state)
{
	struct box *b = *state;

	assert_int_equal(
	    sqlite3_exec(b->db, "BEGIN IMMEDIATE", 0, 0, 0), SQLITE_OK);
	put_file(b, "go", "");
	for (int64_t until = mono_ms() + LOCKED_MS; mono_ms() < until;
	     (void)usleep(100000))
		assert_in_range(answer_ms(b), 0, ANSWER_MS);
	assert_int_equal(number(b, "SELECT count(*) FROM journal"), 0);
	assert_int_equal(sqlite3_exec(b->db, "COMMIT", 0, 0, 0), SQLITE_OK);
	all_arrive(b);
	assert_int_equal(
	    number(b, "SELECT count(*) FROM events WHERE text LIKE"
		      " 'writing again%; 0 readings and 0 events were lost%'"),
	    1);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(none_is_lost, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		none_is_lost_to_a_lock, set_up, tear_down),
	};

	if (argc > 1 && strcmp(argv[1], "--line") == 0)
		return be_line();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("core burst", tests, NULL, NULL);
}
