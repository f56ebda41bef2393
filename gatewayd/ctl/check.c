/*
 * `gatewayctl check FILE`: what core would say of a site file, without a
 * gateway and with nothing on the bus.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "site.h"
#include "sitefile.h"

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

int
cmd_check(int argc, char **argv)
{
	static const struct option options[] = {
	    {"profiles", required_argument, NULL, 'p'},
	    {"plugins", required_argument, NULL, 'l'},
	    {NULL, 0, NULL, 0},
	};
	struct sitefile s = {0};
	int o, r = 0;

	opterr = 0;
	while (!r && (o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'p')
			r = paths_add_profiles(&s.dirs, optarg);
		else if (o == 'l')
			r = paths_add_plugins(&s.dirs, optarg);
		else
			r = 1;
	}
	if (r > 0 || optind != argc - 1)
		r = ctl_usage("check", NULL, NULL);
	else if (r < 0)
		fprintf(stderr, "gatewayctl check: %s\n", strerror(-r));
	else if ((r = sitefile_open(&s, "check", argv[optind])) == CTL_DONE)
		say_ok(argv[optind], s.site, stdout);
	sitefile_close(&s);
	return r < 0 ? CTL_REFUSED : r;
}
