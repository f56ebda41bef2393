/* What `gatewayctl scan` is told. */
#ifndef SCAN_OPTIONS_H
#define SCAN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "paths.h"
#include "probing.h"

enum { SCAN_SPEEDS_MAX = 10, SCAN_PARITIES = 3, SCAN_UNITS = 248 };

struct scan_options {
	struct probing_to to;
	uint32_t bauds[SCAN_SPEEDS_MAX];
	uint8_t parities[SCAN_PARITIES];
	size_t nbauds, nparities; /* 0: not said */
	bool units[SCAN_UNITS];   /* by unit; 0 is none */
	bool quick;               /* universal ids only */
	bool json;
	struct paths dirs; /* the user's own; to be paths_done() */
};

/* CTL_DONE, or CTL_USAGE after saying what is wrong. */
int scan_options(struct scan_options *o, int argc, char **argv);

#endif
