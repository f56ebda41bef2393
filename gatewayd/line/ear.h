/*
 * What comes in from a line, and what it means for the request under way: the
 * answer, somebody's late one, an echo of our own, noise. It decides; what is
 * done about it is the exchange's business. No clock, no descriptor: bytes go
 * in with the time at which they came.
 */
#ifndef EAR_H
#define EAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "owed.h"
#include "reply.h"
#include "site.h"
#include "stream.h"

enum heard {
	HEARD_NOTHING, /* that matters, so far */
	HEARD_ANSWER,
	HEARD_REFUSAL, /* an exception */
	HEARD_SPOILT,  /* the answer has come and is no good; hint */
	HEARD_ECHO,    /* our own request, unasked for or changed; hint */
	HEARD_BROKEN,  /* a connection out of step; hint */
};

struct ear {
	const struct line *line;

	/* What came and was not taken off yet. On TCP it lives on: half a
	 * frame that came too late has its other half still to come. */
	uint8_t bytes[STREAM_ROOM];
	size_t n;
	int64_t at_us; /* when the last of them came */

	/* The request under way. */
	const struct request *req;
	const uint8_t *sent;
	size_t nsent;
	int64_t sent_us;
	bool waits; /* for the answer to it; else only for late ones */

	/* Since it was sent. */
	size_t echoed; /* so many of its bytes came back */
	bool unlike;   /* and then something else */
	bool deaf;     /* nothing counts any more */
	bool junk;     /* bytes came that are no frame */
	bool sound;    /* a frame came, of whomever */
	bool crc;      /* the answer came, but for its checksum */
	uint8_t by;    /* the unit whose answer came */
	const char *hint;

	struct owed owed;
	bool late; /* late_unit has answered an earlier request */
	uint8_t late_unit;
};

/* Borrows the line, and a request for ever. */
void ear_init(struct ear *e, const struct line *line, const struct request *q);

/* Forgets what came, not what is owed: a new port or connection. */
void ear_clear(struct ear *e);

/* From now on for the answer to the ear's request, sent as these bytes (which
 * are borrowed). */
void ear_wait(struct ear *e, const uint8_t *sent, size_t n, int64_t sent_us);
void ear_rest(struct ear *e);

/* Room for what comes next, at least 1. */
uint8_t *ear_room(struct ear *e, size_t *cap);

/* So many bytes have been put there. */
void ear_put(struct ear *e, size_t n, int64_t now_us);

/* What the bytes mean; to be called until nothing. With an answer, words (as
 * of reply_check()) or *code are filled. */
enum heard ear_hear(struct ear *e, uint16_t *words, uint8_t *code);

#endif
