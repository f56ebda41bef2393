/* See line_says.h. */
#include "line_says.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chan.h"
#include "mono.h"
#include "snapshot.h"

/* Below these numbers lie the child's own, which dup2() would overwrite. */
enum { CLEAR_OF_FDS = 16 };

/* In place of *fd, a copy that stands clear. 0 or -errno. */
static int
lift(int *fd)
{
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, CLEAR_OF_FDS);

	if (high == -1)
		return -errno;
	(void)close(*fd); /* the copy is as good */
	*fd = high;
	return 0;
}

/* Arguments are not const in execv(): copies, freed with the array. */
static int
start(pid_t *pid, const char *program, const char *option, const char *arg,
    int snapshot, int out)
{
	char *argv[] = {strdup(program), strdup(option), strdup(arg), NULL};
	posix_spawn_file_actions_t fa;
	int r = posix_spawn_file_actions_init(&fa);

	if (argv[0] == NULL || argv[1] == NULL || argv[2] == NULL)
		r = ENOMEM;
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(
		    &fa, snapshot, SNAPSHOT_FD);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn(pid, program, &fa, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&fa); /* cannot fail */
	for (size_t i = 0; i < 3; i++)
		free(argv[i]);
	return -r;
}

/* All it prints, until it closes its end. 0 or -errno. */
static int
hear(int fd, int64_t until, char *mem, size_t *len)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = until - mono_ms();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) <= 0)
			continue; /* the time says what to do */
		n = read(fd, mem + *len, LINE_SAYS_MAX - *len);
		if (n == 0)
			return *len < LINE_SAYS_MAX ? 0 : -EFBIG;
		if (n > 0)
			*len += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
}

/* Whether it ended well. One that was heard to the end may still not end. */
static int
reap(pid_t pid, int heard, int64_t until, int *status)
{
	enum { LOOK_MS = 5 };
	pid_t got = 0;

	while (heard == 0 && got != pid) {
		got = waitpid(pid, status, WNOHANG);
		if (got == pid)
			return 0;
		if (mono_ms() >= until)
			heard = -ETIMEDOUT;
		else
			mono_sleep_until(mono_ms() + LOOK_MS);
	}
	(void)kill(pid, SIGKILL); /* it is ours and not yet reaped */
	while (waitpid(pid, status, 0) == -1 && errno == EINTR)
		;
	return heard;
}

static int
judge(int error, int status, const char *program, char *why, size_t size)
{
	if (error == -ETIMEDOUT)
		(void)snprintf(why, size,
		    "%s was not done within %d s; a plugin may loop", program,
		    LINE_SAYS_MS / 1000);
	else if (error < 0)
		(void)snprintf(why, size, "%s: %s", program, strerror(-error));
	else if (WIFSIGNALED(status))
		(void)snprintf(why, size,
		    "%s crashed (%s); a plugin may have done it", program,
		    strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		(void)snprintf(why, size, "%s ended with %d", program,
		    WEXITSTATUS(status));
	else
		return 0;
	return -1;
}

static int
converse(const char *program, int snapshot, const char *option, const char *arg,
    char *mem, size_t *len, char *why, size_t size)
{
	int64_t until = mono_ms() + LINE_SAYS_MS;
	int out[2], status = 0, r;
	pid_t pid = -1;

	if (pipe2(out, O_CLOEXEC) == -1)
		return judge(-errno, 0, program, why, size);
	r = lift(&out[1]);
	if (r == 0)
		r = start(&pid, program, option, arg, snapshot, out[1]);
	(void)close(out[1]); /* the child has its own */
	if (r == 0)
		r = reap(pid, hear(out[0], until, mem, len), until, &status);
	(void)close(out[0]); /* only read from */
	return judge(r, status, program, why, size);
}

char *
line_says(const char *program, const struct snapshot *s, const char *option,
    const char *arg, size_t *len, char *why, size_t size)
{
	char *mem = malloc(LINE_SAYS_MAX);
	int fd = snapshot_seal(s), r = -1;

	*len = 0;
	if (mem == NULL || fd < 0 || lift(&fd) < 0)
		(void)snprintf(why, size, "%s",
		    strerror(mem == NULL ? ENOMEM
			     : fd < 0    ? -fd
					 : errno));
	else
		r = converse(program, fd, option, arg, mem, len, why, size);
	if (fd >= 0)
		(void)close(fd); /* a copy in memory */
	if (r == 0)
		return mem;
	free(mem);
	return NULL;
}
