/* The gateway from its start to its orderly end. */
#ifndef DAEMON_H
#define DAEMON_H

struct options;

/* The process's exit code: 0 after an orderly end, 1 when it cannot run. */
int daemon_run(const struct options *opt);

#endif
