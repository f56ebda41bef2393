/*
 * Complaints: every mistake of one run, with its place and its remedy. Inside
 * conf/ only; the public half is in snapshot.h.
 */
#ifndef COMPLAIN_H
#define COMPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"

struct mark {
	const char *file;      /* lives as long as the complaints */
	uint32_t line, column; /* from 1; 0: the file as a whole */
};

/* "what is wrong; what to write instead". */
void complain(struct complaints *c, struct mark at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void complain_softly(struct complaints *c, struct mark at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4))); /* a warning */
/* A copy of a file name that lives as long as the complaints. */
const char *complaints_keep(struct complaints *c, const char *file);

/* Letters to change, add, drop or swap; SIZE_MAX for words beyond 64 bytes. */
size_t word_distance(const char *a, const char *b);
/* The nearest of NULL-ended words, or NULL when none is near. */
const char *nearest(const char *word, const char *const *words);

#endif
