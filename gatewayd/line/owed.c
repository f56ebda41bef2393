/* Debts of units: a few, the least dear forgotten first. */
#include "owed.h"

#include <string.h>

/* FNV-1a, 64 bits. Two requests that differ in a bit differ in this. */
static uint64_t
print_of(const struct request *q)
{
	struct request same = *q;
	uint8_t frame[FRAME_MAX];
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	same.transaction = 0;
	size_t n = request_frame(&same, frame);
	for (size_t i = 0; i < n; i++)
		h = (h ^ frame[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* The answer to FC15 and FC16 repeats none of the words, so any will do to
 * judge it; that of a raw request repeats nothing. */
static void
keep_words(struct debt *d, const struct request *q)
{
	static const uint16_t any[WRITE_COILS_MAX];

	d->req.raw = NULL;
	d->req.nraw = 0;
	if (q->words == NULL)
		return;
	d->req.words = any;
	if (q->function != FC_WRITE_COIL && q->function != FC_WRITE_HOLDING &&
	    q->function != FC_MASK_WRITE)
		return;
	d->words[0] = q->words[0];
	if (q->function == FC_MASK_WRITE)
		d->words[1] = q->words[1];
	d->req.words = d->words;
}

/* Whether `a` is worth less than `b`, as of that time. */
static bool
goes_first(const struct debt *a, const struct debt *b, int64_t as_of_us)
{
	bool void_a = a->void_us <= as_of_us, void_b = b->void_us <= as_of_us;

	if (void_a != void_b)
		return void_a;
	if (a->stranger != b->stranger)
		return a->stranger;
	return a->sent_us < b->sent_us;
}

void
owed_add(struct owed *o, const struct request *q, int64_t sent_us,
    int64_t void_us, bool stranger)
{
	struct debt *d = &o->debts[0];

	for (size_t i = 1; i < OWED_MAX; i++)
		if (goes_first(&o->debts[i], d, sent_us))
			d = &o->debts[i];
	if (stranger && !d->stranger && d->void_us > sent_us)
		return; /* all are of our own units */
	*d = (struct debt){.req = *q,
	    .print = print_of(q),
	    .sent_us = sent_us,
	    .void_us = void_us,
	    .stranger = stranger};
	/* Or every answer of that shape would pay what a universal id owes. */
	d->req.any_unit = false;
	keep_words(d, q);
}

static bool
pays(const struct debt *d, const uint8_t *frame, size_t len)
{
	uint8_t code;
	enum reply r = reply_check(&d->req, frame, len, NULL, &code);

	return r == REPLY_OK || r == REPLY_EXCEPTION;
}

enum claim
owed_claim(struct owed *o, const struct request *q, const uint8_t *frame,
    size_t len, int64_t as_of_us)
{
	struct debt *same = NULL;

	for (size_t i = 0; i < OWED_MAX; i++) {
		struct debt *d = &o->debts[i];

		if (as_of_us >= d->void_us || !pays(d, frame, len))
			continue;
		if (q == NULL || d->print != print_of(q)) {
			d->void_us = 0;
			return CLAIM_LATE;
		}
		same = d;
	}
	if (same == NULL)
		return CLAIM_NONE;
	/* Two were asked and one has come: the other is due as long again. */
	same->void_us += as_of_us - same->sent_us;
	same->sent_us = as_of_us;
	return CLAIM_SAME;
}

void
owed_distrust(struct owed *o, uint8_t unit)
{
	/* No request has this print. */
	for (size_t i = 0; i < OWED_MAX; i++)
		if (o->debts[i].req.unit == unit)
			o->debts[i].print = 0;
}

void
owed_settle(struct owed *o, uint8_t unit)
{
	for (size_t i = 0; i < OWED_MAX; i++)
		if (o->debts[i].req.unit == unit)
			o->debts[i].void_us = 0;
}

bool
owed_by(const struct owed *o, uint8_t unit, int64_t as_of_us)
{
	for (size_t i = 0; i < OWED_MAX; i++)
		if (o->debts[i].req.unit == unit &&
		    as_of_us < o->debts[i].void_us)
			return true;
	return false;
}

static bool
same_shape(const struct request *a, const struct request *b)
{
	uint8_t ha[REPLY_HEAD_MAX], hb[REPLY_HEAD_MAX];
	size_t n = reply_head(a, ha);

	return n > 0 && n == reply_head(b, hb) && memcmp(ha, hb, n) == 0 &&
	       request_answer_len(a) == request_answer_len(b);
}

int64_t
owed_doubt(const struct owed *o, const struct request *q, int64_t now_us)
{
	int64_t until = 0;

	for (size_t i = 0; i < OWED_MAX; i++) {
		const struct debt *d = &o->debts[i];

		if (now_us < d->void_us && d->void_us > until && !q->tcp &&
		    same_shape(&d->req, q) && d->print != print_of(q))
			until = d->void_us;
	}
	return until;
}
