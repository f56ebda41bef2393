/*
 * What every point said last, and which readings are worth a row: deadband,
 * repeats, and the edges between good and bad. Pure.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reading.h"

struct intake;

/* What to do with a reading; a set. */
enum {
	INTAKE_STORE = 1,
	INTAKE_EVENT = 2 /* the point became bad, or good again */
};

struct intake *intake_new(uint32_t nseries); /* NULL: no memory */
struct intake *intake_free(struct intake *take);

/* `why` gets the event's text. A reading that is no newer than the last one of
 * its series is a repeat and changes nothing. The series index is in range.
 * With a deadband, a value is kept when it is that far from the last *stored*
 * one, so that a slow drift is caught too. */
int intake_take(struct intake *in, const struct reading *r, double deadband,
    char *why, size_t size);

/* The last reading, or NULL before the first. */
const struct reading *intake_latest(const struct intake *in, uint32_t series);

#endif
