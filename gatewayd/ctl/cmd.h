/*
 * gatewayctl: one subcommand a file, each `int cmd_NAME(int argc, char **argv)`
 * with argv[0] its own name. `--run-dir DIR` has been taken out of argv and put
 * into the environment before, wherever it stood; ctl_run_dir() has it.
 */
#ifndef CMD_H
#define CMD_H

enum ctl_exit {
	CTL_DONE = 0,
	CTL_REFUSED = 1, /* or not found */
	CTL_USAGE = 2,
	CTL_NO_GATEWAY = 3,
	CTL_NO_DEVICE = 4,
};

/* The whole of the program but main(): finds the subcommand and runs it. */
int ctl_run(int argc, char **argv);

/* GATEWAYD_RUN_DIR, or /run/gatewayd. */
const char *ctl_run_dir(void);

/* The subcommand's own usage to stderr; CTL_USAGE. `what` says what is wrong
 * ("what is this: "), `arg` which word; both may be NULL. */
int ctl_usage(const char *cmd, const char *what, const char *arg);

int cmd_check(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_plugins(int argc, char **argv);
int cmd_points(int argc, char **argv);
int cmd_profiles(int argc, char **argv);
int cmd_read(int argc, char **argv);
int cmd_scan(int argc, char **argv);
int cmd_set_unit(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_write(int argc, char **argv);

/* Long helps stand with what they are about. */
extern const char plugins_help[], profiles_help[], read_help[], scan_help[],
    set_unit_help[], watch_help[], write_help[];

#endif
