/*
 * gatewayctl profiles: the library of device types, without a gateway and with
 * nothing on the bus.
 */
#include "profiles.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "explain.h"
#include "paths.h"
#include "type_json.h"

const char profiles_help[] =
    "the device types that are known, one of them in words, or a test of all\n"
    "\n"
    "  gatewayctl profiles              all of them\n"
    "  gatewayctl profiles soil         those in which the word stands\n"
    "  gatewayctl profiles NAME         what it is, how it is wired, set and\n"
    "                                   read, and what to write into the site\n"
    "  gatewayctl profiles --check      whether they are right, and whether "
    "the\n"
    "                                   examples of their manuals decode to "
    "what\n"
    "                                   the manuals say; of one, or of a file\n"
    "                                   NAME.yaml that is being written\n"
    "\n"
    "  --variant V   of NAME: as that variant of it\n"
    "  --profiles D  a folder of profiles that goes before the others";

struct wish {
	const char *name, *variant;
	bool check, json;
	char file_name[256]; /* of a file: its profile */
};

static const struct library_entry *
entry(const struct library *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->entries[i].name, name) == 0)
			return &l->entries[i];
	return NULL;
}

static int
show_one(struct library *l, const struct library_entry *e, const struct wish *w)
{
	struct complaints *c = complaints_new();
	const struct device_type *t = library_load(l, e->name, w->variant, c);

	complaints_print(c, stderr);
	(void)complaints_free(c);
	if (t == NULL)
		return CTL_REFUSED;
	if (w->json) {
		struct jwrite out = {.to = stdout};
		type_json(&out, NULL, t, e->path);
		(void)fputc('\n', stdout); /* main() asks ferror() */
	} else {
		explain(t, e->path, stdout);
	}
	return CTL_DONE;
}

static int
act(struct library *l, const struct wish *w)
{
	const struct library_entry *e =
	    w->name != NULL ? entry(l, w->name) : NULL;

	if (w->check)
		return profiles_check(l, w->name, w->json);
	if (e != NULL)
		return show_one(l, e, w);
	if (w->variant != NULL)
		return ctl_usage("profiles", "--variant of which profile? ",
		    w->name != NULL ? w->name : "");
	return profiles_list(l, w->name, w->json);
}

/* ---- options ---- */

/* "my/probe.yaml": its folder goes before all others, and it is asked for by
 * its name. False: no such file, or not named as profiles are. */
static bool
take_file(struct paths *dirs, struct wish *w)
{
	const char *slash = strrchr(w->name, '/');
	const char *base = slash != NULL ? slash + 1 : w->name;
	size_t n = strlen(base);
	char dir[4096] = ".";

	if (n <= 5 || strcmp(base + n - 5, ".yaml") != 0)
		return strchr(w->name, '/') == NULL;
	if (n - 5 >= sizeof(w->file_name))
		return false;
	if (slash != NULL)
		(void)snprintf(dir, sizeof(dir), "%.*s",
		    slash == w->name ? 1 : (int)(slash - w->name), w->name);
	(void)snprintf(
	    w->file_name, sizeof(w->file_name), "%.*s", (int)(n - 5), base);
	w->name = w->file_name;
	return paths_add_profiles(dirs, dir) == 0;
}

static int
take_option(struct paths *dirs, struct wish *w, int option, const char *word)
{
	int r = 0;

	switch (option) {
	case 'p':
		r = paths_add_profiles(dirs, optarg);
		break;
	case 'v':
		w->variant = optarg;
		break;
	case 'c':
		w->check = true;
		break;
	case 'j':
		w->json = true;
		break;
	default:
		return ctl_usage("profiles", "what is this: ", word);
	}
	if (r == 0)
		return CTL_DONE;
	(void)fprintf(stderr, "gatewayctl profiles: %s\n", strerror(-r));
	return CTL_REFUSED;
}

static int
open_and_act(struct paths *dirs, const struct wish *w)
{
	struct library *l = NULL;
	int r = paths_defaults(dirs);

	if (r == 0)
		l = library_open(
		    (const char *const *)dirs->profiles, dirs->nprofiles);
	if (l == NULL) {
		(void)fprintf(stderr, "gatewayctl profiles: %s\n",
		    strerror(r != 0 ? -r : ENOMEM));
		return CTL_REFUSED;
	}
	r = act(l, w);
	(void)library_close(l);
	return r;
}

int
cmd_profiles(int argc, char **argv)
{
	static const struct option options[] = {
	    {"profiles", required_argument, NULL, 'p'},
	    {"variant", required_argument, NULL, 'v'},
	    {"check", no_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'},
	    {0}};
	struct paths dirs = {0};
	struct wish w = {0};
	int option, code = CTL_DONE;

	opterr = 0;
	while (code == CTL_DONE &&
	       (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		code = take_option(&dirs, &w, option, argv[optind - 1]);
	if (code == CTL_DONE && optind + 1 < argc)
		code = ctl_usage("profiles", "one at a time: ", argv[argc - 1]);
	if (code == CTL_DONE && optind < argc) {
		w.name = argv[optind];
		if (!take_file(&dirs, &w))
			code = ctl_usage("profiles",
			    "a profile is a file NAME.yaml, not ", w.name);
	}
	if (code == CTL_DONE)
		code = open_and_act(&dirs, &w);
	paths_done(&dirs);
	return code;
}
