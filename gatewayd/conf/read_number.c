/*
 * Numbers as installers write them. Own scanning where strtol and strtod would
 * guess: an octal 010, a hexadecimal float, "inf", a comma of the locale.
 */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"

enum whole { WHOLE_OK, WHOLE_NONE, WHOLE_ZERO, WHOLE_LARGE };

/* Sign, decimal or 0x digits, whole string. */
static enum whole
scan_whole(const char *s, bool *negative, uint64_t *out)
{
	unsigned base = 10;
	uint64_t v = 0;

	*negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0' && s[1] >= '0' && s[1] <= '9') {
		return WHOLE_ZERO;
	}
	if (!*s)
		return WHOLE_NONE;
	for (; *s; s++) {
		unsigned d;
		if (*s >= '0' && *s <= '9')
			d = (unsigned)(*s - '0');
		else if (base == 16 && strchr("abcdef", *s | 0x20))
			d = (unsigned)((*s | 0x20) - 'a') + 10;
		else
			return WHOLE_NONE;
		if (v > (UINT64_MAX - d) / base)
			return WHOLE_LARGE;
		v = v * base + d;
	}
	*out = v;
	return WHOLE_OK;
}

static const char *
without_zeros(const char *s)
{
	while (s[0] == '0' && s[1])
		s++;
	return s;
}

/* Tells why a text is no whole number; true when it is one. */
static bool
scan_told(struct ctx *x, const struct node *n, const char *what, bool *negative,
    uint64_t *out)
{
	switch (n->kind == NODE_SCALAR ? scan_whole(n->text, negative, out)
				       : WHOLE_NONE) {
	case WHOLE_OK:
		return true;
	case WHOLE_ZERO:
		complain(x->c, n->at,
		    "%s `%s` begins with a zero, which some "
		    "read as octal; write %s",
		    what, node_shown(n), without_zeros(n->text));
		return false;
	case WHOLE_LARGE:
		complain(x->c, n->at, "%s `%s` is larger than 64 bits", what,
		    node_shown(n));
		return false;
	default:
		complain(x->c, n->at,
		    "%s must be a whole number, not `%s`; "
		    "write digits, or 0x and digits",
		    what, node_shown(n));
		return false;
	}
}

bool
read_whole(struct ctx *x, const struct node *n, const char *what, int64_t min,
    int64_t max, int64_t *out)
{
	bool negative = false;
	uint64_t u = 0;

	if (!scan_told(x, n, what, &negative, &u))
		return false;
	bool fits = u <= INT64_MAX;
	int64_t v = !fits ? 0 : negative ? -(int64_t)u : (int64_t)u;
	if (!fits || v < min || v > max) {
		complain(x->c, n->at,
		    "%s is %s; it must be %" PRId64 " to %" PRId64, what,
		    node_shown(n), min, max);
		return false;
	}
	*out = v;
	return true;
}

bool
read_bits(struct ctx *x, const struct node *n, const char *what, uint64_t *out)
{
	bool negative = false;
	uint64_t u = 0;

	if (!scan_told(x, n, what, &negative, &u))
		return false;
	if (negative && u > (uint64_t)INT64_MAX + 1) {
		complain(x->c, n->at, "%s `%s` is larger than 64 bits", what,
		    node_shown(n));
		return false;
	}
	*out = negative ? 0 - u : u;
	return true;
}

size_t
scan_real(const char *s, double *out)
{
	size_t n = 0, digits = 0;
	char copy[64];
	locale_t plain;
	double v;

	if (s[n] == '-' || s[n] == '+')
		n++;
	for (; s[n] >= '0' && s[n] <= '9'; n++)
		digits++;
	if (s[n] == '.')
		for (n++; s[n] >= '0' && s[n] <= '9'; n++)
			digits++;
	if (!digits)
		return 0;
	if ((s[n] | 0x20) == 'e') {
		size_t e = n + 1;
		if (s[e] == '-' || s[e] == '+')
			e++;
		if (s[e] >= '0' && s[e] <= '9') {
			while (s[e] >= '0' && s[e] <= '9')
				e++;
			n = e;
		}
	}
	if (n >= sizeof(copy))
		return 0;
	memcpy(copy, s, n);
	copy[n] = '\0';
	plain = newlocale(LC_ALL_MASK, "C", NULL);
	if (!plain)
		return 0;
	v = strtod_l(copy, NULL, plain);
	freelocale(plain);
	if (!isfinite(v))
		return 0;
	*out = v;
	return n;
}

