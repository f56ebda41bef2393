/* JSON, written; see jwrite.h. */
#include "jwrite.h"

#include <inttypes.h>

#include "jdoc.h"
#include "reading.h"

static void
key_first(struct jwrite *w, const char *key)
{
	if (w->comma)
		(void)fputc(',', w->to); /* here and below: ferror() tells */
	if (key != NULL) {
		jdoc_print_text(key, w->to);
		(void)fputc(':', w->to);
	}
	w->comma = true;
}

static void
open_with(struct jwrite *w, const char *key, char c)
{
	key_first(w, key);
	(void)fputc(c, w->to);
	w->comma = false;
}

static void
close_with(struct jwrite *w, char c)
{
	(void)fputc(c, w->to);
	w->comma = true;
}

void
jw_object(struct jwrite *w, const char *key)
{
	open_with(w, key, '{');
}

void
jw_object_end(struct jwrite *w)
{
	close_with(w, '}');
}

void
jw_array(struct jwrite *w, const char *key)
{
	open_with(w, key, '[');
}

void
jw_array_end(struct jwrite *w)
{
	close_with(w, ']');
}

void
jw_text(struct jwrite *w, const char *key, const char *s)
{
	key_first(w, key);
	if (s != NULL)
		jdoc_print_text(s, w->to);
	else
		(void)fputs("null", w->to);
}

void
jw_int(struct jwrite *w, const char *key, int64_t i)
{
	key_first(w, key);
	(void)fprintf(w->to, "%" PRId64, i);
}

void
jw_uint(struct jwrite *w, const char *key, uint64_t u)
{
	key_first(w, key);
	(void)fprintf(w->to, "%" PRIu64, u);
}

void
jw_real(struct jwrite *w, const char *key, double r)
{
	struct value v = value_real(r);

	jw_value(w, key, &v);
}

void
jw_bool(struct jwrite *w, const char *key, bool b)
{
	key_first(w, key);
	(void)fputs(b ? "true" : "false", w->to);
}

void
jw_value(struct jwrite *w, const char *key, const struct value *v)
{
	char text[VALUE_TEXT_MAX];

	value_format(v, text, sizeof(text));
	if (v->type == VALUE_TEXT || v->type == VALUE_NONE) {
		jw_text(w, key, v->type == VALUE_TEXT ? text : NULL);
		return;
	}
	key_first(w, key);
	(void)fputs(text, w->to);
}
