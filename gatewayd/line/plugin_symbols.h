/*
 * What no call can show of a plugin: which symbols it shows and asks for,
 * whether it has variables of its own, and whether it runs when it is loaded.
 * Read from its file; nothing is loaded.
 */
#ifndef PLUGIN_SYMBOLS_H
#define PLUGIN_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

struct plugin_symbols {
	char calls[400]; /* "fabs memcpy": what it asks of the C library */
	char wrong[400]; /* what is wrong with it; "": nothing */
	bool sanitized;  /* built with sanitizers, which add much of theirs:
			    not judged */
};

/* 0, or -errno: the file cannot be read, or is none of this machine's. */
int plugin_symbols(const char *path, struct plugin_symbols *out);

#endif
