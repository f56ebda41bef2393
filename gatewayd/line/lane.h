/*
 * A lane: one bus and the devices on it, one exchange at a time. A serial line
 * is one lane; a TCP line has a lane for each connection, and they all go on
 * side by side in one process. What goes first: outputs and commands, then the
 * device whose period ends earliest; probes in turn with those.
 */
#ifndef LANE_H
#define LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "device.h"
#include "msg.h"
#include "outputs.h"

struct run;

enum {
	PORT_GAP_MS = 500,
	PORT_GAP_MAX_MS = 15000,
	GUEST_MS = 30000, /* whoever dials in may stay away for so long */
};

enum lane_turn { TURN_NONE, TURN_OUTPUT, TURN_POLL, TURN_PROBE };

struct lane {
	struct run *run;
	struct bus_way way;
	const char *registration; /* of the DTU that dials in; NULL: any */
	char name[128];           /* "north", "ponds 192.0.2.51:502" */
	struct bus *bus;
	struct dev **devs;  /* ndevs */
	struct want *queue; /* of each, in the same order */
	size_t ndevs;
	int64_t stagger_ms; /* how long they take, one after the other */
	struct outputs *outputs;

	/* The exchange under way, and the answer of the last one. */
	enum lane_turn turn;
	struct dev *dev; /* NULL: TURN_PROBE */
	bool probed;     /* the last that was no output was a probe */
	int64_t began_us;
	struct answer answer;
	struct bus_wants wants; /* what to wait for before the next step */

	enum port_state port;
	bool worked; /* an exchange took place since it was opened */
	int64_t port_next;
	uint32_t port_gap;
	char why[WHY_MAX];
	int64_t busy_us; /* time that exchanges have taken */
};

/* first: one of the devices that it leads to. The caller fills devs, for which
 * there is room, before lane_start(). 0, or -ENOMEM. */
int lane_init(struct lane *l, struct run *borrow, struct bus_way way,
    const struct device *first);
int lane_start(struct lane *l, int64_t now);
void lane_done(struct lane *l);

/* Goes on as far as it can without waiting, at most to the next exchange's
 * start; `wants` says what to wait for then. ready: its descriptor is. */
void lane_step(struct lane *l, bool ready, int64_t now_us);

/* Something happened to the device: what it wants may have changed. */
void lane_renew(struct lane *l, const struct dev *d);

/* A command is there: what has not been sent yet stands back, and a quiet wait
 * after a timeout is not worth its delay. */
void lane_hurry(struct lane *l);

/* A connection that dialled in. */
void lane_adopt(struct lane *l, int take_fd);

/* Nobody has dialled in yet. */
bool lane_waits_for_guest(const struct lane *l);

/* Its port is open, whether or not an exchange has shown that it works. */
bool lane_is_up(const struct lane *l);

/* Only outputs from now on, to their safe states. */
void lane_stop(struct lane *l);

#endif
