/*
 * The library of profiles, without a site: which there are, and what one says.
 * For programs that explain or compare device types, and for tests.
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "device_type.h"
#include "snapshot.h"

struct library_entry {
	const char *name, *path;
};

struct library {
	const struct library_entry *entries; /* by name, each once */
	size_t n;
};

/* The profiles of some folders; of two with one name the first folder's is
 * taken. Folders that cannot be read have none. The library copies the names of
 * the folders. */
struct library *library_open(const char *const *dirs, size_t ndirs);
/* Frees every type that was loaded from it, too. */
struct library *library_close(struct library *take);

/* One profile with what it extends, as a variant of it (NULL: as it stands);
 * NULL after complaints. Each call reads the files anew. */
const struct device_type *library_load(struct library *l, const char *name,
    const char *variant, struct complaints *c);
/* The same from a text instead of its file; what it extends comes from the
 * folders. For tests and for profiles that are being written. */
const struct device_type *library_parse(struct library *l, const char *name,
    const char *variant, const char *text, struct complaints *c);

#endif
