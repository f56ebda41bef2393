/*
 * A site file as core would read it, for commands that need no gateway. What is
 * wrong with it goes to stderr, a line each.
 */
#ifndef SITEFILE_H
#define SITEFILE_H

#include <stdbool.h>

#include "paths.h"

struct site;
struct snapshot;

struct sitefile {
	struct paths dirs; /* zeroed; the user's own may be added */
	bool quiet;        /* a site that is right has its warnings to itself */
	struct snapshot *snapshot;
	struct site *site;
};

/* CTL_DONE; or CTL_REFUSED, when it is wrong and everything has been said.
 * `cmd` is who asks. To be closed in both cases. */
int sitefile_open(struct sitefile *s, const char *cmd, const char *file);
void sitefile_close(struct sitefile *s);

#endif
