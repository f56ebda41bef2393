/*
 * `gatewayctl scan`: which devices are on a line, and a site file for them. It
 * reads and never writes.
 */
#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "library.h"
#include "msg.h"

enum {
	SETTINGS_MAX = SCAN_SPEEDS_MAX * SCAN_PARITIES,
	SERIAL_MS = 100, /* what is slower is found with --timeout */
	TCP_MS = 500,
};

const char scan_help[] =
    "finds the devices of a line and prints a site file for them\n"
    "\n"
    "  Every unit is asked for one register, at each speed and parity given;\n"
    "  whatever answers is compared with all profiles. Nothing is written.\n"
    "  Through the running gateway when it has the line: its polls go on.\n"
    "  --baud 9600,4800 | all       without: the line's own, or, for a port,\n"
    "                               9600,4800,19200\n"
    "  --parity none,even,odd | all without: none\n"
    "  --units 1-247                or parts of it: 1,5,20-30\n"
    "  --timeout 100ms              how long a unit has to begin its answer\n"
    "  --quick                      only ids that whole families answer to;\n"
    "                               with one device connected it is found at\n"
    "                               once, whatever its unit\n"
    "\n"
    "  How sure it is of a type:\n"
    "    identified  registers that only it has hold what they should\n"
    "    likely      its registers are there, the values can be true, and no\n"
    "                other profile fits as well\n"
    "    possible    others fit as well, or some value is odd: the label "
    "decides";

static int
search(struct scan *s)
{
	struct scan_setting settings[SETTINGS_MAX];
	size_t n = scan_settings(s, settings, SETTINGS_MAX);
	int r = CTL_DONE;

	for (size_t i = 0; i < n && r == CTL_DONE; i++) {
		size_t had = s->nfound;

		r = scan_find(s, &settings[i]);
		for (size_t u = had; u < s->nfound && r == CTL_DONE; u++) {
			scan_bar(s, "comparing", u - had, s->nfound - had);
			if (s->found[u].sound)
				r = scan_look(s, &s->found[u]);
		}
	}
	scan_bar_end(s);
	return r;
}

static void
summary(const struct scan *s)
{
	size_t sound = 0;

	for (size_t i = 0; i < s->nfound; i++)
		sound += s->found[i].sound;
	(void)fprintf(stderr, "%s: %zu found in %llu requests\n",
	    probing_where(s->probing), sound, (unsigned long long)s->requests);
}

/* Said last, where it is seen. */
static int
cut_short(const struct scan *s, int code)
{
	(void)fprintf(stderr, "gatewayctl scan: %s: %s: %s\n",
	    probing_where(s->probing),
	    s->requests > 0 ? "the scan was interrupted" : "not scanned",
	    s->why);
	return code;
}

static int
run(struct scan *s)
{
	int r;

	s->bar = isatty(STDERR_FILENO) == 1;
	s->found = calloc(SCAN_FOUND_MAX, sizeof(*s->found));
	if (s->found == NULL) {
		(void)fputs("gatewayctl scan: out of memory\n", stderr);
		return CTL_REFUSED;
	}
	r = search(s);
	/* What was found until then is worth having all the same. */
	if (r != CTL_DONE && s->nfound == 0)
		return cut_short(s, r);
	scan_configured(s);
	if (s->options.json)
		scan_json(s, stdout);
	else
		scan_yaml(s, stdout);
	if (!s->options.json)
		summary(s);
	if (r != CTL_DONE)
		return cut_short(s, r);
	return s->nfound == 0 ? CTL_NO_DEVICE : CTL_DONE;
}

static void
done(struct scan *s)
{
	for (size_t i = 0; i < s->nfound; i++)
		free(s->found[i].values);
	free(s->found);
	free(s->types);
	(void)library_close(s->library);
	s->probing = probing_close(s->probing);
	paths_done(&s->options.dirs);
}

int
cmd_scan(int argc, char **argv)
{
	struct scan s = {0};
	uint32_t baud;
	uint8_t parity, stop_bits;
	int r = scan_options(&s.options, argc, argv);

	if (r == CTL_DONE)
		r = probing_open(&s.probing, "scan", &s.options.to);
	if (r == CTL_DONE)
		r = scan_types(&s);
	if (r == CTL_DONE) {
		probing_serial(s.probing, &baud, &parity, &stop_bits);
		if (s.options.to.timeout_ms == 0)
			s.options.to.timeout_ms =
			    baud == 0 ? TCP_MS : SERIAL_MS;
		r = run(&s);
	}
	done(&s);
	return r;
}
