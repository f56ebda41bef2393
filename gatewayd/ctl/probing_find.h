/* Which line a person means: one that the running gateway has, or none. */
#ifndef PROBING_FIND_H
#define PROBING_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "own_line.h"
#include "probing.h"

enum { FOUND_TEXT = 256 };

struct found {
	bool shared;    /* the gateway's line `line` leads there */
	char line[65];  /* its name */
	char host[254]; /* shared, by --host: which of its connections */
	char address[FOUND_TEXT]; /* shared, TCP: where the line leads */
	/* Else, and of a serial line in any case: its settings. */
	char port[FOUND_TEXT], own_host[FOUND_TEXT];
	struct own_line_to to; /* its texts stand above */
};

/* CTL_DONE, or the exit code after saying on stderr why not. */
int probing_find(
    struct found *out, const char *cmd, const struct probing_to *to);

#endif
