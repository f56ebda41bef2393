/* Raw registers, as people name them and as they are shown. */
#ifndef RAW_H
#define RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "device_type.h"

struct jwrite;

struct raw_place {
	enum reg_table table;
	uint16_t addr, count;
};

/* "holding 0 4", "coil 0x10": a table, an address, and how many (1 when not
 * said; 125 at most). False with what is wrong. */
bool raw_place(struct raw_place *out, const char *const *words, size_t n,
    char *why, size_t size);

/* A whole number, decimal or 0x. */
bool raw_number(const char *s, uint32_t most, uint32_t *out);

/* Everything the words may mean: tables for people (`all`: also what is not
 * likely, however many they are), or the keys of an open JSON object. False:
 * no memory. */
bool raw_print(
    const struct raw_place *p, const uint16_t *words, bool all, FILE *to);
bool raw_json(
    const struct raw_place *p, const uint16_t *words, struct jwrite *w);

#endif
