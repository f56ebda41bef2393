/*
 * Rows of a table that goes on: what each point said last, from the running
 * gateway or from a device itself, and how they are drawn. Pure.
 */
#ifndef WATCHING_H
#define WATCHING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "reading.h"

struct jwrite;

struct row {
	char point[260];
	char unit[40];
	char shown[160]; /* the value as people read it */
	struct value value;
	char quality[24], reason[40]; /* quality "": not read yet */
	int64_t ts_ms;                /* UTC; 0: never */
	int64_t age_ms;
	bool fresh; /* it came since the last look */
};

struct rows {
	struct row *row; /* the caller's to free() */
	size_t n, cap;
};

/* Whether `point` is `what`, or of the device or line `what`. */
bool watch_covers(const char *what, const char *point);
/* A new row at the end; NULL: no memory. */
struct row *rows_add(struct rows *x);
/* Marks those that are not as they were in `before`. */
void rows_fresh(struct rows *now, const struct rows *before);

/* As many as `height` lines have room for (0: all), in `colour`: yellow what is
 * uncertain, red what is bad. How many lines were drawn. */
size_t rows_draw(const struct rows *x, size_t height, bool colour, FILE *to);
/* One line each of those that are fresh: the time, then the columns. */
void rows_print(const struct rows *x, FILE *to);
void rows_json(const struct rows *x, FILE *to);

#endif
