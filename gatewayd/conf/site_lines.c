/* lines: their ports and hosts. What stands on them is in site_devices.c. */
#include <stdio.h>
#include <string.h>

#include "site_build.h"

enum { LINES = 32, DEVICES = 247 };

static const char *const line_keys[] = {"transport", "port", "baud", "parity",
    "stop_bits", "host", "timeout", "devices", NULL};

static void
read_port(struct build *b, const struct node *n, struct line *l)
{
	static const uint32_t bauds[] = {1200, 2400, 4800, 9600, 19200, 38400,
	    57600, 115200, 230400, 460800};
	static const char *const parity[] = {"none", "even", "odd", NULL};
	const struct node *k;
	unsigned word = 0;
	int64_t v = 0;
	bool known = false;

	if ((k = read_need(&b->ctx, n, "the line", "port")) &&
	    read_text(&b->ctx, k, "port", &l->port) && l->port[0] != '/')
		complain(b->ctx.c, k->at,
		    "the port `%s` must be a path; best "
		    "one of /dev/serial/by-id/, which keeps its name when the "
		    "adapter moves",
		    k->text);
	if ((k = node_get(n, "baud")) &&
	    read_whole(&b->ctx, k, "baud", 1, 10000000, &v)) {
		for (size_t i = 0; i < sizeof(bauds) / sizeof(bauds[0]); i++)
			known = known || bauds[i] == v;
		if (!known)
			complain(b->ctx.c, k->at,
			    "baud is %s; it must be 1200, "
			    "2400, 4800, 9600, 19200, 38400, 57600, 115200, "
			    "230400 or 460800",
			    k->text);
		l->baud = (uint32_t)v;
	}
	if ((k = node_get(n, "parity")) &&
	    read_word(&b->ctx, k, "parity", parity, &word))
		l->parity = (enum parity)word;
	if ((k = node_get(n, "stop_bits")) &&
	    read_whole(&b->ctx, k, "stop_bits", 1, 2, &v))
		l->stop_bits = (uint8_t)v;
	if ((k = node_get(n, "host")))
		complain(b->ctx.c, k->key_at,
		    "`host` is for transport: tcp; a "
		    "serial line has a `port`");
}

static void
read_host(struct build *b, const struct node *n, struct line *l)
{
	static const char *const serial[] = {
	    "port", "baud", "parity", "stop_bits"};
	const struct node *k = read_need(&b->ctx, n, "the line", "host");

	if (k && read_text(&b->ctx, k, "host", &l->host))
		(void)read_host_port(
		    &b->ctx, k->at, k->text, 502, &l->host, &l->tcp_port);
	for (size_t i = 0; i < 4; i++)
		if ((k = node_get(n, serial[i])))
			complain(b->ctx.c, k->key_at,
			    "`%s` is for serial "
			    "lines; a TCP line has `host: address:502`",
			    serial[i]);
}

static void
read_devices(struct build *b, const struct node *n, struct line *l)
{
	if (!read_map(&b->ctx, n, "devices", NULL))
		return;
	if (n->n < 1 || n->n > DEVICES)
		complain(b->ctx.c, n->at,
		    "a line has 1 to %d devices; this has "
		    "%zu",
		    DEVICES, n->n);
	l->devices = arena_array(b->ctx.mem, n->n + 1, sizeof(*l->devices));
	for (const struct node *k = n->first; k; k = k->next) {
		build_device(b, k, l, &l->devices[l->ndevices]);
		l->ndevices++;
	}
}

static void
read_line(struct build *b, const struct node *n, struct line *l)
{
	static const char *const transports[] = {
	    "rtu", "tcp", "rtu_over_tcp", NULL};
	const struct node *k;
	unsigned word = TRANSPORT_RTU;
	uint64_t ms = 1000;

	*l = (struct line){.name = arena_strdup(b->ctx.mem, n->key),
	    .baud = 9600,
	    .stop_bits = 1,
	    .tcp_port = 502};
	(void)read_name(&b->ctx, n->key_at, n->key, "the line's name");
	if (!read_map(&b->ctx, n, "a line", line_keys))
		return;
	if ((k = read_need(&b->ctx, n, "the line", "transport")) &&
	    read_word(&b->ctx, k, "transport", transports, &word)) {
		l->transport = (enum transport)word;
		if (word == TRANSPORT_RTU)
			read_port(b, n, l);
		else
			read_host(b, n, l);
	}
	if ((k = node_get(n, "timeout")))
		(void)read_duration(&b->ctx, k, "timeout", 20, 5000, &ms);
	l->timeout_ms = (uint32_t)ms;
	if ((k = read_need(&b->ctx, n, "the line", "devices")))
		read_devices(b, k, l);
}

void
build_lines(struct build *b, const struct node *n)
{
	struct line *list;

	if (!read_map(&b->ctx, n, "lines", NULL))
		return;
	if (n->n < 1 || n->n > LINES)
		complain(b->ctx.c, n->at,
		    "a site has 1 to %d lines; this has "
		    "%zu",
		    LINES, n->n);
	list = arena_array(b->ctx.mem, n->n + 1, sizeof(*list));
	b->site->lines = list;
	for (const struct node *k = n->first; k; k = k->next) {
		/* Counted first, so that a type is found on its own line. */
		struct line *l = &list[b->site->nlines++];
		read_line(b, k, l);
		for (struct line *o = list; o < l; o++)
			if (l->port && o->port && !strcmp(l->port, o->port))
				complain(b->ctx.c, k->key_at,
				    "the lines %s and "
				    "%s share the port %s; put their devices "
				    "on one line",
				    o->name, l->name, l->port);
	}
}
