/* Messages to whoever makes the requests, and back. */
#include "probing.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "cmd.h"
#include "mono.h"
#include "own_line.h"
#include "probing_find.h"

enum {
	/* Several requests of 5 s, each with a quiet wait, and polls between.
	 */
	ANSWER_MS = 90000,
	TIMEOUT_MS = 1000,
};

struct probing {
	int fd; /* the control socket, or the channel of `own` */
	struct own_line own;
	struct found found;
	struct probing_to to;
	char where[FOUND_TEXT + 32];
	uint64_t last_id;
	unsigned under_way;
	struct msg out, in;
};

static void
say_where(struct probing *p)
{
	const struct own_line_to *own = &p->found.to;

	if (p->found.shared)
		(void)snprintf(p->where, sizeof(p->where),
		    "%s, through the gateway", p->found.line);
	else if (own->port != NULL)
		(void)snprintf(
		    p->where, sizeof(p->where), "%s, directly", own->port);
	else
		(void)snprintf(p->where, sizeof(p->where), "%s:%u, directly",
		    own->host, own->tcp_port);
}

static int
open_way(struct probing *p, const char *cmd)
{
	char why[400] = "";

	if (p->found.shared) {
		p->fd = ask_connect();
		return p->fd >= 0 ? CTL_DONE : CTL_NO_GATEWAY;
	}
	if (own_line_start(&p->own, &p->found.to, why, sizeof(why)) == 0) {
		p->fd = p->own.fd;
		return CTL_DONE;
	}
	(void)fprintf(stderr, "gatewayctl %s: %s\n", cmd, why);
	return CTL_REFUSED;
}

int
probing_open(struct probing **out, const char *cmd, const struct probing_to *to)
{
	struct probing *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL) {
		(void)fprintf(stderr, "gatewayctl %s: out of memory\n", cmd);
		return CTL_REFUSED;
	}
	p->fd = p->own.fd = p->own.said = -1;
	p->to = *to;
	r = probing_find(&p->found, cmd, to);
	if (r == CTL_DONE)
		r = open_way(p, cmd);
	say_where(p);
	if (r == CTL_DONE)
		*out = p;
	else
		(void)probing_close(p); /* NULL, always */
	return r;
}

struct probing *
probing_close(struct probing *take)
{
	if (take == NULL)
		return NULL;
	if (take->own.pid > 0)
		own_line_end(&take->own);
	else if (take->fd >= 0)
		(void)close(take->fd); /* what is still to come is not wanted */
	free(take);
	return NULL;
}

const char *
probing_where(const struct probing *p)
{
	return p->where;
}

bool
probing_shared(const struct probing *p)
{
	return p->found.shared;
}

const char *
probing_line(const struct probing *p)
{
	return p->found.line[0] != '\0' ? p->found.line : own_line_name;
}

const char *
probing_address(const struct probing *p, char *out, size_t size)
{
	const struct own_line_to *own = &p->found.to;

	if (own->port != NULL || own->host == NULL)
		(void)snprintf(out, size, "%s",
		    own->port != NULL ? own->port : p->found.address);
	else
		(void)snprintf(out, size,
		    strchr(own->host, ':') != NULL ? "[%s]:%u" : "%s:%u",
		    own->host, own->tcp_port);
	return out;
}

void
probing_serial(const struct probing *p, uint32_t *baud, uint8_t *parity,
    uint8_t *stop_bits)
{
	const struct own_line_to *own = &p->found.to;
	bool serial = own->port != NULL;

	*baud = !serial ? 0 : p->to.baud != 0 ? p->to.baud : own->baud;
	*parity = p->to.parity_said ? p->to.parity : own->parity;
	*stop_bits = p->to.stop_bits != 0 ? p->to.stop_bits : own->stop_bits;
}

/* ---- requests and answers ---- */

