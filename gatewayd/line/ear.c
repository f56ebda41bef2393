/* The request was sent; these bytes came. */
#include "ear.h"

#include <string.h>

void
ear_init(struct ear *e, const struct line *line, const struct request *q)
{
	*e = (struct ear){.line = line, .req = q, .hint = ""};
}

void
ear_clear(struct ear *e)
{
	e->n = 0;
	e->waits = false;
}

void
ear_wait(struct ear *e, const uint8_t *sent, size_t n, int64_t sent_us)
{
	if (!e->req->tcp)
		e->n = 0;
	e->sent = sent;
	e->nsent = n;
	e->sent_us = sent_us;
	e->waits = true;
	e->echoed = 0;
	e->unlike = e->deaf = e->junk = e->sound = e->crc = false;
	e->hint = "";
}

void
ear_rest(struct ear *e)
{
	e->waits = false;
}

uint8_t *
ear_room(struct ear *e, size_t *cap)
{
	*cap = sizeof(e->bytes) - e->n;
	return e->bytes + e->n;
}

/* How many of the n newest bytes are our own request, coming back. */
static size_t
follow_echo(struct ear *e, const uint8_t *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && !e->unlike && e->echoed < e->nsent)
		if (bytes[i] == e->sent[e->echoed]) {
			e->echoed++;
			i++;
		} else {
			e->unlike = true;
		}
	return i;
}

void
ear_put(struct ear *e, size_t n, int64_t now_us)
{
	uint8_t *p = e->bytes + e->n;
	size_t own = 0;

	e->at_us = now_us;
	if (e->waits && !e->req->tcp)
		own = follow_echo(e, p, n);
	if (!e->line->echo)
		own = 0; /* perhaps the answer's own first bytes */
	memmove(p, p + own, n - own);
	e->n += n - own;
}

/* Our request came back unasked for, or not as it was sent. Of some writes the
 * echo is the answer: nobody can tell, so reading back has to. */
static const char *
bad_echo(const struct ear *e)
{
	uint8_t code;

	if (e->req->tcp || e->deaf || !e->waits)
		return NULL;
	if (e->line->echo)
		return e->unlike && e->echoed < e->nsent
			   ? "the request was heard back changed: a second "
			     "master, or `echo: true` without echo"
			   : NULL;
	if (e->echoed < e->nsent ||
	    reply_check(e->req, e->sent, e->nsent, NULL, &code) == REPLY_OK)
		return NULL;
	return "the adapter hears its own requests: switch its echo off, or "
	       "write `echo: true`";
}

static enum heard
spoilt(struct ear *e)
{
	e->hint = "the answer was garbled or not the one asked for";
	return HEARD_SPOILT;
}

/* One whole frame. */
static enum heard
judge(struct ear *e, size_t n, uint16_t *words, uint8_t *code)
{
	const struct request *q = e->waits ? e->req : NULL;
	enum claim claim = owed_claim(
	    &e->owed, q, e->bytes, n, q != NULL ? e->sent_us : e->at_us);
	enum reply r;

	e->sound = true;
	if (claim == CLAIM_LATE) {
		e->late = true;
		e->late_unit = e->bytes[e->req->tcp ? 6 : 0];
		return HEARD_NOTHING;
	}
	if (q == NULL)
		return HEARD_NOTHING;
	r = reply_check(q, e->bytes, n, words, code);
	if (r == REPLY_FOREIGN || r == REPLY_STALE)
		return HEARD_NOTHING;
	if (r != REPLY_OK && r != REPLY_EXCEPTION)
		/* While something is owed it may be that, out of all shape. */
		return owed_by(&e->owed, q->unit, e->sent_us) ? HEARD_NOTHING
							      : spoilt(e);
	e->by = e->bytes[q->tcp ? 6 : 0];
	if (claim == CLAIM_NONE && !q->tcp)
		owed_settle(&e->owed, q->unit);
	return r == REPLY_OK ? HEARD_ANSWER : HEARD_REFUSAL;
}

/* Texts of converters: registration, heartbeat. */
static bool
is_text(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((p[i] < ' ' || p[i] > '~') && p[i] != '\r' && p[i] != '\n')
			return false;
	return true;
}

/* Whether the answer begins here. It is all there, too, or the stream would
 * have had us wait: so it was garbled. */
static bool
begins_answer(const struct ear *e, size_t at)
{
	uint8_t head[REPLY_HEAD_MAX];
	const uint8_t *p = e->bytes + at;
	size_t left = e->n - at, n = reply_head(e->req, head);

	if (n == 0 || left < 2 || (p[0] != head[0] && !e->req->any_unit))
		return false;
	head[0] = p[0];
	return p[1] == (head[1] | 0x80) ||
	       (left >= n && memcmp(p, head, n) == 0);
}

/* Bytes that begin no good frame. */
static enum heard
sift(struct ear *e, size_t n)
{
	if (!e->waits ||
	    (e->line->transport != TRANSPORT_RTU && is_text(e->bytes, n)))
		return HEARD_NOTHING;
	e->junk = true;
	for (size_t i = 0; i < n; i++) {
		if (!begins_answer(e, i))
			continue;
		e->crc = true;
		if (!owed_by(&e->owed, e->req->unit, e->sent_us))
			return spoilt(e);
	}
	return HEARD_NOTHING; /* the answer may be behind it */
}

static enum heard
broken(struct ear *e)
{
	e->n = 0;
	e->hint = "what comes is not Modbus TCP: check the port, or try "
		  "transport `rtu_over_tcp`";
	return HEARD_BROKEN;
}

enum heard
ear_hear(struct ear *e, uint16_t *words, uint8_t *code)
{
	const char *bad = bad_echo(e);

	if (bad != NULL) {
		e->hint = bad;
		e->deaf = true;
	}
	if (e->deaf)
		e->n = 0;
	while (e->n > 0) {
		enum heard heard = HEARD_NOTHING;
		size_t n;

		switch (stream_look(e->req, e->bytes, e->n, &n)) {
		case STREAM_FRAME:
			heard = judge(e, n, words, code);
			break;
		case STREAM_JUNK:
			heard = sift(e, n);
			break;
		case STREAM_BROKEN:
			return broken(e);
		case STREAM_MORE:
		default:
			return HEARD_NOTHING;
		}
		e->n -= n;
		memmove(e->bytes, e->bytes + n, e->n);
		if (heard != HEARD_NOTHING)
			return heard;
	}
	return bad != NULL ? HEARD_ECHO : HEARD_NOTHING;
}
