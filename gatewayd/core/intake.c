/* Two values a series: the last one seen, the last one stored. */
#include "intake.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct seen {
	struct reading latest;
	struct value stored; /* of the last row, with its quality */
	enum quality quality;
	enum reason reason;
	bool any, bad;
	int64_t bad_since;
};

struct intake {
	uint32_t n;
	struct seen seen[];
};

struct intake *
intake_new(uint32_t nseries)
{
	struct intake *in =
	    calloc(1, sizeof(*in) + nseries * sizeof(in->seen[0]));

	if (in != NULL)
		in->n = nseries;
	return in;
}

struct intake *
intake_free(struct intake *take)
{
	free(take);
	return NULL;
}

static bool
worth_a_row(const struct seen *s, const struct reading *r, double deadband)
{
	if (!s->any || deadband <= 0 || r->quality != s->quality ||
	    r->reason != s->reason)
		return true;
	if (r->value.type == VALUE_NONE)
		return false; /* still bad, and for the same reason */
	if (value_equal(&r->value, &s->stored))
		return false;
	double moved = fabs(value_number(&r->value) - value_number(&s->stored));
	/* NAN: a text, or one that became a number. */
	return !(moved < deadband);
}

static int
edge(struct seen *s, const struct reading *r, char *why, size_t size)
{
	bool bad = r->quality == QUALITY_BAD;

	/* Between a write and its reading back nothing is wrong yet. */
	if (bad == s->bad || r->reason == REASON_UNCONFIRMED)
		return 0;
	s->bad = bad;
	if (!bad) {
		(void)snprintf(why, size, "good again after %lld s",
		    (long long)((r->boot_ms - s->bad_since + 500) / 1000));
		return INTAKE_EVENT;
	}
	s->bad_since = r->boot_ms;
	if (r->reason == REASON_EXCEPTION)
		(void)snprintf(why, size, "bad: exception %u", r->detail);
	else
		(void)snprintf(why, size, "bad: %s", reason_name(r->reason));
	return INTAKE_EVENT;
}

int
intake_take(struct intake *in, const struct reading *r, double deadband,
    char *why, size_t size)
{
	struct seen *s = &in->seen[r->series];
	int what;

	if (s->any && r->boot_ms <= s->latest.boot_ms)
		return 0;
	what = edge(s, r, why, size);
	if (worth_a_row(s, r, deadband)) {
		what |= INTAKE_STORE;
		s->stored = r->value;
		s->quality = r->quality;
		s->reason = r->reason;
	}
	s->latest = *r;
	s->any = true;
	return what;
}

const struct reading *
intake_latest(const struct intake *in, uint32_t series)
{
	return in->seen[series].any ? &in->seen[series].latest : NULL;
}
