/*
 * The table of subcommands, and what is common to all: --run-dir, help, and
 * a plain word about those that are not built yet.
 */
#include "cmd.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

struct cmd {
	const char *name;
	int (*run)(int argc, char **argv); /* NULL: not built yet */
	const char *args;
	const char *help; /* its first line stands in the list of all */
};

static const char plan_help[] =
    "what each line will carry, before anything is wired\n"
    "\n"
    "  One exchange on a serial line takes (bytes of request and answer) x "
    "bits\n"
    "  of a character / baud, a silence of 3.5 characters before and after "
    "the\n"
    "  request (above 19200 baud 1.75 ms each), and the turnaround: from the "
    "end\n"
    "  of the request to the start of the answer, 5 ms unless --turnaround "
    "says\n"
    "  otherwise. A profile's `limits: quiet` is the least silence before "
    "each\n"
    "  request. Over TCP it takes the turnaround and 0.3 ms.\n"
    "\n"
    "  SWEEP     every point of the connection, once\n"
    "  LINE USE  the share of its time that it is busy; above 100 % periods\n"
    "            cannot be kept, and it is said how often points come instead\n"
    "  DEAD      so many devices do not answer: those whose loss costs most.\n"
    "            SWEEP and LINE USE are then of the others, and of one probe\n"
    "            every 30 s for each dead one\n"
    "  AT FIRST  the longest that a sweep may take until the dead are known "
    "to\n"
    "            be lost: each is asked 3 times or more, over at least 5 s, "
    "and\n"
    "            each time costs its timeout and, on a serial line, as long a\n"
    "            wait for a late answer, 2.5 s at most\n"
    "\n"
    "  Devices with a host or a registration of their own are on connections "
    "of\n"
    "  their own, which do not wait for each other.";

static const struct cmd commands[] = {
    {"check", cmd_check, "FILE [--profiles DIR] [--plugins DIR]",
	"says whether a site file is right, and where it is not"},
    {"plan", cmd_plan,
	"FILE [--turnaround 5ms] [--dead K] [--json]\n"
	"          [--profiles DIR] [--plugins DIR]",
	plan_help},
    {"status", cmd_status, "[--devices] [--json]",
	"the gateway, its lines, devices and uplinks as they are now\n"
	"  --devices: every count of every device"},
    {"points", cmd_points, "[PREFIX] [--json]",
	"every point with its last value, age and quality"},
    {"history", cmd_history,
	"POINT [--from T] [--to T] [--limit N] [--utc] [--json]\n"
	"          [--db FILE | --config FILE]",
	"what the store has of one point; T: 2h, 3d, a date, or ms"},
    {"write", cmd_write,
	"POINT on --for TIME | POINT off | POINT VALUE  [--json]\n"
	"       gatewayctl write LINE | --port DEV | --host H:P  --unit N\n"
	"          holding ADDRESS VALUE | coil ADDRESS off\n"
	"          [--as TYPE] [--order O] [--dry-run] [--yes] [--json]",
	write_help},
    {"profiles", cmd_profiles,
	"[WORD | NAME [--variant V]] [--json] [--profiles DIR]\n"
	"       gatewayctl profiles --check [NAME | FILE] [--json]\n"
	"          [--profiles DIR]",
	profiles_help},
    {"scan", cmd_scan,
	"LINE | --port DEV | --host H:P  [--baud 9600,4800|all]\n"
	"          [--parity none,even,odd|all] [--units 1-247]\n"
	"          [--timeout 100ms] [--quick] [--site FILE] [--profiles DIR]\n"
	"          [--rtu-over-tcp] [--json]",
	scan_help},
    {"set-unit", cmd_set_unit,
	"LINE | --port DEV | --host H:P  --from OLD --to NEW\n"
	"          --type PROFILE [--variant V] [--baud N] [--parity P] "
	"[--yes]\n"
	"          [--profiles DIR]",
	set_unit_help},
    {"read", cmd_read,
	"LINE/DEVICE\n"
	"       gatewayctl read LINE | --port DEV | --host H:P  --unit N\n"
	"          --type PROFILE | TABLE ADDRESS [COUNT]  [--json]",
	read_help},
    {"plugins", cmd_plugins,
	"[NAME] [--json] [--plugins DIR]\n"
	"       gatewayctl plugins test FILE.so [--vectors FILE] [--calls N]\n"
	"          [--seed S]",
	plugins_help},
    {"watch", cmd_watch,
	"[LINE[/DEVICE[/POINT]] ...] [--every 1s] [--times N] [--json]\n"
	"       gatewayctl watch LINE | --port DEV | --host H:P  --unit N\n"
	"          --type PROFILE",
	watch_help},
    {"version", cmd_version, "[--json]", "version and build"},
    {"help", cmd_help, "[COMMAND]", "this, or one command"},
    {.name = "schema"},
    {.name = "events"},
    {.name = "export"},
    {.name = "zones"},
    {.name = "start"},
    {.name = "stop"},
    {.name = "water"},
    {.name = "reload"},
    {.name = "backup"},
};
enum { NCOMMANDS = sizeof(commands) / sizeof(commands[0]) };

