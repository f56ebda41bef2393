/*
 * `gatewayctl set-unit`: gives a device another unit, as its profile says. One
 * that is not there, one too many, a unit that is taken: each is found out
 * before anything is written, and what came of it is seen, not believed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "mono.h"
#include "msg.h"
#include "set_unit.h"

enum { ASKS = 5, LOOK_MS = 500, SOON_MS = 10000, THEN_MS = 180000 };

const char set_unit_help[] =
    "gives a device another unit, and sees that it took it\n"
    "\n"
    "  The profile says which register holds the unit. Before anything is\n"
    "  written, one device must answer to the old unit, none to the new one,\n"
    "  and neither may be a device of the running gateway. --from may be the "
    "id\n"
    "  that the whole family answers to, with one device connected.\n"
    "  --yes    without asking\n"
    "  --baud, --parity, --stop-bits\n"
    "           of a port; the profile's factory settings unless said\n";

static int
refuse(const struct set_unit *s, const char *text)
{
	(void)fprintf(stderr, "gatewayctl set-unit: %s: %s\n",
	    probing_where(s->probing), text);
	return CTL_REFUSED;
}

/* ---- requests ---- */

static const struct choice_register *
its_register(const struct set_unit *s)
{
	return &s->type->commission.unit;
}

/* CTL_DONE with the answer, or an exit code after saying why. */
static int
ask(struct set_unit *s, const struct msg_probe *q, struct msg_probed *a)
{
	int r = probing_ask(s->probing, q, a);

	if (r != 0)
		return refuse(s, strerror(-r));
	return a->result == PROBE_PORT || a->result == PROBE_REFUSED
		   ? refuse(s, a->text)
		   : CTL_DONE;
}

static int
read_register(struct set_unit *s, uint8_t unit, struct msg_probed *a)
{
	const struct msg_probe q =
	    probing_read(unit, 3, its_register(s)->addr, 1);

	return ask(s, &q, a);
}

static int
write_register(struct set_unit *s, uint8_t unit, uint8_t function,
    uint16_t addr, uint16_t word, struct msg_probed *a)
{
	struct msg_probe q = probing_read(unit, function, addr, 1);

	q.nwords = 1;
	q.words[0] = word;
	return ask(s, &q, a);
}

/* ---- before ---- */

/* Nobody has the new unit: asked twice, for one answer may get lost. */
static int
none_has_it(struct set_unit *s)
{
	char text[160];

	for (int i = 0; i < 2; i++) {
		struct msg_probed a;
		int r = read_register(s, s->to, &a);

		if (r != CTL_DONE)
			return r;
		if (a.result == PROBE_TIMEOUT)
			continue;
		(void)snprintf(text, sizeof(text),
		    "unit %u is taken: something answers to it; choose another",
		    s->to);
		return refuse(s, text);
	}
	return CTL_DONE;
}

/* What one answer of the old unit says against it; CTL_DONE: nothing. */
static int
judge(struct set_unit *s, const struct msg_probed *a, unsigned *silent)
{
	char text[240];

	if (a->result == PROBE_TIMEOUT) {
		++*silent;
		return CTL_DONE;
	}
	if (a->result == PROBE_NOISE)
		(void)snprintf(text, sizeof(text),
		    "the answers of unit %u come spoilt: several devices have "
		    "it; leave one connected",
		    s->from);
	else if (a->result == PROBE_EXCEPTION)
		(void)snprintf(text, sizeof(text),
		    "unit %u refuses register 0x%04X (exception %u), which a "
		    "%s has: is it one?",
		    s->from, its_register(s)->addr, a->code, s->type->name);
	else if (a->words[0] != s->from && !s->universal)
		(void)snprintf(text, sizeof(text),
		    "register 0x%04X of unit %u holds %u, and in a %s it holds "
		    "the unit: is it one?",
		    its_register(s)->addr, s->from, a->words[0], s->type->name);
	else
		return CTL_DONE;
	return refuse(s, text);
}

