/* The grammar of the script language; see statement.h and README.md. */
#include "statement.h"

#include <string.h>

#include "field.h"
#include "lex.h"
#include "site.h"

static bool
take_line(struct lex *l, struct farm *f, struct statement *s)
{
	s->line = farm_line(f, l->word);
	if (s->line == NULL)
		return lex_fail(l,
		    "there is no line '%s'; write one of the "
		    "site's, like %s",
		    l->word, f->nlines ? f->lines[0].name : "north");
	lex_advance(l);
	return true;
}

static bool
take_device(struct lex *l, struct farm *f, struct statement *s)
{
	s->device = farm_device(f, l->word);
	if (s->device == NULL)
		return lex_fail(l,
		    "there is no device '%s'; write it as "
		    "LINE/DEVICE, as the site names them",
		    l->word);
	s->line = s->device->line;
	lex_advance(l);
	return true;
}

static bool
take_point(
    struct lex *l, struct farm *f, struct sim_point **p, struct sim_device **d)
{
	*p = farm_point(f, l->word, d);
	if (*p == NULL)
		return lex_fail(l,
		    "there is no point '%s'; write it as "
		    "LINE/DEVICE/POINT, with a point of its profile",
		    l->word);
	lex_advance(l);
	return true;
}

static bool
take_table(struct lex *l, struct statement *s)
{
	static const char *const names[] = {
	    "holding", "input", "coil", "discrete"};

	for (size_t i = 0; i < 4; i++) {
		if (!lex_take(l, names[i]))
			continue;
		s->table = (enum reg_table)i;
		return true;
	}
	return lex_fail(l,
	    "'%s' is no table; write holding, input, coil or "
	    "discrete",
	    l->word);
}

static bool
take_for(struct lex *l, int64_t *ns)
{
	*ns = 0;
	return !lex_take(l, "FOR") || lex_duration(l, ns);
}

static bool
parse_either(struct lex *l, struct statement *s)
{
	if (lex_take(l, "NORMAL")) {
		s->verb = DO_NORMAL;
		return true;
	}
	if (lex_take(l, "ECHO")) {
		s->verb = DO_ECHO;
		return lex_on_off(l, &s->on);
	}
	return statement_parse_fault(l, s);
}

static bool
parse_device(struct lex *l, struct farm *f, struct statement *s)
{
	if (!take_device(l, f, s))
		return false;
	if (lex_take(l, "TURNAROUND")) {
		s->verb = DO_TURNAROUND;
		return lex_duration(l, &s->ns);
	}
	if (lex_take(l, "UNIT")) {
		s->verb = DO_UNIT;
		return lex_uint(l, 255, &s->number);
	}
	if (lex_take(l, "SPEED")) {
		s->verb = DO_SPEED;
		s->addr = lex_take(l, "even")  ? PARITY_EVEN
			  : lex_take(l, "odd") ? PARITY_ODD
					       : PARITY_NONE;
		return lex_uint(l, 921600, &s->number);
	}
	return parse_either(l, s);
}

static bool
parse_noise(struct lex *l, struct statement *s)
{
	s->verb = DO_NOISE;
	return lex_bytes(
	    l, s->fault.bytes, sizeof(s->fault.bytes), &s->fault.nbytes);
}

static bool
parse_line(struct lex *l, struct farm *f, struct statement *s)
{
	if (!take_line(l, f, s))
		return false;
	if (lex_take(l, "GONE") || lex_take(l, "REFUSE")) {
		s->verb = DO_GONE;
		return take_for(l, &s->ns);
	}
	if (lex_take(l, "BACK")) {
		s->verb = DO_BACK;
		return true;
	}
	if (lex_take(l, "RESET")) {
		s->verb = DO_RESET;
		return s->line->conf->transport != TRANSPORT_RTU ||
		       lex_fail(l,
			   "line %s is serial, with nothing to reset; "
			   "write LINE %s GONE FOR 2s",
			   s->line->name, s->line->name);
	}
	if (lex_take(l, "STRICT")) {
		s->verb = DO_STRICT;
		return lex_on_off(l, &s->on);
	}
	if (lex_take(l, "NOISE"))
		return parse_noise(l, s);
	if (lex_take(l, "GREET")) {
		s->verb = DO_GREET;
		return lex_num(l, &s->value);
	}
	return parse_either(l, s);
}

static bool
parse_strict(struct lex *l, struct farm *f, struct statement *s)
{
	(void)f;
	s->verb = DO_STRICT;
	return lex_on_off(l, &s->on);
}

static bool
parse_value(struct lex *l, struct farm *f, struct statement *s)
{
	s->verb = DO_VALUE;
	return take_point(l, f, &s->point, &s->device) && lex_expect(l, "=") &&
	       lex_num(l, &s->value) && take_for(l, &s->ns);
}

static bool
parse_ramp(struct lex *l, struct farm *f, struct statement *s)
{
	s->verb = DO_RAMP;
	if (!take_point(l, f, &s->point, &s->device))
		return false;
	s->has_from = lex_take(l, "FROM");
	if (s->has_from && !lex_real(l, &s->from))
		return false;
	if (!lex_expect(l, "TO") || !lex_real(l, &s->to) ||
	    !lex_expect(l, "OVER") || !lex_duration(l, &s->ns))
		return false;
	return s->ns > 0 || lex_fail(l, "a ramp over no time; write VALUE");
}

