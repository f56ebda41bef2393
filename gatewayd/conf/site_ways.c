/*
 * The ways to a line's devices: its serial port, its host, the address that
 * converters dial into, and the connections that single devices have of their
 * own. What does not go together is told here, with what does.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "site_build.h"

enum { REGISTRATION = 64, PRIVILEGED = 1024 };

/* A key, the transports it is for, and what to say on the others. */
enum {
	RTU = 1 << TRANSPORT_RTU,
	TCP = 1 << TRANSPORT_TCP,
	OVER = 1 << TRANSPORT_RTU_OVER_TCP
};

struct fit {
	const char *key;
	unsigned transports;
	const char *otherwise;
};

static const struct fit line_fits[] = {
    {"port", RTU, "is for serial lines; a TCP line has `host: address:502`"},
    {"baud", RTU | OVER,
	"is for serial lines; a TCP line has `host: address:502`"},
    {"parity", RTU | OVER,
	"is for serial lines; a TCP line has `host: address:502`"},
    {"stop_bits", RTU | OVER,
	"is for serial lines; a TCP line has `host: address:502`"},
    {"echo", RTU | OVER,
	"is for adapters that hear their own requests; Modbus TCP has none: "
	"leave it out"},
    {"rs485", RTU,
	"is for a serial port of this box; what converts to RS-485 elsewhere "
	"switches the direction itself: leave it out"},
    {"host", TCP | OVER, "is for transport: tcp; a serial line has a `port`"},
    {"listen", OVER,
	"is where converters dial in; that takes transport: rtu_over_tcp"},
};

static const struct fit device_fits[] = {
    {"host", TCP | OVER,
	"is for devices on the network; on a serial line all are reached by "
	"the line's `port`: leave it out"},
    {"registration", OVER,
	"is what a converter says when it dials in; that takes transport: "
	"rtu_over_tcp and `listen` on the line"},
};

static void
check_fits(struct build *b, const struct node *n, enum transport t,
    const struct fit *fits, size_t nfits)
{
	for (size_t i = 0; i < nfits; i++) {
		const struct node *k = node_get(n, fits[i].key);
		if (k && !(fits[i].transports & 1u << t))
			complain(b->ctx.c, k->key_at, "`%s` %s", k->key,
			    fits[i].otherwise);
	}
}

static void
read_port(struct build *b, const struct node *n, struct line *l)
{
	const struct node *k = read_need(&b->ctx, n, "the line", "port");

	if (k && read_text(&b->ctx, k, "port", &l->port) && l->port[0] != '/')
		complain(b->ctx.c, k->at,
		    "the port `%s` must be a path; best "
		    "one of /dev/serial/by-id/, which keeps its name when the "
		    "adapter moves",
		    k->text);
}

static void
read_baud(struct build *b, const struct node *n, struct line *l)
{
	static const uint32_t bauds[] = {1200, 2400, 4800, 9600, 19200, 38400,
	    57600, 115200, 230400, 460800};
	bool known = false;
	int64_t v = 0;

	if (!read_whole(&b->ctx, n, "baud", 1, 10000000, &v))
		return;
	for (size_t i = 0; i < sizeof(bauds) / sizeof(bauds[0]); i++)
		known = known || bauds[i] == v;
	if (!known)
		complain(b->ctx.c, n->at,
		    "baud is %s; it must be 1200, 2400, 4800, 9600, 19200, "
		    "38400, 57600, 115200, 230400 or 460800",
		    n->text);
	l->baud = (uint32_t)v;
}

/* Of the port, or of the serial line behind a converter: there nothing is set,
 * but how long a request may take follows from it. */
static void
read_serial(struct build *b, const struct node *n, struct line *l)
{
	static const char *const parity[] = {"none", "even", "odd", NULL};
	const struct node *k;
	unsigned word = 0;
	int64_t v = 0;

	if ((k = node_get(n, "baud")))
		read_baud(b, k, l);
	if ((k = node_get(n, "parity")) &&
	    read_word(&b->ctx, k, "parity", parity, &word))
		l->parity = (enum parity)word;
	if ((k = node_get(n, "stop_bits")) &&
	    read_whole(&b->ctx, k, "stop_bits", 1, 2, &v))
		l->stop_bits = (uint8_t)v;
	if ((k = node_get(n, "echo")))
		(void)read_bool(&b->ctx, k, "echo", &l->echo);
	if ((k = node_get(n, "rs485")))
		(void)read_bool(&b->ctx, k, "rs485", &l->rs485);
}

