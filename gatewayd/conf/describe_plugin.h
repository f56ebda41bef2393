/* Asks a plugin what it is without running it here. Inside conf/, and for
 * gatewayctl plugins. */
#ifndef DESCRIBE_PLUGIN_H
#define DESCRIBE_PLUGIN_H

#include <stddef.h>

enum { DESCRIPTION_MAX = 64 * 1024, DESCRIBE_MS = 5000 };

/* Runs `line_program --describe file`: at most DESCRIBE_MS and DESCRIPTION_MAX
 * bytes. The text (caller frees) and its length, or NULL with the reason. */
char *describe_plugin(const char *line_program, const char *file, size_t *len,
    char *why, size_t why_size);

#endif
