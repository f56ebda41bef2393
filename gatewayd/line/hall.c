/*
 * Whoever dials in is a stranger until its bytes say otherwise. They are looked
 * at in the socket and left there, so that a guest is handed over with all that
 * it said behind its registration.
 */
#include "hall.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "listener.h"
#include "port.h"

enum {
	PEEK = 256,        /* longer than any registration */
	PAUSE_US = 300000, /* then a text that fits begins no longer one */
	REST_MS = 1000,    /* when the system has no descriptor for us */
	QUIET_MS = 60000   /* between two texts for the same reason */
};

enum reason { SAYS_UNKNOWN, SAYS_NOTHING, TOO_MANY, NO_ACCEPT, REASONS };

struct caller {
	int fd;
	size_t seen;               /* bytes that have come */
	int64_t came_us, heard_us; /* heard: when the last of them did */
	int64_t until_us;          /* when to look again, come what may */
	char peer[64];             /* its address */
};

struct hall {
	int fd;
	int64_t rest_us;                     /* takes nobody in before */
	struct caller waiting[HALL_WAITING]; /* the oldest first */
	size_t nwaiting;
	struct {
		int64_t quiet_us; /* says nothing before */
		unsigned more;    /* unsaid since */
	} told[REASONS];
	size_t n, any; /* any: the guest without a text; n: none */
	struct guest guests[];
};

struct hall *
hall_new(const char *address, uint16_t port, const struct guest *guests,
    size_t n, char *why)
{
	struct hall *h = calloc(1, sizeof(*h) + n * sizeof(*guests));

	if (h == NULL) {
		(void)snprintf(why, WHY_MAX, "out of memory");
		return NULL;
	}
	h->fd = listener_open(address, port, why);
	if (h->fd < 0) {
		free(h);
		return NULL;
	}
	h->n = n;
	if (n > 0)
		memcpy(h->guests, guests, n * sizeof(*guests));
	while (h->any < n && guests[h->any].registration != NULL)
		h->any++;
	return h;
}

struct hall *
hall_free(struct hall *take)
{
	if (take != NULL) {
		/* Nothing was written to any of them. */
		for (size_t i = 0; i < take->nwaiting; i++)
			(void)close(take->waiting[i].fd);
		(void)close(take->fd);
		free(take);
	}
	return NULL;
}

/* Whoever floods us does not flood the log. */
__attribute__((format(printf, 5, 6))) static void
say(struct hall *h, enum reason reason, int64_t now_us, char *said,
    const char *fmt, ...)
{
	unsigned more = h->told[reason].more;
	va_list ap;
	int n;

	if (now_us < h->told[reason].quiet_us) {
		h->told[reason].more++;
		return;
	}
	h->told[reason].quiet_us = now_us + (int64_t)QUIET_MS * 1000;
	h->told[reason].more = 0;
	va_start(ap, fmt);
	n = vsnprintf(said, WHY_MAX, fmt, ap);
	va_end(ap);
	if (more > 0 && n > 0 && n < WHY_MAX)
		(void)snprintf(said + n, (size_t)(WHY_MAX - n),
		    "; %u more like it since the last time", more);
}

/* No longer ours to wait for: its descriptor. */
static int
let_go(struct hall *h, size_t i)
{
	int fd = h->waiting[i].fd;

	h->nwaiting--;
	memmove(&h->waiting[i], &h->waiting[i + 1],
	    (h->nwaiting - i) * sizeof(h->waiting[0]));
	return fd;
}

static void
turn_away(struct hall *h, size_t i)
{
	(void)close(let_go(h, i)); /* nothing was written to it */
}

/* Hands over guest `g` with its registration taken off. -EAGAIN: it has gone
 * wrong with it meanwhile. */
