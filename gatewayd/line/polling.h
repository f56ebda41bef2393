/*
 * What is due next on a line. Pure: `now` is passed in. Each task keeps its
 * period and its phase; the earliest deadline goes first; a task is never
 * pending twice, and periods that passed unread are counted, not made up for.
 */
#ifndef POLLING_H
#define POLLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct task {
	uint32_t device, block;
	uint32_t every_ms;
	int64_t due; /* boot time of the period's start */
	int64_t at;  /* when it may run: due, or a retry's time */
	uint32_t tries;
};

/* What a device's health says: not asked before, and whether the question is a
 * probe that living neighbours go before. */
struct gate {
	int64_t not_before;
	bool probe;
};

struct poll {
	struct task *tasks; /* room for ntasks_max */
	size_t ntasks, ntasks_max;
	uint64_t overruns; /* periods of living devices that passed unread */
};

enum { PROBE_SLACK_MS = 2000 }; /* how long a probe stands back */

struct poll *poll_new(size_t ntasks_max);
struct poll *poll_free(struct poll *take);

/* False when full. */
bool poll_add(struct poll *p, uint32_t device, uint32_t block,
    uint32_t every_ms, int64_t first);

/* Index of the task to run now, or -1 and in *wake when to ask again
 * (INT64_MAX: never). gates: one a device. */
int poll_next(
    const struct poll *p, const struct gate *gates, int64_t now, int64_t *wake);

/* The task's period is done; `counted` says whether a miss is an overrun. */
void poll_done(struct poll *p, int task, int64_t now, bool counted);

/* Once more before its period ends: true, or false when there is no time. */
bool poll_retry(struct poll *p, int task, int64_t at);

/* Not later than `at`, whatever its period: a probe's gap. */
void poll_sooner(struct poll *p, int task, int64_t at);

/* A device is back: all its tasks are due. */
void poll_device_now(struct poll *p, uint32_t device, int64_t now);

#endif
