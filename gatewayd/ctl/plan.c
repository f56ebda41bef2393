/*
 * `gatewayctl plan FILE`: what each line will carry, healthy and with dead
 * devices, before anything is wired. A line makes the forecast, with the code
 * that will poll; here it is only shown.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "jdoc.h"
#include "line_says.h"
#include "plan_show.h"
#include "sitefile.h"

enum { TURNAROUND_US = 5000, TURNAROUND_MAX_MS = 10000, DEAD_MAX = 247 };

struct plan {
	struct sitefile file;
	uint32_t turnaround_us;
	unsigned dead; /* 0: some */
	bool json;
};

/* Plugins that will not work: each said, and the first is enough to fail. */
static int
say_problems(const struct json_t *root)
{
	const struct json_t *lines = jdoc_get(root, "lines"), *ways, *devices;
	int code = CTL_DONE;

	for (size_t i = 0; i < jdoc_count(lines); i++) {
		ways = jdoc_get(jdoc_at(lines, i), "connections");
		for (size_t k = 0; k < jdoc_count(ways); k++) {
			devices = jdoc_get(jdoc_at(ways, k), "devices");
			for (size_t m = 0; m < jdoc_count(devices); m++) {
				const struct json_t *d = jdoc_at(devices, m);
				const char *why = jdoc_text(d, "problem", NULL);

				if (why == NULL)
					continue;
				(void)fprintf(stderr,
				    "%s: %s; it is not in "
				    "these figures\n",
				    jdoc_text(d, "device", "?"), why);
				code = CTL_REFUSED;
			}
		}
	}
	return code;
}

static int
show(const char *text, size_t len, bool json)
{
	char error[256];
	struct jdoc *j = jdoc_parse(text, len, error, sizeof(error));
	int code;

	if (j == NULL) {
		(void)fprintf(stderr, "gatewayctl plan: %s\n", error);
		return CTL_REFUSED;
	}
	if (json)
		(void)fwrite(text, 1, len, stdout); /* main() asks ferror() */
	else
		plan_show(jdoc_root(j));
	code = say_problems(jdoc_root(j));
	(void)jdoc_free(j);
	return code;
}

static int
ask(const struct plan *p)
{
	const char *program = p->file.dirs.line_program;
	char why[400] = "the program gatewayd-line is missing", arg[40];
	char *text = NULL;
	size_t len = 0;
	int code;

	(void)snprintf(
	    arg, sizeof(arg), "%" PRIu32 ",%u", p->turnaround_us, p->dead);
	if (program != NULL)
		text = line_says(program, p->file.snapshot, "--plan", arg, &len,
		    why, sizeof(why));
	if (text == NULL) {
		(void)fprintf(stderr, "gatewayctl plan: %s\n", why);
		return CTL_REFUSED;
	}
	code = show(text, len, p->json);
	free(text);
	return code;
}

/* ---- options ---- */

/* "20ms", "2.5ms", "1s" to microseconds. */
static bool
parse_turnaround(const char *s, uint32_t *us)
{
	char *end;
	double v = strtod(s, &end);

	if (!isdigit((unsigned char)*s))
		return false;
	if (strcmp(end, "s") == 0)
		v *= 1000;
	else if (strcmp(end, "ms") != 0)
		return false;
	if (!(v <= TURNAROUND_MAX_MS))
		return false;
	*us = (uint32_t)(v * 1000 + 0.5);
	return true;
}

static bool
parse_dead(const char *s, unsigned *dead)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (!isdigit((unsigned char)*s) || v < 1 || v > DEAD_MAX ||
	    *end != '\0')
		return false;
	*dead = (unsigned)v;
	return true;
}

static int
take_option(struct plan *p, int option, const char *arg, const char *word)
{
	int r = 0;

	switch (option) {
	case 'p':
		r = paths_add_profiles(&p->file.dirs, arg);
		break;
	case 'l':
		r = paths_add_plugins(&p->file.dirs, arg);
		break;
	case 't':
		if (!parse_turnaround(arg, &p->turnaround_us))
			return ctl_usage("plan",
			    "--turnaround takes 20ms, at most 10s, not ", arg);
		break;
	case 'd':
		if (!parse_dead(arg, &p->dead))
			return ctl_usage(
			    "plan", "--dead takes 1 to 247, not ", arg);
		break;
	case 'j':
		p->json = true;
		break;
	default:
		return ctl_usage("plan", "what is this: ", word);
	}
	if (r == 0)
		return CTL_DONE;
	(void)fprintf(stderr, "gatewayctl plan: %s\n", strerror(-r));
	return CTL_REFUSED;
}

int
cmd_plan(int argc, char **argv)
{
	static const struct option options[] = {
	    {"profiles", required_argument, NULL, 'p'},
	    {"plugins", required_argument, NULL, 'l'},
	    {"turnaround", required_argument, NULL, 't'},
	    {"dead", required_argument, NULL, 'd'},
	    {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'},
	    {0}};
	struct plan p = {.turnaround_us = TURNAROUND_US};
	int option, code = CTL_DONE;

	opterr = 0;
	while (code == CTL_DONE &&
	       (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			char help[] = "help", *args[] = {help, argv[0], NULL};
			paths_done(&p.file.dirs);
			return cmd_help(2, args);
		}
		code = take_option(&p, option, optarg, argv[optind - 1]);
	}
	if (code == CTL_DONE && optind + 1 != argc)
		code = ctl_usage("plan",
		    optind < argc ? "one file at a time: " : "which file?",
		    optind < argc ? argv[argc - 1] : NULL);
	if (code == CTL_DONE)
		code = sitefile_open(&p.file, "plan", argv[optind]);
	if (code == CTL_DONE)
		code = ask(&p);
	sitefile_close(&p.file);
	return code;
}
