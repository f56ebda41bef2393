/*
 * What leads to the units: a serial port or a connection, in a libmodbus
 * context of its own. The only includer of modbus.h. What a frame means, and
 * when to send one, is the business of others.
 */
#ifndef LINK_H
#define LINK_H

#include <stddef.h>
#include <stdint.h>

#include "reply.h"
#include "site.h"

struct link;

enum { WHY_MAX = 256 };

/* A serial port. NULL with the reason and the remedy in `why` (WHY_MAX of
 * room) and *err. */
struct link *link_open(const struct line *l, char *why, int *err);

/* Around a connected socket, which is the link's from now on, also on failure:
 * NULL with the reason in `why`. */
struct link *link_adopt(const struct line *l, int take_fd, char *why);

/* Takes NULL; returns NULL. */
struct link *link_close(struct link *take);
int link_fd(const struct link *k);

/* Hands a whole frame to the port, without waiting: 0, or negative: gone. */
int link_send(struct link *k, const uint8_t *frame, size_t n);

/* Takes what has come, without waiting: bytes (0: nothing), or negative: the
 * port or the connection is gone. */
int link_take(struct link *k, uint8_t *out, size_t cap);

#endif
