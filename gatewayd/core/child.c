/* posix_spawn: the descriptors a child needs, and no others. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "log.h"
#include "page.h"

/* Below these numbers lie the child's own, which dup2() would overwrite. */
enum { CLEAR_OF_FDS = 16 };

/* Channel, configuration, page: CHAN_FD and what follows. */
enum { CHILD_FDS = PAGE_FD - CHAN_FD + 1 };

static int
clear_of(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, CLEAR_OF_FDS);

	return high == -1 ? -errno : high;
}

static int
set_up(posix_spawn_file_actions_t *fa, posix_spawnattr_t *attr,
    const int fds[CHILD_FDS])
{
	sigset_t none, all;

	(void)sigemptyset(&none); /* these two cannot fail */
	(void)sigfillset(&all);
	int n = 0, r = 0;

	for (; r == 0 && n < CHILD_FDS && fds[n] >= 0; n++)
		r = posix_spawn_file_actions_adddup2(fa, fds[n], CHAN_FD + n);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(fa, CHAN_FD + n);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attr, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attr, &all);
	if (r == 0)
		r = posix_spawnattr_setflags(
		    attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return -r;
}

static int
spawn(struct child *c, const struct program *p, const int fds[CHILD_FDS])
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	char index[16], debug[] = "--debug";
	char line[] = "--line", uplink[] = "--uplink";
	char *const args[] = {p->path, c->role == ROLE_LINE ? line : uplink,
	    index, p->debug ? debug : NULL, NULL};
	int r;

	(void)snprintf(index, sizeof(index), "%u", c->index);
	r = -posix_spawn_file_actions_init(&fa);
	if (r != 0)
		return r;
	r = -posix_spawnattr_init(&attr);
	if (r == 0) {
		r = set_up(&fa, &attr, fds);
		if (r == 0)
			r = -posix_spawn(
			    &c->pid, p->path, &fa, &attr, args, environ);
		(void)posix_spawnattr_destroy(&attr); /* cannot fail */
	}
	(void)posix_spawn_file_actions_destroy(&fa); /* cannot fail */
	return r;
}

/* With copies for the child alone. */
static int
spawn_with(struct child *c, const struct program *p, int chan)
{
	const int given[CHILD_FDS] = {chan, p->snapshot, p->page};
	int fds[CHILD_FDS] = {-1, -1, -1}, n = 0, r = 0;

	while (r >= 0 && n < CHILD_FDS && given[n] >= 0) {
		r = clear_of(given[n]);
		fds[n++] = r;
	}
	if (r >= 0)
		r = spawn(c, p, fds);
	while (n-- > 0)
		if (fds[n] >= 0)
			(void)close(fds[n]);
	return r;
}

void
child_done(struct child *c)
{
	if (c->page != -1)
		(void)close(c->page); /* only memory */
	c->page = -1;
}

int
child_start(struct child *c, const struct program *p, int64_t now)
{
	int pair[2], r;

	child_done(c);
	c->page = p->page < 0 ? -1 : p->page;
	r = chan_pair(pair, CHILD_BUFFER);
	if (r != 0)
		return r;
	r = spawn_with(c, p, pair[1]);
	(void)close(pair[1]); /* the child has its own */
	if (r != 0) {
		(void)close(pair[0]); /* nobody is at the other end */
		c->pid = 0;
		return r;
	}
	c->fd = pair[0];
	c->state = CHILD_STARTING;
	c->started = c->heard = now;
	c->stop_sent = c->bye = c->held = c->renew = false;
	c->committed = 0;
	c->handed = 0;
	c->bulletin_number = 0;
	return 0;
}

void
child_kill(struct child *c)
{
	if (c->pid > 0 && kill(c->pid, SIGKILL) == -1)
		log_debug("process %d: %s", c->pid, strerror(errno));
}

void
child_close(struct child *c)
{
	if (c->fd != -1)
		(void)close(c->fd); /* all that was sent has been read */
	c->fd = -1;
	free(c->bulletin);
	c->bulletin = NULL;
}

bool
child_silent(const struct child *c, int64_t now)
{
	return c->pid > 0 && c->state != CHILD_ENDING &&
	       now - c->heard >= SILENCE_MS;
}
