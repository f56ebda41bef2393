/* Tables for people; see table.h. */
#include "table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum {
	COLUMNS_MAX = 24,
	GAP = 2,
	CUT_LEAST = 16,
	FOLD_LEAST = 24,
	UNDER = 4,
	DOTS = 3
};

struct table {
	size_t ncolumns, n, cap;
	char align[COLUMNS_MAX];
	char gives_way[COLUMNS_MAX + 1];
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

void
table_gives_way(struct table *t, const char *columns)
{
	if (t != NULL)
		(void)snprintf(
		    t->gives_way, sizeof(t->gives_way), "%s", columns);
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

static size_t
cells_of(const char *s, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len;) {
		int cells;
		i += character(s + i, len - i, &cells);
		width += cells > 0 ? (size_t)cells : 0;
	}
	return width;
}

size_t
table_width(const char *s)
{
	return cells_of(s, strlen(s));
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

/* Its first cells, and dots in place of the rest; how much room is left. */
static size_t
print_cut(const char *s, size_t width, FILE *to)
{
	size_t len = strlen(s), used = 0, i = 0;

	while (i < len) {
		int cells;
		size_t n = character(s + i, len - i, &cells);
		if (cells > 0 && used + (size_t)cells + DOTS > width)
			break;
		used += cells > 0 ? (size_t)cells : 0;
		i += n;
	}
	while (i > 0 && s[i - 1] == ' ') {
		i--;
		used--;
	}
	(void)fwrite(s, 1, i, to); /* main() asks ferror() */
	(void)fputs("...", to);
	return width - used - DOTS;
}

/* Bytes of `s` that take `width` cells at most, one character at least. */
static size_t
fitting(const char *s, size_t n, size_t width)
{
	size_t i = 0, used = 0;

	while (i < n) {
		int cells;
		size_t k = character(s + i, n - i, &cells);

		used += cells > 0 ? (size_t)cells : 0;
		if (i > 0 && used > width)
			break;
		i += k;
	}
	return i < n ? i : n;
}

/* Words, which go on from column `at` of the next lines; one that is too long
 * for a line is broken. */
static void
print_folded(const char *s, size_t width, size_t at, FILE *to)
{
	size_t used = 0;

	while (*s != '\0') {
		size_t n = strcspn(s, " ");
		size_t room = used > 0 ? width - used - 1 : width;

		if (used > 0 &&
		    (used >= width || fitting(s, n, room) < n || room == 0)) {
			(void)fputc('\n', to); /* main() asks ferror() */
			pad(at, to);
			used = 0;
			continue;
		}
		n = fitting(s, n, width);
		(void)fprintf(to, "%s%.*s", used > 0 ? " " : "", (int)n, s);
		used += cells_of(s, n) + (used > 0);
		s += n;
		s += strspn(s, " ");
	}
}

/* A cell that is wider than its column; how much room is left of it. */
static size_t
print_narrow(const struct table *t, size_t column, const char *s, size_t width,
    size_t at, FILE *to)
{
	if (t->gives_way[column] != 'w')
		return print_cut(s, width, to);
	print_folded(s, width, at, to); /* the last one */
	return 0;
}

static bool
is_under(const struct table *t)
{
	return t->ncolumns > 0 && t->gives_way[t->ncolumns - 1] == 'u';
}

/* The last column's text on lines of its own. */
static void
print_under(
    const struct table *t, size_t row, int indent, size_t room, FILE *to)
{
	const char *s = cell_text(t, row + t->ncolumns - 1);
	size_t at = (size_t)indent + UNDER;

	if (*s == '\0')
		return;
	pad(at, to);
	print_folded(
	    s, room > UNDER + FOLD_LEAST ? room - UNDER : FOLD_LEAST, at, to);
	(void)fputc('\n', to); /* main() asks ferror() */
}

static void
print_row(const struct table *t, size_t row, const size_t *width, int indent,
    FILE *to)
{
	size_t at = (size_t)indent; /* where the column begins */
	size_t owed = at; /* spaces, written only when more text follows */

	for (size_t c = 0; c < t->ncolumns; c++) {
		const char *s = cell_text(t, row + c);
		size_t cells = table_width(s), room;

		if (width[c] == 0)
			continue;
		room = width[c] > cells ? width[c] - cells : 0;
		if (cells > width[c]) {
			pad(owed, to);
			owed = GAP + print_narrow(t, c, s, width[c], at, to);
		} else if (*s != '\0') {
			pad(owed + (t->align[c] == 'r' ? room : 0), to);
			(void)fputs(s, to); /* main() asks ferror() */
			owed = t->align[c] == 'r' ? GAP : room + GAP;
		} else {
			owed += width[c] + GAP;
		}
		at += width[c] + GAP;
	}
	(void)fputc('\n', to);
}

/* 0: it is no terminal, or does not say. */
static size_t
terminal_width(FILE *to)
{
	struct winsize w = {0};
	int fd = fileno(to);

	return fd >= 0 && isatty(fd) == 1 && ioctl(fd, TIOCGWINSZ, &w) == 0
		   ? w.ws_col
		   : 0;
}

static size_t
whole_width(const struct table *t, const size_t *width)
{
	size_t n = 0;

	for (size_t c = 0; c < t->ncolumns; c++)
		n += width[c] > 0 ? width[c] + (n > 0 ? GAP : 0) : 0;
	return n;
}

/* The column whose turn it is; ncolumns: none. */
static size_t
turn(const struct table *t, char whose)
{
	const char *at = strchr(t->gives_way, whose);

	return at != NULL && (size_t)(at - t->gives_way) < t->ncolumns
		   ? (size_t)(at - t->gives_way)
		   : t->ncolumns;
}

/* The folded one takes what the others leave, at least so much. */
static void
fold(const struct table *t, size_t *width, size_t room)
{
	size_t all = whole_width(t, width), c = turn(t, 'w');
	size_t over = all > room ? all - room : 0;

	if (c == t->ncolumns || width[c] <= FOLD_LEAST || over == 0)
		return;
	width[c] -= over < width[c] - FOLD_LEAST ? over : width[c] - FOLD_LEAST;
}

static void
narrow(const struct table *t, size_t *width, size_t room)
{
	fold(t, width, room);
	if (is_under(t) && whole_width(t, width) > room)
		width[t->ncolumns - 1] = 0;
	for (char x = '1'; x <= '9' && whole_width(t, width) > room; x++)
		if (turn(t, x) < t->ncolumns)
			width[turn(t, x)] = 0;
	for (char x = 'a'; x <= 'f' && whole_width(t, width) > room; x++) {
		size_t c = turn(t, x);
		size_t over = whole_width(t, width) - room;

		if (c == t->ncolumns || width[c] <= CUT_LEAST)
			continue;
		width[c] -=
		    over < width[c] - CUT_LEAST ? over : width[c] - CUT_LEAST;
	}
}

void
table_print(const struct table *t, int indent, FILE *to)
{
	size_t width[COLUMNS_MAX] = {0}, room = terminal_width(to);

	for (size_t c = 0; c < t->ncolumns; c++)
		width[c] = column_width(t, c);
	if (room > (size_t)indent)
		narrow(t, width, room - (size_t)indent);
	for (size_t i = 0; i + t->ncolumns <= t->n; i += t->ncolumns) {
		print_row(t, i, width, indent, to);
		if (is_under(t) && width[t->ncolumns - 1] == 0)
			print_under(t, i, indent, room, to);
	}
}
