/*
 * JSON documents to be written; jmake.c is the only includer of jansson.h
 * here. Without memory a key is missing, and the reader sees that; every value
 * given is taken.
 */
#ifndef JMAKE_H
#define JMAKE_H

#include <stddef.h>
#include <stdint.h>

struct json_t; /* jansson's own */

struct json_t *jmake_object(void);
struct json_t *jmake_array(void);
/* Texts of children may hold any bytes; JSON may not: those become `?`. */
struct json_t *jmake_text(const char *s);
struct json_t *jmake_int(int64_t n);
struct json_t *jmake_real(double r);
struct json_t *jmake_bool(int yes);
struct json_t *jmake_null(void);

void jmake_set(struct json_t *to, const char *key, struct json_t *take);
void jmake_set_text(struct json_t *to, const char *key, const char *s);
void jmake_set_int(struct json_t *to, const char *key, int64_t n);
/* What exceeds 2^63-1 is given as that. */
void jmake_set_count(struct json_t *to, const char *key, uint64_t n);
void jmake_append(struct json_t *to, struct json_t *take);

/* One line, the caller's to free; reals with so many digits. NULL: no
 * memory. */
char *jmake_print(struct json_t *take, size_t digits);

#endif
