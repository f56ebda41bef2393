/*
 * What was found, as a site file to go on with: `gatewayctl check` accepts it
 * as it stands. What a person must decide or do stands beside it in comments. A
 * line has one speed; devices found at another are there, but commented out.
 */
#include <stdio.h>
#include <string.h>

#include "explain.h"
#include "msg.h"
#include "say.h"
#include "scan.h"
#include "site.h"

static const char letters[] = {
    [PARITY_NONE] = 'N', [PARITY_EVEN] = 'E', [PARITY_ODD] = 'O'};
static const char *const parity_words[] = {
    [PARITY_NONE] = "none", [PARITY_EVEN] = "even", [PARITY_ODD] = "odd"};

const char *
scan_setting_text(const struct scan_setting *at, char *out, size_t size)
{
	if (at->baud == 0)
		(void)snprintf(out, size, "TCP");
	else
		(void)snprintf(out, size, "%u 8%c%u", at->baud,
		    letters[at->parity % sizeof(letters)], at->stop_bits);
	return out;
}

static bool
same_setting(const struct scan_setting *a, const struct scan_setting *b)
{
	return a->baud == b->baud && a->parity == b->parity &&
	       a->stop_bits == b->stop_bits;
}

static bool
is_device(const struct scan_unit *u)
{
	return u->sound && u->type != NULL;
}

/* The setting of most devices; the first found, of as many. */
static struct scan_setting
common_setting(const struct scan *s)
{
	struct scan_setting best = {0};
	size_t most = 0;

	for (size_t i = 0; i < s->nfound; i++) {
		size_t n = 0;
		for (size_t k = 0; k < s->nfound; k++)
			n += is_device(&s->found[k]) &&
			     same_setting(&s->found[k].at, &s->found[i].at);
		if (n > most || most == 0) {
			most = n > 0 ? n : 1;
			best = s->found[i].at;
		}
	}
	return best;
}

/* ---- one unit ---- */

#define BESIDE "      # " /* a device; what is more of it: */
#define MORE   "      #   "

static void
print_alike(const struct scan_unit *u, FILE *to)
{
	struct sentence s = {.n = 0};

	if (u->nalike == 0)
		return;
	for (size_t i = 0; i < u->nalike; i++) {
		const struct device_type *t = u->alike[i];

		more(&s, "%s%s%s%s", i > 0 ? ", " : "or: ", t->name,
		    t->variant != NULL ? " " : "",
		    t->variant != NULL ? t->variant : "");
	}
	if (u->verdict.alike > u->nalike + 1)
		more(&s, " and %zu more", u->verdict.alike - u->nalike - 1);
	say_comment(to, MORE, MORE, "%s", s.text);
}

static void
print_values(const struct scan_unit *u, FILE *to)
{
	const char *at = u->values;

	while (at != NULL && *at != '\0') {
		int n = (int)strcspn(at, "\n");
		(void)fprintf(to, "      #   %.*s\n", n, at);
		at += n + (at[n] == '\n');
	}
}

static void
print_troubles(const struct scan_unit *u, FILE *to)
{
	if (u->garbled)
		say_comment(to, MORE, MORE,
		    "some of its answers came spoilt: another device "
		    "with unit %u, or a bad cable",
		    u->unit);
	if (u->universal != 0)
		(void)fprintf(
		    to, "      #   answers to unit %u, too\n", u->universal);
	if (u->not_all_tried)
		(void)fputs("      #   it answers too seldom to compare with "
			    "all profiles\n",
		    to);
}

/* "cwt-soil-thc-s-5": a name for now. */
static void
print_device(const struct scan_unit *u, const char *before, FILE *to)
{
	const struct device_type *t = u->type;
	char every[24];

	(void)fprintf(to, "      %s%s-%u: {type: %s, ", before, t->name,
	    u->unit, t->name);
	if (t->variant != NULL)
		(void)fprintf(to, "variant: %s, ", t->variant);
	if (explain_every(t, every, sizeof(every)) != NULL)
		(void)fprintf(to, "every: %s, ", every);
	(void)fprintf(to, "unit: %u}\n", u->unit);
}

