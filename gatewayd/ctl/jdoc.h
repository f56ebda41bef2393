/*
 * A JSON document to read from, and one to write; jdoc.c is the only includer
 * of jansson.h. A missing key or one of the wrong type reads as the fallback,
 * so that a newer gateway's answer never stops an older gatewayctl.
 */
#ifndef JDOC_H
#define JDOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct jdoc;
struct value;
struct json_t; /* jansson's own, borrowed from the document */

/* NULL when it is not JSON, or its root no object: `error` says so. */
struct jdoc *jdoc_parse(const char *text, size_t len, char *error, size_t size);
struct jdoc *jdoc_free(struct jdoc *take);

const struct json_t *jdoc_root(const struct jdoc *j);
const struct json_t *jdoc_get(const struct json_t *of, const char *key);
/* Elements of an array; 0 for anything else. */
size_t jdoc_count(const struct json_t *array);
const struct json_t *jdoc_at(const struct json_t *array, size_t i);

const char *jdoc_text(
    const struct json_t *of, const char *key, const char *fallback);
int64_t jdoc_int(const struct json_t *of, const char *key, int64_t fallback);
/* Any number. */
double jdoc_real(const struct json_t *of, const char *key, double fallback);
/* True only when it is the word true. */
bool jdoc_true(const struct json_t *of, const char *key);
/* Numbers only: not null, which is false. */
bool jdoc_has_number(const struct json_t *of, const char *key);
/* The value as people read it: 23.1, closed, "" for null. Returns out. */
const char *jdoc_show(
    const struct json_t *of, const char *key, char *out, size_t size);

/* The value itself, exact; VALUE_NONE for null, or what is none. */
struct value jdoc_value(const struct json_t *of, const char *key);

/* Removes array elements whose `key` does not begin with `prefix`. */
void jdoc_filter(
    struct jdoc *j, const char *array, const char *key, const char *prefix);
/* One line and a newline; false when it could not be written. */
bool jdoc_print(const struct jdoc *j, FILE *to);
/* A JSON text, quoted and escaped, without newline. */
void jdoc_print_text(const char *s, FILE *to);

#endif
