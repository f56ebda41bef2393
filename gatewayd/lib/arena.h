/*
 * Memory with one lifetime: a configuration generation lives in one arena and
 * goes with it. Everything is zeroed. Out of memory ends the process with a
 * line on stderr: nothing here could go on half-built, and the core keeps the
 * old configuration by checking a new one in a process of its own size.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
/* Takes NULL; returns NULL. */
struct arena *arena_free(struct arena *take);
void *arena_alloc(struct arena *a, size_t size);
/* n elements of `size`; an overflowing product counts as out of memory. */
void *arena_array(struct arena *a, size_t n, size_t size);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);

#endif
