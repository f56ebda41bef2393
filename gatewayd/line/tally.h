/* A unit's figures: what each exchange adds to them. */
#ifndef TALLY_H
#define TALLY_H

#include <stdint.h>

#include "bus.h"

struct dev;

/* line_us: how long the exchange kept the line busy. */
void tally(struct dev *d, enum bus_result result, const struct answer *a,
    int64_t line_us);

#endif
