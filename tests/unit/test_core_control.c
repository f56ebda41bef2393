/*
 * The control socket: whoever has lines make requests may take his time, and
 * there is room for a command all the same.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "chan.h"
#include "control.h"
#include "core.h"

static const struct point_type points[] = {
    {.name = "moisture", .kind = KIND_GAUGE, .unit = "%"}};
static const struct device_type type = {
    .name = "probe", .npoints = 1, .points = points};
static struct device devices[] = {{.path = "north/a", .type = &type}};
static const struct line lines[] = {
    {.name = "north", .port = "/dev/n", .devices = devices, .ndevices = 1}};

enum { MANY = 8 }; /* clients, all there is room for */

struct box {
	char dir[32];
	struct options opt;
	struct site site;
	struct core core;
	int far; /* the line's end */
	struct msg m;
};

static int
set_up(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	struct epoch e = {.boot = "b", .state = EPOCH_KNOWN};
	int fd[2];

	*state = b;
	strcpy(b->dir, "/tmp/test_control.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	b->opt.run_dir = b->dir;
	b->site =
	    (struct site){.id = "t", .lines = lines, .nlines = 1, .nseries = 1};
	b->core = (struct core){.opt = &b->opt,
	    .site = &b->site,
	    .snapshot = -1,
	    .msg = calloc(1, sizeof(*b->core.msg)),
	    .journal = journal_new("/nonexistent/s.db", 5000, 1000)};
	assert_int_equal(journal_epoch(b->core.journal, &e, true), 0);
	assert_int_equal(core_site(&b->core), 0);
	assert_int_equal(chan_pair(fd, 0), 0);
	b->core.children[0].fd = fd[0];
	b->core.children[0].state = CHILD_READY;
	b->far = fd[1];
	assert_true(sd_event_new(&b->core.loop) >= 0);
	return control_open(&b->core) < 0;
}

static int
tear_down(void **state)
{
	struct box *b = *state;

	b->core.control = control_close(b->core.control);
	child_close(&b->core.children[0]);
	(void)close(b->far);
	b->core.site = NULL; /* it is no heap's */
	free(b->core.lines[0].devices);
	free(b->core.lines[0].recent);
	core_site_done(&b->core);
	b->core.loop = sd_event_unref(b->core.loop);
	free(b->core.msg);
	b->core.journal = journal_free(b->core.journal);
	(void)rmdir(b->dir);
	free(b);
	return 0;
}

static void
work(struct box *b)
{
	while (sd_event_run(b->core.loop, 0) > 0)
		;
}

static int
client(struct box *b)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(
	    to.sun_path, sizeof(to.sun_path), "%s/control.sock", b->dir);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	work(b);
	return fd;
}

static void
say(struct box *b, int fd, const struct msg *m)
{
	assert_int_equal(msg_send(fd, m), 0);
	work(b);
}

static void
ask_for_a_probe(struct box *b, int fd)
{
	memset(&b->m, 0, sizeof(b->m));
	b->m.kind = MSG_PROBE;
	b->m.probe = (struct msg_probe){.id = 7,
	    .line = "north",
	    .timeout_ms = 100,
	    .unit = 5,
	    .function = 3,
	    .count = 1};
	say(b, fd, &b->m);
}

static void
there_is_room_for_a_command(void **state)
{
	struct box *b = *state;
	int fd[MANY], last;

	for (size_t i = 0; i < MANY; i++) {
		fd[i] = client(b);
		ask_for_a_probe(b, fd[i]);
	}
	/* Half of them are asked to come again. */
	for (size_t i = 0; i < MANY; i++) {
		int r = msg_recv(fd[i], &b->m);

		if (i < MANY / 2) {
			assert_int_equal(r, -EAGAIN);
			continue;
		}
		assert_int_equal(r, 1);
		assert_int_equal(b->m.kind, MSG_PROBED);
		assert_int_equal(b->m.probed.id, 7);
		assert_int_equal(b->m.probed.result, PROBE_REFUSED);
		assert_int_equal(close(fd[i]), 0);
	}
	work(b);
	last = client(b);
	b->m.kind = MSG_WISH;
	b->m.wish = (struct msg_wish){
	    .action = COMMAND_CLOSE, .subject = "north/a/moisture"};
	say(b, last, &b->m);
	assert_int_equal(msg_recv(last, &b->m), 1);
	assert_int_equal(b->m.kind, MSG_TEXT);
	(void)close(last);
	/* One of them goes, and another may come. */
	(void)close(fd[0]);
	work(b);
	fd[0] = client(b);
	ask_for_a_probe(b, fd[0]);
	assert_int_equal(msg_recv(fd[0], &b->m), -EAGAIN);
	for (size_t i = 0; i < MANY / 2; i++)
		(void)close(fd[i]);
	work(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		there_is_room_for_a_command, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
