/* A device type in words; its points are explain_point.c's. */
#include "explain.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "say.h"
#include "table.h"
#include "words.h"

enum { LABEL = 11, NAME_MAX_WIDTH = 24 };

static const char *const status_says[STATUSES] = {
    [STATUS_DOCUMENTED] = "from the maker's own document",
    [STATUS_TRANSCRIBED] = "from somebody's copy of the maker's document",
    [STATUS_REPORTED] = "from other people's programs",
    [STATUS_UNVERIFIED] = "not certain: do the checks before you rely on it",
};

const char *
explain_serial(const struct device_type *t, char *out, size_t size)
{
	static const char letters[] = "NEO";

	*out = '\0';
	if (t->baud != 0 && t->stop_bits != 0)
		(void)snprintf(out, size, "%" PRIu32 " 8%c%u", t->baud,
		    letters[t->parity < 3 ? t->parity : 0], t->stop_bits);
	else if (t->baud != 0)
		(void)snprintf(out, size, "%" PRIu32, t->baud);
	return out;
}

/* One of a list, as a sentence. */
static void
item(FILE *to, struct sentence *s)
{
	size_t last = s->n > 0 ? s->n - 1 : 0;

	s->text[0] = (char)toupper((unsigned char)s->text[0]);
	say(to, 2, 4, "-", s->text[last] == '.' ? "%s" : "%s.", s->text);
}

static void
explain_origin(const struct device_type *t, const char *path, FILE *to)
{
	say(to, 2, LABEL, "source", "%s", t->source);
	say(to, 2, LABEL, "status", "%s: %s", word_status(t->status),
	    status_says[(unsigned)t->status < STATUSES ? t->status : 0]);
	for (size_t i = 0; i < t->nchecks; i++)
		say(to, 2, LABEL, i == 0 ? "check" : "", "%s", t->checks[i]);
	say(to, 2, LABEL, "file", "%s", path);
	if (t->wiring != NULL)
		say(to, 2, LABEL, "wiring", "%s", t->wiring);
}

static void
explain_factory(const struct device_type *t, FILE *to)
{
	static const char *const parity[] = {"no", "even", "odd"};
	struct sentence s = {.n = 0};

	if (t->baud != 0)
		more(&s, "%" PRIu32 " baud, %s parity", t->baud,
		    parity[t->parity < 3 ? t->parity : 0]);
	if (t->baud != 0 && t->stop_bits != 0)
		more(&s, ", %u stop bit%s", t->stop_bits,
		    t->stop_bits == 1 ? "" : "s");
	if (t->unit != 0)
		more(&s, "%sunit %u", s.n > 0 ? ", " : "", t->unit);
	say(to, 2, LABEL, "factory", "%s", s.text);
}

static void
explain_limits(const struct device_type *t, FILE *to)
{
	struct sentence s = {.n = 0};

	if (t->registers_per_read != 0 && t->registers_per_read < 125)
		part(&s, "at most %u registers a read", t->registers_per_read);
	if (t->coils_per_read != 0 && t->coils_per_read < 2000)
		part(&s, "at most %u coils a read", t->coils_per_read);
	if (t->bridge_gaps != 0)
		part(&s, "gaps of up to %u may be read over", t->bridge_gaps);
	if (t->quiet_ms != 0)
		part(&s, "%" PRIu32 " ms of rest before each request",
		    t->quiet_ms);
	if (t->warm_up_ms != 0)
		part(&s,
		    "readings are uncertain for %s after it is switched on",
		    duration(t->warm_up_ms).s);
	say(to, 2, LABEL, "limits", "%s", s.text);
	for (size_t i = 0; i < t->nvariants; i++)
		say(to, 2, LABEL, i == 0 ? "variants" : "",
		    "%s (in the site: {type: %s, variant: %s})", t->variants[i],
		    t->name, t->variants[i]);
}

/* "Holding register 2001 (0x07D1) takes its speed: 0 for 2400, 1 for 4800." */
static void
explain_register(
    const struct choice_register *r, const char *what, bool parity, FILE *to)
{
	struct sentence s = {.n = 0};

	if (!r->present)
		return;
	explain_place(&s, TABLE_HOLDING, r->addr, 1);
	more(&s, " takes its %s", what);
	if (r->nwords == 0)
		more(&s, ", %u to %u", r->least, r->most);
	for (size_t i = 0; i < r->nwords; i++) {
		more(&s, "%s %u for ", i == 0 ? ":" : ",", r->words[i].word);
		if (parity)
			more(&s, "%s", word_parity(r->words[i].means));
		else
			more(&s, "%" PRIu32, r->words[i].means);
	}
	if (r->function == 16)
		more(&s, " (with function 16)");
	item(to, &s);
}

static void
explain_commission(const struct device_type *t, FILE *to)
{
	const struct commissioning *c = &t->commission;

	if (!c->unit.present && !c->baud.present && !c->parity.present &&
	    c->universal == 0)
		return;
	say_title(to, "To give it another unit or speed");
	if (c->universal != 0)
		say(to, 2, 4, "-",
		    "It answers to unit %u whatever its own is: only while it "
		    "is the one device on the bus.",
		    c->universal);
	explain_register(&c->unit, "unit", false, to);
	explain_register(&c->baud, "speed in baud", false, to);
	explain_register(&c->parity, "parity", true, to);
	if (c->has_save)
		say(to, 2, 4, "-",
		    "Then %u into holding register %u (0x%04X), or it is "
		    "forgotten.",
		    c->save_word, c->save_addr, c->save_addr);
	if (c->then != NULL)
		say(to, 2, 4, "-", "After that: %s.", c->then);
	if (c->unit.present)
		say(to, 2, 4, "-",
		    "`gatewayctl set-unit` does the unit for you, and sees "
		    "whether it worked.");
}

