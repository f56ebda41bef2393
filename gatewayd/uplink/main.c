/*
 * gatewayd-uplink: one broker. Core starts it with its channel on descriptor 3
 * and the configuration on 4.
 */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "build.h"
#include "chan.h"
#include "log.h"
#include "lookup.h"
#include "mqtt.h"
#include "site.h"
#include "snapshot.h"
#include "uplink.h"

static int
usage(void)
{
	(void)fprintf(stderr,
	    "gatewayd-uplink is started by gatewayd, one for each uplink.\n"
	    "usage: gatewayd-uplink --version\n");
	return 2;
}

/* Core decides when we end, by message or by closing the channel. The lookup
 * within libmosquitto has little patience: it comes after a patient one in
 * another process that found the name (lib/lookup). */
static void
settle_process(void)
{
	static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN); /* these may be ignored */
	if (lookup_patience("timeout:2 attempts:1") < 0)
		log_warning("the resolver keeps its own timeouts: no memory");
}

static struct site *
read_site(void)
{
	struct complaints *c = complaints_new();
	struct snapshot *s = snapshot_read(SNAPSHOT_FD, c);
	struct site *site = s ? site_parse(s, c) : NULL;

	if (!site) {
		complaints_print(c, stderr);
		log_err("the configuration on descriptor %d cannot be used; "
			"not started",
		    SNAPSHOT_FD);
	}
	(void)snapshot_free(s);
	(void)complaints_free(c);
	return site;
}

static int
run(const char *text)
{
	struct site *site;
	char *end;
	unsigned long index = strtoul(text, &end, 10);
	int code = 1;

	if (!*text || *end)
		return usage();
	settle_process();
	site = read_site();
	if (!site)
		return 1;
	if (index >= site->nuplinks)
		log_err("the site has no uplink %lu; not started", index);
	else if (mqtt_library_init() < 0)
		log_err("libmosquitto does not start");
	else
		code = uplink_run(site, &site->uplinks[index]);
	mqtt_library_done();
	(void)site_free(site);
	return code;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"uplink", required_argument, NULL, 'u'},
	    {"debug", no_argument, NULL, 'D'},
	    {"resolve", required_argument, NULL, 'r'},
	    {"version", no_argument, NULL, 'v'},
	    {NULL, 0, NULL, 0},
	};
	const char *uplink = NULL;
	bool debug = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'u':
			uplink = optarg;
			break;
		case 'D':
			debug = true;
			break;
		case 'r': /* ours alone: see lookup.h */
			return lookup_main(optarg);
		case 'v':
			(void)printf("gatewayd-uplink %s (%s)\n",
			    build_version(), build_id());
			return 0;
		default:
			return usage();
		}
	if (!uplink || optind != argc)
		return usage();
	log_init("gatewayd-uplink", debug);
	return run(uplink);
}
