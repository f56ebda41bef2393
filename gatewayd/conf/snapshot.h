/*
 * The configuration as all programs share it: the exact bytes of the site
 * file, of each profile it uses and of each plugin's description, in one
 * sealed memfd. Core collects it, everyone parses it with the same code.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <stddef.h>
#include <stdio.h>

struct site;
struct snapshot;

/* Every complaint of one run, `file:line:column: what; remedy`, in order. */
struct complaints;
struct complaints *complaints_new(void);
struct complaints *complaints_free(struct complaints *take);
size_t complaints_errors(const struct complaints *c);
size_t complaints_warnings(const struct complaints *c);
void complaints_print(const struct complaints *c, FILE *to);

struct snapshot_paths {
	const char *site;
	const char *const *profile_dirs; /* searched in turn */
	size_t nprofile_dirs;
	const char *const *plugin_dirs;
	size_t nplugin_dirs;
	const char *line_program; /* runs `--describe FILE.so`; NULL: plugins
				   * are unknown types */
};

/* Reads the site file and what it names. NULL with complaints when a file
 * cannot be read; a site that is wrong is still returned, site_parse() says
 * what. A plugin is described by running line_program (5 s, 64 KiB at most),
 * never by loading it here. */
struct snapshot *snapshot_collect(
    const struct snapshot_paths *paths, struct complaints *c);
struct snapshot *snapshot_free(struct snapshot *take);

/* A sealed memfd (close-on-exec) with its bytes, or -errno; and back. */
int snapshot_seal(const struct snapshot *s);
struct snapshot *snapshot_read(int fd, struct complaints *c);

/* Builds the site; NULL when there is any error. The site borrows nothing of
 * the snapshot and is freed with site_free(). */
struct site *site_parse(const struct snapshot *s, struct complaints *c);
struct site *site_free(struct site *take);

#endif
