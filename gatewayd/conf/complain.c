/* Collects complaints and prints them in the order of the file. */
#include "complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

enum { KEPT = 200, TEXT = 600, WORD = 64 };

struct complaint {
	struct mark at;
	size_t nth; /* keeps the order of those of one place */
	bool soft;
	char text[TEXT];
};

struct complaints {
	struct arena *mem;
	struct complaint *list[KEPT];
	size_t n, errors, warnings;
};

struct complaints *
complaints_new(void)
{
	struct arena *mem = arena_new();
	struct complaints *c = arena_alloc(mem, sizeof(*c));

	c->mem = mem;
	return c;
}

struct complaints *
complaints_free(struct complaints *take)
{
	if (take)
		arena_free(take->mem);
	return NULL;
}

size_t
complaints_errors(const struct complaints *c)
{
	return c->errors;
}

size_t
complaints_warnings(const struct complaints *c)
{
	return c->warnings;
}

const char *
complaints_keep(struct complaints *c, const char *file)
{
	return arena_strdup(c->mem, file);
}

/* A profile that five devices use is wrong once. */
static bool
said(const struct complaints *c, const struct complaint *x)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct complaint *o = c->list[i];
		if (o->at.line == x->at.line && o->at.column == x->at.column &&
		    strcmp(o->at.file, x->at.file) == 0 &&
		    strcmp(o->text, x->text) == 0)
			return true;
	}
	return false;
}

__attribute__((format(printf, 4, 0))) static void
add(struct complaints *c, struct mark at, bool soft, const char *fmt,
    va_list ap)
{
	struct complaint x = {.at = at, .soft = soft};

	(void)vsnprintf(x.text, sizeof(x.text), fmt, ap);
	/* A control character of the file must not reach the terminal. */
	for (char *p = x.text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	if (said(c, &x))
		return;
	if (soft)
		c->warnings++;
	else
		c->errors++;
	if (c->n == KEPT)
		return;
	x.nth = c->n;
	c->list[c->n] = arena_alloc(c->mem, sizeof(x));
	*c->list[c->n++] = x;
}

void
complain(struct complaints *c, struct mark at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(c, at, false, fmt, ap);
	va_end(ap);
}

void
complain_softly(struct complaints *c, struct mark at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(c, at, true, fmt, ap);
	va_end(ap);
}

static int
by_place(const void *a, const void *b)
{
	const struct complaint *x = *(struct complaint *const *)a;
	const struct complaint *y = *(struct complaint *const *)b;
	int file = strcmp(x->at.file, y->at.file);

	if (file)
		return file;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	if (x->at.column != y->at.column)
		return x->at.column < y->at.column ? -1 : 1;
	return (x->nth > y->nth) - (x->nth < y->nth);
}

void
complaints_print(const struct complaints *c, FILE *to)
{
	struct complaint *sorted[KEPT];

	memcpy((void *)sorted, (const void *)c->list, sizeof(sorted));
	qsort((void *)sorted, c->n, sizeof(void *), by_place);
	for (size_t i = 0; i < c->n; i++) {
		const struct complaint *x = sorted[i];
		fprintf(to, "%s:", x->at.file);
		if (x->at.line)
			fprintf(to, "%u:%u:", x->at.line, x->at.column);
		fprintf(to, " %s%s\n", x->soft ? "warning: " : "", x->text);
	}
	if (c->errors + c->warnings > c->n)
		fprintf(to, "and %zu more\n", c->errors + c->warnings - c->n);
}

size_t
word_distance(const char *a, const char *b)
{
	size_t row[3][WORD + 1], la = strlen(a), lb = strlen(b);

	if (la > WORD || lb > WORD)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *now = row[i % 3], *last = row[(i + 2) % 3];
		const size_t *before = row[(i + 1) % 3];
		now[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[la % 3][lb];
}

const char *
nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	size_t least = 1 + strlen(word) / 3;

	for (; *words; words++) {
		size_t d = word_distance(word, *words);
		if (d <= least && d < strlen(word) && (!best || d < least)) {
			best = *words;
			least = d;
		}
	}
	return best;
}
