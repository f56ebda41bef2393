/*
 * A Modbus request as bytes, and whether the bytes that came back are its
 * answer. Pure: the bus sends and receives, this decides. libmodbus accepts
 * things that would lie to us, so unit, function, byte count, length, checksum
 * and (TCP) protocol and transaction are all checked here, on every frame.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FC_READ_COILS = 1,
	FC_READ_DISCRETE = 2,
	FC_READ_HOLDING = 3,
	FC_READ_INPUT = 4,
	FC_WRITE_COIL = 5,
	FC_WRITE_HOLDING = 6,
	FC_WRITE_COILS = 15,
	FC_WRITE_HOLDINGS = 16,
	FC_MASK_WRITE = 22,
};

enum {
	FRAME_MAX = 260,      /* bytes of the largest frame, TCP */
	READ_WORDS_MAX = 125, /* registers of one read */
	READ_COILS_MAX = 2000,
	WRITE_WORDS_MAX = 123,
	WRITE_COILS_MAX = 1968,
	RAW_MAX = 252, /* bytes of a PDU behind its function code */
	REPLY_HEAD_MAX = 8,
};

struct request {
	uint8_t unit, function;
	uint16_t addr, count;      /* count: 1 for FC05, FC06 and FC22 */
	const uint16_t *words;     /* writes: `count` of them; a coil is 0 or 1;
				      FC22: the AND mask, the OR mask */
	bool as_is;                /* FC05: words[0] is sent as it stands, for
				      devices that want more than on and off */
	const uint8_t *raw;        /* any other function, 1 to 127: `nraw` bytes
				      behind the function code; addr, count, words
				      unused */
	uint8_t nraw, nraw_answer; /* bytes the answer has there */
	bool any_unit;        /* a universal id: the answer may come from the
				 unit's own */
	bool tcp;             /* MBAP in front, no checksum */
	uint16_t transaction; /* TCP */
};

enum reply {
	REPLY_OK,
	REPLY_EXCEPTION, /* the unit refused; the code says why */
	REPLY_FOREIGN,   /* sound, but another unit's */
	REPLY_STALE,     /* TCP: the answer to an earlier request */
	REPLY_SHORT,     /* not all there yet, or cut off */
	REPLY_GARBAGE,   /* nothing that may be trusted */
};

/* The whole frame to send; bytes, or 0 when the request breaks the limits. */
size_t request_frame(const struct request *q, uint8_t out[FRAME_MAX]);

/* Bytes of the answer when all goes well, header and checksum included. */
size_t request_answer_len(const struct request *q);

/* Judges one whole frame as received. With REPLY_OK a read's registers or
 * coils (0 or 1), or the bytes behind a raw function's code, one a word, are in
 * words (READ_COILS_MAX of room; NULL: not wanted), with REPLY_EXCEPTION its
 * code is in *code; otherwise both are untouched. */
enum reply reply_check(const struct request *q, const uint8_t *frame,
    size_t len, uint16_t *words, uint8_t *code);

/* The bytes by which the answer must begin when all goes well: the unit, the
 * function, and what of the rest is known beforehand. How many; 0 when the
 * request breaks the limits. */
size_t reply_head(const struct request *q, uint8_t head[REPLY_HEAD_MAX]);

/* Whether the last two of the bytes are the right checksum of those before. */
bool frame_sound(const uint8_t *frame, size_t len);

/* Finds the answer to `q` anywhere in bytes of an RTU line: what came late,
 * behind stray bytes. */
bool reply_find(const struct request *q, const uint8_t *bytes, size_t len);

#endif
