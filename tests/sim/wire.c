/* Chooses between pty and TCP; see wire.h. */
#include "wire.h"

#include "field.h"
#include "ptyline.h"
#include "serve.h"
#include "site.h"
#include "tcpline.h"

int
wire_open(struct sim_line *l, const char *dir)
{
	return l->conf->transport == TRANSPORT_RTU ? pty_line_open(l, dir)
						   : tcp_line_open(l);
}

void
wire_close(struct sim_line *l)
{
	if (l->pty)
		pty_line_close(l);
	if (l->tcp)
		tcp_line_close(l);
}

void
wire_gone(struct sim_line *l, int64_t back_at)
{
	if (l->pty)
		pty_line_gone(l);
	else
		tcp_line_gone(l);
	l->back_at = back_at;
}

int
wire_back(struct sim_line *l)
{
	if (!l->gone)
		return 0;
	return l->pty ? pty_line_back(l) : tcp_line_back(l);
}

void
wire_noise(struct sim_line *l, const uint8_t *bytes, size_t n, int64_t now)
{
	if (l->pty)
		pty_line_noise(l, bytes, n, now);
	else
		tcp_line_noise(l, bytes, n, now);
}

void
wire_describe(const struct sim_line *l, FILE *to)
{
	static const char parity[] = "NEO";
	const struct line *c = l->conf;

	if (l->pty)
		(void)fprintf(to, "rtu %s %u 8%c%u", pty_line_path(l), c->baud,
		    parity[c->parity], c->stop_bits);
	else
		tcp_line_describe(l, to);
}

size_t
wire_fds_max(const struct sim_line *l)
{
	return l->tcp ? tcp_line_fds_max(l) : 1;
}

size_t
wire_fds(const struct sim_line *l, struct pollfd *out)
{
	if (l->tcp)
		return tcp_line_fds(l, out);
	if (pty_line_fd(l) == -1)
		return 0;
	out[0] = (struct pollfd){.fd = pty_line_fd(l), .events = POLLIN};
	return 1;
}

void
wire_ready(struct sim_line *l, const struct pollfd *fd, int64_t now)
{
	if (l->tcp)
		tcp_line_ready(l, fd, now);
	else if (fd->fd == pty_line_fd(l))
		pty_line_readable(l, now);
}

int64_t
wire_tick(struct sim_line *l, int64_t now)
{
	int64_t next, timer;

	if (l->gone && l->back_at && now >= l->back_at && wire_back(l) != 0)
		l->back_at = now + 1000000000; /* try again in a second */
	next = l->tcp ? tcp_line_tick(l, now) : pty_line_tick(l, now);
	for (size_t i = 0; i < l->ndevices; i++) {
		timer = serve_timers(&l->devices[i], now);
		if (timer < next)
			next = timer;
	}
	if (l->gone && l->back_at && l->back_at < next)
		next = l->back_at;
	return next;
}
