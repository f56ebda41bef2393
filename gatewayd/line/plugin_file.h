/*
 * What a plugin's file must be before the loader may touch it: nobody else may
 * write it, and it is whole. The loader itself would run the one and die of the
 * other.
 */
#ifndef PLUGIN_FILE_H
#define PLUGIN_FILE_H

#include <stddef.h>

/* `real`: an absolute path without links. 0, or -1 with what is wrong, and what
 * to do about it. */
int plugin_file_check(const char *real, char *why, size_t size);

#endif