/* An address of this box, not a name: which network it is open to must not
 * depend on a name server. */
static void
read_listen(struct build *b, const struct node *n, struct line *l)
{
	struct in6_addr any;
	const char *text, *host;
	uint16_t port = 0;

	if (!read_text(&b->ctx, n, "listen", &text))
		return;
	if ((text[0] == ':' && text[1] != ':') ||
	    strspn(text, "0123456789") == strlen(text)) {
		complain(b->ctx.c, n->at,
		    "listen `%s` lacks the address; write 0.0.0.0:9000 (all "
		    "networks of this box), or one of its addresses and a port",
		    text);
		return;
	}
	if (!read_host_port(&b->ctx, n->at, text, 0, &host, &port))
		return;
	if (inet_pton(AF_INET, host, &any) != 1 &&
	    inet_pton(AF_INET6, host, &any) != 1) {
		complain(b->ctx.c, n->at,
		    "listen `%s` must be an address of this box, not a name; "
		    "write 0.0.0.0:9000 for all its networks",
		    text);
		return;
	}
	if (!port)
		complain(b->ctx.c, n->at,
		    "listen `%s` lacks the port that the converters dial; "
		    "write %s:9000",
		    text, text);
	else if (port < PRIVILEGED)
		complain_softly(b->ctx.c, n->at,
		    "only root may listen at a port below %d, and the gateway "
		    "is not root as a service; take one such as 9000",
		    PRIVILEGED);
	l->listen = host;
	l->tcp_port = port;
}

static bool
read_host(
    struct build *b, const struct node *n, const char **host, uint16_t *port)
{
	return read_text(&b->ctx, n, "host", host) &&
	       read_host_port(&b->ctx, n->at, n->text, 502, host, port);
}

void
build_line_way(struct build *b, const struct node *n, struct line *l)
{
	const struct node *host = node_get(n, "host");
	const struct node *listen = node_get(n, "listen");

	check_fits(b, n, l->transport, line_fits,
	    sizeof(line_fits) / sizeof(line_fits[0]));
	if (l->transport == TRANSPORT_RTU)
		read_port(b, n, l);
	if (l->transport != TRANSPORT_TCP)
		read_serial(b, n, l);
	if (l->transport != TRANSPORT_RTU && host)
		(void)read_host(b, host, &l->host, &l->tcp_port);
	if (l->transport != TRANSPORT_RTU_OVER_TCP || !listen)
		return;
	if (host)
		complain(b->ctx.c, listen->key_at,
		    "`listen` stands beside `host`; either the converter dials "
		    "in (listen) or the gateway dials it (host): keep one, or "
		    "make two lines");
	else
		read_listen(b, listen, l);
}

static bool
read_registration(struct build *b, const struct node *n, struct device *d)
{
	const char *text = NULL;

	if (!read_text(&b->ctx, n, "registration", &text))
		return false;
	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~') {
			complain(b->ctx.c, n->at,
			    "the registration `%s` must be plain letters, "
			    "digits and signs (ASCII); set the converter so",
			    text);
			return false;
		}
	if (strlen(text) > REGISTRATION) {
		complain(b->ctx.c, n->at,
		    "the registration has %zu characters; it must have 1 to %d",
		    strlen(text), REGISTRATION);
		return false;
	}
	d->registration = text;
	return true;
}

/* False when it is told what is wrong with it. */
static bool
read_device_way(struct build *b, const struct node *line, const struct node *n,
    const struct line *l, struct device *d)
{
	const struct node *host = node_get(n, "host");
	const struct node *registration = node_get(n, "registration");
	bool over = l->transport == TRANSPORT_RTU_OVER_TCP;
	bool listens = over && node_get(line, "listen");
	bool right = true;

	check_fits(b, n, l->transport, device_fits,
	    sizeof(device_fits) / sizeof(device_fits[0]));
	if (host && listens)
		complain(b->ctx.c, host->key_at,
		    "`host` stands on a line that listens, where converters "
		    "dial in; write registration: \"...\", or put the device "
		    "on a line of its own");
	else if (host && l->transport != TRANSPORT_RTU)
		right = read_host(b, host, &d->host, &d->tcp_port);
	if (registration && over && !listens)
		complain(b->ctx.c, registration->key_at,
		    "`registration` is what a converter says when it dials in; "
		    "add `listen: 0.0.0.0:9000` to the line, or leave it out");
	else if (registration && over)
		right = read_registration(b, registration, d);
	return right && !(host && listens);
}

