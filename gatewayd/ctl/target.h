/*
 * Which device a command means: one of the site, one on a line of the running
 * gateway, or one behind a port or a host, and what type it is read as.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probing.h"
#include "site.h"
#include "sitefile.h"

struct library;

struct target {
	/* As asked for; texts are borrowed. */
	struct probing_to to;
	const char *name; /* "north", "north/soil-a1"; NULL: port or host */
	const char *type, *variant;
	bool unit_said;
	uint8_t unit;

	/* As found. */
	const struct device *device; /* NULL: no type is known */
	char label[300];             /* "north/soil-a1", "unit 5" */
	char host[270]; /* of a device's own connection: host:port, or what its
			   DTU says; "": the line's */

	/* Whatever was opened for it. */
	struct sitefile site;
	struct library *library;
	struct device made;
	struct point *points;
	char line[65], way[270];
};

/* As probing_option(), and --unit --type --variant --profiles --plugins. */
int target_option(
    struct target *t, int argc, char **argv, int *i, char *why, size_t size);
/* Whether --port or --host said where. */
bool target_said(const struct target *t);

/* Finds the device; with `typed` it must be known what type it is. CTL_DONE, or
 * the exit code after saying why not. */
int target_find(struct target *t, const char *cmd, bool typed);
/* Opens the way there, to read: as probing_open(), but for unit 0, which is
 * nobody on a serial line. */
int target_open(const struct target *t, const char *cmd, struct probing **out);
void target_close(struct target *t);

/* The site's device at that unit of the target's line, by which a raw request
 * would reach it; NULL: none is known. */
const struct device *target_neighbour(struct target *t);

#endif
