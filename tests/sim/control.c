/*
 * The control socket: a line in, a line out. A client that sends more than it
 * reads is hung up on; it is a test, and it is here to be told.
 */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "script.h"

enum { CLIENTS = CONTROL_FDS_MAX - 1, LINE_MAX_BYTES = 2048 };

struct client {
	int fd; /* -1: free */
	char in[LINE_MAX_BYTES];
	size_t nin;
};

struct control {
	int listener;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct client clients[CLIENTS];
};

int
control_open(const char *path, struct control **out)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct control *c;
	int r = -ENOMEM;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	memcpy(sa.sun_path, path, strlen(path) + 1);
	memcpy(c->path, path, strlen(path) + 1);
	for (size_t i = 0; i < CLIENTS; i++)
		c->clients[i].fd = -1;
	c->listener =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	(void)unlink(path); /* bind() tells when it stays */
	if (c->listener == -1 ||
	    bind(c->listener, (struct sockaddr *)&sa, sizeof(sa)) == -1 ||
	    listen(c->listener, CLIENTS) == -1) {
		r = -errno;
		if (c->listener != -1)
			(void)close(c->listener);
		free(c);
		return r;
	}
	*out = c;
	return 0;
}

static void
hang_up(struct client *cl)
{
	(void)close(cl->fd);
	cl->fd = -1;
	cl->nin = 0;
}

struct control *
control_free(struct control *c)
{
	if (c == NULL)
		return NULL;
	for (size_t i = 0; i < CLIENTS; i++)
		if (c->clients[i].fd != -1)
			hang_up(&c->clients[i]);
	(void)close(c->listener);
	(void)unlink(c->path); /* may have gone with its folder */
	free(c);
	return NULL;
}

size_t
control_fds(const struct control *c, struct pollfd out[CONTROL_FDS_MAX])
{
	size_t n = 0;

	out[n++] = (struct pollfd){.fd = c->listener, .events = POLLIN};
	for (size_t i = 0; i < CLIENTS; i++)
		if (c->clients[i].fd != -1)
			out[n++] = (struct pollfd){
			    .fd = c->clients[i].fd, .events = POLLIN};
	return n;
}

static void
take_client(struct control *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	for (size_t i = 0; fd != -1 && i < CLIENTS; i++) {
		if (c->clients[i].fd == -1) {
			c->clients[i].fd = fd;
			return;
		}
	}
	if (fd != -1)
		(void)close(fd);
}

static void
answer_line(struct client *cl, const char *line, struct farm *f, int64_t now)
{
	char answer[SCRIPT_ANSWER_MAX + 1];
	size_t n;

	(void)script_do(f, line, now, answer);
	n = strlen(answer);
	answer[n++] = '\n';
	if (send(cl->fd, answer, n, MSG_NOSIGNAL) != (ssize_t)n)
		hang_up(cl);
}

static void
take_lines(struct client *cl, struct farm *f, int64_t now)
{
	ssize_t n = recv(cl->fd, cl->in + cl->nin, sizeof(cl->in) - cl->nin, 0);
	char *end;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(cl);
		return;
	}
	cl->nin += (size_t)n;
	while (cl->fd != -1 && (end = memchr(cl->in, '\n', cl->nin)) != NULL) {
		size_t used = (size_t)(end - cl->in) + 1;
		*end = '\0';
		answer_line(cl, cl->in, f, now);
		if (cl->fd == -1)
			return;
		cl->nin -= used;
		memmove(cl->in, cl->in + used, cl->nin);
	}
	if (cl->nin == sizeof(cl->in))
		hang_up(cl);
}

void
control_ready(
    struct control *c, const struct pollfd *fd, struct farm *f, int64_t now)
{
	if (fd->fd == c->listener) {
		take_client(c);
		return;
	}
	for (size_t i = 0; i < CLIENTS; i++)
		if (c->clients[i].fd == fd->fd)
			take_lines(&c->clients[i], f, now);
}
