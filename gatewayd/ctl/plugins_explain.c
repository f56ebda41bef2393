/* A plugin in words: its settings, its points, and a line for the site. */
#include <stdio.h>

#include "plugins.h"
#include "say.h"
#include "words.h"

enum { LABEL = 13, NAME_LONGEST = 24 };

static void
explain_key(const struct setting_key *k, FILE *to)
{
	struct sentence s = {.n = 0};

	more(&s, "%s", k->help != NULL ? k->help : "");
	more(&s, "%s(", s.n > 0 ? " " : "");
	for (size_t i = 0; i < k->nchoices; i++)
		more(&s, "%s%s", i > 0 ? ", " : "", k->choices[i]);
	if (k->type == KEY_BOOL)
		more(&s, "yes, no");
	else if (k->type != KEY_CHOICE)
		more(&s, "%s to %s%s%s", num(k->min).s, num(k->max).s,
		    k->unit != NULL ? " " : "", k->unit != NULL ? k->unit : "");
	if (k->required)
		more(&s, "; required)");
	else if (k->type == KEY_CHOICE)
		more(&s, "; else %s)", k->choices[(size_t)k->fallback]);
	else if (k->type == KEY_BOOL)
		more(&s, "; else %s)", k->fallback != 0 ? "yes" : "no");
	else
		more(&s, "; else %s)", num(k->fallback).s);
	say(to, 2, NAME_LONGEST, k->name, "%s", s.text);
}

static void
explain_offered(const struct point_type *p, FILE *to)
{
	struct sentence s = {.n = 0};

	more(&s, "%s", word_kind(p->kind));
	if (p->text)
		more(&s, ", a text");
	if (p->unit != NULL)
		more(&s, ", %s", p->unit);
	if (p->has_range)
		more(&s, ", %s to %s", num(p->min).s, num(p->max).s);
	if (p->writable)
		more(&s, ", can be written");
	say(to, 2, NAME_LONGEST, p->name, "%s", s.text);
}

/* What to write into the site: the settings that must be, and one that may. */
static void
explain_site(const struct device_type *t, FILE *to)
{
	bool any = false;

	say_title(to, "In the site");
	(void)fprintf(to, "  NAME: {type: %s, unit: 1, every: 10s", t->name);
	for (size_t i = 0; i < t->nkeys; i++) {
		const struct setting_key *k = &t->keys[i];

		if (!k->required)
			continue;
		(void)fprintf(to, "%s%s: %s", any ? ", " : ", settings: {",
		    k->name,
		    k->type == KEY_CHOICE ? k->choices[0]
		    : k->type == KEY_BOOL ? "yes"
					  : num(k->min).s);
		any = true;
	}
	(void)fprintf(to, "%s}\n", any ? "}" : "");
}

void
plugins_explain(const struct device_type *t, const char *abi, FILE *to)
{
	(void)fprintf(to, "%s\n", t->name);
	say(to, 2, LABEL, "device", "%s", t->model != NULL ? t->model : "");
	say(to, 2, LABEL, "interface", "%s", abi);
	say(to, 2, LABEL, "file", "%s", t->path);
	if (t->nkeys > 0)
		say_title(to, "Settings");
	for (size_t i = 0; i < t->nkeys; i++)
		explain_key(&t->keys[i], to);
	say_title(to, "Points");
	for (size_t i = 0; i < t->npoints; i++)
		explain_offered(&t->points[i], to);
	explain_site(t, to);
}
