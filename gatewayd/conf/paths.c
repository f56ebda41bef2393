/* The search directories, and the programs beside the one that runs. */
#include "paths.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
add(char **list, size_t *n, const char *dir)
{
	if (*n == PATHS_MAX)
		return -E2BIG;
	if (!(list[*n] = strdup(dir)))
		return -ENOMEM;
	++*n;
	return 0;
}

int
paths_add_profiles(struct paths *p, const char *dir)
{
	return add(p->profiles, &p->nprofiles, dir);
}

int
paths_add_plugins(struct paths *p, const char *dir)
{
	return add(p->plugins, &p->nplugins, dir);
}

static int
add_existing(char **list, size_t *n, const char *base, const char *rest)
{
	char path[PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s%s", base, rest);
	return access(path, F_OK) == 0 ? add(list, n, path) : 0;
}

/* Beside us, or in libexec of our prefix. */
static char *
program(const char *here, const char *name)
{
	static const char *const where[] = {"", "/../libexec/gatewayd"};
	char path[PATH_MAX + 64];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s%s/%s", here, where[i], name);
		if (access(path, X_OK) == 0)
			return strdup(path);
	}
	return NULL;
}

int
paths_defaults(struct paths *p)
{
	static const struct {
		const char *profiles, *plugins; /* relative: to our folder */
	} tree[] = {
	    {"/../config/profiles", "/plugins"}, /* a build folder */
	    {"/../../config/profiles", NULL},    /* one in it: build/san */
	    {"/../share/gatewayd/profiles", "/../lib/gatewayd/plugins"},
	};
	static const char *const prefix[] = {"/usr", "/usr/local"};
	char here[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", here, sizeof(here) - 1);
	int r;

	if (n < 0)
		return -errno;
	here[n] = '\0';
	if ((slash = strrchr(here, '/')))
		*slash = '\0';
	p->line_program = program(here, "gatewayd-line");
	p->uplink_program = program(here, "gatewayd-uplink");
	r = add_existing(
	    p->profiles, &p->nprofiles, "", "/etc/gatewayd/profiles");
	for (size_t i = 0; !r && i < sizeof(tree) / sizeof(tree[0]); i++) {
		if (tree[i].profiles)
			r = add_existing(
			    p->profiles, &p->nprofiles, here, tree[i].profiles);
		if (!r && tree[i].plugins)
			r = add_existing(
			    p->plugins, &p->nplugins, here, tree[i].plugins);
	}
	for (size_t i = 0; !r && i < sizeof(prefix) / sizeof(prefix[0]); i++) {
		r = add_existing(p->profiles, &p->nprofiles, prefix[i],
		    "/share/gatewayd/profiles");
		if (!r)
			r = add_existing(p->plugins, &p->nplugins, prefix[i],
			    "/lib/gatewayd/plugins");
	}
	return r;
}

void
paths_done(struct paths *p)
{
	for (size_t i = 0; i < p->nprofiles; i++)
		free(p->profiles[i]);
	for (size_t i = 0; i < p->nplugins; i++)
		free(p->plugins[i]);
	free(p->line_program);
	free(p->uplink_program);
	memset(p, 0, sizeof(*p));
}
