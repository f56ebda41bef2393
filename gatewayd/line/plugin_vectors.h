/*
 * A plugin's vectors: NAME.vectors.yaml, examples of frames and what they mean,
 * commands and what they write. They are played as a line would, in order.
 */
#ifndef PLUGIN_VECTORS_H
#define PLUGIN_VECTORS_H

#include <stddef.h>
#include <stdio.h>

#include "plugin.h"

struct vectors_tally {
	size_t examples, readings, commands, wrong;
};

/* Complaints, by file, line and column, on `to`. 0, or -errno: the file cannot
 * be read. */
int vectors_play(const struct plugin *p, const char *file, FILE *to,
    struct vectors_tally *out);

#endif