static void
print_unit(const struct scan_unit *u, const struct scan_setting *line, FILE *to)
{
	char text[32];
	bool other = !same_setting(&u->at, line);
	bool has = u->configured[0] != '\0';

	say_comment(to, BESIDE, MORE, "unit %u, %s, %s%s%s: %s", u->unit,
	    scan_setting_text(&u->at, text, sizeof(text)),
	    sure_name(u->verdict.sure), has ? ", the gateway has it as " : "",
	    has ? u->configured : "", u->verdict.why);
	print_alike(u, to);
	print_values(u, to);
	print_troubles(u, to);
	if (other)
		(void)fputs("      #   the line has one speed: set the device "
			    "to it, then use\n",
		    to);
	print_device(u, other ? "# " : "", to);
}

/* ---- what is no device of a known type ---- */

static void
print_unknown(const struct scan_unit *u, FILE *to)
{
	char text[32];

	(void)scan_setting_text(&u->at, text, sizeof(text));
	if (!u->sound)
		say_comment(to, "# ", "#   ",
		    "unit %u, %s: every answer comes spoilt; several devices "
		    "have this unit: leave one connected and give it another "
		    "with `gatewayctl set-unit`",
		    u->unit, text);
	else if (!u->compared)
		say_comment(to, "# ", "#   ",
		    "unit %u, %s: it answers; the scan was interrupted "
		    "before it was compared with the profiles",
		    u->unit, text);
	else
		say_comment(to, "# ", "#   ",
		    "unit %u, %s: it answers%s, and no profile fits; look at "
		    "its registers with `gatewayctl read`",
		    u->unit, text, u->refusal != 0 ? " by refusing" : "");
}

static void
print_remarks(const struct scan *s, FILE *to)
{
	if (s->why[0] != '\0')
		say_comment(to, "# ", "#   ",
		    "the scan was interrupted: %s; this is what was found "
		    "until then",
		    s->why);
	if (s->several)
		say_comment(to, "# ", "#   ",
		    "several devices answered a universal id at "
		    "once: those work with one device on the bus");
	if (s->any_unit)
		(void)fputs("# it answers whatever the unit\n", to);
	if (s->noise > 0)
		say_comment(to, "# ", "#   ",
		    "%u times bytes came that are no answer: a device at "
		    "another speed, a second master, or a bad cable",
		    s->noise);
	for (size_t i = 0; i < s->nfound; i++)
		if (!is_device(&s->found[i]))
			print_unknown(&s->found[i], to);
}

/* ---- the file ---- */

static void
print_way(const struct scan *s, const struct scan_setting *at, FILE *to)
{
	char way[300];

	if (at->baud == 0) {
		(void)fprintf(to, "    transport: %s\n    host: '%s'\n",
		    s->options.to.rtu_over_tcp ? "rtu_over_tcp" : "tcp",
		    probing_address(s->probing, way, sizeof(way)));
		return;
	}
	(void)fprintf(to, "    transport: rtu\n    port: '%s'\n    baud: %u\n",
	    probing_address(s->probing, way, sizeof(way)), at->baud);
	if (at->parity != PARITY_NONE)
		(void)fprintf(to, "    parity: %s\n",
		    parity_words[at->parity % sizeof(letters)]);
	if (at->stop_bits == 2)
		(void)fputs("    stop_bits: 2\n", to);
}

void
scan_yaml(const struct scan *s, FILE *to)
{
	const struct scan_setting line = common_setting(s);
	size_t devices = 0;

	for (size_t i = 0; i < s->nfound; i++)
		devices += is_device(&s->found[i]) &&
			   same_setting(&s->found[i].at, &line);
	(void)fprintf(to, "# gatewayctl scan: %s\n", probing_where(s->probing));
	print_remarks(s, to);
	if (devices == 0) {
		(void)fprintf(to, "# no device of a known type was found%s\n",
		    s->why[0] != '\0' ? " until then" : "");
		return;
	}
	(void)fprintf(to, "gateway: {id: my-gateway}\nlines:\n  %s:\n",
	    probing_line(s->probing));
	print_way(s, &line, to);
	(void)fputs("    devices:\n", to);
	for (size_t i = 0; i < s->nfound; i++)
		if (is_device(&s->found[i]))
			print_unit(&s->found[i], &line, to);
}
