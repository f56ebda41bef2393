/*
 * Frames through libmodbus: the only includer of modbus.h. What a frame means,
 * and when to send one, is the bus's business.
 */
#ifndef LINK_H
#define LINK_H

#include <stdint.h>

#include "reply.h"
#include "site.h"

struct link;

enum { WHY_MAX = 256 };

/* NULL with the reason and the remedy in `why` (WHY_MAX of room) and *err. */
struct link *link_open(const struct line *l, char *why, int *err);
/* Takes NULL; returns NULL. */
struct link *link_close(struct link *take);
int link_fd(const struct link *k);

/* 0, or negative: the port is gone. */
int link_send(struct link *k, const struct request *q);

/* One frame as libmodbus takes it (FRAME_MAX of room): its bytes; 0: another
 * unit's; -ETIMEDOUT: not all of it came, what did is in `frame`; -EBADMSG:
 * garbled; other negative: the port is gone. */
int link_receive(struct link *k, uint8_t *frame, int64_t within_us);

#endif
