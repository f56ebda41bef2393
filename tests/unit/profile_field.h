/* Profiles as texts, and as files of a folder of the test's own. */
#ifndef PROFILE_FIELD_H
#define PROFILE_FIELD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "library.h"

#define HEAD  "profile: p\nmaker: m\nmodel: m\nsource: s\n"
#define POINT "points: {a: {holding: 0, type: uint16}}\n"

struct fixture {
	char dir[40];
	struct library *l;
	struct complaints *c;
};

static inline void
open_fixture(struct fixture *f)
{
	const char *dirs[] = {f->dir};

	(void)strcpy(f->dir, "/tmp/test_conf.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->l = library_open(dirs, 1);
	f->c = complaints_new();
}

static inline void
close_fixture(struct fixture *f)
{
	char command[80];

	library_close(f->l);
	complaints_free(f->c);
	(void)snprintf(command, sizeof(command), "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
}

static inline void
put(const struct fixture *f, const char *name, const char *text)
{
	char path[120];
	FILE *to;

	(void)snprintf(path, sizeof(path), "%s/%s.yaml", f->dir, name);
	to = fopen(path, "w");
	assert_non_null(to);
	fputs(text, to);
	assert_int_equal(fclose(to), 0);
}

/* The type, which must be right. */
static inline const struct device_type *
load(struct fixture *f, const char *variant, const char *text)
{
	const struct device_type *t =
	    library_parse(f->l, "p", variant, text, f->c);

	if (!t)
		complaints_print(f->c, stderr);
	assert_non_null(t);
	return t;
}

static inline const struct point_type *
point(const struct device_type *t, const char *name)
{
	for (size_t i = 0; i < t->npoints; i++)
		if (strcmp(t->points[i].name, name) == 0)
			return &t->points[i];
	fail_msg("there is no point %s", name);
	return NULL;
}

/* What is said of a profile that is wrong. */
static inline void
refused(
    struct fixture *f, const char *variant, const char *text, const char *want)
{
	struct complaints *c = complaints_new();
	char got[2000] = "";
	FILE *to = fmemopen(got, sizeof(got), "w");

	assert_non_null(to);
	assert_null(library_parse(f->l, "p", variant, text, c));
	complaints_print(c, to);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(got, want);
	complaints_free(c);
}

#endif