/* What the request leaves open is as the person said at first. */
static void
fill_in(struct probing *p, struct msg_probe *q)
{
	const struct own_line_to *own = &p->found.to;
	uint32_t baud;
	uint8_t parity, stop_bits;

	q->id = p->last_id + 1;
	(void)snprintf(q->line, sizeof(q->line), "%s", p->found.line);
	if (q->host[0] == '\0')
		(void)snprintf(q->host, sizeof(q->host), "%s", p->found.host);
	if (q->timeout_ms == 0)
		q->timeout_ms =
		    p->to.timeout_ms != 0 ? p->to.timeout_ms : TIMEOUT_MS;
	probing_serial(p, &baud, &parity, &stop_bits);
	if (q->baud == 0 && (baud != own->baud || parity != own->parity ||
				stop_bits != own->stop_bits)) {
		q->baud = baud;
		q->parity = parity;
		q->stop_bits = stop_bits;
	}
}

int
probing_send(struct probing *p, const struct msg_probe *request, uint64_t *id)
{
	int r;

	if (p->under_way >= PROBING_AHEAD)
		return -EAGAIN;
	p->out.kind = MSG_PROBE;
	p->out.probe = *request;
	fill_in(p, &p->out.probe);
	r = msg_send(p->fd, &p->out);
	if (r == -EAGAIN) /* four small messages fill no channel */
		r = -EPIPE;
	if (r != 0)
		return r;
	*id = ++p->last_id;
	p->under_way++;
	return 0;
}

static int
wait_readable(int fd, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left = until - mono_ms();
	int n = left > 0 ? poll(&p, 1, (int)left) : 0;

	return n == -1 && errno != EINTR ? -errno : left <= 0 ? -ETIMEDOUT : 0;
}

int
probing_take(struct probing *p, struct msg_probed *out)
{
	int64_t until = mono_ms() + ANSWER_MS;
	int r;

	if (p->under_way == 0)
		return -ENOENT;
	for (;;) {
		r = msg_recv(p->fd, &p->in);
		if (r == 1 && p->in.kind == MSG_PROBED)
			break;
		if (r == 0)
			return -ECONNRESET;
		if (r == -EAGAIN)
			r = wait_readable(p->fd, until);
		if (r < 0)
			return r;
	}
	p->under_way--;
	*out = p->in.probed;
	return 0;
}

int
probing_ask(
    struct probing *p, const struct msg_probe *request, struct msg_probed *out)
{
	uint64_t id;
	int r = probing_send(p, request, &id);

	while (r == 0) {
		r = probing_take(p, out);
		if (r == 0 && out->id == id)
			break;
	}
	return r;
}

struct msg_probe
probing_read(uint8_t unit, uint8_t function, uint16_t addr, uint16_t count)
{
	return (struct msg_probe){
	    .unit = unit, .function = function, .addr = addr, .count = count};
}

/* ---- in words ---- */

static const char *
exception_name(uint8_t code)
{
	static const char *const names[] = {
	    [1] = "it does not know the function",
	    [2] = "it has no such register",
	    [3] = "it does not take that value or number",
	    [4] = "it failed",
	    [5] = "it will take a while",
	    [6] = "it is busy",
	    [10] = "the converter has no way to it",
	    [11] = "behind the converter it does not answer"};

	return code < sizeof(names) / sizeof(names[0]) && names[code] != NULL
		   ? names[code]
		   : "a code of its maker's own";
}

const char *
probing_says(const struct msg_probed *a, char *out, size_t size)
{
	switch (a->result) {
	case PROBE_OK:
		(void)snprintf(out, size, "answered");
		break;
	case PROBE_TIMEOUT:
		(void)snprintf(out, size, "no answer%s%s",
		    a->text[0] != '\0' ? ": " : "", a->text);
		break;
	case PROBE_EXCEPTION:
		(void)snprintf(out, size, "refused with exception %u: %s",
		    a->code, exception_name(a->code));
		break;
	case PROBE_NOISE:
		(void)snprintf(out, size, "garbled: %s", a->text);
		break;
	default:
		(void)snprintf(out, size, "%s", a->text);
		break;
	}
	return out;
}

int
probing_code(const struct probing *p, const struct msg_probed *a)
{
	switch (a->result) {
	case PROBE_OK:
		return CTL_DONE;
	case PROBE_TIMEOUT:
	case PROBE_NOISE:
		return CTL_NO_DEVICE;
	case PROBE_PORT:
		return p->found.to.port != NULL ? CTL_REFUSED : CTL_NO_DEVICE;
	default:
		return CTL_REFUSED;
	}
}
