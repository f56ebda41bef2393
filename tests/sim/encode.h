/*
 * A value to registers and back, as a maker's manual would have it done. The
 * field's own code: the gateway's decoder is judged against it, so the two
 * share nothing but the profile.
 */
#ifndef ENCODE_H
#define ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct point_type;

enum num_kind { NUM_INT, NUM_UINT, NUM_REAL, NUM_TEXT };
enum { NUM_TEXT_MAX = 256, NUM_PRINT_MAX = 600 };

/* What a point holds, in its own unit. NUM_UINT is above INT64_MAX only. */
struct num {
	enum num_kind kind;
	int64_t i;
	uint64_t u;
	double r;
	char text[NUM_TEXT_MAX];
};

struct num num_real(double v);
struct num num_int(int64_t v);
/* 23.1, -4, 0xFFFF, 18446744073709551615, nan, inf, -inf, on, off. */
bool num_parse(const char *word, struct num *out);
double num_double(const struct num *v);
/* As JSON: shortest digits that mean the same; null when it is no number. */
void num_print(const struct num *v, char out[NUM_PRINT_MAX]);

/* The words of a point (t->count; a coil is 0 or 1), quantised to what the
 * register can hold and clamped to its ends. Bits outside t->mask keep what
 * `words` had. */
void encode_words(
    const struct point_type *t, const struct num *v, uint16_t *words);
void decode_words(
    const struct point_type *t, const uint16_t *words, struct num *out);

#endif
