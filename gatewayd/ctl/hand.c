/* See hand.h. */
#include "hand.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "decode.h"
#include "jwrite.h"
#include "showing.h"
#include "words.h"

int
hand_wrong(const char *what, const char *arg)
{
	(void)fprintf(stderr, "gatewayctl write: ");
	(void)fprintf(stderr, "%s%s\n", what, arg != NULL ? arg : "");
	return CTL_REFUSED;
}

/* ---- on the line ---- */

/* CTL_DONE with the words; CTL_NO_DEVICE; CTL_REFUSED: it will not say. */
static int
read_back(const struct hand *h, struct probing *p, uint16_t *words)
{
	const struct point_type *t = h->point->type;
	bool coil = t->table == TABLE_COIL;
	struct msg_probe m = probing_read(h->target.unit,
	    coil ? FC_READ_COILS : FC_READ_HOLDING, t->addr, t->count);
	struct msg_probed a;

	(void)snprintf(m.host, sizeof(m.host), "%.253s", h->target.host);
	if (t->count > HAND_WORDS || probing_ask(p, &m, &a) != 0)
		return CTL_REFUSED;
	if (a.result == PROBE_OK && a.nwords >= t->count) {
		memcpy(words, a.words, t->count * sizeof(*words));
		return CTL_DONE;
	}
	return a.result == PROBE_OK ? CTL_NO_DEVICE : probing_code(p, &a);
}

static int
send_it(struct hand *h, struct probing *p)
{
	struct msg_probe m =
	    probing_read(h->target.unit, h->q.function, h->q.addr, h->q.count);
	struct msg_probed a;
	char why[300];
	int e;

	(void)snprintf(m.host, sizeof(m.host), "%.253s", h->target.host);
	m.nwords = h->q.function == FC_MASK_WRITE ? 2 : h->q.count;
	memcpy(m.words, h->words, m.nwords * sizeof(*m.words));
	e = probing_ask(p, &m, &a);
	if (e != 0)
		return hand_wrong(strerror(-e), NULL);
	if (a.result == PROBE_OK)
		return CTL_DONE;
	(void)hand_wrong(probing_says(&a, why, sizeof(why)), NULL);
	return probing_code(p, &a);
}

/* ---- what is said of it ---- */

static void
say_words(
    const char *what, const struct hand *h, const uint16_t *words, FILE *to)
{
	const struct point_type *t = h->point->type;
	struct decoded d;
	char text[160];

	decode_point(h->point, words, &d);
	(void)fprintf(to, "  %-8s", what);
	if (t->table == TABLE_HOLDING)
		for (uint16_t i = 0; i < t->count; i++)
			(void)fprintf(
			    to, "%s%04X", i > 0 ? " " : "0x", words[i]);
	(void)fprintf(to, "%s%s\n", t->table == TABLE_HOLDING ? " = " : "",
	    show_value(t, &d.value, text, sizeof(text)));
}

static void
frame_text(const struct hand *h, bool tcp, char *out, size_t size)
{
	struct request q = h->q;
	uint8_t frame[FRAME_MAX];
	size_t n, at = 0;

	q.unit = h->target.unit;
	q.tcp = tcp;
	q.words = h->words;
	n = request_frame(&q, frame);
	*out = '\0';
	for (size_t i = 0; i < n && at + 4 < size; i++)
		at += (size_t)snprintf(
		    out + at, size - at, "%s%02X", i > 0 ? " " : "", frame[i]);
}

static bool
is_tcp(const struct probing *p)
{
	uint32_t baud = 0;
	uint8_t parity, stop_bits;

	probing_serial(p, &baud, &parity, &stop_bits);
	return baud == 0;
}

static void
say_plan(const struct hand *h, const struct probing *p, FILE *to)
{
	const struct point_type *t = h->point->type;
	char frame[FRAME_MAX * 3 + 1];

	frame_text(h, is_tcp(p), frame, sizeof(frame));
	(void)fprintf(to, "%s, %s: %s %u (0x%04X)%s%s\n", h->target.label,
	    probing_where(p), word_table(t->table), t->addr, t->addr,
	    h->raw ? "" : ", ", h->raw ? "" : t->name);
	if (h->has_before)
		say_words("holds", h, h->before, to);
	(void)fprintf(
	    to, "  %-8s%s\n  %-8s%s\n", "value", h->text, "frame", frame);
}

