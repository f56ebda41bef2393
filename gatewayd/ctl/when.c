/* See when.h. */
#include "when.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool
when_duration(const char *s, int64_t *ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} unit[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000},
	    {"d", 86400000}, {"w", 604800000}};
	char *end;
	int64_t n = strtoll(s, &end, 10);

	if (end == s || n < 0 || n > 1000000000)
		return false;
	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
		if (strcmp(end, unit[i].name) == 0) {
			*ms = n * unit[i].ms;
			return true;
		}
	return false;
}

/* Two digits, at most `max`; -1 for anything else. */
static int
two_digits(const char *s, int max)
{
	int n;

	if (!isdigit((unsigned char)s[0]) || !isdigit((unsigned char)s[1]))
		return -1;
	n = (s[0] - '0') * 10 + s[1] - '0';
	return n <= max ? n : -1;
}

/* Z, +08:00, +0800 -> minutes east; at the end of the text. */
static bool
parse_zone(const char *s, int *minutes)
{
	const char *rest = s + 1;
	int h, m = -1;

	if (strcmp(s, "Z") == 0 || strcmp(s, "z") == 0) {
		*minutes = 0;
		return true;
	}
	if (*s != '+' && *s != '-')
		return false;
	h = two_digits(rest, 14);
	if (h >= 0) {
		rest += rest[2] == ':' ? 3 : 2;
		m = two_digits(rest, 59);
	}
	if (m < 0 || rest[2] != '\0')
		return false;
	*minutes = (h * 60 + m) * (*s == '-' ? -1 : 1);
	return true;
}

static const char *
parse_clock(const char *s, struct tm *tm, int *ms)
{
	const char *rest = strptime(s + 1, "%H:%M", tm);
	int scale = 100;

	if (rest == NULL || *rest != ':')
		return rest;
	rest = strptime(rest, ":%S", tm);
	if (rest == NULL || *rest != '.')
		return rest;
	for (rest++; isdigit((unsigned char)*rest); rest++, scale /= 10)
		*ms += (*rest - '0') * scale;
	return rest;
}

static bool
parse_date(const char *s, int64_t *out)
{
	struct tm tm = {.tm_isdst = -1};
	const char *rest = strptime(s, "%Y-%m-%d", &tm);
	int ms = 0, east = 0;
	bool zoned;
	time_t t;

	if (rest != NULL && (*rest == 'T' || *rest == ' '))
		rest = parse_clock(rest, &tm, &ms);
	if (rest == NULL)
		return false;
	while (*rest == ' ')
		rest++;
	zoned = *rest != '\0';
	if (zoned && !parse_zone(rest, &east))
		return false;
	t = zoned ? timegm(&tm) : mktime(&tm);
	*out = ((int64_t)t - (int64_t)east * 60) * 1000 + ms;
	return true;
}

bool
when_parse(const char *s, int64_t now_ms, int64_t *ms)
{
	char *end;
	int64_t n = strtoll(s, &end, 10);

	if (strcmp(s, "now") == 0) {
		*ms = now_ms;
		return true;
	}
	/* Thirteen digits since 2001: fewer are a slip, not 1970. */
	if (end != s && *end == '\0' && n >= 100000000000) {
		*ms = n;
		return true;
	}
	if (when_duration(s, &n)) {
		*ms = now_ms - n;
		return true;
	}
	return parse_date(s, ms);
}

const char *
when_format(int64_t ms, bool utc, char *out, size_t size)
{
	int64_t s = ms / 1000 - (ms % 1000 < 0);
	int left = (int)(ms - s * 1000);
	time_t t = (time_t)s;
	char date[40], zone[12] = "";
	struct tm tm;

	if ((utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)) == NULL ||
	    strftime(date, sizeof(date), utc ? "%Y-%m-%dT%T" : "%F %T", &tm) ==
		0) {
		(void)snprintf(out, size, "%" PRId64, ms);
		return out;
	}
	if (!utc)
		(void)strftime(zone, sizeof(zone), " %z", &tm); /* or none */
	(void)snprintf(out, size, "%s.%03d%s", date, left, utc ? "Z" : zone);
	return out;
}

const char *
when_span(int64_t ms, char *out, size_t size)
{
	int64_t s = ms / 1000;

	if (ms < 0)
		(void)snprintf(out, size, "?");
	else if (s < 10)
		(void)snprintf(
		    out, size, "%" PRId64 ".%" PRId64 " s", s, ms / 100 % 10);
	else if (s < 120)
		(void)snprintf(out, size, "%" PRId64 " s", s);
	else if (s < 7200)
		(void)snprintf(out, size, "%" PRId64 " min", s / 60);
	else if (s < 172800)
		(void)snprintf(out, size, "%" PRId64 " h %" PRId64 " min",
		    s / 3600, s / 60 % 60);
	else
		(void)snprintf(out, size, "%" PRId64 " d %" PRId64 " h",
		    s / 86400, s / 3600 % 24);
	return out;
}
