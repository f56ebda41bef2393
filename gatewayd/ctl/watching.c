/* See watching.h. */
#include "watching.h"

#include <stdlib.h>
#include <string.h>

#include "jwrite.h"
#include "table.h"
#include "when.h"

bool
watch_covers(const char *what, const char *point)
{
	size_t n = strlen(what);

	while (n > 0 && what[n - 1] == '/')
		n--;
	return strncmp(what, point, n) == 0 &&
	       (point[n] == '\0' || point[n] == '/');
}

struct row *
rows_add(struct rows *x)
{
	if (x->n == x->cap) {
		size_t cap = x->cap * 2 + 32;
		struct row *more = reallocarray(x->row, cap, sizeof(*more));

		if (more == NULL)
			return NULL;
		x->row = more;
		x->cap = cap;
	}
	x->row[x->n] = (struct row){.ts_ms = 0};
	return &x->row[x->n++];
}

/* The same place in most cases; else it is looked for. */
static const struct row *
same(const struct rows *x, size_t at, const char *point)
{
	if (at < x->n && strcmp(x->row[at].point, point) == 0)
		return &x->row[at];
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->row[i].point, point) == 0)
			return &x->row[i];
	return NULL;
}

void
rows_fresh(struct rows *now, const struct rows *before)
{
	for (size_t i = 0; i < now->n; i++) {
		struct row *r = &now->row[i];
		const struct row *old = same(before, i, r->point);

		r->fresh =
		    r->ts_ms != 0 && (old == NULL || old->ts_ms != r->ts_ms ||
					 !value_equal(&old->value, &r->value) ||
					 strcmp(old->quality, r->quality) != 0);
	}
}

static void
heading(struct table *t)
{
	static const char *const head[] = {
	    "POINT", "VALUE", "UNIT", "AGE", "QUALITY", "REASON"};

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		table_cell(t, "%s", head[i]);
}

static void
cells(struct table *t, const struct row *r, const char *third)
{
	table_cell(t, "%s", r->point);
	table_cell(t, "%s", *r->shown != '\0' ? r->shown : "-");
	table_cell(t, "%s", r->unit);
	table_cell(t, "%s", third);
	table_cell(t, "%s", *r->quality != '\0' ? r->quality : "not read yet");
	table_cell(t, "%s", r->reason);
}

/* The lines of a printed table, each row in its colour: the table itself would
 * not let one through. */
static void
colour_lines(char *text, const struct rows *x, size_t shown, FILE *to)
{
	size_t line = 0;

	for (char *s = text, *end; *s != '\0'; s = end, line++) {
		const char *colour = "";

		end = s + strcspn(s, "\n");
		if (*end == '\n')
			*end++ = '\0';
		if (line == 0)
			colour = "\033[1m";
		else if (line <= shown &&
			 strcmp(x->row[line - 1].quality, "bad") == 0)
			colour = "\033[31m";
		else if (line <= shown &&
			 strcmp(x->row[line - 1].quality, "uncertain") == 0)
			colour = "\033[33m";
		(void)fprintf(to, "%s%s%s\n", colour, s,
		    *colour != '\0' ? "\033[0m" : "");
	}
}

size_t
rows_draw(const struct rows *x, size_t height, bool colour, FILE *to)
{
	struct table *t = table_new("lrlrll");
	size_t shown = x->n, lines, size;
	char *text = NULL, age[40];
	FILE *f = open_memstream(&text, &size);

	if (height > 2 && shown > height - 1)
		shown = height - 2; /* the heading, and how many more */
	if (t != NULL)
		heading(t);
	for (size_t i = 0; t != NULL && i < shown; i++) {
		const struct row *r = &x->row[i];
		when_span(r->age_ms, age, sizeof(age));
		cells(t, r, r->ts_ms != 0 ? age : "-");
	}
	if (t != NULL && f != NULL)
		table_print(t, 0, f);
	lines = shown + 1;
	if (f != NULL && fclose(f) == 0 && colour)
		colour_lines(text, x, shown, to);
	else if (text != NULL)
		(void)fputs(text, to); /* main() asks ferror() */
	if (shown < x->n) {
		(void)fprintf(to, "... and %zu more\n", x->n - shown);
		lines++;
	}
	free(text);
	(void)table_free(t);
	return lines;
}

static void
fresh_cells(struct table *t, const struct row *r)
{
	char when[64];

	table_cell(t, "%s", when_format(r->ts_ms, false, when, sizeof(when)));
	table_cell(t, "%s", r->point);
	table_cell(t, "%s", *r->shown != '\0' ? r->shown : "-");
	table_cell(t, "%s", r->unit);
	table_cell(t, "%s", r->quality);
	table_cell(t, "%s", r->reason);
}

/* A table has a heading, which a stream of lines has not: an empty one is made,
 * and its line left out. */
void
rows_print(const struct rows *x, FILE *to)
{
	enum { COLUMNS = 6 };
	struct table *t = table_new("llrlll");
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; t != NULL && i < COLUMNS; i++)
		table_cell(t, "%s", "");
	for (size_t i = 0; t != NULL && i < x->n; i++)
		if (x->row[i].fresh)
			fresh_cells(t, &x->row[i]);
	if (t != NULL && f != NULL)
		table_print(t, 0, f);
	if (f != NULL && fclose(f) == 0 && strchr(text, '\n') != NULL)
		(void)fputs(strchr(text, '\n') + 1, to); /* main() asks */
	free(text);
	(void)table_free(t);
}

void
rows_json(const struct rows *x, FILE *to)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct row *r = &x->row[i];
		struct jwrite w = {.to = to};

		if (!r->fresh)
			continue;
		jw_object(&w, NULL);
		jw_int(&w, "ts", r->ts_ms);
		jw_text(&w, "point", r->point);
		jw_value(&w, "value", &r->value);
		jw_text(&w, "unit", r->unit);
		jw_text(&w, "quality", r->quality);
		jw_text(&w, "reason", r->reason);
		jw_object_end(&w);
		(void)fputc('\n', to); /* main() asks ferror() */
	}
}
