/*
 * programmes: when zones are watered, how much, and unless what. Checked, not
 * acted on yet.
 */
#include <string.h>

#include "site_build.h"

static const char *const volume_units[] = {"m3", "L", NULL};
static const char *const depth_units[] = {"cm", "mm", "m", NULL};
static const char *const percent_units[] = {"%", "% of field_capacity", NULL};
static const char *const rain_units[] = {"mm", NULL};
static const char *const speed_units[] = {"m/s", NULL};
static const char *const degree_units[] = {"Cel", NULL};

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
