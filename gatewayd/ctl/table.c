/* Tables for people; see table.h. */
#include "table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { COLUMNS_MAX = 24, GAP = 2 };

struct table {
	size_t ncolumns, n, cap;
	char align[COLUMNS_MAX];
	char **cell;
};

struct table *
table_new(const char *columns)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->ncolumns = strnlen(columns, COLUMNS_MAX);
	memcpy(t->align, columns, t->ncolumns);
	return t;
}

struct table *
table_free(struct table *take)
{
	if (take == NULL)
		return NULL;
	for (size_t i = 0; i < take->n; i++)
		free(take->cell[i]);
	free(take->cell);
	free(take);
	return NULL;
}

/* Bytes of one character, its cells in *cells; 1 and 1 for a byte that is no
 * character. */
static size_t
character(const char *s, size_t len, int *cells)
{
	mbstate_t state = {0};
	wchar_t c;
	size_t n = mbrtowc(&c, s, len, &state);

	*cells = 1;
	if (n == 0 || n > len)
		return 1;
	*cells = wcwidth(c);
	return n;
}

size_t
table_width(const char *s)
{
	size_t len = strlen(s), width = 0;

	for (size_t i = 0; i < len;) {
		int cells;
		i += character(s + i, len - i, &cells);
		width += cells > 0 ? (size_t)cells : 0;
	}
	return width;
}

static void
make_harmless(char *s)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < len;) {
		int cells;
		size_t n = character(s + i, len - i, &cells);
		if (cells < 0)
			memset(s + i, '?', n);
		i += n;
	}
}

void
table_cell(struct table *t, const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	if (t->n == t->cap) {
		size_t cap = t->cap * 2 + 64;
		char **more = reallocarray(t->cell, cap, sizeof(*more));
		if (more == NULL)
			return;
		t->cell = more;
		t->cap = cap;
	}
	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) == -1)
		s = NULL;
	va_end(ap);
	if (s != NULL)
		make_harmless(s);
	t->cell[t->n++] = s;
}

static const char *
cell_text(const struct table *t, size_t i)
{
	return t->cell[i] != NULL ? t->cell[i] : "?";
}

/* 0: nothing under the heading. */
static size_t
column_width(const struct table *t, size_t column)
{
	size_t width = 0;
	bool used = false;

	for (size_t i = column; i < t->n; i += t->ncolumns) {
		size_t w = table_width(cell_text(t, i));
		used = used || (i >= t->ncolumns && w > 0);
		width = w > width ? w : width;
	}
	return used ? width : 0;
}

static void
pad(size_t n, FILE *to)
{
	while (n-- > 0)
		(void)fputc(' ', to); /* main() asks ferror() */
}

static void
print_row(const struct table *t, size_t row, const size_t *width, FILE *to)
{
	size_t owed = 0; /* spaces, written only when more text follows */

	for (size_t c = 0; c < t->ncolumns; c++) {
		const char *s;
		size_t room;
		if (width[c] == 0)
			continue;
		s = cell_text(t, row + c);
		room = width[c] - table_width(s);
		if (*s != '\0') {
			pad(owed + (t->align[c] == 'r' ? room : 0), to);
			(void)fputs(s, to); /* main() asks ferror() */
			owed = t->align[c] == 'r' ? GAP : room + GAP;
		} else {
			owed += width[c] + GAP;
		}
	}
	(void)fputc('\n', to);
}

void
table_print(const struct table *t, int indent, FILE *to)
{
	size_t width[COLUMNS_MAX];

	for (size_t c = 0; c < t->ncolumns; c++)
		width[c] = column_width(t, c);
	for (size_t i = 0; i + t->ncolumns <= t->n; i += t->ncolumns) {
		pad((size_t)indent, to);
		print_row(t, i, width, to);
	}
}
