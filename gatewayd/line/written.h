/*
 * A point that can be written: what is wanted of it, how far that got, and what
 * is said of it. Between the files of outputs only.
 */
#ifndef WRITTEN_H
#define WRITTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"
#include "writing.h"

struct dev;
struct lane;

struct written { /* a point that can be written */
	struct dev *dev;
	uint16_t point; /* WRITING_SAFE: all that a plugin's safe() names */
	bool output;
	bool pending;  /* `value` is wanted and not confirmed yet */
	bool on;       /* an output that is not in its safe state, or may be */
	int64_t until; /* on: boot time of its closing */
	double value;
	bool first;     /* made safe for the first time: not tried yet */
	bool known;     /* confirmed once: its state is told from then on */
	int64_t unsure; /* when it was last said to be unconfirmed; 0: not */
	bool alarm, urgent, timed_out;
	bool left;   /* its writing was left in the middle */
	bool astray; /* found other than it was left: said */
	uint32_t tries, gap;
	int64_t next; /* pending: not before */
	/* It was written, and its device may take until then to show it: what
	 * is pending is to see whether it does by now. 0: not so. */
	int64_t settles;
	/* On, by a device's timer: when that runs out, and when it is to be
	 * armed again (0: never). again: what is pending is only that. */
	int64_t armed_until, rearm;
	bool again;
	bool second;      /* pending is the second of two closing pulses, which
			     nobody waits for */
	int64_t expires;  /* not begun later */
	uint64_t command; /* who waits for the result; 0: nobody */
};

struct outputs {
	struct lane *lane;
	struct written *now; /* whose writing is under way */
	struct writing writing;
	struct gw_op *ops;       /* room for a plugin's list */
	struct written rest;     /* whose list it was that nobody waits for, */
	struct written *rest_of; /* and where its alarm belongs */
	size_t n;
	struct written c[];
};

/* NULL: all that a plugin's safe() names. */
const struct point_type *written_type(const struct written *c);
double written_safe_value(const struct written *c);

/* An output that is to be in its safe state. */
bool written_closes(const struct written *c);

/* What shows what it does: a point of its device; NULL: nothing does. */
const struct point *written_shown_by(const struct written *c);

/* This value, or the safe state, from now on. */
void written_want(struct written *c, double value, int64_t now);
void written_want_safe(struct written *c, int64_t now);

/* Perhaps it is not as it was left: looked at, and written if need be. */
void written_doubt(struct written *c, int64_t now);

/* Its writing, if under way, is not what is wanted any more. A plugin's list
 * and a pulse come to their end all the same, as o->rest: half a pulse would be
 * worse than the wait. */
void written_leave(struct outputs *o, struct written *c);

/* To who waits for the result of a command, if anybody does. */
void written_answer(struct outputs *o, struct written *c,
    enum command_result result, const char *text);

/* An alarm, once; its end; that its time is over. */
void written_say_unsafe(struct outputs *o, struct written *c, const char *why);
void written_say_done(struct outputs *o, struct written *c, bool read);

/* Nobody is told by an answer, so an event: what was opened is closed, since
 * the device did not do its part. */
void written_say_given_up(
    struct outputs *o, struct written *c, const char *why);

/* It stands other than it was left. */
void written_say_astray(struct outputs *o, struct written *c, bool on);

/* What the device does is not known before it has been read; what it was found
 * to do. */
void written_say_unsure(struct outputs *o, struct written *c);
void written_say_value(struct outputs *o, struct written *c);

/* ---- what became of a writing: outputs_result.c ---- */

void outputs_done(struct outputs *o, struct written *c, enum writing_news news);
void outputs_not_done(struct outputs *o, struct written *c,
    enum bus_result result, const char *why);
void outputs_give_up(
    struct outputs *o, struct written *c, const char *why, bool refused);

#endif
