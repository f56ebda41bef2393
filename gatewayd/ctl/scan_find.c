/*
 * One request a unit, several under way, so that the line is never idle: what
 * nobody answers costs its time and no more. Any sound frame of a unit is an
 * answer, a refusal as well.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "mono.h"
#include "msg.h"
#include "scan.h"
#include "site.h"

enum { READ_HOLDING = 3, AGAIN = 4, UNIT_LAST = 247, SLOW_MS = 1500 };
enum { NO_PATH = 10, NO_TARGET = 11 }; /* exceptions of converters */

/* The makers' two speeds, and what else is met. */
static const uint32_t usual_bauds[] = {9600, 4800, 19200};

/* ---- settings ---- */

size_t
scan_settings(const struct scan *s, struct scan_setting *out, size_t max)
{
	const struct scan_options *o = &s->options;
	struct scan_setting own = {0};
	uint32_t bauds[SCAN_SPEEDS_MAX];
	uint8_t parities[SCAN_PARITIES] = {PARITY_NONE};
	size_t nbauds = o->nbauds, nparities = o->nparities, n = 0;

	probing_serial(s->probing, &own.baud, &own.parity, &own.stop_bits);
	if (own.baud == 0) { /* TCP: its converter's business */
		out[0] = own;
		return 1;
	}
	memcpy(bauds, o->bauds, sizeof(bauds));
	if (nbauds == 0 && o->to.line != NULL) {
		bauds[nbauds++] = own.baud;
		parities[0] = own.parity;
	} else if (nbauds == 0) {
		nbauds = sizeof(usual_bauds) / sizeof(usual_bauds[0]);
		memcpy(bauds, usual_bauds, sizeof(usual_bauds));
	}
	if (nparities == 0)
		nparities = 1;
	else
		memcpy(parities, o->parities, sizeof(parities));
	for (size_t b = 0; b < nbauds; b++)
		for (size_t p = 0; p < nparities && n < max; p++)
			out[n++] = (struct scan_setting){bauds[b], parities[p],
			    o->to.stop_bits != 0 ? o->to.stop_bits : 1};
	return n;
}

static struct msg_probe
request(const struct scan *s, const struct scan_setting *at, uint8_t unit,
    uint16_t addr)
{
	struct msg_probe q = probing_read(unit, READ_HOLDING, addr, 1);

	q.timeout_ms = s->options.to.timeout_ms;
	q.baud = at->baud;
	q.parity = at->parity;
	q.stop_bits = at->stop_bits;
	return q;
}

/* ---- answers ---- */

int
scan_ended(struct scan *s, int error)
{
	bool gone = error == -ECONNRESET || error == -EPIPE;

	if (gone)
		(void)snprintf(s->why, sizeof(s->why), "%s",
		    probing_shared(s->probing) ? "the gateway has ended"
					       : "gatewayd-line has ended");
	else
		(void)snprintf(s->why, sizeof(s->why), "%s", strerror(-error));
	return gone && probing_shared(s->probing) ? CTL_NO_GATEWAY
						  : CTL_REFUSED;
}

static int
ended(struct scan *s, int error, const struct msg_probed *a)
{
	if (error != 0)
		return scan_ended(s, error);
	(void)snprintf(s->why, sizeof(s->why), "%s", a->text);
	return CTL_REFUSED;
}

static struct scan_unit *
known(struct scan *s, const struct scan_setting *at, uint8_t unit)
{
	for (size_t i = 0; i < s->nfound; i++)
		if (s->found[i].unit == unit && s->found[i].at.baud == at->baud)
			return &s->found[i];
	return NULL;
}

static struct scan_unit *
add(struct scan *s, const struct scan_setting *at, uint8_t unit)
{
	struct scan_unit *u = known(s, at, unit);

	if (u == NULL && s->nfound < SCAN_FOUND_MAX) {
		u = &s->found[s->nfound++];
		*u = (struct scan_unit){.at = *at, .unit = unit};
	}
	return u;
}

/* What answers is the converter: it has nobody there. */
static bool
behind_converter(const struct scan_setting *at, const struct msg_probed *a)
{
	return at->baud == 0 && a->result == PROBE_EXCEPTION &&
	       (a->code == NO_PATH || a->code == NO_TARGET);
}

static void
note(struct scan *s, const struct scan_setting *at, uint8_t unit,
    const struct msg_probed *a)
{
	struct scan_unit *u;

	if (a->result == PROBE_TIMEOUT && a->unit != 0 && a->unit != unit)
		s->late[a->unit] = true;
	if (a->result == PROBE_NOISE && a->code == 0)
		s->noise++;
	if (a->result == PROBE_TIMEOUT || behind_converter(at, a) ||
	    (a->result == PROBE_NOISE && a->code == 0))
		return;
	u = add(s, at, unit);
	if (u == NULL)
		return;
	if (a->result == PROBE_NOISE) {
		u->garbled = true;
		return;
	}
	u->sound = true;
	u->took_us = a->took_us;
	u->refusal = a->result == PROBE_EXCEPTION ? a->code : 0;
}

static bool
fatal(const struct msg_probed *a)
{
	return a->result == PROBE_PORT || a->result == PROBE_REFUSED;
}

/* ---- universal ids ---- */

/* What answers says its own unit; several at once are a muddle. It is asked by
 * that unit, too: the answer may have been anybody's. */
