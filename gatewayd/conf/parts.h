/* What a snapshot holds. Inside conf/ only. */
#ifndef PARTS_H
#define PARTS_H

#include "tree.h"

enum part_kind {
	PART_SITE,    /* first, and once */
	PART_PROFILE, /* name: the type's */
	PART_PLUGIN,  /* bytes: its description */
	PART_REFUSED, /* bytes: why */
	PART_KINDS
};

struct part {
	struct part *next;
	enum part_kind kind;
	const char *name, *path, *bytes;
	size_t len;
};

struct snapshot {
	struct arena *mem;
	struct part *parts;
	size_t n;
};

enum { PARTS_MAX = 512 }; /* of device types */

struct snapshot *snapshot_new(void);
void snapshot_add(struct snapshot *s, enum part_kind kind, const char *name,
    const char *path, const char *bytes, size_t len);
/* The type, unless it is there already, and what it extends. */
void snapshot_add_type(
    struct snapshot *s, const struct snapshot_paths *p, const char *name);
/* A whole file of at most YAML_MAX bytes (caller frees); NULL and -errno in
 * *err. */
char *collect_file(const char *path, size_t *len, int *err);
/* The part of a device type, or NULL. */
const struct part *snapshot_part(const struct snapshot *s, const char *name);
/* From a snapshot's bytes; NULL when they are not one. Pure. */
struct snapshot *snapshot_decode(const void *mem, size_t size);

#endif
