/*
 * Sections whose function comes later: shape, units and references are checked
 * now, so that a file that passes today is not refused by the release that
 * acts on it.
 */
#include <stdio.h>
#include <string.h>

#include "site_build.h"

static const char *const volume_units[] = {"m3", "L", NULL};
static const char *const area_units[] = {"mu", "ha", "m2", NULL};
static const char *const flow_units[] = {"m3/h", "L/s", "L/min", NULL};
static const char *const depth_units[] = {"cm", "mm", "m", NULL};
static const char *const rate_units[] = {"m3/year", "m3/month", "m3/day", NULL};
static const char *const percent_units[] = {"%", "% of field_capacity", NULL};
static const char *const rain_units[] = {"mm", NULL};
static const char *const speed_units[] = {"m/s", NULL};
static const char *const degree_units[] = {"Cel", NULL};

/* The device that a path begins with, and the rest of the path. */
static const struct device *
find_device(const struct site *s, const char *path, const char **rest)
{
	for (size_t i = 0; i < s->nlines; i++)
		for (size_t j = 0; j < s->lines[i].ndevices; j++) {
			const struct device *d = &s->lines[i].devices[j];
			size_t n = d->path ? strlen(d->path) : 0;
			if (n && strncmp(path, d->path, n) == 0 &&
			    path[n] == '/') {
				*rest = path + n + 1;
				return d;
			}
		}
	return NULL;
}

/* The type of "line/device/point"; NULL and told, or told before. */
static const struct point_type *
find_point(struct build *b, const struct node *n, const char *what)
{
	const char *rest = NULL, *names[1001] = {NULL}, *guess;
	const struct device *d = find_device(b->site, n->text, &rest);

	if (!d) {
		complain(b->ctx.c, n->at,
		    "%s: there is no device for `%s`; "
		    "write line/device/point as under lines:",
		    what, n->text);
		return NULL;
	}
	if (!d->type)
		return NULL; /* its own mistake is told there */
	for (size_t i = 0; i < d->type->npoints && i < 1000; i++) {
		names[i] = d->type->points[i].name;
		if (strcmp(names[i], rest) == 0)
			return &d->type->points[i];
	}
	guess = nearest(rest, names);
	complain(b->ctx.c, n->at, "%s: %s has no point `%s`; %s%s%s", what,
	    d->path, rest, guess ? "did you mean `" : "its type is ",
	    guess ? guess : d->type->name, guess ? "`?" : "");
	return NULL;
}

/* "line/device/point" that exists; one that can be written when `output`. */
static void
check_point(
    struct build *b, const struct node *n, const char *what, bool output)
{
	const struct point_type *t;

	if (n->kind != NODE_SCALAR) {
		complain(b->ctx.c, n->at,
		    "%s must name a point; write "
		    "line/device/point",
		    what);
		return;
	}
	t = find_point(b, n, what);
	if (t && output && !t->writable)
		complain(b->ctx.c, n->at,
		    "%s: %s cannot be written; name an "
		    "output",
		    what, n->text);
}

static void
check_quantity(struct build *b, const struct node *map, const char *key,
    const char *const *units)
{
	const struct node *n = node_get(map, key);
	double v = 0;

	if (n && read_quantity(&b->ctx, n, key, units, &v, NULL) && v <= 0)
		complain(b->ctx.c, n->at, "%s is %s; it must be above 0", key,
		    n->text);
}

static void
check_duration(struct build *b, const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);
	uint64_t ms;

	if (n)
		(void)read_duration(&b->ctx, n, key, 0, 365 * 86400000ull, &ms);
}

/* A name that a map elsewhere in the file has as a key. */
static void
check_reference(struct build *b, const struct node *n, const char *what,
    const struct node *among)
{
	if (n->kind != NODE_SCALAR || !among || !node_get(among, n->text))
		complain(b->ctx.c, n->at,
		    "%s `%s` is not in this file; add it, "
		    "or correct the name",
		    what, n->text);
}

void
check_web(struct build *b, const struct node *n)
{
	static const char *const keys[] = {
	    "listen", "users", "cert_file", "key_file", NULL};
	const struct node *k;
	const char *host;
	uint16_t port;

	build_later(b, "web");
	if (!read_map(&b->ctx, n, "web", keys))
		return;
	if (!(k = node_get(n, "listen")) ||
	    !read_text(&b->ctx, k, "listen", &host) || strcmp(host, "off") == 0)
		return;
	if (read_host_port(&b->ctx, k->at, k->text, 8080, &host, &port) &&
	    !is_loopback(host) && !node_get(n, "users"))
		complain(b->ctx.c, k->at,
		    "%s is open to the network; add "
		    "users:, or write 127.0.0.1:8080",
		    k->text);
}

/* A pump is often started by hand long before its starter is on a line, while
 * its well's quota counts from the first day. */
