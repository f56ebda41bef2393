/*
 * Frames in a stream of bytes, which is what a connection gives: pieces of any
 * size, several frames in one, and from transparent converters (DTUs) their
 * registration and heartbeat texts before, behind and between the frames.
 * Pure: the bus receives and keeps the bytes, this says what stands in front.
 *
 * What must stay true: where the stream is cut changes nothing about which
 * answers are found, and no byte is dropped that may begin the right one.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "reply.h"

enum {
	STREAM_ROOM = 512, /* never STREAM_MORE with so many bytes */
};

enum stream {
	STREAM_MORE,   /* may be the beginning of a frame: wait */
	STREAM_JUNK,   /* the first *n bytes begin nothing: drop them, look
			  again */
	STREAM_FRAME,  /* the first *n bytes are one whole frame, of whomever:
			  reply_check() judges it; take it off, look again */
	STREAM_BROKEN, /* TCP: no Modbus, nothing can be trusted from here on:
			  close */
};

/* What stands at the start of what has come and was not taken off yet. *n is
 * at least 1 and at most len with JUNK and FRAME, otherwise 0. RTU framing (not
 * q->tcp): a frame only with the right checksum; the answer to q goes before
 * anything else that the same bytes may be taken for. */
enum stream stream_look(
    const struct request *q, const uint8_t *bytes, size_t len, size_t *n);

#endif
