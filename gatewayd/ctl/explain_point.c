/* A point in a sentence: each fact a part of it, in the order of reading. */
#include "explain.h"

#include <inttypes.h>
#include <string.h>

#include "reading.h"
#include "say.h"
#include "words.h"

void
explain_place(
    struct sentence *out, enum reg_table table, unsigned addr, unsigned count)
{
	static const char *const names[] = {
	    "holding register", "input register", "coil", "discrete input"};
	const char *name = (size_t)table < 4 ? names[table] : "?";

	if (count > 1)
		more(out, "%ss %u to %u (0x%04X)", name, addr, addr + count - 1,
		    addr);
	else
		more(out, "%s %u (0x%04X)", name, addr, addr);
}

static const char *
order_says(const char *order)
{
	static const char *const says[][2] = {
	    {"BA", "the low byte first"},
	    {"CDAB", "the low register first"},
	    {"BADC", "the bytes of each register swapped"},
	    {"DCBA", "the low byte first"},
	    {"GHEFCDAB", "the low register first"},
	    {"BADCFEHG", "the bytes of each register swapped"},
	    {"HGFEDCBA", "the low byte first"},
	};

	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		if (strcmp(order, says[i][0]) == 0)
			return says[i][1];
	return "";
}

static void
say_scale(struct sentence *out, const struct point_type *p)
{
	if (p->mul != p->div) {
		if (p->mul != 1 && p->div == 1)
			more(out, ", x %s", num(p->mul).s);
		else
			more(out, ", x %s", num(p->mul / p->div).s);
	}
	if (p->offset != 0)
		more(out, ", %s %s", p->offset > 0 ? "plus" : "less",
		    num(p->offset > 0 ? p->offset : -p->offset).s);
}

static void
say_curve(struct sentence *out, const struct curve *c)
{
	if (c->kind == CURVE_POLYNOMIAL)
		part(out, "of that x its value is %s",
		    c->n > 0 ? num(c->numbers[0]).s : "0");
	for (size_t i = 1; c->kind == CURVE_POLYNOMIAL && i < c->n; i++) {
		double k = c->numbers[i];
		more(out, " %s %s x", k < 0 ? "-" : "+", num(k < 0 ? -k : k).s);
		if (i > 1)
			more(out, "^%zu", i);
	}
	if (c->kind == CURVE_TABLE)
		part(out, "of that its value is, by straight lines between");
	for (size_t i = 0; c->kind == CURVE_TABLE && i + 1 < c->n; i += 2)
		more(out, "%s %s: %s", i > 0 ? "," : "", num(c->numbers[i]).s,
		    num(c->numbers[i + 1]).s);
}

static void
say_value(struct sentence *out, const struct point_type *p)
{
	const char *order = order_word(p);

	part(out, "%s", "");
	explain_place(out, p->table, p->addr, p->count);
	if (p->table == TABLE_HOLDING || p->table == TABLE_INPUT)
		more(out, ", %s", word_type(p->type));
	if (*order != '\0')
		more(out, " with %s (%s)", order_says(order), order);
	if (p->mask != 0)
		more(out, ", its bits 0x%0*" PRIX64, p->count > 1 ? 8 : 4,
		    p->mask);
	if (p->shift != 0)
		more(out, ", %u down", p->shift);
	say_scale(out, p);
}

static void
say_formula(struct sentence *out, const struct device_type *t,
    const struct point_type *p)
{
	part(out, "computed: %s",
	    p->formula_text != NULL ? p->formula_text : "from other points");
	(void)t;
}

/* Which values there are, and which are none. */
static void
say_limits(struct sentence *out, const struct point_type *p)
{
	for (size_t i = 0; i < p->nchoices; i++)
		more(out, "%s%" PRId64 " is %s", i == 0 ? "; " : ", ",
		    p->choices[i].value, p->choices[i].name);
	for (uint8_t i = 0; i < p->nno_data && i < NO_DATA_MAX; i++)
		more(out, "%s0x%" PRIX64, i == 0 ? "; no reading at " : ", ",
		    p->no_data[i]);
	if (p->has_range)
		part(out,
		    p->writable ? "takes %s to %s" : "bad outside %s to %s",
		    num(p->min).s, num(p->max).s);
}

