/* The child is this program again: exec'd, with nothing of ours open. */
#include "lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chan.h"

enum { CODE_FOUND = 0, CODE_UNKNOWN = 3, CODE_MUTE = 4, CODE_BOTH = 5 };

bool
lookup_needed(const char *host)
{
	struct in6_addr any;

	return inet_pton(AF_INET, host, &any) != 1 &&
	       inet_pton(AF_INET6, host, &any) != 1;
}

static int
spawn(struct lookup *l, char *const args[])
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t all;
	int r = posix_spawn_file_actions_init(&fa);

	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r == 0) {
		(void)sigfillset(&all); /* cannot fail */
		r = posix_spawnattr_setsigdefault(&attr, &all);
		if (r == 0)
			r = posix_spawnattr_setflags(
			    &attr, POSIX_SPAWN_SETSIGDEF);
		/* Core must see the channel close when we end. */
		if (r == 0)
			r = posix_spawn_file_actions_addclosefrom_np(
			    &fa, CHAN_FD);
		if (r == 0)
			r = posix_spawn(&l->pid, "/proc/self/exe", &fa, &attr,
			    args, environ);
		(void)posix_spawnattr_destroy(&attr); /* cannot fail */
	}
	(void)posix_spawn_file_actions_destroy(&fa); /* cannot fail */
	return -r;
}

int
lookup_begin(struct lookup *l, const char *host, int64_t now)
{
	char program[] = "gatewayd-uplink", option[] = "--resolve";
	char *args[] = {program, option, NULL, NULL};
	struct lookup begun = {.until = now + LOOKUP_MS};
	char *copy = strdup(host);
	int r;

	if (!copy)
		return -ENOMEM;
	args[2] = copy;
	r = spawn(&begun, args);
	free(copy);
	if (r == 0)
		*l = begun;
	return r;
}

enum lookup_result
lookup_step(struct lookup *l, int64_t now)
{
	int status = 0;
	pid_t pid = waitpid(l->pid, &status, WNOHANG);

	if (pid == 0 && now < l->until)
		return LOOKUP_WAITS;
	if (pid == 0) {
		lookup_end(l);
		return LOOKUP_MUTE;
	}
	l->pid = 0;
	if (pid == -1 || !WIFEXITED(status))
		return LOOKUP_MUTE;
	switch (WEXITSTATUS(status)) {
	case CODE_FOUND:
		return LOOKUP_FOUND;
	case CODE_BOTH:
		return LOOKUP_BOTH;
	case CODE_UNKNOWN:
		return LOOKUP_UNKNOWN;
	default:
		return LOOKUP_MUTE;
	}
}

void
lookup_end(struct lookup *l)
{
	if (l->pid <= 0)
		return;
	(void)kill(l->pid, SIGKILL); /* ours until it is reaped */
	while (waitpid(l->pid, NULL, 0) == -1 && errno == EINTR)
		;
	l->pid = 0;
}

int
lookup_patience(const char *options)
{
	const char *old = getenv("RES_OPTIONS");
	char text[256];
	int n = snprintf(text, sizeof(text), "%s %s", old ? old : "", options);

	if (n < 0 || (size_t)n >= sizeof(text))
		return -E2BIG;
	return setenv("RES_OPTIONS", text, 1) == 0 ? 0 : -errno;
}

static int
families(const struct addrinfo *list)
{
	bool v4 = false, v6 = false;

	for (; list; list = list->ai_next) {
		v4 = v4 || list->ai_family == AF_INET;
		v6 = v6 || list->ai_family == AF_INET6;
	}
	return v4 && v6 ? CODE_BOTH : CODE_FOUND;
}

int
lookup_main(const char *host)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	int r;

	(void)lookup_patience("timeout:4 attempts:2"); /* killed if longer */
	/* It does not outlive the one who asked: both cannot fail. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)alarm(2 * LOOKUP_MS / 1000);
	r = getaddrinfo(host, NULL, &hints, &list);
	if (r == 0) {
		int code = families(list);
		freeaddrinfo(list);
		return code;
	}
	return r == EAI_NONAME || r == EAI_NODATA ? CODE_UNKNOWN : CODE_MUTE;
}
