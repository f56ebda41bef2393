/*
 * Any bytes as the answer to any request: as one frame, and as a stream in any
 * pieces, by RTU, TCP and RTU over TCP. No crash, no standstill; what is
 * accepted is right by a checksum worked out here; how the stream was cut
 * changes nothing; and no whole answer to the request is passed over.
 *
 * Input: 9 bytes of request, one that says how the stream is cut, and the
 * stream, in which F0 stands for the right answer, F1 CODE for its refusal, F2
 * N for the checksum of the last N bytes, F3 X for X.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"

enum { HEAD = 10, STREAM_MAX = 1024, TAKEN_MAX = 256 };
enum { MARK_ANSWER = 0xF0, MARK_REFUSAL, MARK_SUM, MARK_LITERAL };

struct bytes {
	size_t n;
	uint8_t at[STREAM_MAX + FRAME_MAX];
};

struct taken { /* the answers found in a stream */
	size_t n;
	struct {
		size_t at, len;
	} frame[TAKEN_MAX];
	bool broken;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool so)
{
	if (!so)
		abort();
}

static unsigned
sum_of(const uint8_t *p, size_t n)
{
	unsigned sum = 0xFFFF;

	for (size_t i = 0; i < n * 8; i++) {
		unsigned bit = (sum ^ (unsigned)p[i / 8] >> i % 8) & 1;
		sum = sum >> 1 ^ (bit ? 0xA001 : 0);
	}
	return sum;
}

static void
put(struct bytes *b, unsigned byte)
{
	b->at[b->n++] = (uint8_t)byte;
}

static void
put_sum(struct bytes *b, size_t n)
{
	unsigned sum = n <= b->n ? sum_of(b->at + b->n - n, n) : 0;

	put(b, sum & 0xFF);
	put(b, sum >> 8);
}

/* Unit and function, `n` bytes behind them, in q's framing. */
static void
put_frame(
    struct bytes *b, const struct request *q, const uint8_t *body, size_t n)
{
	if (q->tcp) {
		put(b, q->transaction >> 8);
		put(b, q->transaction & 0xFF);
		put(b, 0);
		put(b, 0);
		put(b, 0);
		put(b, (unsigned)n);
	}
	memcpy(b->at + b->n, body, n);
	b->n += n;
	if (!q->tcp)
		put_sum(b, n);
}

static void
put_answer(struct bytes *b, const struct request *q)
{
	uint8_t body[FRAME_MAX], head[REPLY_HEAD_MAX];
	size_t n = request_answer_len(q) - (q->tcp ? 6 : 2);
	size_t nhead = reply_head(q, head);

	if (nhead == 0)
		return;
	for (size_t i = 0; i < n; i++)
		body[i] = (uint8_t)(i * 37 + b->n);
	memcpy(body, head, nhead);
	put_frame(b, q, body, n);
}

static void
make_stream(
    struct bytes *b, const struct request *q, const uint8_t *data, size_t size)
{
	b->n = 0;
	for (size_t i = 0; i < size && b->n < STREAM_MAX; i++) {
		uint8_t next = i + 1 < size ? data[i + 1] : 1;
		switch (data[i]) {
		case MARK_ANSWER:
			put_answer(b, q);
			break;
		case MARK_REFUSAL:
			put_frame(b, q,
			    (const uint8_t[]){
				q->unit, q->function | 0x80, next},
			    3);
			i++;
			break;
		case MARK_SUM:
			put_sum(b, next);
			i++;
			break;
		case MARK_LITERAL:
			put(b, next);
			i++;
			break;
		default:
			put(b, data[i]);
			break;
		}
	}
}

static bool
is_read(const struct request *q)
{
	return q->function >= FC_READ_COILS && q->function <= FC_READ_INPUT;
}

/* An accepted answer, by the letter of the protocol. */
static void
check_accepted(const struct request *q, const uint8_t *frame, size_t len,
    const uint16_t *words)
{
	const uint8_t *p = frame + (q->tcp ? 6 : 0);
	bool bits = q->function <= FC_READ_DISCRETE;
	size_t data = bits ? (q->count + 7u) / 8 : q->count * 2u;

	require(len == request_answer_len(q));
	require(len >= (q->tcp ? 8 : 4));
	require(p[0] == q->unit && p[1] == q->function);
	if (q->tcp) {
		require((unsigned)frame[0] << 8 == (q->transaction & 0xFF00u));
		require(frame[1] == (q->transaction & 0xFF));
		require(frame[2] == 0 && frame[3] == 0);
		require(len == 6 + (size_t)(frame[4] << 8 | frame[5]));
	} else {
		unsigned sum = sum_of(frame, len - 2);
		require(frame[len - 2] == (sum & 0xFF));
		require(frame[len - 1] == sum >> 8);
	}
	if (!is_read(q))
		return;
	require(p[2] == data && len == data + (q->tcp ? 9 : 5));
	for (unsigned i = 0; i < q->count; i++)
		require(words[i] == (bits ? p[3 + i / 8] >> i % 8 & 1
					  : p[3 + 2 * i] << 8 | p[4 + 2 * i]));
}

static bool
is_answer(const struct request *q, const uint8_t *frame, size_t len)
{
	static uint16_t words[READ_COILS_MAX];
	uint8_t code = 0;

	switch (reply_check(q, frame, len, words, &code)) {
	case REPLY_OK:
		check_accepted(q, frame, len, words);
		return true;
	case REPLY_EXCEPTION:
		require(code != 0);
		return true;
	default:
		return false;
	}
}

