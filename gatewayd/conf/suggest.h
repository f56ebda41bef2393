/* Which device types there are, for one that is not. Inside conf/ only. */
#ifndef SUGGEST_H
#define SUGGEST_H

#include "snapshot.h"

/* "no profile or plugin of that name in DIRS; did you mean `cwt-soil`?" */
void suggest_types(
    const struct snapshot_paths *p, const char *name, char *out, size_t size);

#endif
