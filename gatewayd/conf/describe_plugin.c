/*
 * A plugin's own code runs in a process of its own even to say what it is: a
 * truncated file dies with SIGBUS in dlopen(), and a loop would never end.
 */
#include "describe_plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mono.h"

struct pipe_end {
	int fd; /* -1: at its end */
	char *mem;
	size_t len, cap;
	bool talk;
};

/* Reads what is there; false when there is more than fits. Of what is only
 * `talk` the end is kept. */
static bool
drain(struct pipe_end *p)
{
	ssize_t n;

	if (p->len == p->cap && !p->talk)
		return false;
	if (p->len == p->cap) {
		p->len -= p->cap / 2;
		memmove(p->mem, p->mem + p->cap / 2, p->len);
	}
	n = read(p->fd, p->mem + p->len, p->cap - p->len);
	if (n > 0)
		p->len += (size_t)n;
	else if (n == 0 || errno != EINTR)
		p->fd = -1;
	return true;
}

/* Both pipes to their ends, before `end`. 0 or -errno. */
static int
collect(struct pipe_end p[2], int64_t end)
{

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		struct pollfd f[2] = {
		    {.fd = p[0].fd, .events = POLLIN},
		    {.fd = p[1].fd, .events = POLLIN},
		};
		int64_t left = end - mono_ms();
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(f, 2, (int)left) < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < 2; i++)
			if (f[i].revents && !drain(&p[i]))
				return -EFBIG;
	}
	return 0;
}

static void
run(const char *program, const char *file, const int out[2], const int err[2])
{
	char *argv[] = {
	    strdup(program), strdup("--describe"), strdup(file), NULL};
	int null = open("/dev/null", O_RDONLY);

	/* After fork: whatever fails here, the parent sees exit code 127. */
	if (null >= 0)
		(void)dup2(null, STDIN_FILENO);
	if (dup2(out[1], STDOUT_FILENO) >= 0 &&
	    dup2(err[1], STDERR_FILENO) >= 0 && argv[0] && argv[1] && argv[2])
		(void)execv(program, argv);
	_exit(127);
}

static void
last_line(const struct pipe_end *p, char *why, size_t size)
{
	size_t end = p->len, start;

	while (end && p->mem[end - 1] == '\n')
		end--;
	for (start = end; start && p->mem[start - 1] != '\n';)
		start--;
	(void)snprintf(why, size, "%.*s", (int)(end - start), p->mem + start);
}

/* Its exit status. It may have closed its pipes and go on; then it is killed
 * at `end`, or at once when `failed`. */
static int
reap(pid_t pid, int64_t end, int *failed)
{
	enum { LOOK_MS = 5 };
	int status = 0;
	pid_t got = 0;

	while (!*failed && got != pid) {
		got = waitpid(pid, &status, WNOHANG);
		if (got == pid)
			return status;
		if (got == -1 && errno != EINTR)
			*failed = -errno;
		else if (mono_ms() >= end)
			*failed = -ETIMEDOUT;
		else
			mono_sleep_until(mono_ms() + LOOK_MS);
	}
	(void)kill(pid, SIGKILL); /* it is ours and not yet reaped */
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return status;
}

/* Sorts out how it ended; 0 when the description may be believed. */
static int
judge(
    int status, int failed, const struct pipe_end *err, char *why, size_t size)
{
	if (failed == -ETIMEDOUT)
		(void)snprintf(why, size,
		    "it did not describe itself within "
		    "%d s; it may loop",
		    DESCRIBE_MS / 1000);
	else if (failed == -EFBIG)
		(void)snprintf(why, size,
		    "its description is longer than %d "
		    "bytes",
		    DESCRIPTION_MAX);
	else if (failed < 0)
		(void)snprintf(why, size, "%s", strerror(-failed));
	else if (WIFSIGNALED(status))
		(void)snprintf(why, size,
		    "it crashed when loaded (%s); the "
		    "file may be truncated or built for another machine",
		    strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		last_line(err, why, size);
	else
		return 0;
	if (!why[0])
		(void)snprintf(why, size, "it could not be described");
	return -1;
}

char *
describe_plugin(const char *line_program, const char *file, size_t *len,
    char *why, size_t why_size)
{
	int out[2] = {-1, -1}, err[2] = {-1, -1}, failed = 0;
	char words[1024];
	struct pipe_end p[2] = {
	    {.mem = malloc(DESCRIPTION_MAX), .cap = DESCRIPTION_MAX},
	    {.mem = words, .cap = sizeof(words), .talk = true},
	};
	int64_t end = mono_ms() + DESCRIBE_MS;
	pid_t pid = -1;

	why[0] = '\0';
	if (!p[0].mem || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) ||
	    (pid = fork()) == -1)
		failed = -errno;
	if (pid == 0)
		run(line_program, file, out, err);
	(void)(out[1] < 0 || close(out[1]));
	(void)(err[1] < 0 || close(err[1]));
	if (pid > 0) {
		p[0].fd = out[0];
		p[1].fd = err[0];
		failed = collect(p, end);
		int status = reap(pid, end, &failed);
		failed = judge(status, failed, &p[1], why, why_size);
	} else {
		(void)snprintf(why, why_size, "%s", strerror(-failed));
	}
	(void)(out[0] < 0 || close(out[0]));
	(void)(err[0] < 0 || close(err[0]));
	if (failed) {
		free(p[0].mem);
		return NULL;
	}
	*len = p[0].len;
	return p[0].mem;
}
