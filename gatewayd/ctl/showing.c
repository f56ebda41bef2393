/* See showing.h. */
#include "showing.h"

#include <inttypes.h>
#include <string.h>

#include "jwrite.h"
#include "spans.h"
#include "table.h"
#include "words.h"

enum { DIGITS_READ = 7 }; /* what a float holds */

static const char *
choice_name(const struct point_type *t, const struct value *v)
{
	for (size_t i = 0; v->type == VALUE_INT && i < t->nchoices; i++)
		if (t->choices[i].value == v->i)
			return t->choices[i].name;
	return NULL;
}

const char *
short_value(const struct value *v, char *out, size_t size)
{
	value_format(v, out, size);
	if (v->type == VALUE_REAL && strlen(out) > DIGITS_READ + 2)
		(void)snprintf(out, size, "%.*g", DIGITS_READ, v->r);
	return out;
}

const char *
show_value(
    const struct point_type *t, const struct value *v, char *out, size_t size)
{
	const char *name = choice_name(t, v);
	char text[VALUE_TEXT_MAX];

	short_value(v, text, sizeof(text));
	if (name != NULL)
		(void)snprintf(out, size, "%s (%s)", name, text);
	else if (t->type == REG_BOOL && t->formula == NULL &&
		 v->type == VALUE_INT)
		(void)snprintf(out, size, "%s", v->i != 0 ? "on" : "off");
	else
		(void)snprintf(out, size, "%s", *text != '\0' ? text : "-");
	return out;
}

static void
words_cell(struct table *t, const struct read_point *x)
{
	char text[200] = "";
	size_t n = 0;

	for (uint8_t i = 0; i < x->nwords && n + 6 < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%04X",
		    i > 0 ? " " : "", x->words[i]);
	table_cell(t, "%s", text);
}

static void
quality_cells(
    struct table *t, const struct point_type *type, const struct read_point *x)
{
	char reason[60] = "";

	if (!x->known) {
		table_cell(t, "%s", "");
		table_cell(t, "%s",
		    type->write_only        ? "cannot be read"
		    : type->formula != NULL ? "no value yet"
					    : "not read");
		return;
	}
	(void)snprintf(reason, sizeof(reason), "%s", reason_name(x->d.reason));
	if (x->d.reason == REASON_EXCEPTION)
		(void)snprintf(
		    reason, sizeof(reason), "exception %u", x->detail);
	table_cell(t, "%s", quality_name(x->d.quality));
	table_cell(t, "%s", reason);
}

void
show_points(const struct device *d, const struct read_point *points, FILE *to)
{
	static const char *const head[] = {
	    "POINT", "VALUE", "UNIT", "RAW", "QUALITY", "REASON"};
	struct table *t = table_new("lrllll");
	char text[160];

	if (t == NULL)
		return;
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		table_cell(t, "%s", head[i]);
	for (size_t i = 0; i < d->type->npoints; i++) {
		const struct point_type *p = &d->type->points[i];
		const struct read_point *x = &points[i];

		if (p->kind == KIND_PART)
			continue;
		table_cell(t, "%s", p->name);
		table_cell(t, "%s",
		    x->known ? show_value(p, &x->d.value, text, sizeof(text))
			     : "-");
		table_cell(t, "%s", p->unit != NULL ? p->unit : "");
		words_cell(t, x);
		quality_cells(t, p, x);
	}
	table_print(t, 0, to);
	(void)table_free(t);
}

static void
point_json(
    struct jwrite *w, const struct point_type *p, const struct read_point *x)
{
	jw_object(w, NULL);
	jw_text(w, "point", p->name);
	jw_text(w, "kind", word_kind(p->kind));
	jw_text(w, "unit", p->unit != NULL ? p->unit : "");
	if (x->known) {
		jw_value(w, "value", &x->d.value);
		if (choice_name(p, &x->d.value) != NULL)
			jw_text(w, "name", choice_name(p, &x->d.value));
		jw_text(w, "quality", quality_name(x->d.quality));
		jw_text(w, "reason", reason_name(x->d.reason));
		if (x->d.reason == REASON_EXCEPTION)
			jw_uint(w, "exception", x->detail);
	} else {
		jw_text(w, "value", NULL);
		jw_text(w, "quality", NULL);
		jw_text(
		    w, "reason", p->write_only ? "cannot be read" : "not read");
	}
	jw_array(w, "raw");
	for (uint8_t i = 0; i < x->nwords; i++)
		jw_uint(w, NULL, x->words[i]);
	jw_array_end(w);
	jw_object_end(w);
}

void
show_points_json(
    const struct device *d, const struct read_point *points, struct jwrite *w)
{
	jw_array(w, "points");
	for (size_t i = 0; i < d->type->npoints; i++)
		if (d->type->points[i].kind != KIND_PART)
			point_json(w, &d->type->points[i], &points[i]);
	jw_array_end(w);
}
