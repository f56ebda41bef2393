/* How the sections of a site file become a struct site. Inside conf/ only. */
#ifndef SITE_BUILD_H
#define SITE_BUILD_H

#include "parts.h"
#include "read.h"
#include "site.h"

struct known_type {
	struct known_type *next;
	const struct part *part;
	const char *variant;            /* "": none */
	const struct device_type *type; /* NULL: its file is wrong */
};

struct build {
	struct ctx ctx;
	const struct snapshot *snapshot;
	struct site *site;
	struct known_type *types;
	/* Keys that are accepted but not acted on yet: told in one warning. */
	char later[256];
};

/* One more thing for the warning. */
void build_later(struct build *b, const char *what);

void build_gateway(struct build *b, const struct node *n);
void build_store(struct build *b, const struct node *n);
void build_uplinks(struct build *b, const struct node *n);
void build_lines(struct build *b, const struct node *n);
/* One device of a line, whose own keys are read already. */
void build_device(
    struct build *b, const struct node *n, struct line *l, struct device *d);
/* Its points, once its type is known; `device`: all its keys. */
void build_points(struct build *b, const struct node *device, struct device *d);
/* How a line of a known transport is reached; once its devices are read, how
 * each of them is; and whether another line is in its way. */
void build_line_way(struct build *b, const struct node *n, struct line *l);
void build_device_ways(struct build *b, const struct node *n, struct line *l);
void check_shared_way(struct build *b, const struct node *n,
    const struct line *l, const struct line *o);
/* localhost, 127.x.x.x, ::1 */
bool is_loopback(const char *host);

/* What other sections name, after build_lines(): a device by the beginning of
 * "line/device/rest"; a point that exists, and can be written when `output`; a
 * name that is a key of `among`; a quantity above 0, a duration of a map. */
const struct device *find_device(
    const struct site *s, const char *path, const char **rest);
void check_point(
    struct build *b, const struct node *n, const char *what, bool output);
void check_reference(struct build *b, const struct node *n, const char *what,
    const struct node *among);
void check_quantity(struct build *b, const struct node *map, const char *key,
    const char *const *units);
void check_duration(struct build *b, const struct node *map, const char *key);

/* Checks shape and references of what is built later; after build_lines(). */
void check_web(struct build *b, const struct node *n);
void check_sources(struct build *b, const struct node *n);
void check_zones(
    struct build *b, const struct node *root, const struct node *n);
void check_programmes(
    struct build *b, const struct node *root, const struct node *n);

#endif