/* Any frame, of whomever. */
static void
check_shape(const struct request *q, const uint8_t *p, size_t n)
{
	require(n <= FRAME_MAX);
	if (q->tcp) {
		require(p[2] == 0 && p[3] == 0);
		require(n == 6 + (size_t)(p[4] << 8 | p[5]));
	} else {
		require(n >= 4 && (p[n - 2] | (unsigned)p[n - 1] << 8) ==
				      sum_of(p, n - 2));
	}
}

/* A copy of the exact size, so that a byte too far is seen. */
static enum stream
look(const struct request *q, const uint8_t *bytes, size_t len, size_t *n)
{
	uint8_t *copy = malloc(len + 1);

	require(copy != NULL);
	memcpy(copy + 1, bytes, len);
	enum stream s = stream_look(q, copy + 1, len, n);
	if (s == STREAM_JUNK || s == STREAM_FRAME)
		require(*n >= 1 && *n <= len);
	else
		require(*n == 0);
	if (s == STREAM_MORE)
		require(len < STREAM_ROOM);
	if (s == STREAM_FRAME)
		check_shape(q, copy + 1, *n);
	free(copy);
	return s;
}

/* The stream in pieces, the next size from the one before; 0: in one. */
static void
follow(const struct request *q, const struct bytes *b, unsigned cut,
    struct taken *t)
{
	size_t at = 0, come = 0, n;

	t->n = 0;
	t->broken = false;
	while (come < b->n && !t->broken) {
		size_t piece = cut == 0 ? b->n : 1 + cut % 61;
		if (cut > 1)
			cut = cut * 75 % 65537;
		come = b->n - come > piece ? come + piece : b->n;
		for (;;) {
			enum stream s = look(q, b->at + at, come - at, &n);
			if (s == STREAM_FRAME && is_answer(q, b->at + at, n) &&
			    t->n < TAKEN_MAX) {
				t->frame[t->n].at = at;
				t->frame[t->n++].len = n;
			}
			t->broken = s == STREAM_BROKEN;
			if (s == STREAM_MORE || s == STREAM_BROKEN)
				break;
			at += n;
		}
	}
}

/* RTU, the plain way: at each place, is it the answer? Up to the first place
 * where one may have begun that is not all there. */
static void
find_all(const struct request *q, const struct bytes *b, struct taken *t)
{
	uint8_t head[REPLY_HEAD_MAX];
	size_t nhead = reply_head(q, head), want = request_answer_len(q);

	t->n = 0;
	t->broken = false;
	for (size_t i = 0; i < b->n && nhead > 0;) {
		const uint8_t *p = b->at + i;
		size_t left = b->n - i, n = want, same = nhead;
		if (left >= 2 && p[1] == (q->function | 0x80)) {
			n = 5;
			same = 1;
		}
		if (memcmp(p, head, left < same ? left : same) != 0) {
			i++;
			continue;
		}
		if (n > left)
			return;
		if (!is_answer(q, p, n)) {
			i++;
			continue;
		}
		if (t->n < TAKEN_MAX) {
			t->frame[t->n].at = i;
			t->frame[t->n++].len = n;
		}
		i += n;
	}
}

static void
check_same(const struct taken *a, const struct taken *b)
{
	require(a->n == b->n && a->broken == b->broken);
	for (size_t i = 0; i < a->n; i++)
		require(a->frame[i].at == b->frame[i].at &&
			a->frame[i].len == b->frame[i].len);
}

static void
check_stream(const struct request *q, const struct bytes *b, unsigned cut)
{
	static struct taken whole, pieces;

	follow(q, b, 0, &whole);
	follow(q, b, 1, &pieces);
	check_same(&whole, &pieces);
	follow(q, b, 2 + cut, &pieces);
	check_same(&whole, &pieces);
	if (q->tcp)
		return;
	find_all(q, b, &pieces);
	check_same(&whole, &pieces);
}

/* As one frame, such as a port gives it. */
static void
check_frame(const struct request *q, const struct bytes *b, size_t sent)
{
	uint8_t *frame = malloc(b->n + (b->n == 0));

	require(frame != NULL);
	memcpy(frame, b->at, b->n);
	bool good = is_answer(q, frame, b->n);
	require(!good || sent > 0);
	if (!q->tcp)
		require(!good || reply_find(q, frame, b->n));
	free(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t functions[] = {
	    1, 2, 3, 4, 5, 6, 15, 16, 22, 0, 43, 0x41, 0x80};
	static const uint16_t words[WRITE_COILS_MAX] = {0xFF00, 0x1234};
	static const uint8_t raw[255];
	static struct bytes stream;
	uint8_t sent[FRAME_MAX];

	if (size < HEAD)
		return 0;
	struct request q = {.tcp = data[0] & 1,
	    .as_is = data[0] & 2,
	    .function = functions[data[1] % sizeof(functions)],
	    .unit = data[2],
	    .addr = (uint16_t)(data[3] << 8 | data[4]),
	    .count = (uint16_t)((data[5] & 0xF) << 8 | data[6]),
	    .transaction = data[7],
	    .words = words,
	    .raw = raw,
	    .nraw = data[5],
	    .nraw_answer = data[8]};
	size_t n = request_frame(&q, sent);
	require(n <= FRAME_MAX && request_answer_len(&q) <= 9000);
	make_stream(&stream, &q, data + HEAD, size - HEAD);
	check_frame(&q, &stream, n);
	check_stream(&q, &stream, data[9]);
	return 0;
}
