/* The part of the grammar that tells what happens to answers. */
#include <string.h>

#include "field.h"
#include "lex.h"
#include "site.h"
#include "statement.h"

static bool
fault_foreign(struct lex *l, struct fault *f)
{
	if (lex_take(l, "function")) {
		f->kind = FAULT_FUNCTION;
		return lex_uint(l, 127, &f->number);
	}
	f->kind = FAULT_UNIT;
	return lex_expect(l, "unit") && lex_uint(l, 255, &f->number);
}

static bool
fault_wrong(struct lex *l, struct fault *f)
{
	if (lex_take(l, "tid"))
		f->kind = FAULT_TID;
	else if (lex_take(l, "protocol"))
		f->kind = FAULT_PROTOCOL;
	else if (lex_take(l, "length"))
		f->kind = FAULT_LENGTH;
	else
		return lex_fail(l,
		    "'%s' cannot be wrong; write tid, protocol "
		    "or length",
		    l->word);
	return true;
}

static bool
fault_pause(struct lex *l, struct fault *f)
{
	return lex_duration(l, &f->ns) && lex_expect(l, "AFTER") &&
	       lex_uint(l, 255, &f->number);
}

static bool
fault_more_or_less(struct lex *l, struct fault *f)
{
	f->number = 1;
	return l->word[0] < '0' || l->word[0] > '9' ||
	       lex_uint(l, 125, &f->number);
}

static bool
fault_crc(struct lex *l, struct fault *f)
{
	(void)f;
	(void)lex_take(l, "wrong"); /* it reads better with it */
	return true;
}

static bool
fault_ns(struct lex *l, struct fault *f)
{
	return lex_duration(l, &f->ns);
}

static bool
fault_late(struct lex *l, struct fault *f)
{
	return lex_duration(l, &f->ns) &&
	       (!lex_take(l, "TO") || lex_duration(l, &f->ns_to));
}

static bool
fault_number(struct lex *l, struct fault *f)
{
	return lex_uint(l, 255, &f->number);
}

static bool
fault_bytes(struct lex *l, struct fault *f)
{
	return lex_bytes(l, f->bytes, sizeof(f->bytes), &f->nbytes);
}

static const struct {
	const char *word;
	bool (*rest)(struct lex *l, struct fault *f);
	enum fault_kind kind;
	bool only_serial, only_tcp;
} fault_words[] = {
    {"SILENT", NULL, FAULT_SILENT, false, false},
    {"LOST", NULL, FAULT_LOST, false, false},
    {"LATE", fault_late, FAULT_LATE, false, false},
    {"CRC", fault_crc, FAULT_CRC, true, false},
    {"FOREIGN", fault_foreign, FAULT_UNIT, false, false},
    {"EXCEPTION", fault_number, FAULT_EXCEPTION, false, false},
    {"HALF", NULL, FAULT_HALF, false, false},
    {"DRIBBLE", fault_ns, FAULT_DRIBBLE, false, false},
    {"PAUSE", fault_pause, FAULT_PAUSE, false, false},
    {"STRAY", fault_bytes, FAULT_STRAY, false, false},
    {"TRAIL", fault_bytes, FAULT_TRAIL, false, false},
    {"EXTRA", fault_more_or_less, FAULT_EXTRA, false, false},
    {"SHORT", fault_more_or_less, FAULT_SHORT, false, false},
    {"WRONG", fault_wrong, FAULT_TID, false, true},
    {"DROP", NULL, FAULT_DROP, false, true},
};

static bool
fault_bounds(struct lex *l, struct fault *f)
{
	uint32_t n;

	f->left = -1;
	f->every = 1;
	for (;;) {
		if (lex_take(l, "FOR")) {
			if (!lex_duration(l, &f->until))
				return false;
		} else if (lex_take(l, "ONCE"))
			f->left = 1;
		else if (lex_take(l, "COUNT")) {
			if (!lex_uint(l, 1000000, &n))
				return false;
			f->left = n;
		} else if (lex_take(l, "EVERY")) {
			if (!lex_uint(l, 1000000, &f->every))
				return false;
		} else
			return true;
	}
}

bool
statement_parse_fault(struct lex *l, struct statement *s)
{
	enum transport t = s->line->conf->transport;
	int column = l->column;

	for (size_t i = 0; i < sizeof(fault_words) / sizeof(fault_words[0]);
	     i++) {
		if (!lex_take(l, fault_words[i].word))
			continue;
		if (fault_words[i].only_serial && t == TRANSPORT_TCP)
			return lex_fail_at(l, column,
			    "%s needs serial frames and line %s "
			    "speaks Modbus TCP; write WRONG length instead",
			    fault_words[i].word, s->line->name);
		if (fault_words[i].only_tcp && t == TRANSPORT_RTU)
			return lex_fail_at(l, column,
			    "%s needs a TCP line and %s is "
			    "serial; write CRC wrong, HALF or LINE %s GONE",
			    fault_words[i].word, s->line->name, s->line->name);
		s->verb = DO_FAULT;
		s->fault.kind = fault_words[i].kind;
		return (fault_words[i].rest == NULL ||
			   fault_words[i].rest(l, &s->fault)) &&
		       fault_bounds(l, &s->fault);
	}
	return lex_fail(l,
	    "'%s' is nothing that happens to a device or line; "
	    "write SILENT LOST LATE CRC FOREIGN EXCEPTION HALF DRIBBLE PAUSE "
	    "STRAY TRAIL EXTRA SHORT WRONG DROP ECHO NORMAL",
	    l->word);
}
