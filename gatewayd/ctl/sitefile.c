/* See sitefile.h. */
#include "sitefile.h"

#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "site.h"
#include "snapshot.h"

static void
read_file(struct sitefile *s, const char *file)
{
	struct snapshot_paths paths = {
	    .site = file,
	    .profile_dirs = (const char *const *)s->dirs.profiles,
	    .nprofile_dirs = s->dirs.nprofiles,
	    .plugin_dirs = (const char *const *)s->dirs.plugins,
	    .nplugin_dirs = s->dirs.nplugins,
	    .line_program = s->dirs.line_program,
	};
	struct complaints *c = complaints_new();

	s->snapshot = snapshot_collect(&paths, c);
	if (s->snapshot != NULL)
		s->site = site_parse(s->snapshot, c);
	if (s->site == NULL || !s->quiet)
		complaints_print(c, stderr);
	if (s->site == NULL) {
		size_t errors = complaints_errors(c);
		(void)fprintf(
		    stderr, "%zu error%s\n", errors, errors == 1 ? "" : "s");
	}
	(void)complaints_free(c);
}

int
sitefile_open(struct sitefile *s, const char *cmd, const char *file)
{
	int r = paths_defaults(&s->dirs);

	if (r < 0) {
		(void)fprintf(stderr, "gatewayctl %s: %s\n", cmd, strerror(-r));
		return CTL_REFUSED;
	}
	read_file(s, file);
	return s->site != NULL ? CTL_DONE : CTL_REFUSED;
}

void
sitefile_close(struct sitefile *s)
{
	s->site = site_free(s->site);
	s->snapshot = snapshot_free(s->snapshot);
	paths_done(&s->dirs);
}
