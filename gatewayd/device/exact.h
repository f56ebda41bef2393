/*
 * Scales, offsets and calibrations as a person would work them out: 29546 at
 * 0.01, less 273.15, is 22.31 and not 22.310000000000024. What decimals can say
 * is computed in whole numbers and divided once.
 */
#ifndef EXACT_H
#define EXACT_H

#include <stdbool.h>
#include <stdint.h>

#include "site.h"

/* No scale, no offset, no calibration: whole numbers stay whole. */
bool scale_is_one(const struct point *p);
/* (raw * mul / div + offset) * slope + off, for points without curves; may be
 * infinite. */
double scale_whole(const struct point *p, int64_t raw);
double scale_real(const struct point *p, long double raw);

/* The decimal of at most 15 digits next to v: what doubles leave at the
 * seventeenth, as in 0.1 + 0.2, was never measured. Whole numbers, and what is
 * not finite, as they are. */
double exact_decimal(double v);

#endif
