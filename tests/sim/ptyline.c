/* A serial line on a pseudo-terminal; see ptyline.h. */
#include "ptyline.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "about.h"
#include "arena.h"
#include "field.h"
#include "sending.h"
#include "site.h"
#include "wiretap.h"

/* What a sleep may be late by: so much sooner we are up for a last byte, and
 * wait for its moment awake. The bytes before it may come a little late, since
 * the last one tells when the answer is whole. */
enum { AWAKE_NS = 100000 };
/* Under --exact the next request is awaited likewise, from so long before a
 * good master sends it until so long after. */
enum { SOONER_NS = 100000, LATER_NS = 500000 };

struct pty_line {
	int master,
	    slave; /* the slave stays open: no hang-up between masters */
	char link[PATH_MAX], tty[64];
	speed_t speed;
	int64_t char_ns, silence_ns;
	uint8_t in[RTU_MAX];
	size_t nin;
	bool early, garbled;
	int64_t in_at;    /* when its first byte came */
	int64_t in_end;   /* when the last character read is through */
	int64_t quiet_at; /* since when nobody talks */
	struct sending *out;
};

static int
open_pair(struct pty_line *p)
{
	struct termios raw;

	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (p->master == -1)
		return -errno;
	if (grantpt(p->master) == -1 || unlockpt(p->master) == -1 ||
	    ptsname_r(p->master, p->tty, sizeof(p->tty)) != 0)
		goto failed;
	p->slave = open(p->tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->slave == -1 || tcgetattr(p->slave, &raw) == -1)
		goto failed;
	cfmakeraw(&raw);
	if (p->speed != B0) {
		(void)cfsetispeed(&raw, p->speed); /* a speed of the table */
		(void)cfsetospeed(&raw, p->speed);
	}
	if (tcsetattr(p->slave, TCSANOW, &raw) == 0)
		return 0;
failed:
	return -errno;
}

static int
make_link(const struct pty_line *p)
{
	char fresh[PATH_MAX + 8];

	(void)snprintf(fresh, sizeof(fresh), "%s.new", p->link);
	(void)unlink(fresh); /* a leftover; symlink() tells if it stays */
	if (symlink(p->tty, fresh) == -1 || rename(fresh, p->link) == -1)
		return -errno;
	return 0;
}

static bool
lies_in(const char *path, const char *dir)
{
	char parent[PATH_MAX], real_parent[PATH_MAX], real_dir[PATH_MAX];
	char *slash;
	size_t n;

	(void)snprintf(parent, sizeof(parent), "%s%s",
	    strchr(path, '/') ? "" : "./", path);
	slash = strrchr(parent, '/');
	slash[slash == parent] = '\0';
	if (realpath(parent, real_parent) == NULL ||
	    realpath(dir, real_dir) == NULL)
		return false;
	n = strlen(real_dir);
	return strncmp(real_parent, real_dir, n) == 0 &&
	       (real_parent[n] == '\0' || real_parent[n] == '/');
}

int
pty_line_open(struct sim_line *l, const char *dir)
{
	struct pty_line *p = arena_alloc(l->farm->arena, sizeof(*p));
	const struct line *c = l->conf;
	unsigned bits = 9u + (c->parity != PARITY_NONE) + c->stop_bits;

	l->pty = p;
	p->master = p->slave = -1;
	p->speed = about_speed(c->baud);
	p->char_ns = (int64_t)bits * 1000000000 / c->baud;
	/* Above 19200 baud the standard fixes it at 1.75 ms. */
	p->silence_ns = c->baud > 19200 ? 1750000 : p->char_ns * 7 / 2;
	if (lies_in(c->port, dir))
		(void)snprintf(p->link, sizeof(p->link), "%s", c->port);
	else
		(void)snprintf(
		    p->link, sizeof(p->link), "%s/%s.tty", dir, l->name);
	return pty_line_back(l);
}

int
pty_line_back(struct sim_line *l)
{
	int r = open_pair(l->pty);

	if (r == 0)
		r = make_link(l->pty);
	if (r < 0) {
		pty_line_close(l);
		return r;
	}
	l->gone = false;
	l->back_at = 0;
	return 0;
}

void
pty_line_gone(struct sim_line *l)
{
	pty_line_close(l);
	l->gone = true;
}

void
pty_line_close(struct sim_line *l)
{
	struct pty_line *p = l->pty;

	if (p->master != -1) {
		(void)unlink(p->link); /* may have gone before us */
		(void)close(p->master);
	}
	if (p->slave != -1)
		(void)close(p->slave);
	p->master = p->slave = -1;
	p->nin = 0;
	sending_clear(&p->out);
}

int
pty_line_fd(const struct sim_line *l)
{
	return l->pty->master;
}

const char *
pty_line_path(const struct sim_line *l)
{
	return l->pty->link;
}

static bool
talking(const struct pty_line *p, int64_t now)
{
	return p->out != NULL && !p->out->echo && p->out->start <= now;
}

static void
ask(struct sim_device *d, const uint8_t *frame, size_t n, int64_t now)
{
	struct pty_line *p = d->line->pty;
	struct strike strike;
	struct answer answer;
	struct sending *s;
	int64_t start = now + d->turnaround_ns;

	if (!serve(d, frame + 1, n - 3, frame[0] == 0, now, &answer, &strike))
		return;
	if (strike.by[FAULT_LATE])
		start += strike.by[FAULT_LATE]->ns;
	/* One UART: the second answer waits for the first. */
	if (start < d->busy_until)
		start = d->busy_until;
	s = sending_rtu(frame[0], &answer, &strike, start, p->char_ns);
	d->busy_until = sending_end(s) + p->silence_ns;
	sending_queue(&p->out, s);
}

