/*
 * JSON as it is printed, piece by piece; commas are its own care. Whole numbers
 * stay exact to 64 bits, reals are the shortest that read back the same. `key`
 * is NULL in an array, and for the outermost.
 */
#ifndef JWRITE_H
#define JWRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct value;

struct jwrite {
	FILE *to;   /* borrowed; whoever owns it asks ferror() */
	bool comma; /* something stands in front */
};

void jw_object(struct jwrite *w, const char *key);
void jw_object_end(struct jwrite *w);
void jw_array(struct jwrite *w, const char *key);
void jw_array_end(struct jwrite *w);

/* A text that is NULL: null. */
void jw_text(struct jwrite *w, const char *key, const char *s);
void jw_int(struct jwrite *w, const char *key, int64_t i);
void jw_uint(struct jwrite *w, const char *key, uint64_t u);
/* Not finite: null. */
void jw_real(struct jwrite *w, const char *key, double r);
void jw_bool(struct jwrite *w, const char *key, bool b);
void jw_value(struct jwrite *w, const char *key, const struct value *v);

#endif
