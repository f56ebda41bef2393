/*
 * A plugin's tables as YAML, so that core can check a site against them without
 * ever loading the plugin. JSON strings are YAML strings.
 */
#include "describe.h"

#include <stdio.h>
#include <string.h>

#include "plugin.h"

enum { MAX_ON_S = 4 * 3600 }; /* where the plugin does not say */

static void
put_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
	putchar('"');
}

static void
put_real(const char *before, double v)
{
	struct value value = value_real(v);
	char text[40];

	printf("%s%s", before, value_format(&value, text, sizeof(text)));
}

static void
put_choices(const char *choices)
{
	const char *sep = "";

	printf(", choices: [");
	while (*choices) {
		size_t n = strcspn(choices, "|");
		char one[64];
		(void)snprintf(one, sizeof(one), "%.*s", (int)n, choices);
		printf("%s", sep);
		put_string(one);
		sep = ", ";
		choices += n + (choices[n] == '|');
	}
	printf("]");
}

static void
put_key(const struct gw_key *k)
{
	static const char *const type[] = {"bool", "int", "real", "choice"};

	printf("  %s: {type: %s", k->name, type[k->type]);
	if (k->help) {
		printf(", help: ");
		put_string(k->help);
	}
	if (k->unit) {
		printf(", unit: ");
		put_string(k->unit);
	}
	if (k->type == GW_KEY_CHOICE)
		put_choices(k->choices);
	put_real(", min: ", k->min);
	put_real(", max: ", k->max);
	put_real(", default: ", k->fallback);
	if (k->flags & GW_REQUIRED)
		printf(", required: true");
	printf("}\n");
}

static void
put_point(const struct gw_point *p, uint32_t max_on_s)
{
	static const char *const kind[] = {
	    "gauge", "counter", "state", "setting", "output"};

	printf("  %s: {kind: %s", p->name, kind[p->kind]);
	if (p->unit) {
		printf(", unit: ");
		put_string(p->unit);
	}
	if (p->flags & GW_RANGE) {
		put_real(", range: [", p->min);
		put_real(", ", p->max);
		printf("]");
	}
	if (p->flags & GW_IS_TEXT)
		printf(", text: true");
	if (p->flags & GW_WRITABLE)
		printf(", writable: true");
	if (p->kind == GW_OUTPUT)
		printf(", max_on: %us", max_on_s ? max_on_s : MAX_ON_S);
	printf("}\n");
}

int
describe(const char *path)
{
	char why[400] = "";
	struct plugin *p = plugin_load(path, why, sizeof(why));
	const struct gw_device_type *t;

	if (!p) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	t = plugin_type(p);
	printf("plugin: \"%s\"\nabi: \"%u.%u\"\n", t->name, t->abi >> 16,
	    t->abi & 0xFFFF);
	if (t->summary && t->summary[0]) {
		printf("summary: ");
		put_string(t->summary);
		printf("\n");
	}
	if (t->nkeys)
		printf("keys:\n");
	for (uint32_t i = 0; i < t->nkeys; i++)
		put_key(&t->keys[i]);
	printf("points:\n");
	for (uint32_t i = 0; i < t->npoints; i++)
		put_point(&t->points[i], t->max_on_s);
	plugin_free(p);
	if (fflush(stdout) == 0)
		return 0;
	fprintf(stderr, "the description could not be written\n");
	return 1;
}
