/* Looks through the folders of profiles and plugins for names like one. */
#include "suggest.h"

#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"

enum { BEST = 3, NAME = 65 };

struct best {
	char name[BEST][NAME];
	size_t far[BEST], n;
};

/* How unlike two names are; SIZE_MAX: not worth saying. One that begins like
 * the other is near: installers leave out the variant. */
static size_t
unlike(const char *wanted, const char *name)
{
	size_t lw = strlen(wanted), ln = strlen(name);
	size_t same = 0, d = word_distance(wanted, name);

	while (same < lw && wanted[same] == name[same])
		same++;
	if (d <= 1 + lw / 3)
		return d;
	if (same >= 3 && (same == lw || same == ln))
		return 32;
	return same >= 5 ? 64 : SIZE_MAX;
}

static void
consider(struct best *b, const char *wanted, const char *name)
{
	size_t d = unlike(wanted, name), at = b->n;

	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->name[i], name) == 0)
			return;
	while (at > 0 && d < b->far[at - 1])
		at--;
	if (d == SIZE_MAX || at == BEST)
		return;
	if (b->n < BEST)
		b->n++;
	for (size_t i = b->n - 1; i > at; i--) {
		memcpy(b->name[i], b->name[i - 1], NAME);
		b->far[i] = b->far[i - 1];
	}
	memcpy(b->name[at], name, strlen(name) + 1); /* fits: look() */
	b->far[at] = d;
}

static void
look(struct best *b, const char *wanted, const char *dir, const char *ext)
{
	struct dirent **entry = NULL;
	int n = scandir(dir, &entry, NULL, alphasort); /* -1: none there */

	for (int i = 0; i < n; i++) {
		char *dot = strrchr(entry[i]->d_name, '.');
		if (dot && strcmp(dot, ext) == 0 &&
		    dot - entry[i]->d_name < NAME) {
			*dot = '\0';
			consider(b, wanted, entry[i]->d_name);
		}
		free(entry[i]);
	}
	free(entry);
}

void
suggest_types(
    const struct snapshot_paths *p, const char *name, char *out, size_t size)
{
	struct best b = {.n = 0};
	FILE *f = fmemopen(out, size, "w");

	out[0] = '\0';
	if (!f)
		return; /* the complaint goes without */
	for (size_t i = 0; i < p->nprofile_dirs; i++)
		look(&b, name, p->profile_dirs[i], ".yaml");
	for (size_t i = 0; i < p->nplugin_dirs; i++)
		look(&b, name, p->plugin_dirs[i], ".so");
	if (b.n) {
		fprintf(f, "did you mean ");
		for (size_t i = 0; i < b.n; i++)
			fprintf(f, "%s`%s`",
			    !i             ? ""
			    : i + 1 == b.n ? " or "
					   : ", ",
			    b.name[i]);
		fprintf(f, "?");
	} else {
		fprintf(f, "no %s.yaml is in", name);
		for (size_t i = 0; i < p->nprofile_dirs; i++)
			fprintf(f, "%s %s", i ? "," : "", p->profile_dirs[i]);
		fprintf(f, "%s; correct the name, or add --profiles DIR",
		    p->nprofile_dirs ? "" : " any folder");
	}
	(void)fclose(f); /* memory; cut off when it does not fit */
}
