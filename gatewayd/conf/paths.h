/*
 * Where things are: an installed gateway, one below another prefix, or a build
 * folder that is run in place.
 */
#ifndef PATHS_H
#define PATHS_H

#include <stddef.h>

enum { PATHS_MAX = 16 };

/* Directories in the order they are searched; owned by the struct. */
struct paths {
	char *profiles[PATHS_MAX], *plugins[PATHS_MAX];
	size_t nprofiles, nplugins;
	char *line_program, *uplink_program; /* NULL: not found */
};

/* Adds a directory named by the user; 0, -E2BIG or -ENOMEM. */
int paths_add_profiles(struct paths *p, const char *dir);
int paths_add_plugins(struct paths *p, const char *dir);
/* Behind those the user named: /etc, this prefix's share and lib, the build
 * folder's. Finds the programs beside the running one. 0 or -errno. */
int paths_defaults(struct paths *p);
void paths_done(struct paths *p);

#endif
