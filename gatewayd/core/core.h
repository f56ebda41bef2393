/*
 * The gateway while it runs: one loop, one of everything. Files of core/ that
 * need more than one part share this; the parts themselves do not know it.
 */
#ifndef CORE_H
#define CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "bulletin.h"
#include "child.h"
#include "clock.h"
#include "command.h"
#include "culprit.h"
#include "errand.h"
#include "figures.h"
#include "intake.h"
#include "journal.h"
#include "msg.h"
#include "owner.h"
#include "paths.h"
#include "site.h"

struct control;

struct options {
	const char *config, *run_dir;
	struct paths paths;
	bool debug;
};

enum phase { PHASE_RUN, PHASE_STOP_LINES, PHASE_STOP_UPLINKS, PHASE_END };

struct line_info { /* what a line told of itself */
	enum port_state port;
	uint64_t requests, overruns;
	uint16_t use; /* of the last minute, per mille */
	char text[MSG_LINE_TEXT_MAX];
	struct msg_device *devices; /* line.ndevices */
	struct recent *recent;      /* likewise */
};

struct link_info {
	enum link_state link;
	uint32_t in_flight;
	uint64_t acked;
	char text[MSG_LINE_TEXT_MAX];
};

struct core {
	const struct options *opt;
	sd_event *loop;
	struct site *site, *next_site; /* next: of a reload under way */
	int snapshot, next_snapshot;   /* sealed, -1: none */
	struct clock clock;
	char boot[37]; /* the kernel's boot id */
	struct journal *journal;
	struct intake *intake;
	struct owner *owners;   /* of the site's series */
	struct child *children; /* the site's lines, then its uplinks */
	size_t nchildren;
	struct line_info *lines;
	struct link_info *links;
	struct control *control;
	struct commands commands;
	struct culprits culprits;
	struct errands errands;
	struct bulletin bulletin;
	struct msg *msg; /* in or out, for one call */
	enum phase phase;
	int64_t started, stop_at; /* stop_at: when the stop began */
	int64_t tick;
	int64_t watchdog, watchdog_ms; /* next, how often; 0: none */
	int lock, store_lock;          /* one gateway at a time */
	unsigned files; /* journal_files() that the uplinks know */
	bool stop, reload;
	char status[160]; /* the last one told to systemd */
};

/* The children of core->site, none running. 0 or -ENOMEM; then core_site() of
 * the old one is gone all the same. */
int core_site(struct core *core);
void core_site_done(struct core *core);

#endif
