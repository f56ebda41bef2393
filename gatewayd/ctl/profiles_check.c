/* Profiles put to the test: what conf says of them, and what their examples
 * decode to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "example.h"
#include "jwrite.h"
#include "nearest.h"
#include "profiles.h"

struct checking {
	struct library *l;
	bool json;
	struct jwrite out;
	size_t profiles, wrong, examples, untested;
};

/* What one profile came to. */
struct finding {
	size_t errors, points, examples;
	const char *path;
};

/* A sentence about it, with its place: on stderr and, for programs, in the
 * answer. */
static void
tell(struct checking *k, struct finding *f, unsigned line, const char *variant,
    const char *from, const char *why)
{
	char text[800];

	(void)snprintf(text, sizeof(text), "%s:%u: %s%s%sexample%s%s: %s",
	    f->path, line, variant != NULL ? "variant " : "",
	    variant != NULL ? variant : "", variant != NULL ? ": " : "",
	    from != NULL ? " of " : "", from != NULL ? from : "", why);
	f->errors++;
	if (k->json)
		jw_text(&k->out, NULL, text);
	else
		(void)fprintf(stderr, "%s\n", text);
}

/* conf's own words: a line each. */
static void
tell_complaints(struct checking *k, const struct complaints *c)
{
	char *text = NULL, *save = NULL;
	size_t size;
	FILE *f;

	if (!k->json) {
		complaints_print(c, stderr);
		return;
	}
	f = open_memstream(&text, &size);
	if (f == NULL)
		return;
	complaints_print(c, f);
	if (fclose(f) == 0)
		for (char *s = strtok_r(text, "\n", &save); s != NULL;
		     s = strtok_r(NULL, "\n", &save))
			jw_text(&k->out, NULL, s);
	free(text);
}

static const struct device_type *
check_variant(struct checking *k, const struct library_entry *e,
    const char *variant, struct finding *f)
{
	struct complaints *c = complaints_new();
	const struct device_type *t = library_load(k->l, e->name, variant, c);
	char why[400];

	tell_complaints(k, c);
	f->errors += complaints_errors(c) > 0 || t == NULL;
	(void)complaints_free(c);
	for (size_t i = 0; t != NULL && i < t->nexamples; i++) {
		const struct example *x = &t->examples[i];

		f->examples++;
		if (example_check(t, x, why, sizeof(why)) != 0)
			tell(k, f, x->line, variant, x->from, why);
	}
	return t;
}

static void
sum_up(
    struct checking *k, const struct library_entry *e, const struct finding *f)
{
	if (k->json) {
		jw_array_end(&k->out);
		jw_uint(&k->out, "examples", f->examples);
		jw_bool(&k->out, "ok", f->errors == 0);
		jw_object_end(&k->out);
	} else if (f->errors > 0) {
		(void)printf("%s: wrong\n", e->name);
	} else {
		(void)printf("%s: ok, %zu point%s, ", e->name, f->points,
		    f->points == 1 ? "" : "s");
		if (f->examples == 0)
			(void)puts("no example: nothing proves its readings");
		else
			(void)printf("%zu example%s\n", f->examples,
			    f->examples == 1 ? "" : "s");
	}
	k->profiles++;
	k->wrong += f->errors > 0;
	k->examples += f->examples;
	k->untested += f->errors == 0 && f->examples == 0;
}

static void
check_one(struct checking *k, const struct library_entry *e)
{
	struct finding f = {.path = e->path};
	const struct device_type *t;

	if (k->json) {
		jw_object(&k->out, NULL);
		jw_text(&k->out, "profile", e->name);
		jw_text(&k->out, "file", e->path);
		jw_array(&k->out, "wrong");
	}
	t = check_variant(k, e, NULL, &f);
	f.points = t != NULL ? t->npoints : 0;
	for (size_t i = 0; t != NULL && i < t->nvariants; i++)
		(void)check_variant(k, e, t->variants[i], &f);
	sum_up(k, e, &f);
}

static int
not_found(const struct library *l, const char *name)
{
	struct nearest near;

	nearest_init(&near, name);
	for (size_t i = 0; i < l->n; i++)
		nearest_offer(&near, l->entries[i].name);
	(void)fprintf(stderr,
	    "gatewayctl profiles: there is no profile %s, nor a file %s.yaml "
	    "where it was named",
	    name, name);
	for (size_t i = 0; i < near.n; i++)
		(void)fprintf(stderr, "%s%s", i == 0 ? "; nearest: " : ", ",
		    near.name[i]);
	(void)fputs("\n", stderr);
	return CTL_REFUSED;
}

static int
conclude(struct checking *k)
{
	if (k->json) {
		jw_array_end(&k->out);
		jw_uint(&k->out, "wrong", k->wrong);
		jw_object_end(&k->out);
		(void)fputc('\n', stdout); /* main() asks ferror() */
	} else if (k->profiles > 1) {
		(void)printf("\n%zu profiles, %zu wrong, %zu examples",
		    k->profiles, k->wrong, k->examples);
		if (k->untested > 0)
			(void)printf(", %zu without one", k->untested);
		(void)putchar('\n');
	}
	return k->wrong > 0 ? CTL_REFUSED : CTL_DONE;
}

int
profiles_check(struct library *l, const char *name, bool json)
{
	struct checking k = {.l = l, .json = json, .out = {.to = stdout}};
	bool found = name == NULL;

	for (size_t i = 0; i < l->n; i++)
		found = found || strcmp(l->entries[i].name, name) == 0;
	if (!found)
		return not_found(l, name);
	if (json) {
		jw_object(&k.out, NULL);
		jw_array(&k.out, "profiles");
	}
	for (size_t i = 0; i < l->n; i++)
		if (name == NULL || strcmp(l->entries[i].name, name) == 0)
			check_one(&k, &l->entries[i]);
	return conclude(&k);
}
