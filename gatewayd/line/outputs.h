/*
 * What is written on a lane. Outputs are in their safe state, confirmed by
 * reading back, before the first poll and before the line ends; one that was
 * opened by command closes by itself when its time is over. What is not
 * confirmed is repeated with growing gaps while polling goes on, and said as an
 * alarm. An opening that cannot be confirmed is closed. Settings are written
 * when commanded. Closing goes before opening, and both before polls.
 *
 * A device may have time to show what it was told (settle): it is looked at
 * again and again then, while others go on. One with a timer of its own closes
 * what we opened when we are gone: the timer is armed for a little longer than
 * ours, and anew when it is shorter. A pulse comes to its end before anything
 * else on its lane.
 */
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "msg.h"

struct dev;
struct lane;
struct outputs;
struct reading;

enum {
	OUTPUT_GAP_MS = 1000,
	OUTPUT_GAP_MAX_MS = 15000,
	COMMAND_GAP_MS = 250,
	COMMAND_TRIES = 3,
};

/* For the lane's devices. NULL: out of memory. */
struct outputs *outputs_new(struct lane *borrow, int64_t now);
struct outputs *outputs_free(struct outputs *take);

/* When the next exchange is due: INT64_MAX: none is. */
int64_t outputs_wake(const struct outputs *o);

/* The most urgent exchange that is due, and whose it is. */
bool outputs_next(
    struct outputs *o, int64_t now, struct request *out, struct dev **dev);
/* What became of it; the answer is the lane's. */
void outputs_took(struct outputs *o, enum bus_result result);

/* After outputs_next() had none: a list that is being written pauses, and polls
 * wait, or a pulse would last as long as one of them. */
bool outputs_pause(const struct outputs *o);

/* There is no port: what is due has failed. When the next is. */
int64_t outputs_port_gone(struct outputs *o, int64_t now);

/* All outputs were tried at least once. */
bool outputs_tried(const struct outputs *o);

/* A command for a point of one of the lane's devices: carried out, or answered
 * at once with the reason why not. */
void outputs_command(struct outputs *o, struct dev *d, uint16_t point,
    const struct msg_command *c, int64_t now);

/* The device came back and may have forgotten everything: look again. */
void outputs_doubt(struct outputs *o, const struct dev *d, int64_t now);

/* A reading of any point. When it shows what an output does: one that was left
 * in its safe state is put back there: a board that lost its power for a
 * moment, a hand at the switch. One that left its other state early is only
 * told of, since the device may have had its reasons: a pump that tripped is
 * not started again. */
void outputs_found(
    struct outputs *o, struct dev *d, size_t point, const struct reading *r);

/* To the safe state from now on, urgently. */
void outputs_stop(struct outputs *o);
/* How many outputs are not confirmed. */
size_t outputs_left(const struct outputs *o);

#endif
