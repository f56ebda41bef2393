/*
 * One question, one answer in pieces, three seconds for all of it (for what
 * becomes of a command, longer than core waits). The gateway is not trusted to
 * be well: a piece that is malformed, an answer without end
 * or none at all are each said plainly.
 */
#include "ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "chan.h"
#include "cmd.h"
#include "jdoc.h"
#include "mono.h"
#include "msg.h"

enum { ANSWER_MS = 3000, WRITE_MS = 20000, ANSWER_MAX = 16 << 20 };

struct answer {
	char *text;
	size_t len, cap;
};

static int
dial(const char *dir, char *path, size_t size)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd, n = snprintf(path, size, "%s/control.sock", dir);

	if (n < 0 || (size_t)n >= size || (size_t)n >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, (size_t)n + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == -1) {
		int e = -errno;
		(void)close(fd); /* nothing was sent on it */
		return e;
	}
	return fd;
}

/* 0, or -ETIMEDOUT. */
static int
wait_readable(int fd, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left;
	int n;

	do {
		left = until - mono_ms();
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n == 0 ? -ETIMEDOUT : 0;
}

static int
append(struct answer *a, const char *piece)
{
	size_t n = strlen(piece);

	if (a->len + n > ANSWER_MAX)
		return -EMSGSIZE;
	if (a->len + n + 1 > a->cap) {
		size_t cap = (a->len + n + 1) * 2;
		char *more = realloc(a->text, cap);
		if (more == NULL)
			return -ENOMEM;
		a->text = more;
		a->cap = cap;
	}
	memcpy(a->text + a->len, piece, n + 1);
	a->len += n;
	return 0;
}

static int
collect(int fd, int64_t until, struct answer *a)
{
	struct msg *m = malloc(sizeof(*m));
	int r = m == NULL ? -ENOMEM : 0;

	while (r == 0) {
		r = wait_readable(fd, until);
		if (r != 0)
			break;
		r = msg_recv(fd, m);
		if (r == -EAGAIN) {
			r = 0;
			continue;
		}
		if (r == 0)
			r = -ECONNRESET;
		else if (r == 1)
			r = m->kind == MSG_TEXT ? append(a, m->text.text)
						: -EPROTO;
		if (r == 0 && m->text.last)
			break;
	}
	free(m);
	return r;
}

static int
exchange(const struct msg *m, int patience, struct answer *a, char *path,
    size_t size)
{
	int64_t until = mono_ms() + patience;
	int fd = dial(ctl_run_dir(), path, size);
	int r;

	if (fd < 0)
		return fd;
	r = msg_send(fd, m);
	if (r == 0)
		r = collect(fd, until, a);
	(void)close(fd); /* all we wanted has been read */
	return r;
}

static int
no_answer(int error, int patience, const char *path)
{
	const char *why = strerror(-error);
	char mute[40];
	const char *next = "is gatewayd running? (systemctl status gatewayd; "
			   "--run-dir names another)";

	switch (-error) {
	case EACCES:
		next = "run as root, or as a member of the group gatewayd";
		break;
	case ETIMEDOUT:
	case EAGAIN:
		(void)snprintf(
		    mute, sizeof(mute), "no answer in %d s", patience / 1000);
		why = mute;
		next = "journalctl -u gatewayd says what it is doing";
		break;
	case EPROTO:
		why = "the answer is not understood";
		next = "gatewayctl and gatewayd are of different builds: "
		       "compare `gatewayctl version` and `gatewayd --version`";
		break;
	case ECONNRESET:
	case EPIPE:
		why = "gatewayd closed the connection";
		next = "ask again; it may be stopping";
		break;
	default:
		break;
	}
	(void)fprintf(stderr, "gatewayctl: %s: %s; %s\n", path, why, next);
	return CTL_NO_GATEWAY;
}

/* An answer that is no answer is as good as none. */
static int
take_answer(struct answer *a, struct jdoc **out, char *error, size_t size)
{
	struct jdoc *j = jdoc_parse(a->text, a->len, error, size);
	const char *refused;

	if (j == NULL)
		return CTL_NO_GATEWAY;
	refused = jdoc_text(jdoc_root(j), "error", NULL);
	if (refused == NULL) {
		*out = j;
		return CTL_DONE;
	}
	(void)snprintf(error, size, "%s", refused);
	jdoc_free(j);
	return CTL_REFUSED;
}

static int
ask_question(const char *question, struct answer *a, char *path, size_t size)
{
	struct msg *m = calloc(1, sizeof(*m));
	int r;

	if (m == NULL)
		return -ENOMEM;
	m->kind = MSG_ASK;
	m->text.last = 1;
	(void)snprintf(m->text.text, sizeof(m->text.text), "%s", question);
	r = exchange(m, ANSWER_MS, a, path, size);
	free(m);
	return r;
}

/* What came of an exchange, said when it is no answer. */
static int
conclude(int r, int patience, struct answer *a, const char *path,
    struct jdoc **out, char **text)
{
	char error[256];

	if (r != 0) {
		free(a->text);
		return no_answer(r, patience, path);
	}
	r = take_answer(a, out, error, sizeof(error));
	if (r != CTL_DONE)
		(void)fprintf(stderr, "gatewayctl: %s: %s\n", path, error);
	if (r != CTL_DONE || text == NULL)
		free(a->text);
	else
		*text = a->text;
	return r;
}

int
ask_core(const char *question, struct jdoc **out, char **text)
{
	struct answer a = {0};
	char path[256] = "control.sock";
	int r = ask_question(question, &a, path, sizeof(path));

	return conclude(r, ANSWER_MS, &a, path, out, text);
}

int
ask_write(const struct msg_wish *wish, struct jdoc **out, char **text)
{
	struct answer a = {0};
	char path[256] = "control.sock";
	struct msg *m = calloc(1, sizeof(*m));
	int r = -ENOMEM;

	if (m != NULL) {
		m->kind = MSG_WISH;
		m->wish = *wish;
		r = exchange(m, WRITE_MS, &a, path, sizeof(path));
	}
	free(m);
	return conclude(r, WRITE_MS, &a, path, out, text);
}

int
ask_connect(void)
{
	char path[256] = "control.sock";
	int fd = dial(ctl_run_dir(), path, sizeof(path));

	if (fd < 0)
		(void)no_answer(fd, ANSWER_MS, path); /* only says it */
	return fd;
}

int
ask_core_quietly(const char *question, struct jdoc **out)
{
	struct answer a = {0};
	char path[256], error[256];
	int r = ask_question(question, &a, path, sizeof(path));

	r = r != 0 ? CTL_NO_GATEWAY
		   : take_answer(&a, out, error, sizeof(error));
	free(a.text);
	return r;
}

bool
ask_listens(void)
{
	char path[256];
	int fd = dial(ctl_run_dir(), path, sizeof(path));

	if (fd >= 0)
		(void)close(fd); /* nothing was asked on it */
	return fd >= 0;
}
