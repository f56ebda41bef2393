/*
 * lines: how they are reached is in site_ways.c, what stands on them in
 * site_devices.c.
 */
#include "site_build.h"

enum { LINES = 32, DEVICES = 247 };

static const char *const line_keys[] = {"transport", "port", "baud", "parity",
    "stop_bits", "echo", "rs485", "host", "listen", "timeout", "devices", NULL};

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
	bool known = false;

	*l = (struct line){.name = arena_strdup(b->ctx.mem, n->key),
	    .baud = 9600,
	    .stop_bits = 1,
	    .tcp_port = 502};
	(void)read_name(&b->ctx, n->key_at, n->key, "the line's name");
	if (!read_map(&b->ctx, n, "a line", line_keys))
		return;
	if ((k = read_need(&b->ctx, n, "the line", "transport")) &&
	    (known = read_word(&b->ctx, k, "transport", transports, &word))) {
		l->transport = (enum transport)word;
		build_line_way(b, n, l);
	}
	if ((k = node_get(n, "timeout")))
		(void)read_duration(&b->ctx, k, "timeout", 20, 5000, &ms);
	l->timeout_ms = (uint32_t)ms;
	if ((k = read_need(&b->ctx, n, "the line", "devices")))
		read_devices(b, k, l);
	if (known)
		build_device_ways(b, n, l);
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
			check_shared_way(b, k, l, o);
	}
}
