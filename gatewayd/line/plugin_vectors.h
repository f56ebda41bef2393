/*
 * A plugin's vectors: NAME.vectors.yaml, examples of frames and what they mean,
 * commands and what they write. They are played as a line would, in order.
 */
#ifndef PLUGIN_VECTORS_H
#define PLUGIN_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "plugin.h"
#include "plugin_calls.h"

/* May lie in memory that two processes share: a plugin may crash over an
 * example, and which it was is then still known. */
struct vectors_tally {
	size_t examples, readings, commands, wrong;
	uint32_t line;         /* of the example in hand */
	char from[100];        /* its `from`, cut off; "": none */
	volatile bool calling; /* the plugin; `call` is how */
	struct calls call;
};

/* Complaints, by file, line and column, on `to`. 0, or -errno: the file cannot
 * be read. */
int vectors_play(const struct plugin *p, const char *file, FILE *to,
    struct vectors_tally *out);

#endif