bool
read_real(struct ctx *x, const struct node *n, const char *what, double min,
    double max, double *out)
{
	double v = 0;
	size_t used = n->kind == NODE_SCALAR ? scan_real(n->text, &v) : 0;

	if (!used || n->text[used]) {
		complain(x->c, n->at,
		    "%s must be a number, not `%s`; write "
		    "12.5",
		    what, node_shown(n));
		return false;
	}
	if (v < min || v > max) {
		complain(x->c, n->at, "%s is %s; it must be %g to %g", what,
		    node_shown(n), min, max);
		return false;
	}
	*out = v;
	return true;
}

struct suffix {
	const char *text;
	uint64_t times;
};

/* Digits, a unit directly behind; 0 when the unit is none of ours. */
static bool
scan_suffixed(const char *s, const struct suffix *units, uint64_t *out)
{
	uint64_t v = 0;
	const char *p = s;

	if (p[0] == '0' && p[1] >= '0' && p[1] <= '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (v > UINT64_MAX / 100)
			return false;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	if (p == s)
		return false;
	while (*p == ' ')
		p++;
	for (; units->text; units++)
		if (strcmp(p, units->text) == 0) {
			if (v > UINT64_MAX / units->times)
				return false;
			*out = v * units->times;
			return true;
		}
	return false;
}

static void
say_duration(uint64_t ms, char *out, size_t size)
{
	static const struct suffix unit[] = {{"d", 86400000}, {"h", 3600000},
	    {"min", 60000}, {"s", 1000}, {"ms", 1}};
	size_t i = 0;

	while (i < 4 && (ms % unit[i].times || !ms))
		i++;
	(void)snprintf(
	    out, size, "%" PRIu64 "%s", ms / unit[i].times, unit[i].text);
}

bool
read_duration(struct ctx *x, const struct node *n, const char *what,
    uint64_t min_ms, uint64_t max_ms, uint64_t *out)
{
	static const struct suffix unit[] = {{"ms", 1}, {"s", 1000},
	    {"min", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
	char low[32], high[32];
	uint64_t v = 0;

	if (n->kind != NODE_SCALAR || !scan_suffixed(n->text, unit, &v)) {
		complain(x->c, n->at,
		    "%s `%s` is no duration; write a whole "
		    "number and its unit: 250ms, 5s, 5min, 4h or 30d",
		    what, node_shown(n));
		return false;
	}
	if (v < min_ms || v > max_ms) {
		say_duration(min_ms, low, sizeof(low));
		say_duration(max_ms, high, sizeof(high));
		complain(x->c, n->at, "%s is %s; it must be %s to %s", what,
		    node_shown(n), low, high);
		return false;
	}
	*out = v;
	return true;
}

bool
read_size(struct ctx *x, const struct node *n, const char *what, uint64_t *out)
{
	static const struct suffix unit[] = {{"kB", 1000}, {"KB", 1000},
	    {"MB", 1000000}, {"GB", 1000000000}, {"TB", 1000000000000},
	    {NULL, 0}};
	uint64_t v = 0;

	if (n->kind != NODE_SCALAR || !scan_suffixed(n->text, unit, &v) || !v) {
		complain(x->c, n->at,
		    "%s `%s` is no size; write a whole "
		    "number and its unit: 20MB or 4GB",
		    what, node_shown(n));
		return false;
	}
	*out = v;
	return true;
}

bool
read_quantity(struct ctx *x, const struct node *n, const char *what,
    const char *const *units, double *out, unsigned *unit)
{
	double v = 0;
	size_t used = n->kind == NODE_SCALAR ? scan_real(n->text, &v) : 0;

	while (used && n->text[used] == ' ')
		used++;
	for (unsigned i = 0; used && units[i]; i++)
		if (strcmp(n->text + used, units[i]) == 0) {
			*out = v;
			if (unit)
				*unit = i;
			return true;
		}
	complain(x->c, n->at,
	    "%s `%s` needs a number and its unit; write for "
	    "example 12 %s",
	    what, node_shown(n), units[0]);
	return false;
}

bool
read_clock(struct ctx *x, const struct node *n, const char *what, unsigned *out)
{
	const char *s = n->text;
	unsigned part[2] = {0, 0};
	size_t at = 0;

	for (int i = 0; n->kind == NODE_SCALAR && i < 2; i++) {
		size_t start = at;
		for (; s[at] >= '0' && s[at] <= '9' && at - start < 2; at++)
			part[i] = part[i] * 10 + (unsigned)(s[at] - '0');
		if (at == start || (i == 0 && s[at++] != ':') ||
		    (i == 1 && (s[at] || at - start != 2)))
			part[0] = 99;
		if (part[0] == 99)
			break;
	}
	if (n->kind != NODE_SCALAR || part[0] > 23 || part[1] > 59) {
		complain(x->c, n->at, "%s `%s` is no time of day; write 22:00",
		    what, node_shown(n));
		return false;
	}
	*out = part[0] * 60 + part[1];
	return true;
}
