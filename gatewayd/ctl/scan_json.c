/* The same for programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jwrite.h"
#include "msg.h"
#include "scan.h"
#include "site.h"

static void
print_values(const struct scan_unit *u, struct jwrite *w)
{
	const char *at = u->values;
	char name[80], value[120];

	jw_object(w, "values");
	while (at != NULL && *at != '\0') {
		int n = (int)strcspn(at, "\n"), k = (int)strcspn(at, " ");
		(void)snprintf(name, sizeof(name), "%.*s", k, at);
		(void)snprintf(value, sizeof(value), "%.*s",
		    n > k ? n - k - 1 : 0, at + k + 1);
		jw_text(w, name, value);
		at += n + (at[n] == '\n');
	}
	jw_object_end(w);
}

static void
print_setting(const struct scan_unit *u, struct jwrite *w)
{
	static const char *const words[] = {[PARITY_NONE] = "none",
	    [PARITY_EVEN] = "even",
	    [PARITY_ODD] = "odd"};

	if (u->at.baud == 0)
		return;
	jw_int(w, "baud", u->at.baud);
	jw_text(w, "parity", words[u->at.parity % 3]);
	jw_int(w, "stop_bits", u->at.stop_bits);
}

static void
print_unit(const struct scan_unit *u, struct jwrite *w)
{
	jw_object(w, NULL);
	jw_int(w, "unit", u->unit);
	print_setting(u, w);
	jw_text(w, "state", !u->sound ? "garbled" : "answers");
	jw_bool(w, "spoilt", u->garbled);
	if (u->universal != 0)
		jw_int(w, "universal", u->universal);
	if (u->configured[0] != '\0')
		jw_text(w, "configured", u->configured);
	jw_text(w, "sure", sure_name(u->verdict.sure));
	jw_text(w, "type", u->type != NULL ? u->type->name : NULL);
	if (u->type != NULL && u->type->variant != NULL)
		jw_text(w, "variant", u->type->variant);
	jw_bool(w, "compared", u->compared);
	jw_text(w, "why",
	    u->compared || !u->sound ? u->verdict.why : "it was not compared");
	jw_array(w, "alike");
	for (size_t i = 0; i < u->nalike; i++)
		jw_text(w, NULL, u->alike[i]->name);
	jw_array_end(w);
	jw_int(w, "fits", (int64_t)u->verdict.fits);
	jw_int(w, "requests", u->requests);
	jw_int(w, "took_us", u->took_us);
	print_values(u, w);
	jw_object_end(w);
}

/* What people get, for a program to show them. */
static void
print_site_file(const struct scan *s, struct jwrite *w)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (to != NULL) {
		scan_yaml(s, to);
		jw_text(w, "site_file", fclose(to) == 0 ? text : NULL);
	}
	free(text);
}

void
scan_json(const struct scan *s, FILE *to)
{
	struct jwrite w = {.to = to};

	jw_object(&w, NULL);
	jw_text(&w, "line", probing_line(s->probing));
	jw_text(&w, "where", probing_where(s->probing));
	jw_bool(&w, "through_gateway", probing_shared(s->probing));
	if (s->why[0] != '\0')
		jw_text(&w, "interrupted", s->why);
	jw_int(&w, "requests", (int64_t)s->requests);
	jw_int(&w, "search_us", s->asked_us);
	jw_int(&w, "noise", s->noise);
	jw_bool(&w, "several_on_universal", s->several);
	jw_array(&w, "found");
	for (size_t i = 0; i < s->nfound; i++)
		print_unit(&s->found[i], &w);
	jw_array_end(&w);
	print_site_file(s, &w);
	jw_object_end(&w);
	(void)fputc('\n', to); /* main() asks ferror() */
}
