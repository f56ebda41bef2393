/* Values and the words for quality. */
#include "reading.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct value
value_int(int64_t i)
{
	return (struct value){.type = VALUE_INT, .i = i};
}

struct value
value_uint(uint64_t u)
{
	if (u <= INT64_MAX)
		return value_int((int64_t)u);
	return (struct value){.type = VALUE_UINT, .u = u};
}

struct value
value_real(double r)
{
	if (!isfinite(r))
		return (struct value){.type = VALUE_NONE};
	return (struct value){.type = VALUE_REAL, .r = r};
}

struct value
value_text(const char *s)
{
	struct value v = {.type = VALUE_TEXT};
	size_t n = strnlen(s, VALUE_TEXT_MAX);

	if (n == VALUE_TEXT_MAX)
		return (struct value){.type = VALUE_NONE};
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return (struct value){.type = VALUE_NONE};
	memcpy(v.text, s, n + 1);
	return v;
}

bool
value_equal(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_INT:
		return a->i == b->i;
	case VALUE_UINT:
		return a->u == b->u;
	case VALUE_REAL:
		return a->r == b->r;
	case VALUE_TEXT:
		return strcmp(a->text, b->text) == 0;
	default:
		return true;
	}
}

double
value_number(const struct value *v)
{
	switch (v->type) {
	case VALUE_INT:
		return (double)v->i;
	case VALUE_UINT:
		return (double)v->u;
	case VALUE_REAL:
		return v->r;
	default:
		return NAN;
	}
}

/* Most reals have a few decimals: when a whole number of at most 15 digits
 * divided by a power of ten gives exactly r, those are its digits, and nothing
 * needs to be tried. */
static bool
format_decimal(double r, char *out, size_t size)
{
	static const double scale[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};
	double size_of_r = fabs(r);
	char digits[24];
	int n, places = 0, whole;

	/* Zero has a sign; what printf writes with an exponent is not ours. */
	if (size_of_r < 1e-4 || size_of_r >= 1e9)
		return false;
	while (rint(r * scale[places]) / scale[places] != r)
		if (++places == sizeof(scale) / sizeof(scale[0]))
			return false;
	n = snprintf(digits, sizeof(digits), "%0*" PRId64, places + 1,
	    (int64_t)rint(size_of_r * scale[places]));
	whole = n - places;
	(void)snprintf(out, size, "%s%.*s%s%s", r < 0 ? "-" : "", whole, digits,
	    places > 0 ? "." : "", digits + whole);
	return true;
}

/* printf takes the decimal point from the locale; a number never has a comma
 * of its own. */
static void
format_real(double r, char *out, size_t size)
{
	if (format_decimal(r, out, size))
		return;
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(out, size, "%.*g", digits, r);
		if (strtod(out, NULL) == r)
			break;
	}
	char *comma = strchr(out, ',');
	if (comma)
		*comma = '.';
}

const char *
value_format(const struct value *v, char *out, size_t size)
{
	out[0] = '\0';
	switch (v->type) {
	case VALUE_INT:
		(void)snprintf(out, size, "%" PRId64, v->i);
		break;
	case VALUE_UINT:
		(void)snprintf(out, size, "%" PRIu64, v->u);
		break;
	case VALUE_REAL:
		format_real(v->r, out, size);
		break;
	case VALUE_TEXT:
		(void)snprintf(out, size, "%s", v->text);
		break;
	default:
		break;
	}
	return out;
}

const char *
quality_name(enum quality q)
{
	static const char *const name[QUALITIES] = {
	    [QUALITY_GOOD] = "good",
	    [QUALITY_UNCERTAIN] = "uncertain",
	    [QUALITY_BAD] = "bad",
	};

	return (unsigned)q < QUALITIES ? name[q] : "?";
}

const char *
reason_name(enum reason r)
{
	static const char *const name[REASONS] = {
	    [REASON_NONE] = "",
	    [REASON_RANGE] = "range",
	    [REASON_NO_DATA] = "no_data",
	    [REASON_TIMEOUT] = "timeout",
	    [REASON_EXCEPTION] = "exception",
	    [REASON_NOISE] = "noise",
	    [REASON_PORT] = "port",
	    [REASON_PLUGIN] = "plugin",
	    [REASON_STALE] = "stale",
	    [REASON_FROZEN] = "frozen",
	    [REASON_CLOCK] = "clock",
	    [REASON_UNCONFIRMED] = "unconfirmed",
	    [REASON_WARM_UP] = "warm_up",
	};

	return (unsigned)r < REASONS ? name[r] : "?";
}
