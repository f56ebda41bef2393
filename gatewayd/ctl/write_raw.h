/* gatewayctl write without the gateway's knowledge of the point: raw, or a
 * setting of the site while no gateway runs. */
#ifndef WRITE_RAW_H
#define WRITE_RAW_H

#include <stdbool.h>

/* Whether these are the arguments of a raw write: a table is named, or a unit,
 * a port or a host. */
bool write_is_raw(int argc, char **argv);
/* The whole of such a command. */
int write_raw(int argc, char **argv);

/* A point of the site, while no gateway runs. */
struct write_point {
	const char *subject, *value;
	const char *site, *profiles; /* NULL: the usual ones */
	bool json;
};
int write_directly(const struct write_point *w);

#endif