static void
say_doubts(struct sentence *out, const struct device_type *t,
    const struct point_type *p)
{

	if (p->frozen != NULL) {
		part(out, "uncertain (frozen) by a rule on");
		for (uint16_t i = 0; i < p->frozen->ninputs; i++)
			more(out, "%s %s", i > 0 ? "," : "",
			    t->points[p->frozen->inputs[i]].name);
	}
	if (p->stuck_ms != 0)
		part(out, "uncertain (stale) when it stays the same for %s",
		    duration(p->stuck_ms).s);
	if (p->accumulate)
		part(out, "counted on when the device clears it or it wraps");
	if (p->accumulate && p->wraps_at > 0)
		more(out, " (at %s)", num(p->wraps_at).s);
}

static void
say_words(struct sentence *out, const struct point_type *p)
{
	for (uint8_t i = 0; i < p->non_words && i < ON_WORDS_MAX; i++)
		more(out, "%s%u", i == 0 ? "; on at " : " or ", p->on_words[i]);
	if (p->non_words > 0)
		more(out, ", off at all others");
	if (p->has_words)
		part(out, "0x%04X is written for on, 0x%04X for off",
		    p->on_word, p->off_word);
}

static void
say_timer(struct sentence *out, const struct output_timer *timer)
{

	part(out, "opened by the device's own timer in ");
	explain_place(out, timer->table, timer->addr, timer->nwords);
	more(out, ", in steps of %" PRIu32 " ms up to %s", timer->step_ms,
	    duration(timer->longest_ms).s);
	more(out, ", which closes it even when we are gone");
}

static void
say_output(struct sentence *out, const struct device_type *t,
    const struct point_type *p)
{

	part(out, "an output, %s when all goes wrong", p->safe ? "on" : "off");
	if (p->max_on_ms != 0)
		more(out, ", open for %s at most", duration(p->max_on_ms).s);
	if (p->timer.nwords > 0)
		say_timer(out, &p->timer);
	if (p->pulse_ms > 0)
		part(out,
		    "latching: a pulse of %" PRIu32
		    " ms there opens, one to %u (0x%04X) closes",
		    p->pulse_ms, p->close_addr, p->close_addr);
	if (p->confirm >= 0 && (size_t)p->confirm < t->npoints)
		part(out, "`%s` shows what it really does",
		    t->points[p->confirm].name);
	if (p->settle_ms > 0)
		more(out, "%s within %s", p->confirm >= 0 ? "," : "; settles",
		    duration(p->settle_ms).s);
}

static void
say_writing(struct sentence *out, const struct device_type *t,
    const struct point_type *p)
{
	if (p->kind == KIND_OUTPUT)
		say_output(out, t, p);
	else if (p->kind == KIND_SETTING)
		part(out, p->writable ? "a setting" : "a setting, not ours");
	if (p->function != 0)
		part(out, "written with function %02u", p->function);
	if (p->write_only)
		part(out, "never read: the device cannot tell it");
}

void
explain_point(const struct device_type *t, const struct point_type *p,
    struct sentence *out)
{

	if (p->help != NULL)
		part(out, "%s", p->help);
	if (p->formula != NULL)
		say_formula(out, t, p);
	else
		say_value(out, p);
	say_curve(out, &p->curve);
	say_words(out, p);
	say_limits(out, p);
	say_doubts(out, t, p);
	if (p->kind == KIND_COUNTER)
		part(out, "a counter");
	if (p->kind == KIND_PART)
		part(out, "no reading of its own: formulas take it");
	say_writing(out, t, p);
	if (p->every_ms != 0)
		part(out, "read every %s", duration(p->every_ms).s);
	more(out, ".");
}