static int
note_universal(struct scan *s, const struct scan_setting *at, uint8_t universal,
    const struct msg_probed *a)
{
	struct msg_probed own;
	struct msg_probe q;
	struct scan_unit *u;
	int r;

	if (a->result == PROBE_NOISE)
		s->several = true;
	if (a->result != PROBE_OK || a->nwords != 1 || a->words[0] < 1 ||
	    a->words[0] > UNIT_LAST || !s->options.units[a->words[0]])
		return CTL_DONE; /* none that was asked for */
	q = request(s, at, (uint8_t)a->words[0], 0);
	r = probing_ask(s->probing, &q, &own);
	if (r != 0 || fatal(&own))
		return ended(s, r, &own);
	s->requests++;
	note(s, at, q.unit, &own);
	u = known(s, at, q.unit);
	if (u != NULL)
		u->universal = universal;
	return CTL_DONE;
}

/* Whether another type before has the same id and register. */
static bool
asked_before(const struct scan *s, size_t i)
{
	const struct commissioning *c = &s->types[i]->commission;

	for (size_t k = 0; k < i; k++)
		if (s->types[k]->commission.universal == c->universal &&
		    s->types[k]->commission.unit.addr == c->unit.addr)
			return true;
	return false;
}

static int
ask_universal(struct scan *s, const struct scan_setting *at)
{
	for (size_t i = 0; i < s->ntypes; i++) {
		const struct commissioning *c = &s->types[i]->commission;
		struct msg_probed a;
		struct msg_probe q;
		int r;

		if (c->universal == 0 || !c->unit.present || at->baud == 0 ||
		    asked_before(s, i))
			continue;
		q = request(s, at, c->universal, c->unit.addr);
		r = probing_ask(s->probing, &q, &a);
		if (r != 0 || fatal(&a))
			return ended(s, r, &a);
		s->requests++;
		r = note_universal(s, at, c->universal, &a);
		if (r != CTL_DONE)
			return r;
	}
	return CTL_DONE;
}

/* ---- all units ---- */

struct sweep {
	struct scan *s;
	const struct scan_setting *at;
	uint8_t units[SCAN_UNITS]; /* in the order they are asked */
	size_t n, sent, heard;
	char text[32];
};

static int
send_some(struct sweep *w)
{
	int r = 0;

	while (r == 0 && w->sent < w->n) {
		struct msg_probe q = request(w->s, w->at, w->units[w->sent], 0);
		uint64_t id;

		r = probing_send(w->s->probing, &q, &id);
		w->sent += r == 0;
	}
	return r == -EAGAIN ? 0 : r;
}

static int
sweep(struct sweep *w)
{
	struct scan *s = w->s;

	while (w->heard < w->n) {
		struct msg_probed a;
		int r = send_some(w);

		if (r == 0)
			r = probing_take(s->probing, &a);
		if (r != 0 || fatal(&a))
			return ended(s, r, &a);
		note(s, w->at, w->units[w->heard++], &a);
		scan_bar(s, w->text, w->heard, w->n);
	}
	return CTL_DONE;
}

/* A server on TCP that looks at no unit answers to all: it is one device. */
static void
fold_one(struct scan *s, const struct sweep *w)
{
	enum { MANY = 10 };

	if (w->at->baud != 0 || w->n < MANY || s->nfound < w->n)
		return;
	s->nfound = 1;
	s->any_unit = true;
}

static int
ask_all(struct scan *s, const struct scan_setting *at)
{
	struct sweep w = {.s = s, .at = at};
	int64_t began = mono_us();
	int r;

	(void)scan_setting_text(at, w.text, sizeof(w.text));
	for (unsigned u = 1; u < SCAN_UNITS; u++)
		if (s->options.units[u] && known(s, at, (uint8_t)u) == NULL)
			w.units[w.n++] = (uint8_t)u;
	r = sweep(&w);
	fold_one(s, &w);
	s->requests += w.heard;
	s->asked_us += mono_us() - began;
	return r;
}

/* Those whose answers came when the next was asked already get more time. */
static int
ask_slow(struct scan *s, const struct scan_setting *at)
{
	for (unsigned u = 1; u < SCAN_UNITS; u++) {
		struct msg_probe q = request(s, at, (uint8_t)u, 0);
		struct msg_probed a;
		int r;

		if (!s->late[u] || known(s, at, (uint8_t)u) != NULL)
			continue;
		q.timeout_ms = SLOW_MS;
		r = probing_ask(s->probing, &q, &a);
		if (r != 0 || fatal(&a))
			return ended(s, r, &a);
		s->requests++;
		note(s, at, (uint8_t)u, &a);
	}
	memset(s->late, 0, sizeof(s->late));
	return CTL_DONE;
}

/* What came spoilt may have been chance. Two devices with one unit speak at
 * once, and spoil each other's answers again and again. */
static int
ask_again(struct scan *s, const struct scan_setting *at)
{
	for (size_t i = 0; i < s->nfound; i++) {
		struct scan_unit *u = &s->found[i];

		for (int n = 0;
		     n < AGAIN && u->garbled && u->at.baud == at->baud &&
		     u->at.parity == at->parity;
		     n++) {
			struct msg_probe q = request(s, at, u->unit, 0);
			struct msg_probed a;
			int r = probing_ask(s->probing, &q, &a);

			if (r != 0 || fatal(&a))
				return ended(s, r, &a);
			note(s, at, u->unit, &a);
		}
	}
	return CTL_DONE;
}

int
scan_find(struct scan *s, const struct scan_setting *at)
{
	int r = ask_universal(s, at);

	if (r == CTL_DONE && !s->options.quick)
		r = ask_all(s, at);
	if (r == CTL_DONE)
		r = ask_slow(s, at);
	if (r == CTL_DONE)
		r = ask_again(s, at);
	return r;
}
