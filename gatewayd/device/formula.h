/*
 * The value of a formula of a profile. Pure; the formula was checked when it
 * was read (conf/formula.c), so that nothing here can run off its stack.
 */
#ifndef FORMULA_H
#define FORMULA_H

#include <stdbool.h>

#include "device_type.h"

/* values: of f->inputs, in that order, all finite. False: it has no value
 * there (a division by zero, the logarithm of nothing, beyond double); *out is
 * untouched then. */
bool formula_value(const struct formula *f, const double *values, double *out);

#endif