static int
one_has_it(struct set_unit *s)
{
	char text[160];
	unsigned silent = 0;

	for (int i = 0; i < ASKS; i++) {
		struct msg_probed a;
		int r = read_register(s, s->from, &a);

		if (r == CTL_DONE)
			r = judge(s, &a, &silent);
		if (r != CTL_DONE)
			return r;
	}
	if (silent < ASKS)
		return CTL_DONE;
	(void)snprintf(text, sizeof(text),
	    "unit %u does not answer; gatewayctl scan finds what does",
	    s->from);
	(void)refuse(s, text);
	return CTL_NO_DEVICE;
}

/* A yes from whoever sits there. */
static bool
confirmed(const struct set_unit *s)
{
	const struct commissioning *c = &s->type->commission;
	char line[16];

	(void)fprintf(stderr, "%s: unit %u, a %s, becomes unit %u:\n",
	    probing_where(s->probing), s->from, s->type->name, s->to);
	(void)fprintf(stderr, "  holding 0x%04X = %u\n", c->unit.addr, s->to);
	if (c->has_save)
		(void)fprintf(stderr, "  holding 0x%04X = %u, to save it\n",
		    c->save_addr, c->save_word);
	if (s->yes)
		return true;
	(void)fputs("Go on? [yes/no] ", stderr);
	if (fgets(line, sizeof(line), stdin) == NULL)
		line[0] = '\0';
	return strcmp(line, "yes\n") == 0 || strcmp(line, "y\n") == 0;
}

/* ---- doing it ---- */

/* Some answer from the new unit already, which looks like no answer: seeing
 * decides. A refusal is one. */
static int
write_it(struct set_unit *s)
{
	const struct commissioning *c = &s->type->commission;
	struct msg_probed a;
	char text[200], what[160];
	int r;

	r = write_register(
	    s, s->from, c->unit.function, c->unit.addr, s->to, &a);
	if (r == CTL_DONE && a.result == PROBE_EXCEPTION) {
		(void)snprintf(text, sizeof(text),
		    "unit %u %s; it keeps its "
		    "unit",
		    s->from, probing_says(&a, what, sizeof(what)));
		return refuse(s, text);
	}
	if (r != CTL_DONE || !c->has_save)
		return r;
	r = write_register(s, s->from, 6, c->save_addr, c->save_word, &a);
	if (r == CTL_DONE && a.result == PROBE_TIMEOUT && !s->universal)
		r = write_register(s, s->to, 6, c->save_addr, c->save_word, &a);
	return r;
}

static int
not_seen(struct set_unit *s)
{
	struct msg_probed a;
	char text[200];

	if (read_register(s, s->from, &a) != CTL_DONE)
		return CTL_REFUSED;
	(void)snprintf(text, sizeof(text),
	    a.result == PROBE_TIMEOUT || s->universal
		? "written, and nothing answers to unit %u yet; %s, then look "
		  "with gatewayctl scan"
		: "written, but it is not unit %u yet and still answers to the "
		  "old one; %s, then look with gatewayctl scan",
	    s->to,
	    s->type->commission.then != NULL ? s->type->commission.then
					     : "switch it off and on");
	return refuse(s, text);
}

/* Asks the new unit until it answers. */
static int
see_it(struct set_unit *s)
{
	const char *then = s->type->commission.then;
	int64_t until = mono_ms() + (then != NULL ? THEN_MS : SOON_MS);
	bool told = false;

	while (mono_ms() < until) {
		struct msg_probed a;
		int r = read_register(s, s->to, &a);

		if (r != CTL_DONE)
			return r;
		if (a.result == PROBE_OK && a.words[0] == s->to) {
			(void)printf("%s: unit %u answers, and is a %s\n",
			    probing_where(s->probing), s->to, s->type->name);
			return CTL_DONE;
		}
		if (then != NULL && !told)
			(void)fprintf(stderr,
			    "now %s; waiting for unit %u to answer\n", then,
			    s->to);
		told = true;
		mono_sleep_until(mono_ms() + LOOK_MS);
	}
	return not_seen(s);
}

int
set_unit_run(struct set_unit *s)
{
	int r = none_has_it(s);

	if (r == CTL_DONE)
		r = one_has_it(s);
	if (r != CTL_DONE)
		return r;
	if (!confirmed(s))
		return refuse(s, "not confirmed, and nothing was written");
	r = write_it(s);
	return r == CTL_DONE ? see_it(s) : r;
}
