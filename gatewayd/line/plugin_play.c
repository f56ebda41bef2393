/*
 * What a plugin asks and writes, against the frames of an example; and what it
 * says, against the readings.
 */
#include "plugin_play.h"

#include <string.h>

#include "op.h"

struct calls *
play_enter(struct play *p, enum call_kind kind)
{
	struct calls *c = &p->tally->call;

	c->kind = kind;
	c->cycle = p->cycle;
	c->now = p->now;
	p->tally->calling = true;
	return c;
}

void
play_leave(struct play *p)
{
	p->tally->calling = false;
}

/* ---- the list of a poll or a command, op by op ---- */

struct mark
play_place(const struct play *p, const char *key)
{
	const struct node *n = node_get(p->example, key);

	return n ? n->at : p->example->at;
}

static size_t
frame_of(struct play *p, const struct gw_op *op, uint8_t frame[FRAME_MAX],
    struct request *q)
{
	static uint8_t bytes[GW_WORDS_MAX];

	return op_request(op, p->unit, bytes, q) ? request_frame(q, frame) : 0;
}

static void
lost_span(struct play *p, uint32_t span)
{
	for (uint32_t i = 0; i < p->t->npoints; i++)
		if (p->t->points[i].span == span) {
			decoded_bad(&p->said[i], REASON_TIMEOUT);
			p->has[i] = true;
		}
}

/* How many samples the words made, or -1 with a complaint. */
static int
decode(struct play *p, const struct gw_op *op, const uint16_t *words,
    const struct frame *f)
{
	struct calls *c = play_enter(p, CALL_DECODE);
	char why[200] = "";
	int n;

	c->span = op->span;
	c->nwords = op->count;
	for (int i = 0; i < op->count && i < 8; i++)
		c->words[i] = words[i];
	n = plugin_decode(p->d, p->now, op->span, words, op->count, p->samples,
	    GUARD_POINTS, why, sizeof(why));
	play_leave(p);
	if (n < 0) {
		complain(p->x.c, f->node->at, "decode: %s", why);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		p->said[p->samples[i].point] = p->samples[i].d;
		p->has[p->samples[i].point] = true;
	}
	return n;
}

static int
play_read(struct play *p, const struct gw_op *op)
{
	static uint16_t words[READ_COILS_MAX];
	uint8_t frame[FRAME_MAX], code;
	char text[3 * FRAME_MAX];
	struct request q;
	size_t n = frame_of(p, op, frame, &q);
	struct frame *f = frames_find(&p->frames, frame, n);

	if (f == NULL) {
		complain(p->x.c, play_place(p, "frames"),
		    "the plugin asks what no frame is for; add \"%s > "
		    "ANSWER\", or nothing behind the arrow for a device that "
		    "is silent",
		    frame_text(frame, n, text, sizeof(text)));
		return -1;
	}
	if (f->nanswer == 0) {
		lost_span(p, op->span);
		return 0;
	}
	switch (reply_check(&q, f->answer, f->nanswer, words, &code)) {
	case REPLY_OK:
		return decode(p, op, words, f);
	case REPLY_EXCEPTION:
		lost_span(p, op->span);
		return 0;
	case REPLY_FOREIGN:
	case REPLY_STALE:
	case REPLY_SHORT:
	case REPLY_GARBAGE:
	default:
		complain(p->x.c, f->node->at,
		    "that is no answer to this request; unit, function and "
		    "number of bytes must fit");
		return -1;
	}
}

