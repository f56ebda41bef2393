/*
 * Plugins that end or hang their line's process: known from the page that the
 * line shares with us (wire/page.h), never guessed. After CULPRIT_CRASHES
 * within an hour the plugin is disabled on that line, so that the others go on;
 * until its file changes, the site is reloaded or the gateway restarted. A
 * death outside of a plugin is nobody's here.
 */
#ifndef CULPRIT_H
#define CULPRIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "child.h"
#include "site.h"

struct core;
struct json_t;

enum {
	CULPRIT_CRASHES = 3,
	CULPRIT_SPAN_MS = 3600000,
	CULPRIT_LOOK_MS = 2000, /* for a file that changed */
};

struct plugin_file {
	uint64_t inode;
	int64_t size;
	struct timespec changed;
};

struct culprit {
	uint32_t line;
	const struct device_type *type; /* the site's */
	int64_t at[CULPRIT_CRASHES];    /* boot times, oldest first; 0: none */
	bool disabled;
	struct plugin_file file; /* the one that crashed */
	struct plugin_file seen; /* at the last look */
};

struct culprits { /* of one site */
	struct culprit *list;
	size_t n;
	int64_t look; /* next */
};

/* The page for a process of this line: a descriptor, or -errno. */
int culprit_page(const struct core *core, uint32_t line);
/* Whose plugin the process was in when it ended or was given up on; NULL:
 * nobody's. */
const struct device *culprit_of(const struct core *core, const struct child *c);
/* " in plugin NAME, called for DEVICE"; "" when there is none. Returns out. */
const char *culprit_words(const struct device *d, char *out, size_t size);
/* Counts a crash (d NULL: none), and disables what has had too many. */
void culprit_count(struct core *core, const struct child *c,
    const struct device *d, int64_t now);

/* Enables what has another file now, and has its line started anew. The boot
 * time to come back at. */
int64_t culprit_step(struct core *core, int64_t now);

bool culprit_disabled(
    const struct core *core, uint32_t line, const struct device_type *type);
/* [{"plugin": "tuf", "crashes": 3, "age_ms": 60000}]: those that are disabled.
 */
struct json_t *culprit_json(
    const struct core *core, uint32_t line, int64_t now);
void culprits_done(struct culprits *c);

#endif
