/* The command's words: which line, which type, from what to what. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "jdoc.h"
#include "library.h"
#include "paths.h"
#include "plugins.h"
#include "set_unit.h"

struct args {
	struct probing_to to;
	struct paths dirs;
	const char *type, *variant;
	struct set_unit job;
};

static int
usage(const char *what, const char *arg)
{
	return ctl_usage("set-unit", what, arg);
}

/* ---- words ---- */

static int
take_unit(uint8_t *out, const char *v)
{
	char *end;
	unsigned long n = strtoul(v, &end, 10);

	if (*v < '0' || *v > '9' || *end != '\0' || n < 1 || n > 255)
		return usage("a unit is a number from 1 to 247, not ", v);
	*out = (uint8_t)n;
	return CTL_DONE;
}

static int
take_named(struct args *a, const char *name, const char *v)
{
	if (strcmp(name, "--from") == 0)
		return take_unit(&a->job.from, v);
	if (strcmp(name, "--to") == 0)
		return take_unit(&a->job.to, v);
	if (strcmp(name, "--profiles") == 0)
		return paths_add_profiles(&a->dirs, v) == 0
			   ? CTL_DONE
			   : usage("too many folders: ", v);
	if (strcmp(name, "--variant") == 0)
		a->variant = v;
	else
		a->type = v;
	return CTL_DONE;
}

static bool
is_named(const char *arg)
{
	return strcmp(arg, "--from") == 0 || strcmp(arg, "--to") == 0 ||
	       strcmp(arg, "--type") == 0 || strcmp(arg, "--variant") == 0 ||
	       strcmp(arg, "--profiles") == 0;
}

static int
take(struct args *a, int argc, char **argv, int *i)
{
	const char *arg = argv[*i];
	char why[160];
	int r;

	if (is_named(arg)) {
		if (*i + 1 >= argc)
			return usage("a value is missing behind ", arg);
		return take_named(a, arg, argv[++*i]);
	}
	r = probing_option(&a->to, argc, argv, i, why, sizeof(why));
	if (r != 0)
		return r > 0 ? CTL_DONE : usage(why, NULL);
	if (strcmp(arg, "--yes") == 0)
		a->job.yes = true;
	else if (arg[0] != '-' && a->to.line == NULL)
		a->to.line = arg;
	else
		return usage("what is this: ", arg);
	return CTL_DONE;
}

static int
take_all(struct args *a, int argc, char **argv)
{
	int r = CTL_DONE;

	for (int i = 1; i < argc && r == CTL_DONE; i++)
		r = take(a, argc, argv, &i);
	if (r != CTL_DONE)
		return r;
	if (a->job.from == 0 || a->job.to == 0 || a->type == NULL)
		return usage("--from, --to and --type are needed", NULL);
	if (a->job.from == a->job.to)
		return usage("the old unit and the new one are the same", NULL);
	return CTL_DONE;
}

/* ---- the type ---- */

static int
refuse(const char *what, const char *name, const char *next)
{
	(void)fprintf(
	    stderr, "gatewayctl set-unit: %s%s%s\n", what, name, next);
	return CTL_REFUSED;
}

static int
judge_type(struct args *a, const struct device_type *t)
{
	const struct commissioning *c = &t->commission;
	char text[80];

	a->job.type = t;
	a->to.factory_baud = t->baud;
	a->to.factory_parity = t->parity;
	a->to.factory_stop_bits = t->stop_bits;
	a->job.universal = c->universal != 0 && c->universal == a->job.from;
	if (!c->unit.present)
		return refuse("the profile ", t->name,
		    " does not know the register of its unit; the manual or "
		    "its switches say how it is set");
	if (a->job.from > 247 && !a->job.universal)
		return refuse("no family of this type answers to such a unit: ",
		    t->name, "");
	if (a->job.to >= c->unit.least && a->job.to <= c->unit.most)
		return CTL_DONE;
	(void)snprintf(text, sizeof(text), " takes units from %u to %u",
	    c->unit.least, c->unit.most);
	return refuse("", t->name, text);
}

static int
load_type(struct args *a, struct library **library)
{
	struct complaints *c = complaints_new();
	const struct device_type *t = NULL;

	if (paths_defaults(&a->dirs) == 0)
		*library = library_open(
		    (const char *const *)a->dirs.profiles, a->dirs.nprofiles);
	if (*library != NULL && c != NULL)
		t = library_load(*library, a->type, a->variant, c);
	if (t == NULL && plugins_has(&a->dirs, a->type)) {
		(void)complaints_free(c);
		return refuse(a->type, " is a plugin",
		    ", which does not know how its unit is set; a profile may: "
		    "`gatewayctl profiles`");
	}
	if (c != NULL && t == NULL)
		complaints_print(c, stderr);
	(void)complaints_free(c);
	return t != NULL ? judge_type(a, t)
			 : refuse("there is no profile ", a->type,
			       "; gatewayctl profiles lists them");
}

/* ---- what the gateway has ---- */

static int
judge_device(const struct args *a, const struct json_t *d)
{
	int64_t unit = jdoc_int(d, "unit", -1);
	const char *name = jdoc_text(d, "name", "?");

	if (unit == a->job.from)
		return refuse("the old unit is ", name,
		    " of the running gateway; take it out of the site file "
		    "first, or its readings would be another's");
	if (unit == a->job.to)
		return refuse("the new unit is that of ", name,
		    " of the running gateway; choose another");
	return CTL_DONE;
}

static int
none_configured(const struct args *a)
{
	const char *line = probing_line(a->job.probing);
	const struct json_t *lines, *devices;
	struct jdoc *j = NULL;
	int r = CTL_DONE;

	if (!probing_shared(a->job.probing))
		return CTL_DONE;
	r = ask_core("status", &j, NULL);
	lines = r == CTL_DONE ? jdoc_get(jdoc_root(j), "lines") : NULL;
	for (size_t i = 0; i < jdoc_count(lines); i++) {
		if (strcmp(jdoc_text(jdoc_at(lines, i), "name", ""), line) != 0)
			continue;
		devices = jdoc_get(jdoc_at(lines, i), "devices");
		for (size_t k = 0; k < jdoc_count(devices) && r == CTL_DONE;
		     k++)
			r = judge_device(a, jdoc_at(devices, k));
	}
	(void)jdoc_free(j);
	return r;
}

int
cmd_set_unit(int argc, char **argv)
{
	struct args a = {0};
	struct library *library = NULL;
	int r = take_all(&a, argc, argv);

	if (r == CTL_DONE)
		r = load_type(&a, &library);
	if (r == CTL_DONE)
		r = probing_open(&a.job.probing, "set-unit", &a.to);
	if (r == CTL_DONE)
		r = none_configured(&a);
	if (r == CTL_DONE)
		r = set_unit_run(&a.job);
	a.job.probing = probing_close(a.job.probing);
	(void)library_close(library);
	paths_done(&a.dirs);
	return r;
}