static void
explain_setup(const struct device_type *t, FILE *to)
{

	if (t->nsetup == 0 && !t->watchdog.present)
		return;
	say_title(to, "Set at each start and whenever it returns");
	for (size_t i = 0; i < t->nsetup; i++) {
		const struct setup *u = &t->setup[i];
		struct sentence s = {.n = 0};

		explain_place(&s, u->table, u->addr, 1);
		if (u->table == TABLE_COIL)
			more(&s, ": %s", u->value != 0 ? "on" : "off");
		else
			more(&s, ": %u (0x%04X)", u->value, u->value);
		item(to, &s);
	}
	if (t->watchdog.present)
		say(to, 2, 4, "-",
		    "Holding register %u (0x%04X): it closes its outputs when "
		    "nobody has talked to it for %s.",
		    t->watchdog.addr, t->watchdog.addr,
		    duration(t->watchdog.time_ms).s);
}

static void
explain_never(const struct device_type *t, FILE *to)
{
	if (t->nnever == 0)
		return;
	say_title(to, "Never written, whoever asks");
	for (size_t i = 0; i < t->nnever; i++) {
		const struct never_write *n = &t->never[i];
		struct sentence s = {.n = 0};

		explain_place(&s, n->table, n->addr, n->count);
		if (n->why != NULL)
			more(&s, ": %s", n->why);
		item(to, &s);
	}
}

static void
explain_identity(const struct device_type *t, FILE *to)
{
	if (t->nidentity == 0)
		return;
	say_title(to, "How it is told from others");
	for (size_t i = 0; i < t->nidentity; i++) {
		const struct identity *d = &t->identity[i];
		struct sentence s = {.n = 0};

		explain_place(&s, d->table, d->addr, 1);
		if (d->lacks)
			more(&s, " is refused");
		else if (d->least == d->most)
			more(&s, " is 0x%04X", d->least);
		else
			more(&s, " is %u to %u", d->least, d->most);
		if (!d->lacks && d->mask != 0xFFFF)
			more(&s, " (its bits 0x%04X)", d->mask);
		item(to, &s);
	}
}

static void
point_label(const struct point_type *p, struct sentence *label)
{
	*label = (struct sentence){.n = 0};
	more(label, "%s", p->name);
	if (p->unit != NULL)
		more(label, ", %s", p->unit);
}

static void
explain_points(const struct device_type *t, FILE *to)
{
	struct sentence label;
	size_t widest = 0;

	for (size_t i = 0; i < t->npoints; i++) {
		point_label(&t->points[i], &label);
		size_t w = table_width(label.text);
		if (w > widest && w <= NAME_MAX_WIDTH)
			widest = w;
	}
	say_title(to, "Points");
	for (size_t i = 0; i < t->npoints; i++) {
		struct sentence s = {.n = 0};

		point_label(&t->points[i], &label);
		explain_point(t, &t->points[i], &s);
		say(to, 2, (int)widest + 4, label.text, "%s", s.text);
	}
}

const char *
explain_every(const struct device_type *t, char *out, size_t size)
{
	uint32_t half = t->watchdog.time_ms / 2;

	if (!t->watchdog.present || half >= 60000)
		return NULL;
	(void)snprintf(out, size,
	    half >= 1000 ? "%" PRIu32 "s" : "%" PRIu32 "ms",
	    half >= 1000 ? half / 1000 : half);
	return out;
}

/* What an installer pastes, with the factory's settings. */
static void
explain_site(const struct device_type *t, FILE *to)
{
	char variant[128] = "", often[24];
	const char *every = explain_every(t, often, sizeof(often));

	if (t->variant != NULL)
		(void)snprintf(
		    variant, sizeof(variant), ", variant: %s", t->variant);
	say_title(to, "In a site file");
	(void)fputs("  lines:\n    line-1:\n", to); /* main() asks ferror() */
	if (t->baud != 0)
		(void)fprintf(to,
		    "      transport: rtu\n      port: /dev/ttyUSB0\n"
		    "      baud: %" PRIu32 "\n      parity: %s\n",
		    t->baud, word_parity(t->parity));
	else
		(void)fputs("      transport: tcp\n"
			    "      host: 192.0.2.50:502\n",
		    to);
	if (t->baud != 0 && t->stop_bits != 0)
		(void)fprintf(to, "      stop_bits: %u\n", t->stop_bits);
	(void)fprintf(to,
	    "      devices:\n"
	    "        device-1: {type: %s%s, unit: %u, every: %s}\n",
	    t->name, variant, t->unit >= 1 && t->unit <= 247 ? t->unit : 1u,
	    every != NULL ? every : "1min");
}

void
explain(const struct device_type *t, const char *path, FILE *to)
{
	(void)fprintf(to, "%s%s%s\n", t->name, t->variant != NULL ? ", " : "",
	    t->variant != NULL ? t->variant : "");
	say(to, 2, 2, "", "%s, %s", t->maker != NULL ? t->maker : "?",
	    t->model != NULL ? t->model : "?");
	explain_origin(t, path, to);
	explain_factory(t, to);
	explain_limits(t, to);
	explain_commission(t, to);
	explain_setup(t, to);
	explain_never(t, to);
	explain_identity(t, to);
	explain_points(t, to);
	explain_site(t, to);
	if (t->notes != NULL) {
		say_title(to, "Notes");
		say(to, 2, 2, "", "%s", t->notes);
	}
}