static int
welcome(struct hall *h, size_t i, size_t g, size_t *who)
{
	const char *text = h->guests[g].registration;
	size_t size = text != NULL ? strlen(text) : 0;
	uint8_t bytes[PEEK];
	int one = 1, fd = let_go(h, i);

	/* Cannot fail: it is the default. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof(one));
	if (size > 0 && recv(fd, bytes, size, MSG_DONTWAIT) != (ssize_t)size) {
		(void)close(fd);
		return -EAGAIN;
	}
	*who = h->guests[g].who;
	return fd;
}

/* To be woken by the next byte or the end, not by those that were seen. */
static void
wait_for_more(struct caller *c, enum registration r)
{
	int low = (int)c->seen + 1;

	/* If it failed we would look at what is there more often. */
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
	c->until_us = c->came_us + (int64_t)REGISTER_MS * 1000;
	if (r == REGISTRATION_FITS && c->heard_us + PAUSE_US < c->until_us)
		c->until_us = c->heard_us + PAUSE_US;
}

/* What it has said so far: how many bytes, -1 when it has hung up undecided. */
static ssize_t
peek(struct caller *c, int64_t now_us, uint8_t bytes[PEEK])
{
	ssize_t n = recv(c->fd, bytes, PEEK, MSG_PEEK | MSG_DONTWAIT);

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		return -1;
	if (n > 0 && (size_t)n > c->seen) {
		c->seen = (size_t)n;
		c->heard_us = now_us;
	}
	return n > 0 ? n : 0;
}

static bool
has_hung_up(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	return poll(&p, 1, 0) == 1;
}

static void
say_stranger(struct hall *h, const struct caller *c, const uint8_t *bytes,
    size_t n, int64_t now_us, char *said)
{
	char shown[SHOWN_SIZE];

	registration_show(bytes, n, shown);
	say(h, SAYS_UNKNOWN, now_us, said,
	    "%s dialled in and said %s, which is no registration of this line; "
	    "closed; set the same text here and in the converter",
	    c->peer, shown);
}

static void
say_silent(struct hall *h, const struct caller *c, int64_t now_us, char *said)
{
	say(h, SAYS_NOTHING, now_us, said,
	    "%s dialled in and said no whole registration for %d s; closed; "
	    "let the converter send its registration on connecting",
	    c->peer, REGISTER_MS / 1000);
}

/* Decides about one: its descriptor when it is a guest; -EINPROGRESS: it goes
 * on waiting; -EAGAIN: it is gone. */
static int
decide(struct hall *h, size_t i, int64_t now_us, size_t *who, char *said)
{
	struct caller *c = &h->waiting[i];
	size_t g = h->any;
	uint8_t bytes[PEEK];
	ssize_t n = peek(c, now_us, bytes);
	enum registration r;

	if (n == -1) {
		turn_away(h, i);
		return -EAGAIN;
	}
	r = registration_match(h->guests, h->n, bytes, (size_t)n, &g);
	if (r == REGISTRATION_OPEN || r == REGISTRATION_FITS) {
		wait_for_more(c, r);
		if (has_hung_up(c->fd)) {
			turn_away(h, i);
			return -EAGAIN;
		}
		if (now_us < c->until_us)
			return -EINPROGRESS;
	}
	if (g < h->n)
		return welcome(h, i, g, who);
	if (r == REGISTRATION_STRANGE)
		say_stranger(h, c, bytes, (size_t)n, now_us, said);
	else
		say_silent(h, c, now_us, said);
	turn_away(h, i);
	return -EAGAIN;
}

static void
name_peer(const struct sockaddr_storage *a, socklen_t size, char *out)
{
	static const char mapped[] = "::ffff:";
	char text[sizeof(((struct caller *)0)->peer)] = "";
	const char *from = text;

	if (getnameinfo((const struct sockaddr *)a, size, text, sizeof(text),
		NULL, 0, NI_NUMERICHOST) != 0)
		(void)snprintf(text, sizeof(text), "somebody");
	/* IPv4 through a socket for both. */
	if (strncmp(text, mapped, sizeof(mapped) - 1) == 0)
		from = text + sizeof(mapped) - 1;
	(void)snprintf(out, sizeof(text), "%s", from);
}

static void
seat(struct hall *h, int fd, const struct sockaddr_storage *a, socklen_t size,
    int64_t now_us, char *said)
{
	if (h->nwaiting == HALL_WAITING) {
		say(h, TOO_MANY, now_us, said,
		    "more than %d that dialled in have not said who they are; "
		    "the oldest, %s, was closed; see who else knows this port",
		    HALL_WAITING, h->waiting[0].peer);
		turn_away(h, 0);
	}
	struct caller *c = &h->waiting[h->nwaiting++];
	*c = (struct caller){.fd = fd, .came_us = now_us, .heard_us = now_us};
	name_peer(a, size, c->peer);
	port_tune_tcp(fd);
}

/* False: nobody is at the door. */
static bool
take_in(struct hall *h, int64_t now_us, char *said)
{
	struct sockaddr_storage a = {0};
	socklen_t size = sizeof(a);
	int fd;

	if (now_us < h->rest_us)
		return false;
	h->rest_us = 0;
	fd = accept4(
	    h->fd, (struct sockaddr *)&a, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		seat(h, fd, &a, size, now_us, said);
		return true;
	}
	if (errno == EAGAIN)
		return false;
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM) {
		say(h, NO_ACCEPT, now_us, said,
		    "a connection cannot be taken in: %s; trying on",
		    strerror(errno));
		h->rest_us = now_us + (int64_t)REST_MS * 1000;
		return false;
	}
	return true; /* it went wrong with this one; the next may be well */
}

int
hall_step(struct hall *h, int64_t now_us, size_t *who, char *said)
{
	said[0] = '\0';
	/* Bounded, so that a flood keeps nobody from the rest of the work. */
	for (int turn = 0; turn <= HALL_WAITING; turn++) {
		for (size_t i = 0; i < h->nwaiting;) {
			int r = decide(h, i, now_us, who, said);

			/* What is left undone is done in the next step. */
			if (r >= 0 || said[0] != '\0')
				return r >= 0 ? r : -EAGAIN;
			i += r == -EINPROGRESS;
		}
		if (!take_in(h, now_us, said) || said[0] != '\0')
			break;
	}
	return -EAGAIN;
}

size_t
hall_wants(const struct hall *h, struct pollfd *out, int64_t *until_us)
{
	size_t n = 0;

	out[n++] =
	    (struct pollfd){.fd = h->fd, .events = h->rest_us > 0 ? 0 : POLLIN};
	if (h->rest_us > 0 && h->rest_us < *until_us)
		*until_us = h->rest_us;
	for (size_t i = 0; i < h->nwaiting; i++) {
		const struct caller *c = &h->waiting[i];

		out[n++] = (struct pollfd){.fd = c->fd, .events = POLLIN};
		if (c->until_us < *until_us)
			*until_us = c->until_us;
	}
	return n;
}
