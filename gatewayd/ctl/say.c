/* See say.h. */
#include "say.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"
#include "table.h"

void
say_title(FILE *to, const char *title)
{
	(void)fprintf(to, "\n%s\n", title); /* here and below: main() asks
					       ferror() */
}

/* From column `hang`, which is where it stands, on; each further line begins
 * with `next` and goes on there. */
static void
wrap(FILE *to, const char *next, size_t hang, size_t most, char *text)
{
	int pad = (int)(hang - table_width(next));
	size_t at = hang;
	bool first = true;
	char *save = NULL;

	for (char *w = strtok_r(text, " \n", &save); w != NULL;
	     w = strtok_r(NULL, " \n", &save)) {
		size_t width = table_width(w);

		if (!first && at + 1 + width > most) {
			(void)fprintf(to, "\n%s%*s", next, pad, "");
			at = hang;
			first = true;
		}
		(void)fprintf(to, "%s%s", first ? "" : " ", w);
		at += width + !first;
		first = false;
	}
	(void)fputc('\n', to);
}

void
say(FILE *to, int indent, int hang, const char *label, const char *fmt, ...)
{
	size_t width = (size_t)indent + table_width(label);
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	va_end(ap);
	if (text != NULL && *text != '\0') {
		(void)fprintf(to, "%*s%s", indent, "", label);
		if (*label != '\0' && width + 1 > (size_t)hang) {
			(void)fputc('\n', to);
			width = 0;
		}
		(void)fprintf(to, "%*s", hang - (int)width, "");
		wrap(to, "", (size_t)hang, SAY_WIDTH, text);
	}
	free(text);
}

void
say_comment(FILE *to, const char *first, const char *next, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	va_end(ap);
	if (text != NULL) {
		(void)fputs(first, to);
		wrap(to, next, table_width(next), SAY_COMMENT_WIDTH, text);
	}
	free(text);
}

__attribute__((format(printf, 2, 0))) static void
append(struct sentence *s, const char *fmt, va_list ap)
{
	size_t room = sizeof(s->text) - s->n;
	int n = vsnprintf(s->text + s->n, room, fmt, ap);

	if (n > 0)
		s->n += (size_t)n < room ? (size_t)n : room - 1;
}

void
more(struct sentence *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(s, fmt, ap);
	va_end(ap);
}

void
part(struct sentence *s, const char *fmt, ...)
{
	va_list ap;

	if (s->n > 0)
		more(s, "; ");
	va_start(ap, fmt);
	append(s, fmt, ap);
	va_end(ap);
}

struct num
num(double v)
{
	struct value value = value_real(v);
	struct num n = {""};

	value_format(&value, n.s, sizeof(n.s));
	return n;
}

struct num
duration(uint32_t ms)
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000},
	    {"s", 1000}, {"ms", 1}};
	struct num n;
	size_t i = 0;

	while (ms == 0 ? i < 3 : ms % units[i].ms != 0)
		i++;
	(void)snprintf(n.s, sizeof(n.s), "%" PRIu32 " %s", ms / units[i].ms,
	    units[i].name);
	return n;
}
