/* A calibration curve: a polynomial, or a table with straight lines between its
 * points. Pure. */
#ifndef CURVE_H
#define CURVE_H

#include <stdbool.h>

#include "device_type.h"

/* False: no value there (outside the table, not finite). CURVE_NONE: x. */
bool curve_value(const struct curve *c, double x, double *out);

#endif