static const struct cmd *
find(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int
first_line(const char *s)
{
	return (int)strcspn(s, "\n");
}

static void
print_commands(FILE *to)
{
	(void)fputs("usage: gatewayctl [--run-dir DIR] COMMAND ...\n\n", to);
	for (size_t i = 0; i < NCOMMANDS && commands[i].run != NULL; i++)
		(void)fprintf(to, "  %-8s %.*s\n", commands[i].name,
		    first_line(commands[i].help), commands[i].help);
	(void)fputs(
	    "\n  --run-dir DIR  which gateway: where it keeps control.sock\n"
	    "                 ($GATEWAYD_RUN_DIR, else /run/gatewayd)\n"
	    "  --json         for programs instead of people\n\n"
	    "exit: 0 done, 1 refused, uncertain or not found, 2 usage, "
	    "3 the gateway does not answer,\n"
	    "4 the device does not answer\n",
	    to);
}

static void
print_one(const struct cmd *c, bool whole, FILE *to)
{
	int n = whole ? (int)strlen(c->help) : first_line(c->help);

	(void)fprintf(to, "usage: gatewayctl %s %s\n  %.*s\n", c->name, c->args,
	    n, c->help);
}

const char *
ctl_run_dir(void)
{
	const char *dir = getenv("GATEWAYD_RUN_DIR");

	return dir != NULL && *dir != '\0' ? dir : "/run/gatewayd";
}

int
ctl_usage(const char *cmd, const char *what, const char *arg)
{
	const struct cmd *c = find(cmd);

	if (what != NULL)
		(void)fprintf(stderr, "gatewayctl %s: %s%s\n", cmd, what,
		    arg != NULL ? arg : "");
	if (c != NULL && c->run != NULL)
		print_one(c, false, stderr);
	return CTL_USAGE;
}

int
cmd_help(int argc, char **argv)
{
	const struct cmd *c;

	if (argc < 2) {
		print_commands(stdout);
		return CTL_DONE;
	}
	c = find(argv[1]);
	if (argc > 2 || c == NULL)
		return ctl_usage("help", "there is no command ", argv[1]);
	if (c->run == NULL) {
		(void)fprintf(
		    stderr, "gatewayctl %s: not built yet\n", c->name);
		return CTL_USAGE;
	}
	print_one(c, true, stdout);
	return CTL_DONE;
}

static int
unknown(const char *name)
{
	struct nearest near;

	nearest_init(&near, name);
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (commands[i].run != NULL)
			nearest_offer(&near, commands[i].name);
	(void)fprintf(stderr, "gatewayctl: there is no command %s", name);
	if (near.n > 0)
		(void)fprintf(stderr, "; did you mean %s?", near.name[0]);
	(void)fputs("\n", stderr);
	print_commands(stderr);
	return CTL_USAGE;
}

/* Takes --run-dir out of argv, in both its spellings, up to "--". */
static bool
take_run_dir(int *argc, char **argv)
{
	int n = 1;

	for (int i = 1; i < *argc; i++) {
		const char *dir = NULL;
		if (strcmp(argv[i], "--") == 0) {
			while (i < *argc)
				argv[n++] = argv[i++];
			break;
		}
		if (strncmp(argv[i], "--run-dir=", 10) == 0)
			dir = argv[i] + 10;
		else if (strcmp(argv[i], "--run-dir") == 0)
			dir = i + 1 < *argc ? argv[++i] : "";
		if (dir == NULL)
			argv[n++] = argv[i];
		else if (*dir == '\0' || setenv("GATEWAYD_RUN_DIR", dir, 1))
			return false;
	}
	*argc = n;
	argv[n] = NULL;
	return true;
}

/* `--json` in front of the command means the same as behind it. */
static void
command_first(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc && strcmp(argv[i], "--json") == 0; i++) {
		argv[i] = argv[i + 1];
		argv[i + 1] = "--json";
	}
}

int
ctl_run(int argc, char **argv)
{
	const struct cmd *c;

	if (!take_run_dir(&argc, argv)) {
		(void)fputs("gatewayctl: --run-dir needs a folder\n", stderr);
		return CTL_USAGE;
	}
	command_first(argc, argv);
	if (argc < 2) {
		print_commands(stderr);
		return CTL_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0)
		return cmd_version(1, argv);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cmd_help(1, argv);
	c = find(argv[1]);
	if (c == NULL)
		return unknown(argv[1]);
	if (c->run == NULL) {
		(void)fprintf(
		    stderr, "gatewayctl %s: not built yet\n", c->name);
		return CTL_USAGE;
	}
	if (argc == 3 && strcmp(argv[2], "--help") == 0)
		return cmd_help(2, argv);
	return c->run(argc - 1, argv + 1);
}
