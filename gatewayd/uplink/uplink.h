/* The life of one uplink: from core's hello to its stop. */
#ifndef UPLINK_H
#define UPLINK_H

#include "site.h"

/* Runs until core says stop or is gone: 0, or 1 when it could not start or
 * core is of another build. Both are borrowed. */
int uplink_run(const struct site *site, const struct uplink *conf);

#endif
