/*
 * Where converters (DTUs) dial in: a listening socket, and the connections that
 * have not said yet who they are. The first bytes of a connection are compared
 * with the registration texts of the site; one that says nothing known within
 * 10 s is closed, and so is the oldest when there are too many. A text that is
 * also how a longer one begins counts once a pause has followed it. A guest
 * without a text gets whoever fits no other: at once when it is alone, else
 * when the bytes show it or after those 10 s.
 */
#ifndef HALL_H
#define HALL_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "registration.h"

struct hall;

enum { HALL_WAITING = 8, HALL_FDS = HALL_WAITING + 1, REGISTER_MS = 10000 };

/* Listens at once. guests are copied, their texts borrowed. NULL with the
 * reason and the remedy in `why` (WHY_MAX of link.h). */
struct hall *hall_new(const char *address, uint16_t port,
    const struct guest *guests, size_t n, char *why);
struct hall *hall_free(struct hall *take);

/* Fills what to poll for (HALL_FDS of room): how many; *until_us is lowered to
 * when to come back at the latest. */
size_t hall_wants(const struct hall *h, struct pollfd *out, int64_t *until_us);

/* Accepts, reads, decides. When a guest has been recognised: its descriptor
 * (the caller's; non-blocking, the registration taken off, what came behind it
 * still in it) and *who. -EAGAIN: nobody for now; call until then. `said`
 * (WHY_MAX) holds what is worth logging, "" nothing. */
int hall_step(struct hall *h, int64_t now_us, size_t *who, char *said);

#endif
