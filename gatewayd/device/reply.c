/* Requests to frames, frames to answers. Limits: Modbus Application Protocol
 * V1.1b3, sections 6.1 to 6.16. */
#include "reply.h"

#include <string.h>

#include "crc.h"

enum { MBAP = 7, CRC = 2, LEAST = 3 + CRC, COIL_ON = 0xFF00 };

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned
get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static bool
reads_bits(const struct request *q)
{
	return q->function == FC_READ_COILS || q->function == FC_READ_DISCRETE;
}

static bool
reads(const struct request *q)
{
	return q->function >= FC_READ_COILS && q->function <= FC_READ_INPUT;
}

static bool
is_raw(const struct request *q)
{
	return !reads(q) && q->function != FC_WRITE_COIL &&
	       q->function != FC_WRITE_HOLDING &&
	       q->function != FC_WRITE_COILS &&
	       q->function != FC_WRITE_HOLDINGS && q->function != FC_MASK_WRITE;
}

static unsigned
most(const struct request *q)
{
	switch (q->function) {
	case FC_READ_COILS:
	case FC_READ_DISCRETE:
		return READ_COILS_MAX;
	case FC_READ_HOLDING:
	case FC_READ_INPUT:
		return READ_WORDS_MAX;
	case FC_WRITE_COILS:
		return WRITE_COILS_MAX;
	case FC_WRITE_HOLDINGS:
		return WRITE_WORDS_MAX;
	default:
		return 1;
	}
}

static bool
within_limits(const struct request *q)
{
	if (is_raw(q))
		return q->function >= 1 && q->function <= 0x7F &&
		       q->nraw <= RAW_MAX && q->nraw_answer <= RAW_MAX &&
		       (q->raw != NULL || q->nraw == 0);
	return q->count >= 1 && q->count <= most(q) &&
	       (unsigned)q->addr + q->count <= 0x10000 &&
	       (reads(q) || q->words != NULL);
}

/* What follows the four bytes of address and count in FC15 and FC16. */
static size_t
put_many(const struct request *q, uint8_t *p)
{
	size_t n;

	if (q->function == FC_WRITE_HOLDINGS) {
		n = (size_t)q->count * 2;
		for (size_t i = 0; i < q->count; i++)
			put16(p + 1 + i * 2, q->words[i]);
	} else {
		n = ((size_t)q->count + 7) / 8;
		memset(p + 1, 0, n);
		for (size_t i = 0; i < q->count; i++)
			if (q->words[i] != 0)
				p[1 + i / 8] |= (uint8_t)(1u << i % 8);
	}
	p[0] = (uint8_t)n;
	return n + 1;
}

static uint16_t
first_word(const struct request *q)
{
	switch (q->function) {
	case FC_WRITE_COIL:
		if (q->as_is)
			return q->words[0];
		return q->words[0] != 0 ? COIL_ON : 0;
	case FC_WRITE_HOLDING:
	case FC_MASK_WRITE:
		return q->words[0];
	default:
		return q->count;
	}
}

/* What all but raw requests begin with, and a write is answered by. */
static size_t
put_head(const struct request *q, uint8_t *p)
{
	p[0] = q->unit;
	p[1] = q->function;
	put16(p + 2, q->addr);
	put16(p + 4, first_word(q));
	if (q->function != FC_MASK_WRITE)
		return 6;
	put16(p + 6, q->words[1]);
	return 8;
}

static size_t
put_raw(const struct request *q, uint8_t *p)
{
	p[0] = q->unit;
	p[1] = q->function;
	if (q->nraw > 0)
		memcpy(p + 2, q->raw, q->nraw);
	return 2 + (size_t)q->nraw;
}

size_t
request_frame(const struct request *q, uint8_t out[FRAME_MAX])
{
	uint8_t *p = out + (q->tcp ? MBAP - 1 : 0);
	size_t n;

	if (!within_limits(q))
		return 0;
	n = is_raw(q) ? put_raw(q, p) : put_head(q, p);
	if (q->function == FC_WRITE_COILS || q->function == FC_WRITE_HOLDINGS)
		n += put_many(q, p + n);
	if (q->tcp) {
		put16(out, q->transaction);
		put16(out + 2, 0);
		put16(out + 4, (unsigned)n);
		return MBAP - 1 + n;
	}
	unsigned crc = crc16(p, n);
	p[n] = (uint8_t)crc;
	p[n + 1] = (uint8_t)(crc >> 8);
	return n + CRC;
}

