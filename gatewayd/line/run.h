/*
 * A line at work: its lanes, its devices, and what it has to tell. run_step()
 * never waits and says when to come back, so the same code runs under a real
 * clock and bus or, in tests, under false ones. Everything is sized when it is
 * made.
 */
#ifndef RUN_H
#define RUN_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"
#include "hall.h"
#include "keeping.h"
#include "lane.h"
#include "msg.h"
#include "sink.h"
#include "site.h"

struct page;

enum {
	DEVICE_TELL_MS = 10000,   /* counts that grew are told so often */
	LINE_TELL_MS = 10000,     /* the line's too */
	LOOK_MS = 50,             /* for devices that have news */
	USE_MS = 60000,           /* line use is of so long */
	OVERRUN_SAY_MS = 3600000, /* an event at most so often */
};

struct run {
	const struct line *line; /* borrowed, like all of the site */
	struct sink *sink;
	struct dev *devs; /* line->ndevices */
	struct keeping *keeping;
	struct lane *lanes;  /* nlanes, at most one a device */
	size_t nlanes, turn; /* turn: the lane that is served first */
	struct probes *probes;
	struct hall *hall; /* where converters dial in; NULL: nowhere */
	int64_t hall_next; /* when to try to listen again */

	bool port_told; /* the core knows the port's state */
	int64_t told, look_next;
	uint64_t requests, overruns;
	int64_t use_since;
	uint16_t use; /* of the last minute, per mille */
	int64_t overrun_said;
	uint64_t overruns_then;
	int64_t stop_until; /* 0: not stopping */
};

/* page: shared with core (wire/page.h); NULL: none. NULL with a log line when
 * it cannot be set up. */
struct run *run_new(const struct line *borrow, struct page *page, int64_t now);
struct run *run_free(struct run *take);

/* What to poll for, and until when; run_nfds() entries, each with a place of
 * its own (descriptor -1: none). */
size_t run_nfds(const struct run *r);
void run_fds(const struct run *r, struct pollfd *out, int64_t *until_us);

/* Lets every lane go on that can: those whose time has come, and those whose
 * descriptor is ready (`polled`: as run_fds() filled it; NULL: look at all). */
void run_step(struct run *r, const struct pollfd *polled, int64_t now_us);

/* Every output was tried once: the line may call itself ready. */
bool run_ready(const struct run *r);

void run_command(struct run *r, const struct msg_command *m, int64_t now);
/* One more than PROBES_MAX is dropped. */
void run_probe(struct run *r, const struct msg_probe *m);

/* Only outputs from now on, into their safe states; how many are not
 * confirmed. */
void run_stop(struct run *r, int64_t until);
size_t run_left(const struct run *r);

/* Tells device and line states that are news over the channel. */
void run_tell(struct run *r, int fd, int64_t now);

#endif
