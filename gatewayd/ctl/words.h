/*
 * The words of the profile language for what device_type.h has as numbers, so
 * that what is printed can be pasted and what is typed is what one has read.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "device_type.h"

const char *word_table(enum reg_table t);    /* "holding" */
const char *word_type(enum reg_type t);      /* "float32" */
const char *word_kind(enum point_kind k);    /* "gauge" */
const char *word_status(enum type_status s); /* "documented" */
const char *word_parity(unsigned parity);    /* "even" */
unsigned type_registers(enum reg_type t);    /* 0: a string, which says */

bool table_of(const char *word, enum reg_table *out);
bool type_of(const char *word, enum reg_type *out);
bool parity_of(const char *word, unsigned *out);

/* The orders of a type of 1, 2 or 4 registers: NULL-ended, the usual first. */
const char *const *orders_of(unsigned registers);
/* How a point's bytes stand, in those letters; "" for the usual one. */
const char *order_word(const struct point_type *t);
/* Sets them; false: no such order for so many registers. */
bool order_set(struct point_type *t, const char *word);

#endif
