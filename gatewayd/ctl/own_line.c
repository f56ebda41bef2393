/* What core does for a line, as far as one that only answers us needs it. */
#include "own_line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chan.h"
#include "mono.h"
#include "msg.h"
#include "own_site.h"
#include "paths.h"

enum { HELLO_MS = 5000, END_MS = 2000, CLEAR_OF_FDS = 16 };

const char own_line_name[] = OWN_SITE_LINE;

/* ---- the process ---- */

static int
lift(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, CLEAR_OF_FDS);

	return high == -1 ? -errno : high;
}

static int
set_up(posix_spawn_file_actions_t *fa, int chan, int snapshot, int said)
{
	int r = posix_spawn_file_actions_adddup2(fa, chan, CHAN_FD);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(fa, snapshot, SNAPSHOT_FD);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(fa, said, STDERR_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(
		    fa, SNAPSHOT_FD + 1);
	return -r;
}

static int
spawn(struct own_line *o, const char *program, int chan, int snapshot)
{
	posix_spawn_file_actions_t fa;
	char line[] = "--line", index[] = "0";
	char *path = strdup(program);
	char *const args[] = {path, line, index, NULL};
	int r = -posix_spawn_file_actions_init(&fa);

	if (path == NULL)
		r = r == 0 ? -ENOMEM : r;
	if (r == 0)
		r = set_up(&fa, chan, snapshot, o->said);
	if (r == 0)
		r = -posix_spawn(&o->pid, program, &fa, NULL, args, environ);
	(void)posix_spawn_file_actions_destroy(&fa); /* cannot fail */
	free(path);
	return r;
}

/* The descriptors the child gets stand clear of the numbers they get there. */
static int
start(struct own_line *o, const char *program, int take_snapshot)
{
	int pair[2] = {-1, -1}, chan, snapshot;
	int r = chan_pair(pair, 0);

	if (r != 0) {
		(void)close(take_snapshot); /* a copy in memory */
		return r;
	}
	chan = lift(pair[1]);
	snapshot = lift(take_snapshot);
	r = chan < 0 ? chan : snapshot < 0 ? snapshot : 0;
	if (r == 0)
		r = spawn(o, program, chan, snapshot);
	/* The child has its own. */
	if (chan >= 0)
		(void)close(chan);
	if (snapshot >= 0)
		(void)close(snapshot);
	(void)close(pair[1]);
	(void)close(take_snapshot);
	o->fd = pair[0];
	if (r != 0)
		o->pid = 0;
	return r;
}

/* ---- what it says ---- */

static int
send_kind(int fd, struct msg *m, enum msg_kind kind)
{
	memset(m, 0, sizeof(*m));
	m->kind = kind;
	if (kind == MSG_HELLO)
		memcpy(m->hello.build, build_id(), BUILD_ID_LEN);
	if (kind == MSG_KEPT)
		m->kept.last = 1;
	return msg_send(fd, m);
}

static int
wait_readable(int fd, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left = until - mono_ms();

	return left <= 0                                        ? -ETIMEDOUT
	       : poll(&p, 1, (int)left) == -1 && errno != EINTR ? -errno
								: 0;
}

/* Waits for a message of that kind: 0, or -errno. */
static int
await(struct own_line *o, struct msg *m, enum msg_kind kind, int64_t until)
{
	for (;;) {
		int r = msg_recv(o->fd, m);

		if (r == 1 && m->kind == kind)
			return 0;
		if (r == 0)
			return -ECONNRESET;
		if (r == -EAGAIN)
			r = wait_readable(o->fd, until);
		if (r < 0)
			return r;
	}
}

static int
hello(struct own_line *o, struct msg *m)
{
	int r = send_kind(o->fd, m, MSG_HELLO);

	if (r == 0)
		r = send_kind(o->fd, m, MSG_KEPT);
	if (r == 0)
		r = await(o, m, MSG_HELLO, mono_ms() + HELLO_MS);
	if (r == 0 && strcmp(m->hello.build, build_id()) != 0)
		r = -EPROTO;
	return r;
}

/* Its last words on stderr, for whoever has to find out why. */
static void
last_words(const struct own_line *o, char *out, size_t size)
{
	ssize_t n = pread(o->said, out, size - 1, 0);

	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

static int
failed(
    struct own_line *o, const char *program, int error, char *why, size_t size)
{
	char words[200] = "";

	if (o->said >= 0)
		last_words(o, words, sizeof(words));
	if (error == -EPROTO)
		(void)snprintf(why, size,
		    "%s is of another build; install both from one package",
		    program);
	else
		(void)snprintf(why, size, "%s did not start: %s", program,
		    words[0] != '\0' ? words : strerror(-error));
	own_line_end(o);
	return -1;
}

/* ---- from start to end ---- */

int
own_line_start(
    struct own_line *o, const struct own_line_to *to, char *why, size_t size)
{
	struct msg *m = malloc(sizeof(*m));
	struct paths dirs = {0};
	int snapshot, r = paths_defaults(&dirs);
	const char *program = dirs.line_program;

	*o = (struct own_line){.fd = -1, .said = -1};
	snapshot = own_site(to, why, size);
	if (snapshot < 0) {
		r = -1;
	} else if (m == NULL || r != 0 || program == NULL) {
		(void)snprintf(why, size, "%s",
		    r == 0 && m != NULL ? "the program gatewayd-line is missing"
					: strerror(ENOMEM));
		(void)close(snapshot); /* a copy in memory */
		r = -1;
	} else {
		o->said = memfd_create("line", MFD_CLOEXEC);
		r = start(o, program, snapshot);
		if (r == 0)
			r = hello(o, m);
		if (r != 0)
			r = failed(o, program, r, why, size);
	}
	free(m);
	paths_done(&dirs);
	return r;
}

/* It has no outputs to make safe, so it is soon done. */
static void
reap(const struct own_line *o, int64_t until)
{
	enum { LOOK_MS = 5 };

	while (mono_ms() < until) {
		if (waitpid(o->pid, NULL, WNOHANG) != 0)
			return;
		mono_sleep_until(mono_ms() + LOOK_MS);
	}
	(void)kill(o->pid, SIGKILL); /* it is ours and not yet reaped */
	while (waitpid(o->pid, NULL, 0) == -1 && errno == EINTR)
		;
}

void
own_line_end(struct own_line *o)
{
	/* That nobody is left is as good a reason to end as being told. */
	if (o->fd >= 0)
		(void)close(o->fd);
	if (o->pid > 0)
		reap(o, mono_ms() + END_MS);
	if (o->said >= 0)
		(void)close(o->said);
	*o = (struct own_line){.fd = -1, .said = -1};
}
