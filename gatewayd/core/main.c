/* gatewayd: the options, and nothing else. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "core.h"
#include "daemon.h"
#include "log.h"

static void
usage(FILE *to)
{
	(void)fprintf(to,
	    "usage: gatewayd run [--config FILE] [--profiles DIR]... "
	    "[--plugins DIR]...\n"
	    "                    [--run-dir DIR] [--debug]\n"
	    "       gatewayd --version | --help\n"
	    "\n"
	    "  --config FILE   the site (/etc/gatewayd/site.yaml); check it "
	    "with gatewayctl check\n"
	    "  --profiles DIR  searched first for device profiles\n"
	    "  --plugins DIR   searched first for device plugins\n"
	    "  --run-dir DIR   lock and control socket ($RUNTIME_DIRECTORY, "
	    "/run/gatewayd)\n"
	    "  --debug         say more\n");
}

static int
wrong_use(void)
{
	usage(stderr);
	return 2;
}

/* 0, 1 to end well (help was wanted), 2 for wrong use, -errno. */
static int
parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"profiles", required_argument, NULL, 'p'},
	    {"plugins", required_argument, NULL, 'l'},
	    {"run-dir", required_argument, NULL, 'r'},
	    {"debug", no_argument, NULL, 'd'},
	    {"version", no_argument, NULL, 'v'},
	    {"help", no_argument, NULL, 'h'}, {0}};
	int c, r = 0;

	while (r == 0 && (c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'p':
			r = paths_add_profiles(&o->paths, optarg);
			break;
		case 'l':
			r = paths_add_plugins(&o->paths, optarg);
			break;
		case 'r':
			o->run_dir = optarg;
			break;
		case 'd':
			o->debug = true;
			break;
		case 'v':
			(void)printf(
			    "gatewayd %s (%s)\n", build_version(), build_id());
			return 1;
		case 'h':
			usage(stdout);
			return 1;
		default:
			return wrong_use();
		}
	if (r == 0 && (optind != argc - 1 || strcmp(argv[optind], "run") != 0))
		return wrong_use();
	return r;
}

int
main(int argc, char **argv)
{
	const char *run_dir = getenv("RUNTIME_DIRECTORY");
	struct options o = {.config = "/etc/gatewayd/site.yaml",
	    .run_dir = run_dir != NULL ? run_dir : "/run/gatewayd"};
	int r = parse(argc, argv, &o);

	if (r == 0)
		r = paths_defaults(&o.paths);
	if (r < 0)
		(void)fprintf(stderr, "gatewayd: %s\n", strerror(-r));
	if (r == 0) {
		log_init("gatewayd", o.debug);
		r = daemon_run(&o);
	} else {
		r = r == 1 ? 0 : r < 0 ? 1 : r;
	}
	paths_done(&o.paths);
	return r;
}
