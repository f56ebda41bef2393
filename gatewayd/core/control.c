/* Eight clients, five seconds each; a command has its own time besides, and
 * who has a line make requests may think between them. */
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core.h"
#include "log.h"
#include "mono.h"
#include "peer.h"
#include "report.h"

enum { CLIENTS = 8, PROBERS = 4, CLIENT_MS = 5000, PROBER_MS = 600000 };
enum { READ_INPUT = 4 }; /* the last function that only reads */

struct client {
	int fd; /* -1: free */
	sd_event_source *io;
	struct core *core; /* borrowed */
	bool waits;        /* for what becomes of its command */
	bool probes;       /* has lines make requests, until it goes */
	char *answer;      /* NULL: not asked yet, or not answered */
	size_t len, sent;
	int64_t until;
};

struct control {
	struct core *core; /* borrowed */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int fd;
	sd_event_source *io;
	struct client clients[CLIENTS];
};

static void
let_go(struct client *k)
{
	if (k->fd == -1)
		return;
	command_forget(k->core, k);
	errand_forget(k->core, k);
	k->io = sd_event_source_disable_unref(k->io);
	(void)close(k->fd); /* what it did not read it did not want */
	free(k->answer);
	*k = (struct client){.fd = -1};
}

/* One more piece: 1 more to send, 0 all sent, -errno. */
static int
send_piece(struct client *k, struct msg *m)
{
	size_t n = k->len - k->sent;
	int r;

	if (n > MSG_CHUNK_MAX - 1)
		n = MSG_CHUNK_MAX - 1;
	m->kind = MSG_TEXT;
	memcpy(m->text.text, k->answer + k->sent, n);
	m->text.text[n] = '\0';
	m->text.last = k->sent + n == k->len;
	r = msg_send(k->fd, m);
	if (r != 0)
		return r;
	k->sent += n;
	return k->sent < k->len;
}

static int
answer(struct client *k, struct msg *m)
{
	int r;

	do
		r = send_piece(k, m);
	while (r == 1);
	return r;
}

/* Takes the text: it is sent as the client reads. */
static int
begin_answer(struct client *k, char *take)
{
	k->answer = take;
	if (take == NULL)
		return -ENOMEM;
	k->len = strlen(take);
	k->waits = false;
	k->until = mono_ms() + CLIENT_MS;
	return sd_event_source_set_io_events(k->io, EPOLLOUT);
}

static void
on_told(void *arg, enum command_result r, const char *text)
{
	struct client *k = arg;

	if (begin_answer(k, report_result(r, text)) < 0)
		k->until = 0; /* control_step() lets it go */
}

static void
wish(struct client *k, const struct msg_wish *w)
{
	struct asker a = {.told = on_told, .arg = k};
	char who[64];
	int64_t now = mono_ms();

	(void)snprintf(a.by, sizeof(a.by), "%s through gatewayctl",
	    peer_name(k->fd, who, sizeof(who)));
	k->waits = true;
	k->until = now + COMMAND_WAIT_MS + CLIENT_MS;
	command_ask(k->core, &a, w, now);
}

static void
on_probed(void *arg, const struct msg_probed *a)
{
	struct client *k = arg;
	struct msg *m = k->core->msg;

	m->kind = MSG_PROBED;
	m->probed = *a;
	if (msg_send(k->fd, m) != 0)
		k->until = 0; /* it does not listen, or is gone */
}

/* There is room for a command, however many look around. */
static bool
may_probe(const struct client *k)
{
	const struct control *c = k->core->control;
	size_t n = 0;

	for (size_t i = 0; i < CLIENTS; i++)
		n += c->clients[i].probes;
	return k->probes || n < PROBERS;
}

static void
probe(struct client *k, const struct msg_probe *q)
{
	struct errand_for by = {.told = on_probed, .arg = k};
	int64_t now = mono_ms();
	char who[64];

	if (!may_probe(k)) {
		const struct msg_probed no = {.id = q->id,
		    .result = PROBE_REFUSED,
		    .text = "others are asking through the gateway; try again"};
		on_probed(k, &no);
		return;
	}
	if (q->function > READ_INPUT)
		(void)snprintf(by.by, sizeof(by.by), "%s through gatewayctl",
		    peer_name(k->fd, who, sizeof(who)));
	k->probes = true;
	k->until = now + PROBER_MS;
	errand_ask(k->core, &by, q, now);
}

