/*
 * What of a line must outlive its process: asked of the devices whenever
 * readings are about to be sent, and sent before them, so that core never has a
 * counter's reading without the state that goes on from it (core/kept.h says
 * why no count is lost or doubled then).
 */
#ifndef KEEPING_H
#define KEEPING_H

#include <stddef.h>

#include "msg.h"

struct dev;
struct line;
struct keeping;

/* devs: of line->ndevices, borrowed. NULL: out of memory. */
struct keeping *keeping_new(const struct line *line, struct dev *devs);
struct keeping *keeping_free(struct keeping *take);

/* What core had kept, to the devices that it is of. */
void keeping_take(struct keeping *k, const struct msg_kept *m);

/* Sends all that changed. 0, or what msg_send() said: then no reading may be
 * sent. For sink_before(). */
int keeping_send(void *keeping, int fd);

#endif