static void
words_json(struct jwrite *w, const char *key, const uint16_t *words, size_t n,
    bool has)
{
	if (!has) {
		jw_text(w, key, NULL);
		return;
	}
	jw_array(w, key);
	for (size_t i = 0; i < n; i++)
		jw_uint(w, NULL, words[i]);
	jw_array_end(w);
}

static void
say_json(const struct hand *h, const struct probing *p)
{
	const struct point_type *t = h->point->type;
	struct jwrite w = {.to = stdout};
	char frame[FRAME_MAX * 3 + 1];

	frame_text(h, is_tcp(p), frame, sizeof(frame));
	jw_object(&w, NULL);
	jw_text(&w, "device", h->target.label);
	jw_text(&w, "where", probing_where(p));
	jw_uint(&w, "unit", h->target.unit);
	jw_text(&w, "table", word_table(t->table));
	jw_uint(&w, "addr", t->addr);
	jw_text(&w, "frame", frame);
	words_json(&w, "before", h->before, t->count, h->has_before);
	words_json(&w, "after", h->after, t->count, h->has_after);
	jw_text(&w, "result", h->result);
	jw_object_end(&w);
	(void)fputc('\n', stdout); /* main() asks ferror() */
}

static int
say_outcome(struct hand *h, const struct probing *p)
{
	bool same = h->has_after && encode_same(h->point, h->value, h->after);

	h->result = !h->has_after ? "sent" : same ? "done" : "uncertain";
	if (h->json) {
		say_json(h, p);
	} else if (!h->has_after) {
		(void)puts("  sent, and acknowledged; it cannot be read back");
	} else {
		say_words("now", h, h->after, stdout);
	}
	if (h->has_after && !same)
		return hand_wrong(
		    "the device acknowledged it and holds something "
		    "else: it may need another function (--function "
		    "16), a key first, or a moment",
		    NULL);
	return CTL_DONE;
}

/* ---- asked, done, read back ---- */

static bool
may_go_on(const struct hand *h)
{
	int c, first;

	if (h->yes)
		return true;
	if (isatty(STDIN_FILENO) != 1) {
		(void)hand_wrong("nobody is there to be asked: add --yes, or "
				 "--dry-run to see what would be sent",
		    NULL);
		return false;
	}
	(void)fprintf(stderr, "Write it? [y/N] ");
	first = c = getchar();
	while (c != '\n' && c != EOF)
		c = getchar();
	return first == 'y' || first == 'Y';
}

static int
encode(struct hand *h)
{
	char why[200];

	if (encode_needs(h->point) && !h->has_before)
		return hand_wrong(
		    "the register holds other bits, too, and cannot "
		    "be read: nothing was written",
		    NULL);
	if (encode_point(h->point, h->value, h->before, &h->q, h->words, why,
		sizeof(why)) != 0)
		return hand_wrong(why, NULL);
	if (h->function == FC_WRITE_HOLDINGS &&
	    h->q.function == FC_WRITE_HOLDING)
		h->q.function = FC_WRITE_HOLDINGS;
	if (h->q.as_is)
		return hand_wrong(
		    "this coil takes words of its own, which only "
		    "the gateway sends",
		    NULL);
	return CTL_DONE;
}

static int
do_write(struct hand *h, struct probing *p)
{
	int r = h->point->type->write_only ? CTL_REFUSED
					   : read_back(h, p, h->before);

	if (r == CTL_NO_DEVICE) {
		(void)fprintf(stderr, "gatewayctl write: %s, %s: no answer\n",
		    h->target.label, probing_where(p));
		return r;
	}
	h->has_before = r == CTL_DONE;
	r = encode(h);
	if (r != CTL_DONE)
		return r;
	if (h->dry_run && h->json) {
		h->result = "dry run";
		say_json(h, p);
	} else if (!h->json) {
		say_plan(h, p, stdout);
	}
	if (h->dry_run)
		return CTL_DONE;
	(void)fflush(stdout); /* before the question; main() asks ferror() */
	if (!may_go_on(h))
		return CTL_REFUSED;
	r = send_it(h, p);
	if (r != CTL_DONE)
		return r;
	h->has_after = !h->point->type->write_only &&
		       read_back(h, p, h->after) == CTL_DONE;
	return say_outcome(h, p);
}

int
hand_write(struct hand *h)
{
	struct probing *p;
	int code = probing_open(&p, "write", &h->target.to);

	if (code != CTL_DONE)
		return code;
	code = do_write(h, p);
	(void)probing_close(p);
	return code;
}
