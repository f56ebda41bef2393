/* Which devices share a connection. */
#include "layout.h"

#include <stdio.h>
#include <string.h>

size_t
layout_ways(const struct line *l, size_t *way_of)
{
	size_t n = 0;

	for (size_t i = 0; i < l->ndevices; i++) {
		size_t other = 0;

		while (other < i &&
		       !site_same_way(l, &l->devices[i], &l->devices[other]))
			other++;
		way_of[i] = other < i ? way_of[other] : n++;
	}
	return n;
}

static const char *
address(const char *host, uint16_t port, char *out, size_t size)
{
	bool six = strchr(host, ':') != NULL;

	(void)snprintf(
	    out, size, "%s%s%s:%u", six ? "[" : "", host, six ? "]" : "", port);
	return out;
}

const char *
layout_name(
    const struct line *l, const struct device *d, char *out, size_t size)
{
	if (d->host != NULL)
		return address(d->host, d->tcp_port, out, size);
	if (d->registration != NULL) {
		(void)snprintf(out, size, "DTU %s", d->registration);
		return out;
	}
	if (l->port != NULL) {
		(void)snprintf(out, size, "%s", l->port);
		return out;
	}
	if (l->host == NULL && l->listen == NULL)
		return address("?", l->tcp_port, out, size);
	return address(
	    l->host != NULL ? l->host : l->listen, l->tcp_port, out, size);
}
