/*
 * Scales and calibrations as a person would work them out: 1821 at 0.01 is
 * 18.21, not the double next to it. What a decimal can say is computed in whole
 * numbers and divided once.
 */
#ifndef EXACT_H
#define EXACT_H

#include <stdbool.h>
#include <stdint.h>

#include "site.h"

/* No scale, no offset, no calibration: whole numbers stay whole. */
bool scale_is_one(const struct point *p);
/* (raw * mul / div + offset) * slope + off; may be infinite. */
double scale_whole(const struct point *p, int64_t raw);
double scale_real(const struct point *p, long double raw);

#endif
