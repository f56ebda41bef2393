/* Words of a statement; see lex.h. */
#include "lex.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
lex_init(struct lex *l, const char *text, char *error, size_t size)
{
	*l = (struct lex){.text = text, .error = error, .error_size = size};
	error[0] = '\0';
	lex_advance(l);
}

bool
lex_fail_at(struct lex *l, int column, const char *fmt, ...)
{
	char what[400];
	va_list ap;

	if (l->failed)
		return false;
	l->failed = true;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)snprintf(l->error, l->error_size, "%d: %s", column, what);
	return false;
}

static void
quoted_word(struct lex *l)
{
	size_t n = 0;

	l->quoted = true;
	l->at++;
	while (l->text[l->at] && l->text[l->at] != '"') {
		if (n < LEX_WORD_MAX - 1)
			l->word[n++] = l->text[l->at];
		l->at++;
	}
	l->word[n] = '\0';
	if (l->text[l->at] != '"')
		(void)lex_fail(l, "text has no end; close it with \"");
	else
		l->at++;
}

static bool
ends_word(char c)
{
	return c == '\0' || c == '#' || c == '=' || c == '"' ||
	       isspace((unsigned char)c);
}

void
lex_advance(struct lex *l)
{
	size_t n = 0;

	while (isspace((unsigned char)l->text[l->at]))
		l->at++;
	l->column = (int)l->at + 1;
	l->quoted = false;
	l->word[0] = '\0';
	if (l->text[l->at] == '"') {
		quoted_word(l);
		return;
	}
	if (l->text[l->at] == '=')
		l->word[n++] = l->text[l->at++];
	else
		while (!ends_word(l->text[l->at])) {
			if (n < LEX_WORD_MAX - 1)
				l->word[n++] = l->text[l->at];
			l->at++;
		}
	l->word[n] = '\0';
}

bool
lex_end(const struct lex *l)
{
	return l->word[0] == '\0' && !l->quoted;
}

bool
lex_take(struct lex *l, const char *word)
{
	if (l->quoted || strcasecmp(l->word, word) != 0)
		return false;
	lex_advance(l);
	return true;
}

bool
lex_expect(struct lex *l, const char *word)
{
	if (lex_take(l, word))
		return true;
	return lex_fail(l, "'%s' stands where %s should; write %s here",
	    l->word, word, word);
}

bool
lex_duration(struct lex *l, int64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9},
	    {"h", 3600e9}, {"d", 86400e9}};
	char *end;
	double v = strtod(l->word, &end);

	for (size_t i = 0; end != l->word && v >= 0 && v < 1e6 &&
			   i < sizeof(units) / sizeof(units[0]);
	     i++) {
		if (strcmp(units[i].unit, end) != 0)
			continue;
		*ns = (int64_t)(v * units[i].ns);
		lex_advance(l);
		return true;
	}
	return lex_fail(
	    l, "'%s' is no duration; write 250ms, 5s, 5min or 4h", l->word);
}

bool
lex_uint(struct lex *l, uint32_t max, uint32_t *out)
{
	char *end;
	int base = strncasecmp(l->word, "0x", 2) == 0 ? 16 : 10;
	unsigned long v = strtoul(l->word, &end, base);

	if (!isdigit((unsigned char)l->word[0]) || *end != '\0' || v > max)
		return lex_fail(l,
		    "'%s' is no whole number from 0 to %u; "
		    "write one, decimal or 0x",
		    l->word, max);
	*out = (uint32_t)v;
	lex_advance(l);
	return true;
}

bool
lex_real(struct lex *l, double *out)
{
	char *end;
	double v = strtod(l->word, &end);

	if (end == l->word || *end != '\0')
		return lex_fail(
		    l, "'%s' is no number; write one like 23.1", l->word);
	*out = v;
	lex_advance(l);
	return true;
}

bool
lex_num(struct lex *l, struct num *out)
{
	if (l->quoted) {
		*out = (struct num){.kind = NUM_TEXT};
		(void)snprintf(out->text, sizeof(out->text), "%s", l->word);
	} else if (!num_parse(l->word, out))
		return lex_fail(l,
		    "'%s' is no value; write a number, on, off "
		    "or a \"text\"",
		    l->word);
	lex_advance(l);
	return true;
}

bool
lex_on_off(struct lex *l, bool *out)
{
	*out = strcasecmp(l->word, "on") == 0;
	if (!lex_take(l, "on") && !lex_take(l, "off"))
		return lex_fail(
		    l, "'%s' is neither on nor off; write one", l->word);
	return true;
}

static bool
is_byte(const struct lex *l)
{
	return !l->quoted && strlen(l->word) == 2 &&
	       isxdigit((unsigned char)l->word[0]) &&
	       isxdigit((unsigned char)l->word[1]);
}

bool
lex_bytes(struct lex *l, uint8_t *out, size_t max, size_t *n)
{
	*n = 0;
	if (l->quoted) {
		*n = strlen(l->word) < max ? strlen(l->word) : max;
		memcpy(out, l->word, *n);
		lex_advance(l);
		return true;
	}
	for (; is_byte(l) && *n < max; lex_advance(l))
		out[(*n)++] = (uint8_t)strtoul(l->word, NULL, 16);
	if (*n == 0 || is_byte(l))
		return lex_fail(l,
		    "'%s' stands where 1 to %zu bytes should; "
		    "write them like 00 FF, or as \"text\"",
		    l->word, max);
	return true;
}
