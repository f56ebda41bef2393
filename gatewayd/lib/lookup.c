/*
 * The child is this program again: exec'd, with nothing of ours open but the
 * pipe it answers on. What it says is read as if a stranger had written it.
 */
#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CODE_FOUND = 0, CODE_UNKNOWN = 3, CODE_MUTE = 4 };
enum { ADDRESS_MAX = INET6_ADDRSTRLEN + 1 + IF_NAMESIZE };

_Static_assert(
    LOOKUP_MAX *(ADDRESS_MAX + 1) <= LOOKUP_TEXT_MAX, "room for every address");

bool
lookup_needed(const char *host)
{
	struct sockaddr_storage any;

	return !lookup_address(host, 0, &any);
}

/* Its own group of descriptors: `out` as its output, ours closed. Whoever is at
 * the other end of one of ours must see it close when we end. */
static int
set_files(posix_spawn_file_actions_t *fa, int out)
{
	int r = posix_spawn_file_actions_adddup2(fa, out, STDOUT_FILENO);

	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(
		    fa, STDERR_FILENO + 1);
	return r;
}

static int
set_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int r;

	(void)sigemptyset(&none); /* cannot fail */
	(void)sigfillset(&all);
	r = posix_spawnattr_setsigmask(attr, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attr, &all);
	if (r == 0)
		r = posix_spawnattr_setflags(
		    attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return r;
}

static int
spawn(pid_t *pid, int out, char *const args[])
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int r = posix_spawn_file_actions_init(&fa);

	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r == 0) {
		r = set_files(&fa, out);
		if (r == 0)
			r = set_signals(&attr);
		if (r == 0)
			r = posix_spawn(
			    pid, "/proc/self/exe", &fa, &attr, args, environ);
		(void)posix_spawnattr_destroy(&attr); /* cannot fail */
	}
	(void)posix_spawn_file_actions_destroy(&fa); /* cannot fail */
	return -r;
}

int
lookup_begin(struct lookup *l, const char *host, int64_t now)
{
	char option[] = "--resolve", *copy = strdup(host);
	char *args[] = {program_invocation_short_name, option, copy, NULL};
	struct lookup begun = {.until = now + LOOKUP_MS};
	int out[2], r;

	if (copy == NULL)
		return -ENOMEM;
	if (pipe2(out, O_CLOEXEC | O_NONBLOCK) == -1) {
		r = -errno;
		free(copy);
		return r;
	}
	begun.fd = out[0];
	r = spawn(&begun.pid, out[1], args);
	free(copy);
	(void)close(out[1]); /* nothing was written through it */
	if (r == 0)
		*l = begun;
	else
		(void)close(out[0]);
	return r;
}

/* True when it will say no more. */
static bool
has_ended(struct lookup *l)
{
	for (;;) {
		size_t room = sizeof(l->text) - 1 - l->len;
		/* One that says too much is through, too: n is 0. */
		ssize_t n = read(l->fd, l->text + l->len, room);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 || errno != EAGAIN;
		l->len += (size_t)n;
		l->text[l->len] = '\0';
	}
}

/* It is ending by itself, or is made to: so this waits for the kernel alone. */
static int
reap(struct lookup *l)
{
	int status = -1;

	(void)kill(l->pid, SIGKILL); /* ours until it is reaped */
	while (waitpid(l->pid, &status, 0) == -1)
		if (errno != EINTR) {
			status = -1;
			break;
		}
	(void)close(l->fd); /* it was only read */
	l->pid = 0;
	return status;
}

static enum lookup_result
found(const struct lookup *l)
{
	struct sockaddr_storage list[LOOKUP_MAX];
	size_t n = lookup_addresses(l->text, 0, list);
	bool v4 = false, v6 = false;

	for (size_t i = 0; i < n; i++) {
		v4 = v4 || list[i].ss_family == AF_INET;
		v6 = v6 || list[i].ss_family == AF_INET6;
	}
	if (n == 0)
		return LOOKUP_MUTE;
	return v4 && v6 ? LOOKUP_BOTH : LOOKUP_FOUND;
}

enum lookup_result
lookup_step(struct lookup *l, int64_t now)
{
	bool ended = has_ended(l);
	int status;

	if (!ended && now < l->until)
		return LOOKUP_WAITS;
	status = reap(l);
	if (!ended || !WIFEXITED(status))
		return LOOKUP_MUTE;
	switch (WEXITSTATUS(status)) {
	case CODE_FOUND:
		return found(l);
	case CODE_UNKNOWN:
		return LOOKUP_UNKNOWN;
	default:
		return LOOKUP_MUTE;
	}
}

void
lookup_end(struct lookup *l)
{
	if (l->pid > 0)
		(void)reap(l); /* nobody asks any more how it went */
}

bool
lookup_address(const char *text, uint16_t port, struct sockaddr_storage *out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	char service[8];

	(void)snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(text, service, &hints, &list) != 0)
		return false;
	memset(out, 0, sizeof(*out));
	memcpy(out, list->ai_addr, list->ai_addrlen);
	freeaddrinfo(list);
	return true;
}

size_t
lookup_addresses(
    const char *text, uint16_t port, struct sockaddr_storage out[LOOKUP_MAX])
{
	const char *end;
	size_t n = 0;

	for (; n < LOOKUP_MAX && (end = strchr(text, '\n')) != NULL;
	     text = end + 1) {
		char line[ADDRESS_MAX];
		size_t len = (size_t)(end - text);

		if (len >= sizeof(line))
			continue;
		memcpy(line, text, len);
		line[len] = '\0';
		n += lookup_address(line, port, &out[n]);
	}
	return n;
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

/* In one piece, so that whoever asked reads all of it or nothing. */
static int
print_addresses(const struct addrinfo *list)
{
	char text[LOOKUP_TEXT_MAX], one[ADDRESS_MAX];
	size_t len = 0, n = 0;

	for (; list != NULL && n < LOOKUP_MAX; list = list->ai_next, n++)
		if (getnameinfo(list->ai_addr, list->ai_addrlen, one,
			sizeof(one), NULL, 0, NI_NUMERICHOST) == 0)
			len += (size_t)snprintf(
			    text + len, sizeof(text) - len, "%s\n", one);
	return write(STDOUT_FILENO, text, len) == (ssize_t)len ? CODE_FOUND
							       : CODE_MUTE;
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
		int code = print_addresses(list);
		freeaddrinfo(list);
		return code;
	}
	return r == EAI_NONAME || r == EAI_NODATA ? CODE_UNKNOWN : CODE_MUTE;
}
