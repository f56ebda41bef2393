/* The series a store knows. */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>

#include "store.h"

/* Every series by name, with its unit ("": none), until `each` returns
 * false. */
enum store_result store_names(struct store *s,
    bool (*each)(const char *name, const char *unit, void *arg), void *arg);

#endif
