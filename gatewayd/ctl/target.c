/* See target.h. */
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "cmd.h"
#include "jdoc.h"
#include "library.h"
#include "nearest.h"
#include "plugins.h"

static const char usual_site[] = "/etc/gatewayd/site.yaml";

/* ---- options ---- */

/* The value behind an option, or NULL when there is none: *i moves on. */
static const char *
value(int argc, char **argv, int *i)
{
	return *i + 1 < argc ? argv[++*i] : NULL;
}

static int
take_unit(struct target *t, const char *s, char *why, size_t size)
{
	char *end;
	long v = s != NULL ? strtol(s, &end, 0) : -1;

	if (v < 0 || v > 255 || *s < '0' || *s > '9' || *end != '\0') {
		(void)snprintf(
		    why, size, "--unit takes 0 to 255, not %s", s ? s : "that");
		return -EINVAL;
	}
	t->unit = (uint8_t)v;
	t->unit_said = true;
	return 1;
}

int
target_option(
    struct target *t, int argc, char **argv, int *i, char *why, size_t size)
{
	const char *word = argv[*i], *s;
	int r = probing_option(&t->to, argc, argv, i, why, size);

	if (r != 0)
		return r;
	if (strcmp(word, "--unit") == 0)
		return take_unit(t, value(argc, argv, i), why, size);
	if (strcmp(word, "--type") != 0 && strcmp(word, "--variant") != 0 &&
	    strcmp(word, "--profiles") != 0 && strcmp(word, "--plugins") != 0)
		return 0;
	if ((s = value(argc, argv, i)) == NULL) {
		(void)snprintf(why, size, "%s what?", word);
		return -EINVAL;
	}
	if (strcmp(word, "--type") == 0)
		t->type = s;
	else if (strcmp(word, "--variant") == 0)
		t->variant = s;
	else if (strcmp(word, "--profiles") == 0)
		r = paths_add_profiles(&t->site.dirs, s);
	else
		r = paths_add_plugins(&t->site.dirs, s);
	if (r < 0)
		(void)snprintf(why, size, "%s: %s", word, strerror(-r));
	return r < 0 ? -EINVAL : 1;
}

bool
target_said(const struct target *t)
{
	return t->to.port != NULL || t->to.host != NULL;
}

/* ---- the site ---- */

/* The file that the running gateway reads, or the usual one. */
static void
site_path(const struct target *t, char *out, size_t size)
{
	struct jdoc *j = NULL;

	(void)snprintf(
	    out, size, "%s", t->to.site != NULL ? t->to.site : usual_site);
	if (t->to.site != NULL || ask_core_quietly("status", &j) != CTL_DONE)
		return;
	(void)snprintf(
	    out, size, "%s", jdoc_text(jdoc_root(j), "config", usual_site));
	(void)jdoc_free(j);
}

/* `must`: without a word when there is none, otherwise. */
static int
open_site(struct target *t, const char *cmd, bool must)
{
	char path[4096];

	if (t->site.site != NULL)
		return CTL_DONE;
	site_path(t, path, sizeof(path));
	if (access(path, R_OK) == -1) {
		if (must)
			(void)fprintf(stderr,
			    "gatewayctl %s: %s: %s; name the site's file with "
			    "--site, or the device with --port or --host and "
			    "--unit\n",
			    cmd, path, strerror(errno));
		return CTL_REFUSED;
	}
	t->site.quiet = true;
	return sitefile_open(&t->site, cmd, path);
}

static const struct line *
line_of(const struct site *s, const char *name, size_t len)
{
	for (size_t i = 0; s != NULL && i < s->nlines; i++)
		if (strlen(s->lines[i].name) == len &&
		    strncmp(s->lines[i].name, name, len) == 0)
			return &s->lines[i];
	return NULL;
}

