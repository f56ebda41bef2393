/*
 * gatewayd-line: one Modbus line. Started by gatewayd with the channel on
 * descriptor 3, the configuration on 4 and a page that both see on 5; by hand
 * it describes and tests plugins.
 */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "build.h"
#include "chan.h"
#include "describe.h"
#include "forecast.h"
#include "log.h"
#include "lookup.h"
#include "loop.h"
#include "page.h"
#include "plugin_test.h"
#include "site.h"
#include "snapshot.h"

static int
usage(void)
{
	(void)fprintf(stderr,
	    "gatewayd-line is started by gatewayd, one for each line.\n"
	    "usage: gatewayd-line --describe FILE.so | --version\n"
	    "       gatewayd-line --test-plugin FILE.so [--vectors FILE] "
	    "[--calls N] [--seed S]\n");
	return 2;
}

/* Core decides when we end, by message or by closing the channel: outputs must
 * be safe first, and a resolver that is mute must not hold us past a beat. */
static void
settle_process(void)
{
	static const int ignored[] = {
	    SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN); /* these may be ignored */
	if (setenv("RES_OPTIONS", "timeout:2 attempts:1", 0) != 0)
		log_warning("the resolver keeps its own timeouts: no memory");
}

static struct site *
read_site(void)
{
	struct complaints *c = complaints_new();
	struct snapshot *s = snapshot_read(SNAPSHOT_FD, c);
	struct site *site = s != NULL ? site_parse(s, c) : NULL;

	if (site == NULL) {
		complaints_print(c, stderr);
		log_err("the configuration on descriptor %d cannot be used; "
			"not started",
		    SNAPSHOT_FD);
	}
	(void)snapshot_free(s);
	(void)complaints_free(c);
	return site;
}

/* By hand there is no page. */
static int
work(const struct line *line)
{
	return loop_run(CHAN_FD, page_map(PAGE_FD, line->ndevices), line);
}

static int
run_line(const char *text)
{
	struct site *site;
	char *end;
	unsigned long index = strtoul(text, &end, 10);
	int code = 1;

	if (*text == '\0' || *end != '\0')
		return usage();
	settle_process();
	site = read_site();
	if (site == NULL)
		return 1;
	if (index >= site->nlines)
		log_err("the site has no line %lu; not started", index);
	else
		code = work(&site->lines[index]);
	(void)site_free(site);
	return code;
}

/* What gatewayctl asks, with the configuration on its descriptor. */
static int
print_forecast(const char *text)
{
	struct forecast_options options;
	struct site *site;
	int r;

	if (!forecast_options(text, &options))
		return usage();
	log_init("gatewayd-line", false);
	site = read_site();
	if (site == NULL)
		return 1;
	r = forecast_print(site, &options, stdout);
	if (r < 0)
		log_err("the forecast cannot be given: %s", strerror(-r));
	(void)site_free(site);
	return r < 0;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"line", required_argument, NULL, 'l'},
	    {"describe", required_argument, NULL, 'd'},
	    {"test-plugin", required_argument, NULL, 't'},
	    {"plan", required_argument, NULL, 'p'},
	    {"debug", no_argument, NULL, 'D'},
	    {"resolve", required_argument, NULL, 'r'},
	    {"version", no_argument, NULL, 'v'}, {0}};
	const char *line = NULL;
	bool debug = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'l':
			line = optarg;
			break;
		case 'd':
			return describe(optarg);
		case 't':
			return plugin_test_main(argc, argv);
		case 'p':
			return print_forecast(optarg);
		case 'D':
			debug = true;
			break;
		case 'r': /* ours alone: see lookup.h */
			return lookup_main(optarg);
		case 'v':
			(void)printf("gatewayd-line %s (%s)\n", build_version(),
			    build_id());
			return 0;
		default:
			return usage();
		}
	if (line == NULL || optind != argc)
		return usage();
	log_init("gatewayd-line", debug);
	return run_line(line);
}
