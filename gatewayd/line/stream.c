/*
 * A byte may begin the answer we wait for, or a frame of somebody else: a late
 * answer to an earlier request, another unit's. The answer has precedence: the
 * bytes of another frame count only where no answer begins. So which answers
 * are found depends on the bytes alone, not on how they were cut.
 */
#include "stream.h"

#include <string.h>

enum { EXCEPTION_LEN = 5, ECHO_LEN = 8, MASK_LEN = 10 };
enum { MBAP_LEN = 6, BODY_MIN = 2, BODY_MAX = 254 }; /* body: from the unit */

enum found { NOTHING, OPEN, WHOLE };

/* Bytes of the answer that p begins, if it is one; 0: it is none. One more
 * than there are: too early to tell. */
static size_t
answer_len(const struct request *q, const uint8_t *p, size_t len)
{
	uint8_t head[REPLY_HEAD_MAX];
	size_t n = reply_head(q, head);

	if (n == 0 || (p[0] != q->unit && !q->any_unit))
		return 0;
	head[0] = p[0];
	if (len == 1)
		return 2;
	if (p[1] == (q->function | 0x80))
		return EXCEPTION_LEN;
	return memcmp(p, head, len < n ? len : n) == 0 ? request_answer_len(q)
						       : 0;
}

static enum found
answer_here(const struct request *q, const uint8_t *p, size_t len, size_t *n)
{
	uint8_t code;

	*n = answer_len(q, p, len);
	if (*n == 0)
		return NOTHING;
	if (*n > len)
		return OPEN;
	switch (reply_check(q, p, *n, NULL, &code)) {
	case REPLY_OK:
	case REPLY_EXCEPTION:
		return WHOLE;
	default:
		return NOTHING;
	}
}

/* The same for an answer of whatever unit to whatever request. Unit 0, to which
 * stray bytes often look like, never answers. */
static size_t
frame_len(const uint8_t *p, size_t len)
{
	if (p[0] == 0)
		return 0;
	if (len == 1)
		return 2;
	switch (p[1] & 0x7F) {
	case FC_READ_COILS:
	case FC_READ_DISCRETE:
	case FC_READ_HOLDING:
	case FC_READ_INPUT:
		break;
	case FC_WRITE_COIL:
	case FC_WRITE_HOLDING:
	case FC_WRITE_COILS:
	case FC_WRITE_HOLDINGS:
		return p[1] & 0x80 ? EXCEPTION_LEN : ECHO_LEN;
	case FC_MASK_WRITE:
		return p[1] & 0x80 ? EXCEPTION_LEN : MASK_LEN;
	default:
		return 0;
	}
	if (p[1] & 0x80)
		return EXCEPTION_LEN;
	if (len == 2)
		return 3;
	if (p[2] == 0 || p[2] > 2 * READ_WORDS_MAX ||
	    (p[1] >= FC_READ_HOLDING && p[2] % 2 != 0))
		return 0;
	return EXCEPTION_LEN + (size_t)p[2];
}

static enum found
frame_here(const uint8_t *p, size_t len, size_t *n)
{
	*n = frame_len(p, len);
	if (*n == 0)
		return NOTHING;
	if (*n > len)
		return OPEN;
	return frame_sound(p, *n) ? WHOLE : NOTHING;
}

static enum stream
look_rtu(const struct request *q, const uint8_t *bytes, size_t len, size_t *n)
{
	enum found answer = NOTHING, frame = NOTHING;
	size_t before = 0, at = 0, size = 0;

	for (; before < len; before++) {
		answer = answer_here(q, bytes + before, len - before, &size);
		if (answer != NOTHING)
			break;
	}
	/* Of what stands before the answer, what begins a frame? One that would
	 * run into a whole answer is none. */
	for (; before > 0 && at < before; at++) {
		frame = frame_here(bytes + at, len - at, &size);
		if (frame == NOTHING || at + size <= before)
			;
		else if (answer == WHOLE)
			frame = NOTHING;
		else
			frame = OPEN;
		if (frame != NOTHING)
			break;
	}
	if (at > 0) {
		*n = at;
		return STREAM_JUNK;
	}
	if (before == 0)
		frame = answer;
	if (frame != WHOLE)
		return STREAM_MORE;
	*n = size;
	return STREAM_FRAME;
}

/* Protocol, length and what follows; each byte as soon as it is there. */
static enum stream
look_tcp(const uint8_t *bytes, size_t len, size_t *n)
{
	for (size_t i = 2; i < 5 && i < len; i++)
		if (bytes[i] != 0)
			return STREAM_BROKEN;
	if (len < MBAP_LEN)
		return STREAM_MORE;
	if (bytes[5] < BODY_MIN || bytes[5] > BODY_MAX)
		return STREAM_BROKEN;
	if (len < MBAP_LEN + (size_t)bytes[5])
		return STREAM_MORE;
	*n = MBAP_LEN + (size_t)bytes[5];
	return STREAM_FRAME;
}

enum stream
stream_look(
    const struct request *q, const uint8_t *bytes, size_t len, size_t *n)
{
	*n = 0;
	if (len == 0)
		return STREAM_MORE;
	return q->tcp ? look_tcp(bytes, len, n) : look_rtu(q, bytes, len, n);
}