/* "192.0.2.9:502", "[2001:db8::9]:502". */
static void
host_text(struct target *t, const char *host, uint16_t port)
{
	(void)snprintf(t->host, sizeof(t->host),
	    strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
}

/* Without a gateway the line is opened by what the site says of it, of which
 * we may know more than others: --profiles is ours. */
static void
open_by_site(struct target *t, const struct line *l)
{
	struct probing_to *to = &t->to;
	bool own = t->device != NULL && t->device->host != NULL;

	if (l == NULL || ask_listens() || l->listen != NULL ||
	    (l->port == NULL && l->host == NULL && !own))
		return;
	to->line = NULL;
	to->echo = to->echo || l->echo;
	to->rs485 = to->rs485 || l->rs485;
	to->rtu_over_tcp = l->transport == TRANSPORT_RTU_OVER_TCP;
	if (to->baud == 0)
		to->baud = l->baud;
	if (!to->parity_said)
		to->parity = (uint8_t)l->parity;
	to->parity_said = true;
	if (to->stop_bits == 0)
		to->stop_bits = l->stop_bits;
	if (l->port != NULL) {
		to->port = l->port;
		return;
	}
	if (!own)
		host_text(t, l->host, l->tcp_port);
	(void)snprintf(t->way, sizeof(t->way), "%s", t->host);
	t->host[0] = '\0'; /* it is the line's own then */
	to->host = t->way;
}

static int
no_such_device(const struct target *t, const char *cmd)
{
	const struct site *s = t->site.site;
	struct nearest near;

	nearest_init(&near, t->name);
	for (size_t i = 0; i < s->nlines; i++)
		for (size_t k = 0; k < s->lines[i].ndevices; k++)
			nearest_offer(&near, s->lines[i].devices[k].path);
	(void)fprintf(stderr, "gatewayctl %s: the site %s has no device %s",
	    cmd, s->file, t->name);
	for (size_t i = 0; i < near.n; i++)
		(void)fprintf(stderr, "%s%s", i == 0 ? "; nearest: " : ", ",
		    near.name[i]);
	(void)fputs("\n", stderr);
	return CTL_REFUSED;
}

/* "north/soil-a1", as the site has it. */
static int
find_in_site(struct target *t, const char *cmd)
{
	const char *slash = strchr(t->name, '/');
	const struct line *l;
	int r = open_site(t, cmd, true);

	if (r != CTL_DONE)
		return r;
	l = line_of(t->site.site, t->name, (size_t)(slash - t->name));
	for (size_t i = 0; l != NULL && i < l->ndevices; i++)
		if (strcmp(l->devices[i].path, t->name) == 0)
			t->device = &l->devices[i];
	if (l == NULL || t->device == NULL)
		return no_such_device(t, cmd);
	(void)snprintf(t->line, sizeof(t->line), "%s", l->name);
	(void)snprintf(t->label, sizeof(t->label), "%s", t->name);
	t->to.line = t->line;
	if (!t->unit_said)
		t->unit = t->device->unit;
	t->unit_said = true;
	if (t->device->host != NULL)
		host_text(t, t->device->host, t->device->tcp_port);
	else if (t->device->registration != NULL)
		(void)snprintf(
		    t->host, sizeof(t->host), "%s", t->device->registration);
	open_by_site(t, l);
	return CTL_DONE;
}

const struct device *
target_neighbour(struct target *t)
{
	const struct line *l = NULL;

	if (t->device != NULL)
		return t->device;
	if (t->name != NULL && t->site.site == NULL)
		(void)open_site(t, "write", false); /* none is known then */
	if (t->name != NULL)
		l = line_of(t->site.site, t->name, strlen(t->name));
	for (size_t i = 0; l != NULL && i < l->ndevices; i++)
		if (l->devices[i].unit == t->unit && l->devices[i].host == NULL)
			return &l->devices[i];
	return NULL;
}

/* ---- a type without a site ---- */

static const struct device_type *
load_type(struct target *t, const char *cmd)
{
	const struct device_type *type;
	struct complaints *c;
	int r = t->site.site == NULL ? paths_defaults(&t->site.dirs) : 0;

	if (r == 0)
		t->library =
		    library_open((const char *const *)t->site.dirs.profiles,
			t->site.dirs.nprofiles);
	if (t->library == NULL) {
		(void)fprintf(stderr, "gatewayctl %s: %s\n", cmd,
		    strerror(r != 0 ? -r : ENOMEM));
		return NULL;
	}
	c = complaints_new();
	type = library_load(t->library, t->type, t->variant, c);
	if (type == NULL && plugins_has(&t->site.dirs, t->type))
		(void)fprintf(stderr,
		    "gatewayctl %s: %s is a plugin, which runs in the gateway "
		    "alone: put the device into the site file (`gatewayctl "
		    "plugins %s` has the lines), then `gatewayctl points "
		    "LINE/DEVICE` shows what it reads; without a type, "
		    "registers can be named (holding 0 4)\n",
		    cmd, t->type, t->type);
	else
		complaints_print(c, stderr);
	(void)complaints_free(c);
	return type;
}

/* A device as a site would make it of the type alone. */
static int
make_device(struct target *t, const char *cmd)
{
	const struct device_type *type = load_type(t, cmd);

	if (type == NULL)
		return CTL_REFUSED;
	t->to.factory_baud = type->baud;
	t->to.factory_parity = type->parity;
	t->to.factory_stop_bits = type->stop_bits;
	t->points = calloc(type->npoints + 1, sizeof(*t->points));
	if (t->points == NULL)
		return CTL_REFUSED;
	for (size_t i = 0; i < type->npoints; i++)
		t->points[i] = (struct point){
		    .type = &type->points[i], .every_ms = 1000, .slope = 1};
	t->made = (struct device){.name = type->name,
	    .path = type->name,
	    .type = type,
	    .unit = t->unit,
	    .every_ms = 1000,
	    .points = t->points};
	t->device = &t->made;
	return CTL_DONE;
}

/* ---- both ---- */

static int
lacks(const char *cmd, const char *what)
{
	return ctl_usage(cmd, what, NULL);
}

static int
must_be_profile(const struct target *t, const char *cmd)
{
	if (t->device == NULL)
		return lacks(cmd, "what type is it? add --type NAME "
				  "(`gatewayctl profiles` lists them), or name "
				  "registers: holding 0 4");
	if (!t->device->type->plugin)
		return CTL_DONE;
	(void)fprintf(stderr,
	    "gatewayctl %s: %s is read by the plugin %s, which runs in the "
	    "gateway alone: `gatewayctl points %s` shows what it reads; "
	    "registers can be named (holding 0 4)\n",
	    cmd, t->label, t->device->type->name, t->label);
	return CTL_REFUSED;
}

int
target_find(struct target *t, const char *cmd, bool typed)
{
	bool in_site = t->name != NULL && strchr(t->name, '/') != NULL;
	int r = CTL_DONE;

	if (in_site && (target_said(t) || t->type != NULL))
		return lacks(cmd, "a device of the site has its own place and "
				  "type: leave --port, --host and --type out");
	if (in_site)
		r = find_in_site(t, cmd);
	else if (t->name == NULL && !target_said(t))
		return lacks(cmd, "which device? LINE/DEVICE, or LINE, --port "
				  "or --host with --unit");
	else if (t->name != NULL && target_said(t))
		return lacks(
		    cmd, "a line and --port or --host: which of them?");
	if (r == CTL_DONE && !t->unit_said)
		return lacks(cmd, "which unit? add --unit 1");
	if (r == CTL_DONE && !in_site) {
		t->to.line = t->name;
		if (t->name != NULL && !ask_listens() &&
		    (r = open_site(t, cmd, true)) == CTL_DONE)
			open_by_site(
			    t, line_of(t->site.site, t->name, strlen(t->name)));
		(void)snprintf(t->label, sizeof(t->label), "unit %u", t->unit);
		if (r == CTL_DONE && t->type != NULL)
			r = make_device(t, cmd);
	}
	return r == CTL_DONE && typed ? must_be_profile(t, cmd) : r;
}

static int
unit_zero(const char *cmd)
{
	return lacks(cmd, "unit 0 is every device of a serial line at once, "
			  "and none answers to it; --unit takes 1 to 247");
}

int
target_open(const struct target *t, const char *cmd, struct probing **out)
{
	struct probing *p = NULL;
	uint32_t baud = 0;
	uint8_t parity, stop_bits;
	int r;

	if (t->unit == 0 && t->to.port != NULL)
		return unit_zero(cmd);
	r = probing_open(&p, cmd, &t->to);
	if (r != CTL_DONE)
		return r;
	probing_serial(p, &baud, &parity, &stop_bits);
	if (t->unit == 0 && baud > 0) {
		(void)probing_close(p); /* NULL, always */
		return unit_zero(cmd);
	}
	*out = p;
	return CTL_DONE;
}

void
target_close(struct target *t)
{
	sitefile_close(&t->site);
	t->library = library_close(t->library);
	free(t->points);
	t->points = NULL;
}