/* What the plugin does must be what stands next in the list. */
static int
play_write(struct play *p, const struct gw_op *op, size_t *at)
{
	char is[3 * FRAME_MAX] = "", want[3 * FRAME_MAX] = "nothing more";
	struct frame *f = *at < p->writes.n ? &p->writes.f[*at] : NULL;
	uint8_t frame[FRAME_MAX];
	struct request q;
	size_t n = op->op == GW_PAUSE ? 0 : frame_of(p, op, frame, &q);

	++*at;
	if (f && op->op == GW_PAUSE && f->nrequest == 0 &&
	    f->pause_ms == op->count)
		return 0;
	if (f && n > 0 && f->nrequest == n && !memcmp(f->request, frame, n))
		return 0;
	if (f && f->nrequest > 0)
		(void)frame_text(f->request, f->nrequest, want, sizeof(want));
	else if (f)
		(void)snprintf(want, sizeof(want), "pause %ums", f->pause_ms);
	if (n > 0)
		(void)frame_text(frame, n, is, sizeof(is));
	else
		(void)snprintf(is, sizeof(is), "pause %ums", op->count);
	complain(p->x.c, f ? f->node->at : play_place(p, "writes"),
	    "the plugin writes \"%s\" here, the example says \"%s\"", is, want);
	return -1;
}

int
play_list(struct play *p, int n, size_t *writes)
{
	for (int i = 0; i < n; i++) {
		const struct gw_op *op = &p->ops[i];

		if (op->op == GW_PAUSE)
			p->now += op->count;
		if (op_reads(op) && play_read(p, op) < 0)
			return -1;
		/* A poll's pauses are its own business; it writes nothing. */
		if (!op_reads(op) && writes != NULL &&
		    play_write(p, op, writes) < 0)
			return -1;
	}
	return 0;
}

int
play_all_used(struct play *p, size_t writes)
{
	for (size_t i = 0; i < p->frames.n; i++)
		if (!p->frames.f[i].used) {
			complain(p->x.c, p->frames.f[i].node->at,
			    "the plugin does not ask this");
			return -1;
		}
	if (writes < p->writes.n) {
		complain(p->x.c, p->writes.f[writes].node->at,
		    "the plugin does not write this");
		return -1;
	}
	return 0;
}

/* ---- what it should be ---- */

/* "bad", "bad range", "uncertain 12.5", "12.5", "open". */
static bool
is_as_said(const struct decoded *d, const char *want)
{
	char value[VALUE_TEXT_MAX];
	double number;

	(void)value_format(&d->value, value, sizeof(value));
	if (strncmp(want, "bad", 3) == 0 && (want[3] == '\0' || want[3] == ' '))
		return d->quality == QUALITY_BAD &&
		       (want[3] == '\0' ||
			   strcmp(want + 4, reason_name(d->reason)) == 0);
	if (strncmp(want, "uncertain", 9) == 0) {
		if (d->quality != QUALITY_UNCERTAIN)
			return false;
		if (want[9] == '\0')
			return true;
		want += 9 + strspn(want + 9, " ");
	} else if (d->quality != QUALITY_GOOD) {
		return false;
	}
	if (strcmp(value, want) == 0)
		return true;
	return d->value.type != VALUE_TEXT &&
	       scan_real(want, &number) == strlen(want) &&
	       value_number(&d->value) == number;
}

int
play_readings(struct play *p)
{
	const struct node *map = node_get(p->example, "readings");

	for (const struct node *n = map ? map->first : NULL; n; n = n->next) {
		int i = n->key ? play_point(p, n->key) : -1;
		char value[VALUE_TEXT_MAX];

		p->tally->readings++;
		if (i < 0) {
			complain(p->x.c, n->at, "%s has no point `%s`",
			    p->t->name, n->key ? n->key : "");
			return -1;
		}
		bool none = strcmp(n->text, "no reading") == 0;
		if (none ? !p->has[i]
			 : p->has[i] && is_as_said(&p->said[i], n->text))
			continue;
		complain(p->x.c, n->at, "%s is %s%s%s, the example says %s",
		    n->key,
		    p->has[i] ? quality_name(p->said[i].quality) : "not read",
		    p->has[i] ? " " : "",
		    p->has[i]
			? value_format(&p->said[i].value, value, sizeof(value))
			: "",
		    n->text);
		return -1;
	}
	return 0;
}