static void
check_pump(struct build *b, const struct node *n)
{
	const char *rest;

	if (n->kind == NODE_SCALAR && !find_device(b->site, n->text, &rest))
		complain_softly(b->ctx.c, n->at,
		    "no device of this file is "
		    "the pump `%s`; add it under lines: before the gateway "
		    "shall start it",
		    n->text);
	else
		check_point(b, n, "pump", true);
}

static void
check_source(struct build *b, const struct node *n)
{
	static const char *const keys[] = {
	    "kind", "pump", "meter", "quota", "flow", "start_delay", NULL};
	static const char *const kinds[] = {
	    "groundwater", "surface", "reservoir", "mains", NULL};
	const struct node *k;
	unsigned word;

	(void)read_name(&b->ctx, n->key_at, n->key, "the source's name");
	if (!read_map(&b->ctx, n, "a source", keys))
		return;
	if ((k = node_get(n, "kind")))
		(void)read_word(&b->ctx, k, "kind", kinds, &word);
	if ((k = node_get(n, "pump")))
		check_pump(b, k);
	if ((k = node_get(n, "meter")))
		check_point(b, k, "meter", false);
	check_quantity(b, n, "quota", rate_units);
	check_quantity(b, n, "flow", flow_units);
	check_duration(b, n, "start_delay");
}

void
check_sources(struct build *b, const struct node *n)
{
	build_later(b, "sources");
	if (read_map(&b->ctx, n, "sources", NULL))
		for (const struct node *k = n->first; k; k = k->next)
			check_source(b, k);
}

static void
check_moisture(struct build *b, const struct node *n)
{
	static const char *const keys[] = {"point", "depth", NULL};

	if (!read_list(&b->ctx, n, "moisture"))
		return;
	for (const struct node *i = n->first; i; i = i->next) {
		const struct node *p;
		if (!read_map(&b->ctx, i, "a moisture probe", keys))
			continue;
		if ((p = read_need(&b->ctx, i, "a moisture probe", "point")))
			check_point(b, p, "moisture", false);
		check_quantity(b, i, "depth", depth_units);
	}
}

