/*
 * sources and zones: where water comes from and where it goes. Checked, not
 * acted on yet.
 */
#include "site_build.h"

static const char *const area_units[] = {"mu", "ha", "m2", NULL};
static const char *const flow_units[] = {"m3/h", "L/s", "L/min", NULL};
static const char *const depth_units[] = {"cm", "mm", "m", NULL};
static const char *const rate_units[] = {"m3/year", "m3/month", "m3/day", NULL};
static const char *const percent_units[] = {"%", "% of field_capacity", NULL};

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