static bool
parse_step(struct lex *l, struct farm *f, struct statement *s)
{
	s->verb = DO_STEP;
	if (!take_point(l, f, &s->point, &s->device) || !lex_expect(l, "BY") ||
	    !lex_real(l, &s->by) || !lex_expect(l, "EVERY"))
		return false;
	if (lex_take(l, "READ"))
		return true;
	return lex_duration(l, &s->ns) &&
	       (s->ns > 0 ||
		   lex_fail(
		       l, "a step every no time; write 1s, or EVERY READ"));
}

static bool
point_or_device(struct lex *l, struct farm *f, struct statement *s)
{
	s->point = farm_point(f, l->word, &s->device);
	if (s->point == NULL)
		return take_device(l, f, s);
	lex_advance(l);
	return true;
}

static bool
parse_release(struct lex *l, struct farm *f, struct statement *s)
{
	s->verb = DO_RELEASE;
	return point_or_device(l, f, s);
}

static bool
parse_register(struct lex *l, struct farm *f, struct statement *s)
{
	uint32_t w;

	s->verb = DO_REGISTER;
	if (!take_device(l, f, s) || !take_table(l, s) ||
	    !lex_uint(l, 65535, &s->addr) || !lex_expect(l, "="))
		return false;
	do {
		if (!lex_uint(l, 65535, &w))
			return false;
		s->words[s->nwords++] = (uint16_t)w;
	} while (!lex_end(l) && s->nwords < STATEMENT_WORDS);
	if (s->addr + s->nwords > 65536)
		return lex_fail(l, "the registers go past 65535; write fewer");
	return true;
}

static bool
parse_hole(struct lex *l, struct farm *f, struct statement *s)
{
	s->verb = DO_HOLE;
	if (!take_device(l, f, s))
		return false;
	s->any_table = l->word[0] >= '0' && l->word[0] <= '9';
	return (s->any_table || take_table(l, s)) &&
	       lex_uint(l, 65535, &s->addr);
}

static bool
parse_wet(struct lex *l, struct farm *f, struct statement *s)
{
	s->verb = DO_WET;
	if (!point_or_device(l, f, s) || !lex_expect(l, "BY"))
		return false;
	return lex_take(l, "NOTHING") ||
	       take_point(l, f, &s->valve, &s->valve_device);
}

static bool
parse_rain(struct lex *l, struct farm *f, struct statement *s)
{
	(void)f;
	s->verb = DO_RAIN;
	return lex_real(l, &s->to) && take_for(l, &s->ns);
}

static bool
parse_get(struct lex *l, struct farm *f, struct statement *s)
{
	s->verb = ASK_GET;
	s->number = 1;
	if (!point_or_device(l, f, s))
		return false;
	if (s->point != NULL)
		return true;
	return take_table(l, s) && lex_uint(l, 65535, &s->addr) &&
	       (lex_end(l) || lex_uint(l, 1000, &s->number));
}

static bool
parse_stats(struct lex *l, struct farm *f, struct statement *s)
{
	(void)l;
	(void)f;
	s->verb = ASK_STATS;
	return true;
}

static bool
parse_coils(struct lex *l, struct farm *f, struct statement *s)
{
	s->verb = ASK_COILS;
	return take_device(l, f, s);
}

static const struct {
	const char *word;
	bool (*parse)(struct lex *l, struct farm *f, struct statement *s);
} verbs[] = {
    {"DEVICE", parse_device},
    {"LINE", parse_line},
    {"STRICT", parse_strict},
    {"VALUE", parse_value},
    {"RAMP", parse_ramp},
    {"STEP", parse_step},
    {"RELEASE", parse_release},
    {"REGISTER", parse_register},
    {"HOLE", parse_hole},
    {"WET", parse_wet},
    {"RAIN", parse_rain},
    {"GET", parse_get},
    {"STATS", parse_stats},
    {"COILS", parse_coils},
};

static bool
parse_time(struct lex *l, int64_t last, struct statement *s)
{
	s->at = last;
	if (lex_take(l, "AT"))
		return lex_duration(l, &s->at);
	if (lex_take(l, "AFTER")) {
		if (!lex_duration(l, &s->at))
			return false;
		s->at += last;
	}
	return true;
}

bool
statement_parse(
    struct lex *l, struct farm *f, int64_t last, struct statement *s)
{
	*s = (struct statement){.at = last};
	if (lex_end(l))
		return !l->failed;
	if (!parse_time(l, last, s))
		return false;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!lex_take(l, verbs[i].word))
			continue;
		if (!verbs[i].parse(l, f, s))
			return false;
		return lex_end(l) || lex_fail(l,
					 "'%s' is too much here; "
					 "end the line before it",
					 l->word);
	}
	return lex_fail(l,
	    "'%s' is no statement; write DEVICE LINE STRICT "
	    "VALUE RAMP STEP RELEASE REGISTER HOLE WET RAIN, or AT or AFTER "
	    "before one",
	    l->word);
}
