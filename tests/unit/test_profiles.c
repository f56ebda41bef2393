/*
 * Every profile of the library against its own examples: what a manual's frames
 * mean is what the profile makes of them. Each has a source and examples, and
 * these say something of every register that is read. All that is amiss is
 * told, not only the first. Run from the top folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "example.h"
#include "library.h"

static const char *const folders[] = {"config/profiles"};

struct tally {
	size_t profiles, examples, faults;
};

__attribute__((format(printf, 3, 4))) static void
amiss(struct tally *t, const char *profile, const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_message("# %s: %s\n", profile, text);
	t->faults++;
}

static const struct device_type *
load(struct tally *t, struct library *l, const char *name, const char *variant)
{
	struct complaints *c = complaints_new();
	const struct device_type *type = library_load(l, name, variant, c);

	complaints_print(c, stdout);
	if (type == NULL)
		amiss(t, name, "cannot be loaded%s%s",
		    variant != NULL ? " as variant " : "",
		    variant != NULL ? variant : "");
	c = complaints_free(c);
	return type;
}

static void
run_examples(struct tally *t, const struct device_type *type)
{
	for (size_t i = 0; i < type->nexamples; i++) {
		const struct example *e = &type->examples[i];
		char why[200] = "";

		t->examples++;
		if (e->nreadings == 0)
			amiss(
			    t, type->name, "line %u: it says nothing", e->line);
		if (example_check(type, e, why, sizeof(why)) != 0)
			amiss(t, type->name, "line %u: %s", e->line, why);
	}
}

/* ---- what the examples speak of ---- */

static enum reg_table
table_of(uint8_t function)
{
	return function == 1   ? TABLE_COIL
	       : function == 2 ? TABLE_DISCRETE
	       : function == 4 ? TABLE_INPUT
			       : TABLE_HOLDING;
}

static bool
frames_hold(const struct example *e, const struct point_type *p)
{
	for (size_t i = 0; i < e->nframes; i++) {
		const uint8_t *q = e->frames[i].request;
		uint32_t addr = (uint32_t)q[2] << 8 | q[3];
		uint32_t count = (uint32_t)q[4] << 8 | q[5];

		if (table_of(q[1]) == p->table && p->addr >= addr &&
		    p->addr + p->count <= addr + count)
			return true;
	}
	return false;
}

static bool
speaks_of(const struct example *e, const struct device_type *t, size_t point)
{
	for (size_t i = 0; i < e->nreadings; i++)
		if (e->readings[i].point == point)
			return true;
	return t->points[point].kind == KIND_PART &&
	       frames_hold(e, &t->points[point]);
}

static void
check_cover(struct tally *t, const struct device_type *type)
{
	for (size_t p = 0; p < type->npoints; p++) {
		const struct point_type *pt = &type->points[p];
		bool told = pt->kind == KIND_OUTPUT || pt->write_only ||
			    pt->formula != NULL;

		for (size_t i = 0; i < type->nexamples && !told; i++)
			told = speaks_of(&type->examples[i], type, p);
		if (!told)
			amiss(
			    t, type->name, "no example speaks of %s", pt->name);
	}
}

/* ---- all of them ---- */

/* A variant has the examples of its profile, which are not of its own
 * registers, unless it brings some. */
static bool
has_own_examples(const struct device_type *v, const struct device_type *t)
{
	return v->nexamples > 0 &&
	       (t->nexamples == 0 ||
		   v->examples[0].line != t->examples[0].line);
}

static void
check_profile(struct tally *t, struct library *l, const char *name)
{
	const struct device_type *type = load(t, l, name, NULL);

	t->profiles++;
	if (type == NULL)
		return;
	if (type->source == NULL || type->source[0] == '\0')
		amiss(t, name, "it has no source");
	if (type->nexamples == 0)
		amiss(t, name, "it has no examples");
	else
		check_cover(t, type);
	run_examples(t, type);
	for (size_t i = 0; i < type->nvariants; i++) {
		const struct device_type *v =
		    load(t, l, name, type->variants[i]);

		if (v != NULL && has_own_examples(v, type))
			run_examples(t, v);
	}
}

static void
test_library(void **state)
{
	struct tally t = {0};
	struct library *l = library_open(folders, 1);

	(void)state;
	assert_non_null(l);
	for (size_t i = 0; i < l->n; i++)
		check_profile(&t, l, l->entries[i].name);
	l = library_close(l);
	print_message("# %zu profiles, %zu examples\n", t.profiles, t.examples);
	assert_true(t.profiles > 0);
	if (t.faults > 0)
		fail_msg("%zu faults in the library, told above", t.faults);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_library)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