/* 0: there is something to send; -EAGAIN: not now. */
static int
hear(struct client *k)
{
	struct msg *m = k->core->msg;
	int r = msg_recv(k->fd, m);

	if (r == -EAGAIN)
		return -EAGAIN;
	/* One question each; and one that waits has only to wait. */
	if (r != 1 || k->waits)
		return -EPROTO;
	if (m->kind == MSG_PROBE) {
		probe(k, &m->probe);
		return -EAGAIN;
	}
	if (k->probes)
		return -EPROTO;
	if (m->kind == MSG_ASK)
		return begin_answer(
		    k, report(k->core, m->text.text, mono_ms()));
	if (m->kind != MSG_WISH)
		return -EPROTO;
	wish(k, &m->wish);
	return k->waits ? -EAGAIN : 0;
}

static int
on_client(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct control *c = user;
	struct client *k = NULL;
	int r;

	(void)events;
	for (size_t i = 0; i < CLIENTS; i++)
		if (c->clients[i].io == source && c->clients[i].fd == fd)
			k = &c->clients[i];
	if (k == NULL)
		return 0;
	r = k->answer == NULL ? hear(k) : 0;
	if (r >= 0)
		r = answer(k, c->core->msg);
	if (r != -EAGAIN)
		let_go(k);
	return 0;
}

static int
on_connect(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct control *c = user;
	struct client *k = NULL;
	int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)source;
	(void)events;
	if (one == -1)
		return 0; /* it went away, or we are short of descriptors */
	for (size_t i = 0; i < CLIENTS && k == NULL; i++)
		if (c->clients[i].fd == -1)
			k = &c->clients[i];
	if (k == NULL) {
		(void)close(one); /* one too many */
		return 0;
	}
	k->fd = one;
	k->core = c->core;
	k->until = mono_ms() + CLIENT_MS;
	if (sd_event_add_io(c->core->loop, &k->io, one, EPOLLIN, on_client, c) <
	    0)
		let_go(k);
	return 0;
}

void
control_step(struct control *c, int64_t now)
{
	for (size_t i = 0; c != NULL && i < CLIENTS; i++)
		if (c->clients[i].fd != -1 && now >= c->clients[i].until)
			let_go(&c->clients[i]);
}

static int
listen_on(struct control *c)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -errno;
	c->fd = fd;
	memcpy(at.sun_path, c->path, sizeof(at.sun_path));
	/* We hold the lock: what lies there is a dead gateway's. */
	if (unlink(c->path) == -1 && errno != ENOENT)
		return -errno;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    chmod(c->path, 0660) == -1 || listen(fd, CLIENTS) == -1)
		return -errno;
	return sd_event_add_io(
	    c->core->loop, &c->io, fd, EPOLLIN, on_connect, c);
}

int
control_open(struct core *core)
{
	struct control *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return -ENOMEM;
	c->core = core;
	c->fd = -1;
	for (size_t i = 0; i < CLIENTS; i++)
		c->clients[i].fd = -1;
	r = snprintf(
	    c->path, sizeof(c->path), "%s/control.sock", core->opt->run_dir);
	r = r < 0 || (size_t)r >= sizeof(c->path) ? -ENAMETOOLONG
						  : listen_on(c);
	if (r < 0) {
		(void)control_close(c); /* NULL, always */
		return r;
	}
	core->control = c;
	return 0;
}

struct control *
control_close(struct control *take)
{
	if (take == NULL)
		return NULL;
	for (size_t i = 0; i < CLIENTS; i++)
		let_go(&take->clients[i]);
	take->io = sd_event_source_disable_unref(take->io);
	if (take->fd != -1) {
		(void)close(take->fd); /* only listened on */
		if (unlink(take->path) == -1 && errno != ENOENT)
			log_warning(
			    "%s: not removed: %s", take->path, strerror(errno));
	}
	free(take);
	return NULL;
}
