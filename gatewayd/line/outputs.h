/*
 * Every output of the line's devices in its safe state: written and read back
 * before the first poll and before the line ends. What is not confirmed is
 * repeated with growing gaps while polling goes on, and said as an alarm.
 */
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;
struct outputs;

enum { OUTPUT_GAP_MS = 1000, OUTPUT_GAP_MAX_MS = 15000 };

/* NULL: out of memory. */
struct outputs *outputs_new(const struct run *borrow, int64_t now);
struct outputs *outputs_free(struct outputs *take);

/* Makes the output that is most due safe, if one is due. When the next is due:
 * INT64_MAX: all are confirmed. */
int64_t outputs_step(struct outputs *o, struct run *r, int64_t now);
int64_t outputs_next(const struct outputs *o);

/* All were tried at least once. */
bool outputs_tried(const struct outputs *o);

/* Again from the start, urgently; how many are not confirmed at `until`. */
size_t outputs_stop(struct outputs *o, struct run *r, int64_t until);

#endif
