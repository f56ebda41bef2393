/*
 * Answers that may still come, to requests whose time ran out. An RTU answer
 * carries no address: a late one fits the next request of the same shape as
 * well as the one it belongs to. So what is owed is remembered, and a frame
 * that may pay a debt is not believed to be anything else. Pure.
 *
 * A unit answers in the order it is asked. So once an answer can only be that
 * to the newest request, nothing older of that unit is owed any more.
 */
#ifndef OWED_H
#define OWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reply.h"

enum { OWED_MAX = 8 };

struct debt {
	struct request req;
	uint16_t words[2]; /* of a write, what its answer repeats */
	uint64_t print;    /* of all that was asked: equal, asked the same */
	int64_t sent_us;
	int64_t void_us; /* not expected from then on; 0: no debt */
	bool stranger;   /* of a unit that may never be asked again */
};

struct owed {
	struct debt debts[OWED_MAX];
};

enum claim {
	CLAIM_NONE, /* nobody is owed this frame */
	CLAIM_SAME, /* owed to an earlier request that asked the very same: a
		       good answer to this one, and another may come */
	CLAIM_LATE, /* owed to another request: it is paid now */
};

/* Copies what it needs of q. When there is no room the oldest is forgotten, a
 * stranger's first: a search through all units must not make us forget what our
 * own owe. */
void owed_add(struct owed *o, const struct request *q, int64_t sent_us,
    int64_t void_us, bool stranger);

/* Whose is a frame? q: the request under way; NULL: none. as_of_us: when q was
 * sent, or now; what was void by then is not owed. (Not when the frame came: we
 * may have been held up, and read it long after.) */
enum claim owed_claim(struct owed *o, const struct request *q,
    const uint8_t *frame, size_t len, int64_t as_of_us);

/* The unit is written to: what it is asked now it may answer otherwise than
 * before, even if it is asked the very same. */
void owed_distrust(struct owed *o, uint8_t unit);

/* A unit has answered its newest request: it owes nothing older. */
void owed_settle(struct owed *o, uint8_t unit);

/* Whether the unit owes anything. */
bool owed_by(const struct owed *o, uint8_t unit, int64_t as_of_us);

/* Until when q is better not sent: a good answer to it might as well be a late
 * one to another request. 0: never. */
int64_t owed_doubt(
    const struct owed *o, const struct request *q, int64_t now_us);

#endif