/* Without one there is no way to those devices that have none of their own. */
static void
need_host(struct build *b, const struct node *n, const struct line *l,
    const struct node *devices)
{
	const struct node *without = devices ? devices->first : NULL;
	bool some = false;

	for (const struct node *k = without; k; k = k->next)
		some = some || node_get(k, "host");
	while (without && node_get(without, "host"))
		without = without->next;
	if (some && without)
		complain(b->ctx.c, without->key_at,
		    "%s has no `host`, and neither has its line; add it to one "
		    "of them",
		    without->key);
	else if (!some)
		complain(b->ctx.c, n->key_at,
		    "the line lacks `host`; add it, %s",
		    l->transport == TRANSPORT_TCP
			? "or one to each device"
			: "or listen: 0.0.0.0:9000 if its converter dials in");
}

/* A serial line has one unit of a number, and each converter has a serial line
 * of its own. */
static void
check_unit(struct build *b, const struct node *n, const struct line *l,
    const struct device *d)
{
	for (const struct device *o = l->devices; o < d; o++)
		/* A profile and a plugin may share what both cannot read. */
		if (d->unit && o->unit == d->unit && o->type && d->type &&
		    o->type->plugin == d->type->plugin &&
		    l->transport != TRANSPORT_TCP && site_same_way(l, o, d))
			complain_softly(b->ctx.c, n->key_at,
			    "%s and %s both "
			    "have unit %u; if these are two devices, both "
			    "answer at once: give each a unit of its own",
			    o->name, d->name, d->unit);
}

/* It is recognised as soon as its last letter is there, while another that
 * goes on from there would never be. */
static void
check_registration(struct build *b, const struct node *n, const struct line *l,
    const struct device *d)
{
	for (const struct device *o = l->devices; d->registration && o < d;
	     o++) {
		const char *p = o->registration, *q = d->registration;
		if (!p || strcmp(p, q) == 0)
			continue;
		if (strlen(p) > strlen(q)) {
			p = q;
			q = o->registration;
		}
		if (strncmp(p, q, strlen(p)) == 0)
			complain(b->ctx.c, node_get(n, "registration")->at,
			    "the registration `%s` is also how `%s` begins (%s "
			    "and %s); make them equally long, such as REG:01 "
			    "and REG:10",
			    p, q, o->name, d->name);
	}
}

void
build_device_ways(struct build *b, const struct node *n, struct line *l)
{
	const struct node *devices = node_get(n, "devices");
	const struct node *k = devices ? devices->first : NULL;

	for (size_t i = 0; k && i < l->ndevices; i++, k = k->next) {
		struct device *d = &l->devices[i];
		if (!read_device_way(b, n, k, l, d))
			d->unit = 0; /* clashes with nobody's */
		check_unit(b, k, l, d);
		check_registration(b, k, l, d);
	}
	if (l->transport != TRANSPORT_RTU && !node_get(n, "host") &&
	    !(l->transport == TRANSPORT_RTU_OVER_TCP && node_get(n, "listen")))
		need_host(b, n, l, devices);
}

/* All networks, of IPv6 with those of IPv4. */
static bool
is_any(const char *address)
{
	return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

void
check_shared_way(struct build *b, const struct node *n, const struct line *l,
    const struct line *o)
{
	if (l->port && o->port && !strcmp(l->port, o->port))
		complain(b->ctx.c, n->key_at,
		    "the lines %s and "
		    "%s share the port %s; put their devices "
		    "on one line",
		    o->name, l->name, l->port);
	if (l->listen && o->listen && l->tcp_port == o->tcp_port &&
	    (is_any(l->listen) || is_any(o->listen) ||
		strcmp(l->listen, o->listen) == 0))
		complain(b->ctx.c, n->key_at,
		    "the lines %s and %s both listen at port %u; give each a "
		    "port of its own, or put their devices on one line",
		    o->name, l->name, l->tcp_port);
}