/* Where devices have speeds of their own the wire has that of its master. */
static void
keep_pace(struct sim_line *l)
{
	struct pty_line *p = l->pty;
	struct termios t;

	if (!about_mixed(l) || tcgetattr(p->slave, &t) != 0)
		return;
	p->char_ns = about_char_ns(&t);
	p->silence_ns =
	    about_baud(cfgetospeed(&t)) > 19200 ? 1750000 : p->char_ns * 7 / 2;
}

static void
frame_done(struct sim_line *l, int64_t now)
{
	struct pty_line *p = l->pty;
	struct termios t;
	size_t n = p->nin;
	bool known = false;

	p->nin = 0;
	p->quiet_at = p->in_end;
	l->stats.frames++;
	wiretap_request(l, p->in, n, p->in_at);
	if (p->early)
		l->stats.silence_broken++;
	if (tcgetattr(p->slave, &t) != 0 || !about_heard(l, &t)) {
		l->stats.wrong_speed++;
		return;
	}
	if (p->garbled || (p->early && l->strict))
		return;
	if (!frame_crc_ok(p->in, n)) {
		l->stats.bad_crc++;
		return;
	}
	for (size_t i = 0; i < l->ndevices; i++) {
		if (p->in[0] != 0 && !about_listens(&l->devices[i], p->in[0]))
			continue;
		if (!about_hears(&l->devices[i], &t))
			continue;
		known = true;
		ask(&l->devices[i], p->in, n, now);
	}
	l->stats.foreign += !known;
}

void
pty_line_readable(struct sim_line *l, int64_t now)
{
	struct pty_line *p = l->pty;
	uint8_t bytes[2 * RTU_MAX];
	ssize_t n = read(p->master, bytes, sizeof(bytes));
	size_t room = sizeof(p->in) - p->nin;

	if (n <= 0)
		return; /* nothing there; a pty of ours has no other end */
	if (p->nin && now >= p->in_end + p->silence_ns)
		frame_done(l, p->in_end + p->silence_ns);
	if (p->nin == 0) {
		keep_pace(l);
		p->early = p->quiet_at && now - p->quiet_at < p->silence_ns;
		p->garbled = false;
		p->in_end = p->in_at = now;
		room = sizeof(p->in);
	}
	if (now > p->in_end)
		p->in_end = now;
	if (talking(p, now)) {
		l->stats.collisions++;
		p->garbled = true;
	}
	if (l->echo) {
		struct sending *e =
		    sending_raw(bytes, (size_t)n, p->in_end, p->char_ns);
		e->echo = true;
		sending_queue(&p->out, e);
	}
	p->in_end += n * p->char_ns;
	if ((size_t)n > room) {
		p->garbled = true;
		n = (ssize_t)room;
	}
	memcpy(p->in + p->nin, bytes, (size_t)n);
	p->nin += (size_t)n;
}

/* The time, which is that of the last byte if only that is missing. */
static int64_t
await_last(const struct sending *s, int64_t now)
{
	int64_t due = sending_end(s);

	if (due > now + AWAKE_NS)
		return now;
	while (now < due)
		now = now_ns();
	return now;
}

/* The master cannot have heard the last byte before `now`, so a silence that it
 * keeps is never measured too short. */
static void
said(struct sim_line *l, const struct sending *s, int64_t now)
{
	struct line_stats *c = &l->stats;
	int64_t due = sending_end(s);

	l->pty->quiet_at = now;
	c->answers++;
	c->late_ns += now - due;
	if (now - due > c->late_max_ns)
		c->late_max_ns = now - due;
	wiretap_answer(l, s->bytes, s->n, now, due);
}

static void
push_out(struct sim_line *l, int64_t now)
{
	struct pty_line *p = l->pty;

	while (p->out != NULL && p->out->start <= now + AWAKE_NS) {
		struct sending *s = p->out;
		size_t ready;
		now = await_last(s, now);
		ready = sending_ready(s, now);
		/* A master that never reads loses bytes, as a UART does. */
		if (ready)
			(void)!write(p->master, s->bytes + s->sent, ready);
		s->sent += ready;
		if (s->sent < s->n)
			return;
		if (!s->echo)
			said(l, s, now);
		sending_pop(&p->out, now + p->silence_ns);
	}
}

static int64_t
next_out(const struct sending *s)
{
	int64_t due = sending_due(s, s->sent);

	return s->sent + 1 >= s->n ? due - AWAKE_NS : due;
}

/* When to be awake for a request, `now` or earlier: from now on. */
static int64_t
next_in(const struct pty_line *p, int64_t now)
{
	int64_t at = p->quiet_at + p->silence_ns;

	if (p->quiet_at == 0 || p->nin || p->out || now > at + LATER_NS)
		return INT64_MAX;
	return at - SOONER_NS;
}

int64_t
pty_line_tick(struct sim_line *l, int64_t now)
{
	struct pty_line *p = l->pty;
	int64_t next = INT64_MAX;

	if (p->master == -1)
		return next;
	if (p->nin && now >= p->in_end + p->silence_ns)
		frame_done(l, p->in_end + p->silence_ns);
	push_out(l, now);
	if (p->nin)
		next = p->in_end + p->silence_ns;
	if (p->out != NULL && next_out(p->out) < next)
		next = next_out(p->out);
	if (l->farm->exact && next_in(p, now) < next)
		next = next_in(p, now);
	return next;
}

void
pty_line_noise(struct sim_line *l, const uint8_t *bytes, size_t n, int64_t now)
{
	struct pty_line *p = l->pty;

	if (p->master != -1)
		sending_queue(&p->out, sending_raw(bytes, n, now, p->char_ns));
}
