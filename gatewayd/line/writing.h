/*
 * One point written and read back: look if need be, write, confirm. A step is
 * one exchange; who owns the writing decides when the next may be made. What
 * was written counts only once it has been read: an echo proves nothing (on a
 * serial line our own request looks just like the answer to it).
 *
 * A profile's point, or a register that sets a device up:
 *   LOOK     what shows it is read: perhaps there is nothing to write
 *   AROUND   its registers are read, since the write has to keep the other bits
 *   WRITE    its value; or the device's timer, which opens it for a time
 *   CONFIRM  what shows it is read: its own registers, or its confirm point's
 * A latching output is written by a pulse instead, so that its two coils are
 * never under current together, and neither is when all is done:
 *   REST     the other coil off, whatever was left of it
 *   RESTED   which is read
 *   DRIVE    its own coil on
 *   RELEASE  and off, after the pulse's time; tried again at once
 *   RELEASED its own coil is read: it is off indeed
 * A plugin's list is written op by op.
 */
#ifndef WRITING_H
#define WRITING_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"
#include "gateway_device.h"
#include "output_timer.h"
#include "site.h"

struct dev;

enum {
	WRITING_SAFE =
	    0xFFFF,        /* for `point`: all that a plugin's safe() says */
	WRITING_OPS = 64,  /* longest list of a plugin */
	WRITING_WORDS = 4, /* longest value of a profile's point */
};

enum writing_phase {
	WRITING_LOOK,
	WRITING_AROUND,
	WRITING_WRITE,
	WRITING_CONFIRM,
	WRITING_REST,
	WRITING_RESTED,
	WRITING_DRIVE,
	WRITING_RELEASE,
	WRITING_RELEASED,
};

enum writing_how {
	WRITING_OUTRIGHT, /* whatever it is now */
	WRITING_LOOKING,  /* not if it is so already: after a write that got no
			     answer, which may have acted */
	WRITING_WATCHING, /* nothing: is it so by now? */
	WRITING_REARMING, /* its timer; not if it went off meanwhile */
};

struct wanted {
	uint16_t point;
	double value;
	int64_t until; /* an output that is opened: boot time of its closing */
	enum writing_how how;
};

struct writing {
	struct dev *dev;
	const struct point *point; /* of a profile */
	const struct setup *setup; /* or one of its set-up registers */
	const struct point *shown; /* by its registers; NULL: nothing does */
	struct wanted want;
	enum writing_phase phase;
	bool wrote; /* something has been sent: what the device does is not
		       known before it is confirmed */
	int64_t written_at; /* the device has it since then; 0: not yet */
	struct request write;
	uint16_t words[WRITING_WORDS];
	const struct output_timer *timer; /* what is written; NULL: the value */
	struct arming armed;

	/* A pulse. */
	bool driven; /* its coil may be under current, or was */
	bool unsure; /* the device did not say that it is */
	uint32_t tries;

	/* A plugin's list: borrowed room for WRITING_OPS. */
	struct gw_op *ops;
	uint8_t bytes[GW_WORDS_MAX]; /* of its raw requests */
	int nops, op;
	bool same;   /* what was read back so far is as written */
	bool unseen; /* something was written of which only a read of the list
			can tell what it did */
	int64_t pause_until;
};

enum writing_news {
	WRITING_GOES_ON,
	WRITING_CONFIRMED,
	WRITING_ACKNOWLEDGED, /* the device has no way to read it */
	WRITING_DIFFERS,      /* it reads back differently */
	WRITING_FAILED,       /* the exchange did; see its result */
};

/* The point of the device by whose registers another is confirmed; its own in
 * most cases; NULL: the device has no way to read it. */
const struct point *writing_shown_by(const struct dev *d, uint16_t point);

/* ops: room for a plugin's list, else NULL. 0, or -errno with the reason in
 * `why` (WHY_MAX): it cannot be written so. */
int writing_begin(struct writing *w, struct dev *borrow,
    const struct wanted *want, struct gw_op *ops, char *why);
void writing_begin_setup(
    struct writing *w, struct dev *borrow, const struct setup *s);

/* The exchange to make next. False: not before w->pause_until. */
bool writing_next(struct writing *w, int64_t now, struct request *out);

/* It must come to its end, whatever else is wanted by now: half a pulse would
 * be worse than the wait. */
bool writing_holds(const struct writing *w);

/* A coil is under current, or may be: it could not be let go of. */
bool writing_is_held(const struct writing *w);

/* What an exchange came to for the device: a converter that reports no answer
 * from it (0A, 0B) has not refused anything. Of a write it may have acted. */
enum bus_result writing_result(enum bus_result result, const struct answer *a);

/* What became of it, by writing_result(); on WRITING_CONFIRMED the words read
 * back are in the answer, if it is a profile's. `why` as above when it differs
 * or fails. */
enum writing_news writing_took(struct writing *w, enum bus_result result,
    const struct answer *a, char *why);

#endif
