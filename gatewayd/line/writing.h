/*
 * One point written and read back: look if need be, write, confirm. A step is
 * one exchange; who owns the writing decides when the next may be made. What
 * was written counts only once it has been read: an echo proves nothing (on a
 * serial line our own request looks just like the answer to it).
 */
#ifndef WRITING_H
#define WRITING_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"
#include "gateway_device.h"
#include "site.h"

struct dev;

enum {
	WRITING_SAFE =
	    0xFFFF,        /* for `point`: all that a plugin's safe() says */
	WRITING_OPS = 64,  /* longest list of a plugin */
	WRITING_WORDS = 4, /* longest value of a profile's point */
};

enum writing_phase { WRITING_LOOK, WRITING_WRITE, WRITING_CONFIRM };

struct writing {
	struct dev *dev;
	const struct point *point; /* of a profile */
	const struct setup *setup; /* or one of its set-up registers */
	uint16_t index;            /* of the point in its device */
	double value;
	enum writing_phase phase;
	bool look;  /* nothing is written if it is so already */
	bool wrote; /* something has been sent: what the device does is not
		       known before it is confirmed */
	struct request write;
	uint16_t words[WRITING_WORDS];
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

/* look: read first, and write only if it is not so already: after a write that
 * got no answer, which may have acted. ops: room for a plugin's list, else
 * NULL. 0, or -errno with the reason in `why` (WHY_MAX): it cannot be written
 * so. */
int writing_begin(struct writing *w, struct dev *borrow, uint16_t point,
    double value, bool look, struct gw_op *ops, char *why);
void writing_begin_setup(
    struct writing *w, struct dev *borrow, const struct setup *s);

/* The exchange to make next. False: not before w->pause_until. */
bool writing_next(struct writing *w, int64_t now, struct request *out);

/* What became of it; on WRITING_CONFIRMED the words read back are in the
 * answer, if it is a profile's. `why` as above when it differs or fails. */
enum writing_news writing_took(struct writing *w, enum bus_result result,
    const struct answer *a, char *why);

#endif