static size_t
data_bytes(const struct request *q)
{
	return reads_bits(q) ? ((size_t)q->count + 7) / 8
			     : (size_t)q->count * 2;
}

/* Unit, function and what follows, neither header nor checksum. */
static size_t
answer_body(const struct request *q)
{
	if (reads(q))
		return 3 + data_bytes(q);
	if (is_raw(q))
		return 2 + (size_t)q->nraw_answer;
	return q->function == FC_MASK_WRITE ? 8 : 6;
}

size_t
request_answer_len(const struct request *q)
{
	return answer_body(q) + (q->tcp ? MBAP - 1u : CRC);
}

size_t
reply_head(const struct request *q, uint8_t head[REPLY_HEAD_MAX])
{
	if (!within_limits(q))
		return 0;
	if (!reads(q) && !is_raw(q))
		return put_head(q, head);
	head[0] = q->unit;
	head[1] = q->function;
	if (is_raw(q))
		return 2;
	head[2] = (uint8_t)data_bytes(q);
	return 3;
}

bool
frame_sound(const uint8_t *frame, size_t len)
{
	return len > CRC &&
	       crc16(frame, len - CRC) ==
		   (frame[len - 2] | (unsigned)frame[len - 1] << 8);
}

static void
take_words(const struct request *q, const uint8_t *p, uint16_t *words)
{
	if (reads_bits(q))
		for (size_t i = 0; i < q->count; i++)
			words[i] = (uint16_t)(p[3 + i / 8] >> i % 8 & 1);
	else if (reads(q))
		for (size_t i = 0; i < q->count; i++)
			words[i] = (uint16_t)get16(p + 3 + i * 2);
	else if (is_raw(q))
		for (size_t i = 0; i < q->nraw_answer; i++)
			words[i] = p[2 + i];
}

/* unit, function and what follows; no header, no checksum. */
static enum reply
check_body(const struct request *q, const uint8_t *p, size_t len,
    uint16_t *words, uint8_t *code)
{
	uint8_t head[REPLY_HEAD_MAX];
	size_t n = reply_head(q, head);

	if (p[0] != q->unit && !q->any_unit)
		return REPLY_FOREIGN;
	head[0] = p[0];
	if (p[1] == (q->function | 0x80)) {
		/* No refusal without a reason. */
		if (len != 3 || p[2] == 0)
			return REPLY_GARBAGE;
		*code = p[2];
		return REPLY_EXCEPTION;
	}
	if (memcmp(p, head, len < n ? len : n) != 0 || len > answer_body(q))
		return REPLY_GARBAGE;
	if (len < answer_body(q))
		return REPLY_SHORT;
	if (words != NULL)
		take_words(q, p, words);
	return REPLY_OK;
}

static enum reply
check_tcp(const struct request *q, const uint8_t *frame, size_t len,
    uint16_t *words, uint8_t *code)
{
	if (len < MBAP - 1)
		return REPLY_SHORT;
	size_t body = get16(frame + 4);
	if (get16(frame + 2) != 0 || body < 2 || body > 254)
		return REPLY_GARBAGE;
	if (len < MBAP - 1 + body)
		return REPLY_SHORT;
	if (len > MBAP - 1 + body)
		return REPLY_GARBAGE;
	if (get16(frame) != q->transaction)
		return REPLY_STALE;
	return check_body(q, frame + MBAP - 1, body, words, code);
}

enum reply
reply_check(const struct request *q, const uint8_t *frame, size_t len,
    uint16_t *words, uint8_t *code)
{
	if (!within_limits(q))
		return REPLY_GARBAGE;
	if (q->tcp)
		return check_tcp(q, frame, len, words, code);
	if (len < LEAST && len < request_answer_len(q))
		return REPLY_SHORT;
	if (!frame_sound(frame, len))
		return REPLY_GARBAGE;
	return check_body(q, frame, len - CRC, words, code);
}

bool
reply_find(const struct request *q, const uint8_t *bytes, size_t len)
{
	size_t want = request_answer_len(q);
	uint8_t code;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != q->unit && !q->any_unit)
			continue;
		if (len - i >= want &&
		    reply_check(q, bytes + i, want, NULL, &code) == REPLY_OK)
			return true;
		if (len - i >= 5 && reply_check(q, bytes + i, 5, NULL, &code) ==
					REPLY_EXCEPTION)
			return true;
	}
	return false;
}
