/*
 * YAML as a tree of nodes that know where they stand. Scalars stay text:
 * "NO", "010" and "22:00" mean nothing here. What could mislead is refused:
 * duplicate keys, anchors and aliases, tags, tabs, several documents.
 */
#ifndef TREE_H
#define TREE_H

#include <stddef.h>

#include "arena.h"
#include "complain.h"

enum node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST };

struct node {
	enum node_kind kind;
	struct mark at;
	const char *text; /* scalar; "" when nothing was written */
	uint32_t lead;    /* columns from `at` to the text itself: 1 when it is
			     quoted; LEAD_NONE: it does not stand there as it
			     reads (folded, escaped) */
	const char *key;  /* in a map */
	struct mark key_at;
	struct node *first, *next;
	size_t n; /* children */
};

#define LEAD_NONE UINT32_MAX

enum {
	YAML_MAX = 1 << 20,
	YAML_DEPTH = 16,
	YAML_NODES = 200000,
	YAML_KEYS = 4000
};

/* The document's root, in the arena; NULL with complaints. `file` is kept. */
struct node *yaml_read(struct arena *mem, const char *file, const char *bytes,
    size_t len, struct complaints *c);

/* Where a byte of a scalar's text stands; of one that is folded, where the
 * scalar begins. */
struct mark node_mark(const struct node *n, size_t byte);

/* What stands there, for messages: its text, or what it is instead. */
const char *node_shown(const struct node *n);

/* The value of a key, or NULL. */
const struct node *node_get(const struct node *map, const char *key);

#endif
