/* The profiles a search compares with, and what the gateway knows already. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "jdoc.h"
#include "library.h"
#include "scan.h"
#include "snapshot.h"

static void
add_type(struct scan *s, const struct device_type *t)
{
	const struct device_type **more =
	    realloc(s->types, (s->ntypes + 1) * sizeof(struct device_type *));

	if (more == NULL)
		return; /* one fewer to compare with */
	s->types = more;
	s->types[s->ntypes++] = t;
}

/* A profile and its variants. One that is wrong is left out: whoever writes it
 * is told by `gatewayctl profiles check`. */
static void
load(struct scan *s, const char *name, struct complaints *c)
{
	const struct device_type *t = library_load(s->library, name, NULL, c);

	if (t == NULL)
		return;
	add_type(s, t);
	for (size_t i = 0; i < t->nvariants; i++) {
		const struct device_type *v =
		    library_load(s->library, name, t->variants[i], c);
		if (v != NULL)
			add_type(s, v);
	}
}

int
scan_types(struct scan *s)
{
	struct paths *dirs = &s->options.dirs;
	struct complaints *c = complaints_new();

	if (c != NULL && paths_defaults(dirs) == 0)
		s->library = library_open(
		    (const char *const *)dirs->profiles, dirs->nprofiles);
	for (size_t i = 0; s->library != NULL && i < s->library->n; i++)
		load(s, s->library->entries[i].name, c);
	(void)complaints_free(c);
	if (s->ntypes == 0)
		(void)fputs("gatewayctl scan: no profiles are found, so "
			    "nothing can be recognised; name their folder with "
			    "--profiles\n",
		    stderr);
	return CTL_DONE;
}

static void
note_devices(struct scan *s, const struct json_t *line)
{
	const struct json_t *devices = jdoc_get(line, "devices");
	uint32_t baud = (uint32_t)jdoc_int(line, "baud", 0);

	for (size_t k = 0; k < jdoc_count(devices); k++) {
		const struct json_t *d = jdoc_at(devices, k);

		for (size_t i = 0; i < s->nfound; i++)
			if (s->found[i].unit == jdoc_int(d, "unit", -1) &&
			    s->found[i].at.baud == baud)
				(void)snprintf(s->found[i].configured,
				    sizeof(s->found[i].configured), "%s",
				    jdoc_text(d, "name", ""));
	}
}

void
scan_configured(struct scan *s)
{
	const char *line = probing_line(s->probing);
	const struct json_t *lines;
	struct jdoc *j = NULL;

	if (!probing_shared(s->probing) ||
	    ask_core_quietly("status", &j) != CTL_DONE)
		return;
	lines = jdoc_get(jdoc_root(j), "lines");
	for (size_t i = 0; i < jdoc_count(lines); i++)
		if (strcmp(jdoc_text(jdoc_at(lines, i), "name", ""), line) == 0)
			note_devices(s, jdoc_at(lines, i));
	(void)jdoc_free(j);
}
