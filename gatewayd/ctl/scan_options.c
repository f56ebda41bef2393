/* Lists of speeds, parities and units. */
#include "scan_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "site.h"

enum { UNIT_LAST = 247 };

static const uint32_t all_bauds[] = {
    9600, 4800, 19200, 2400, 38400, 57600, 115200, 1200};

static int
usage(const char *what, const char *arg)
{
	return ctl_usage("scan", what, arg);
}

/* The next piece of a list: its length; 0: there is none. */
static size_t
piece(const char **at)
{
	*at += **at == ',';
	return strcspn(*at, ",");
}

static int
take_bauds(struct scan_options *o, const char *v)
{
	const char *at = v;
	char *end;
	size_t n;

	o->nbauds = 0;
	if (strcmp(v, "all") == 0) {
		o->nbauds = sizeof(all_bauds) / sizeof(all_bauds[0]);
		memcpy(o->bauds, all_bauds, sizeof(all_bauds));
		return CTL_DONE;
	}
	while ((n = piece(&at)) > 0) {
		unsigned long baud = strtoul(at, &end, 10);
		if (end != at + n || !probing_speed(baud) ||
		    o->nbauds == SCAN_SPEEDS_MAX)
			return usage(
			    "--baud takes speeds such as 9600,4800, or all, "
			    "not ",
			    v);
		o->bauds[o->nbauds++] = (uint32_t)baud;
		at += n;
	}
	return o->nbauds > 0 ? CTL_DONE : usage("--baud takes speeds", NULL);
}

static int
take_parities(struct scan_options *o, const char *v)
{
	static const char *const words[SCAN_PARITIES] = {[PARITY_NONE] = "none",
	    [PARITY_EVEN] = "even",
	    [PARITY_ODD] = "odd"};
	const char *at = strcmp(v, "all") == 0 ? "none,even,odd" : v;
	size_t n;

	o->nparities = 0;
	while ((n = piece(&at)) > 0) {
		uint8_t i = 0;
		while (i < SCAN_PARITIES &&
		       (strlen(words[i]) != n || strncmp(at, words[i], n) != 0))
			i++;
		if (i == SCAN_PARITIES || o->nparities == SCAN_PARITIES)
			return usage(
			    "--parity takes none,even,odd, or all, not ", v);
		o->parities[o->nparities++] = i;
		at += n;
	}
	return o->nparities > 0 ? CTL_DONE
				: usage("--parity takes none,even,odd", NULL);
}

/* "1-247", "1,5,9-12". */
static int
take_units(struct scan_options *o, const char *v)
{
	const char *at = v;
	char *end;
	size_t n;

	memset(o->units, 0, sizeof(o->units));
	while ((n = piece(&at)) > 0) {
		unsigned long first = strtoul(at, &end, 10), last = first;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (end != at + n || first < 1 || last > UNIT_LAST ||
		    first > last)
			return usage(
			    "--units takes 1-247, or parts of it such as "
			    "1,5,20-30, not ",
			    v);
		for (unsigned long u = first; u <= last; u++)
			o->units[u] = true;
		at += n;
	}
	return CTL_DONE;
}

static int
take_profiles(struct scan_options *o, const char *v)
{
	return paths_add_profiles(&o->dirs, v) == 0
		   ? CTL_DONE
		   : usage("too many folders: ", v);
}

static const struct {
	const char *name;
	int (*take)(struct scan_options *o, const char *value);
} lists[] = {{"--baud", take_bauds}, {"--parity", take_parities},
    {"--units", take_units}, {"--profiles", take_profiles}};

/* CTL_DONE: taken; -1: it is none of these; or CTL_USAGE. */
static int
take_list(struct scan_options *o, int argc, char **argv, int *i)
{
	const char *arg = argv[*i];

	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
		size_t n = strlen(lists[k].name);
		if (strncmp(arg, lists[k].name, n) != 0)
			continue;
		if (arg[n] == '=')
			return lists[k].take(o, arg + n + 1);
		if (arg[n] == '\0' && *i + 1 < argc)
			return lists[k].take(o, argv[++*i]);
		if (arg[n] == '\0')
			return usage("a value is missing behind ", arg);
	}
	return -1;
}

static int
take(struct scan_options *o, int argc, char **argv, int *i)
{
	char why[160];
	const char *arg = argv[*i];
	int r = take_list(o, argc, argv, i);

	if (r != -1)
		return r;
	r = probing_option(&o->to, argc, argv, i, why, sizeof(why));
	if (r != 0)
		return r > 0 ? CTL_DONE : usage(why, NULL);
	if (strcmp(arg, "--json") == 0)
		o->json = true;
	else if (strcmp(arg, "--quick") == 0)
		o->quick = true;
	else if (arg[0] != '-' && o->to.line == NULL)
		o->to.line = arg;
	else
		return usage("what is this: ", arg);
	return CTL_DONE;
}

int
scan_options(struct scan_options *o, int argc, char **argv)
{
	int r = take_units(o, "1-247");

	for (int i = 1; i < argc && r == CTL_DONE; i++)
		r = take(o, argc, argv, &i);
	if (r == CTL_DONE && o->to.line == NULL && o->to.port == NULL &&
	    o->to.host == NULL)
		return usage("where? a LINE, --port DEV or --host H:P", NULL);
	return r;
}
