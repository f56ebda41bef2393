/*
 * What a line has to tell the core, in bounded memory: while the channel is
 * full readings wait in a ring, the oldest give way, and an event says how
 * many were lost. Never blocks.
 */
#ifndef SINK_H
#define SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct sink;

enum { SINK_WAIT_MS = 100 };

/* Room for nreadings (at least MSG_READINGS_MAX). NULL: out of memory. */
struct sink *sink_new(size_t nreadings);
struct sink *sink_free(struct sink *take);

void sink_reading(struct sink *s, const struct reading *r);
/* Events beyond the queue's 64 are counted as lost, too. */
void sink_event(struct sink *s, enum event_kind kind, int64_t now,
    const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* What became of a command. Beyond 32 the oldest gives way: who asked is told
 * by core that nobody knows. */
void sink_result(
    struct sink *s, uint64_t id, enum command_result result, const char *text);
/* Device and line states: only the latest of each is worth telling, so these
 * are refused while the channel is full: false, tell again. */
bool sink_send(struct sink *s, int fd, const struct msg *m);

/* What must reach core before any reading does: `ahead` is called with the
 * channel each time readings are about to be sent. 0, or what msg_send() said:
 * then they are not. */
void sink_before(struct sink *s, int (*ahead)(void *arg, int fd), void *arg);

/* Sends events and results, and readings when there is a frame full of them or
 * the oldest has waited for SINK_WAIT_MS: a wake-up of core costs more than a
 * reading. all: whatever there is. 0; -EAGAIN: the channel is full; other
 * -errno: the core is gone. */
int sink_flush(struct sink *s, int fd, int64_t now, const char *line, bool all);
/* Boot time at which readings are to be flushed; INT64_MAX: there are none. */
int64_t sink_due(const struct sink *s);

size_t sink_readings(const struct sink *s);
/* The oldest reading, taken out; false when there is none. For tests. */
bool sink_take(struct sink *s, struct reading *out);
/* The oldest event, taken out; false when there is none. */
bool sink_take_event(struct sink *s, struct msg_event *out);

#endif
