/*
 * `gatewayctl check FILE`: what core would say of a site file, without a
 * gateway and with nothing on the bus.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "paths.h"
#include "site.h"
#include "snapshot.h"

static void
say_ok(const char *file, const struct site *s, FILE *to)
{
	size_t devices = 0;

	for (size_t i = 0; i < s->nlines; i++)
		devices += s->lines[i].ndevices;
	fprintf(to, "%s: ok, %zu line%s, %zu device%s, %u points\n", file,
	    s->nlines, s->nlines == 1 ? "" : "s", devices,
	    devices == 1 ? "" : "s", s->nseries);
}

static int
check(const char *file, struct paths *dirs)
{
	struct snapshot_paths paths = {
	    .site = file,
	    .profile_dirs = (const char *const *)dirs->profiles,
	    .nprofile_dirs = dirs->nprofiles,
	    .plugin_dirs = (const char *const *)dirs->plugins,
	    .nplugin_dirs = dirs->nplugins,
	    .line_program = dirs->line_program,
	};
	struct complaints *c = complaints_new();
	struct snapshot *snapshot = snapshot_collect(&paths, c);
	struct site *site = snapshot ? site_parse(snapshot, c) : NULL;
	size_t errors = complaints_errors(c);

	complaints_print(c, stderr);
	if (site)
		say_ok(file, site, stdout);
	else
		fprintf(
		    stderr, "%zu error%s\n", errors, errors == 1 ? "" : "s");
	site_free(site);
	snapshot_free(snapshot);
	complaints_free(c);
	return site ? CTL_DONE : CTL_REFUSED;
}

int
cmd_check(int argc, char **argv)
{
	static const struct option options[] = {
	    {"profiles", required_argument, NULL, 'p'},
	    {"plugins", required_argument, NULL, 'l'},
	    {NULL, 0, NULL, 0},
	};
	struct paths dirs = {0};
	int o, r = 0;

	opterr = 0;
	while (!r && (o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'p')
			r = paths_add_profiles(&dirs, optarg);
		else if (o == 'l')
			r = paths_add_plugins(&dirs, optarg);
		else
			r = 1;
	}
	if (r > 0 || optind != argc - 1) {
		paths_done(&dirs);
		return ctl_usage("check", NULL, NULL);
	}
	if (!r)
		r = paths_defaults(&dirs);
	if (r < 0)
		fprintf(stderr, "gatewayctl check: %s\n", strerror(-r));
	r = r < 0 ? CTL_REFUSED : check(argv[optind], &dirs);
	paths_done(&dirs);
	return r;
}
