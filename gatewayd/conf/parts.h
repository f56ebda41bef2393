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

/* The part of a device type, or NULL. */
const struct part *snapshot_part(const struct snapshot *s, const char *name);
/* From a snapshot's bytes; NULL when they are not one. Pure. */
struct snapshot *snapshot_decode(const void *mem, size_t size);

#endif
