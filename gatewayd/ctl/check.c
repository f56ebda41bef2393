/*
 * `gatewayctl check FILE`: what core would say of a site file, without a
 * gateway and with nothing on the bus.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "site.h"
#include "sitefile.h"

#define CREDENTIALS "/run/credentials/"

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

/* Why a file cannot be read here, or NULL. */
static const char *
unreadable(const char *path)
{
	/* Not to wait for a writer, were it a pipe. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *why = NULL;
	struct stat st;

	/* These are there for the service alone, and while it runs. */
	if (fd == -1 && strncmp(path, CREDENTIALS, strlen(CREDENTIALS)) == 0)
		return NULL;
	if (fd == -1)
		return strerror(errno);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		why = strerror(EISDIR);
	(void)close(fd); /* nothing was written */
	return why;
}

/* Not core's business: the files are read by the uplinks, when they connect,
 * and a site may be checked on another machine than it is for. */
static void
look_for_files(const char *file, const struct site *s)
{
	for (size_t i = 0; i < s->nuplinks; i++) {
		const struct uplink *u = &s->uplinks[i];
		const struct {
			const char *key, *path;
		} of[] = {{"password_file", u->password_file},
		    {"ca_file", u->ca_file}, {"cert_file", u->cert_file},
		    {"key_file", u->key_file}};
		for (size_t k = 0; k < sizeof(of) / sizeof(of[0]); k++) {
			const char *why =
			    of[k].path ? unreadable(of[k].path) : NULL;
			if (why != NULL)
				(void)fprintf(stderr,
				    "%s: warning: uplink %s: %s %s cannot be "
				    "read on this machine (%s); on the "
				    "gateway, gatewayd must be able to\n",
				    file, u->name, of[k].key, of[k].path, why);
		}
	}
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
	else if ((r = sitefile_open(&s, "check", argv[optind])) == CTL_DONE) {
		look_for_files(argv[optind], s.site);
		say_ok(argv[optind], s.site, stdout);
	}
	sitefile_close(&s);
	return r < 0 ? CTL_REFUSED : r;
}
