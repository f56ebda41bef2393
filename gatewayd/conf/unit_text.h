/*
 * The text of a unit of measure, as it goes to the county: UCUM, or a unit of
 * SenML (RFC 8428, RFC 8798). One that is not known is let through; a common
 * slip is not. Inside conf/, and for the test of plugins.
 */
#ifndef UNIT_TEXT_H
#define UNIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "read.h"

enum unit_text {
	UNIT_FINE,     /* or not known */
	UNIT_DOUBTFUL, /* right, but of something else than is likely meant */
	UNIT_SLIP      /* no unit */
};

/* But for UNIT_FINE, what is wrong and what to write, cut off at `size`. */
enum unit_text unit_text_judge(const char *text, char *why, size_t size);

/* Like read_text(); says what is wrong with the unit. */
bool unit_text_read(struct ctx *x, const struct node *n, const char **out);

#endif