/* "2026-05-03", of the calendar */
static bool
is_date(const char *s)
{
	static const int days[] = {
	    31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int part[3] = {0, 0, 0}, n = 0;

	for (int i = 0; i < 10; i++) {
		bool dash = i == 4 || i == 7;
		if (dash ? s[i] != '-' : s[i] < '0' || s[i] > '9')
			return false; /* the end of the text, too */
		if (dash)
			n++;
		else
			part[n] = part[n] * 10 + (s[i] - '0');
	}
	if (s[10] || part[1] < 1 || part[1] > 12 || part[2] < 1 ||
	    part[2] > days[part[1] - 1])
		return false;
	return part[1] != 2 || part[2] < 29 ||
	       (part[0] % 4 == 0 && (part[0] % 100 || part[0] % 400 == 0));
}

static void
check_soil_and_crop(struct build *b, const struct node *map)
{
	static const char *const soil_keys[] = {"field_capacity",
	    "wilting_point", "root_depth", "kind", "saturation", NULL};
	static const char *const crop_keys[] = {"kind", "planted", NULL};
	const struct node *soil = node_get(map, "soil");
	const struct node *crop = node_get(map, "crop"), *k;
	const char *text;

	if (soil && read_map(&b->ctx, soil, "soil", soil_keys)) {
		check_quantity(b, soil, "field_capacity", percent_units);
		check_quantity(b, soil, "wilting_point", percent_units);
		check_quantity(b, soil, "saturation", percent_units);
		check_quantity(b, soil, "root_depth", depth_units);
	}
	if (!crop || !read_map(&b->ctx, crop, "crop", crop_keys))
		return;
	if ((k = read_need(&b->ctx, crop, "crop", "kind")))
		(void)read_text(&b->ctx, k, "kind", &text);
	k = node_get(crop, "planted");
	if (k && !is_date(k->text))
		complain(b->ctx.c, k->at,
		    "planted `%s` is no date; write "
		    "2026-05-03",
		    k->text);
}

static void
check_zone(struct build *b, const struct node *n, const struct node *sources)
{
	static const char *const keys[] = {"area", "valve", "valves", "source",
	    "flow", "max_run", "moisture", "soil", "crop", "name", NULL};
	const struct node *k;

	(void)read_name(&b->ctx, n->key_at, n->key, "the zone's name");
	if (!read_map(&b->ctx, n, "a zone", keys))
		return;
	if ((k = node_get(n, "valve")))
		check_point(b, k, "valve", true);
	k = node_get(n, "valves");
	if (k && read_list(&b->ctx, k, "valves"))
		for (const struct node *i = k->first; i; i = i->next)
			check_point(b, i, "valves", true);
	if (!node_get(n, "valve") && !k)
		(void)read_need(&b->ctx, n, "the zone", "valve");
	if ((k = node_get(n, "source")))
		check_reference(b, k, "the source", sources);
	if ((k = node_get(n, "moisture")))
		check_moisture(b, k);
	check_quantity(b, n, "area", area_units);
	check_quantity(b, n, "flow", flow_units);
	if (read_need(&b->ctx, n, "the zone", "max_run"))
		check_duration(b, n, "max_run");
	check_soil_and_crop(b, n);
}

void
check_zones(struct build *b, const struct node *root, const struct node *n)
{
	build_later(b, "zones");
	if (read_map(&b->ctx, n, "zones", NULL))
		for (const struct node *k = n->first; k; k = k->next)
			check_zone(b, k, node_get(root, "sources"));
}

/* daily, [mon, thu], or every 3 days */
static void
check_days(struct build *b, const struct node *n)
{
	static const char *const week[] = {
	    "mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};
	const char *s = n->text;
	unsigned word;
	size_t digits;

	if (n->kind == NODE_LIST) {
		for (const struct node *i = n->first; i; i = i->next)
			(void)read_word(&b->ctx, i, "the day", week, &word);
		return;
	}
	if (n->kind == NODE_SCALAR && strcmp(s, "daily") == 0)
		return;
	digits = strncmp(s, "every ", 6) == 0 ? strspn(s + 6, "0123456789") : 0;
	if (n->kind != NODE_SCALAR || !digits || digits > 3 || s[6] == '0' ||
	    strcmp(s + 6 + digits, " days") != 0)
		complain(b->ctx.c, n->at,
		    "days `%s` is unknown; write daily, "
		    "[mon, thu] or every 3 days",
		    s);
}

static void
check_apply(struct build *b, const struct node *n)
{
	static const char *const keys[] = {
	    "minutes", "volume", "depth", "refill", NULL};
	const struct node *k;
	int64_t minutes;

	if (!read_map(&b->ctx, n, "apply", keys))
		return;
	if (n->n != 1)
		complain(b->ctx.c, n->at,
		    "apply takes one of minutes, volume, "
		    "depth or refill; this has %zu",
		    n->n);
	if ((k = node_get(n, "minutes")))
		(void)read_whole(&b->ctx, k, "minutes", 1, 1440, &minutes);
	check_quantity(b, n, "volume", volume_units);
	check_quantity(b, n, "depth", depth_units);
	check_quantity(b, n, "refill", percent_units);
}

static void
check_conditions(struct build *b, const struct node *map)
{
	static const char *const only[] = {
	    "moisture_below", "depletion_above", NULL};
	static const char *const skip[] = {"rain_24h_above", "moisture_above",
	    "temperature_below", "wind_above", NULL};
	const struct node *n = node_get(map, "only_if"), *k;
	double v;

	if (n && read_map(&b->ctx, n, "only_if", only)) {
		check_quantity(b, n, "moisture_below", percent_units);
		check_quantity(b, n, "depletion_above", percent_units);
	}
	n = node_get(map, "skip_if");
	if (n && read_map(&b->ctx, n, "skip_if", skip)) {
		check_quantity(b, n, "rain_24h_above", rain_units);
		check_quantity(b, n, "moisture_above", percent_units);
		check_quantity(b, n, "wind_above", speed_units);
		if ((k = node_get(n, "temperature_below")))
			(void)read_quantity(&b->ctx, k, "temperature_below",
			    degree_units, &v, NULL);
	}
}

static void
check_programme(struct build *b, const struct node *n, const struct node *zones)
{
	static const char *const keys[] = {"zones", "start", "days", "apply",
	    "only_if", "skip_if", "enabled", "name", NULL};
	const struct node *k;
	unsigned minute;
	bool on;

	(void)read_name(&b->ctx, n->key_at, n->key, "the programme's name");
	if (!read_map(&b->ctx, n, "a programme", keys))
		return;
	k = read_need(&b->ctx, n, "the programme", "zones");
	if (k && read_list(&b->ctx, k, "zones"))
		for (const struct node *i = k->first; i; i = i->next)
			check_reference(b, i, "the zone", zones);
	if ((k = read_need(&b->ctx, n, "the programme", "start"))) {
		if (k->kind == NODE_SCALAR)
			(void)read_clock(&b->ctx, k, "start", &minute);
		else if (read_list(&b->ctx, k, "start"))
			for (const struct node *i = k->first; i; i = i->next)
				(void)read_clock(&b->ctx, i, "start", &minute);
	}
	if ((k = node_get(n, "days")))
		check_days(b, k);
	if ((k = read_need(&b->ctx, n, "the programme", "apply")))
		check_apply(b, k);
	if ((k = node_get(n, "enabled")))
		(void)read_bool(&b->ctx, k, "enabled", &on);
	check_conditions(b, n);
}

void
check_programmes(struct build *b, const struct node *root, const struct node *n)
{
	build_later(b, "programmes");
	if (read_map(&b->ctx, n, "programmes", NULL))
		for (const struct node *k = n->first; k; k = k->next)
			check_programme(b, k, node_get(root, "zones"));
}
