/* The devices of a line, and the points of those. */
#include <stdio.h>
#include <string.h>

#include "profile_overlay.h"
#include "site_build.h"
#include "types.h"

enum { SERIES = 20000 };

static const char *const device_keys[] = {"type", "variant", "unit", "host",
    "registration", "every", "timeout", "points", "settings", NULL};

static const struct device_type *
parse_type(struct build *b, const struct part *p, const struct node *variant)
{
	struct arena *mem = arena_new();
	const struct node *root = NULL;
	const struct device_type *t = NULL;

	if (p->kind == PART_PROFILE) {
		t = profile_load(&b->ctx, b->snapshot, p, variant);
	} else {
		root = yaml_read(mem, p->path, p->bytes, p->len, b->ctx.c);
		if (root)
			t = description_read(&b->ctx, p->name, p->path, root);
		if (variant)
			complain(b->ctx.c, variant->key_at,
			    "only a profile has variants, and %s is a plugin; "
			    "leave it out",
			    p->name);
	}
	arena_free(mem);
	return t;
}

/* A type's file is read and complained about once, also when it is wrong. */
static const struct device_type *
part_type(struct build *b, const struct part *p, const struct node *variant)
{
	const char *name = variant ? variant->text : "";
	struct known_type *k;

	for (k = b->types; k; k = k->next)
		if (k->part == p && strcmp(k->variant, name) == 0 &&
		    (k->type || !variant))
			return k->type;
	k = arena_alloc(b->ctx.mem, sizeof(*k));
	k->part = p;
	k->variant = arena_strdup(b->ctx.mem, name);
	k->type = parse_type(b, p, variant);
	k->next = b->types;
	b->types = k;
	return k->type;
}

static const struct device_type *
find_type(struct build *b, const struct node *n, const struct node *variant)
{
	const struct part *p;

	if (n->kind != NODE_SCALAR || !type_name_ok(n->text)) {
		complain(b->ctx.c, n->at,
		    "the type `%s` must be the name of a "
		    "profile or plugin: a-z 0-9 - _ .",
		    n->text);
		return NULL;
	}
	p = snapshot_part(b->snapshot, n->text);
	if (p && p->kind != PART_REFUSED)
		return part_type(b, p, variant);
	if (p && p->path[0])
		complain(b->ctx.c, n->at,
		    "the type `%s` cannot be used: %s: "
		    "%.*s",
		    n->text, p->path, (int)p->len, p->bytes);
	else
		complain(b->ctx.c, n->at, "the type `%s` is unknown; %.*s",
		    n->text, p ? (int)p->len : 0, p ? p->bytes : "");
	return NULL;
}

/* The variant's name, or NULL. */
static const struct node *
read_variant(struct build *b, const struct node *map)
{
	const struct node *n = node_get(map, "variant");
	const char *text;

	return n && read_text(&b->ctx, n, "variant", &text) ? n : NULL;
}

static void
read_setting(struct build *b, const struct node *n, const struct setting_key *k,
    double *out)
{
	unsigned word = 0;
	int64_t whole = 0;
	bool yes = false;

	switch (k->type) {
	case KEY_BOOL:
		if (read_bool(&b->ctx, n, k->name, &yes))
			*out = yes;
		break;
	case KEY_INT:
		if (read_whole(&b->ctx, n, k->name, (int64_t)k->min,
			(int64_t)k->max, &whole))
			*out = (double)whole;
		break;
	case KEY_REAL:
		(void)read_real(&b->ctx, n, k->name, k->min, k->max, out);
		break;
	case KEY_CHOICE:
	default:
		if (read_word(&b->ctx, n, k->name, k->choices, &word))
			*out = word;
		break;
	}
}

static void
read_settings(struct build *b, const struct node *map, struct device *d)
{
	const struct node *n = node_get(map, "settings"), *k;
	const char *names[65] = {NULL};
	double *values =
	    arena_array(b->ctx.mem, d->type->nkeys + 1, sizeof(double));

	d->settings = values;
	if (n && !d->type->plugin) {
		complain(b->ctx.c, n->key_at,
		    "only a plugin takes settings; %s "
		    "is a profile, whose `points:` can be adjusted",
		    d->type->name);
		return;
	}
	for (size_t i = 0; i < d->type->nkeys && i < 64; i++)
		names[i] = d->type->keys[i].name;
	if (n && !read_map(&b->ctx, n, "settings", names))
		return;
	for (size_t i = 0; i < d->type->nkeys; i++) {
		values[i] = d->type->keys[i].fallback;
		k = n ? node_get(n, d->type->keys[i].name) : NULL;
		if (k)
			read_setting(b, k, &d->type->keys[i], &values[i]);
		else if (d->type->keys[i].required)
			complain(b->ctx.c, map->key_at,
			    "%s lacks the setting "
			    "`%s`; add it under settings: (%s)",
			    map->key, d->type->keys[i].name,
			    d->type->keys[i].help ? d->type->keys[i].help
						  : "required");
	}
}

static void
read_unit(struct build *b, const struct node *map, const struct line *l,
    struct device *d)
{
	bool serial = l->transport != TRANSPORT_TCP;
	const struct node *n = node_get(map, "unit");
	int64_t v = 0;

	if (!n && !serial) {
		d->unit = 1; /* a device with an address of its own */
		return;
	}
	if (!n)
		n = read_need(&b->ctx, map, "the device", "unit");
	if (!n || !read_whole(&b->ctx, n, "unit", INT64_MIN, INT64_MAX, &v))
		return;
	/* Serial Line V1.02, 2.2: 1 to 247; 0 is broadcast, the rest reserved.
	 * Messaging on TCP/IP: 0 and 255 address the device itself. */
	if (v < (serial ? 1 : 0) || v > (serial ? 247 : 255))
		complain(b->ctx.c, n->at, "unit is %s; it must be %s", n->text,
		    serial ? "1 to 247 on a serial line" : "0 to 255");
	else
		d->unit = (uint8_t)v;
}

static void
serial_settings(struct build *b, const struct node *n, const struct line *l,
    const struct device_type *t)
{
	static const char letter[] = "NEO";
	bool over = l->transport == TRANSPORT_RTU_OVER_TCP;

	for (size_t i = 0; i < l->ndevices; i++) /* said once a line */
		if (l->devices[i].type == t)
			return;
	if (l->transport == TRANSPORT_TCP || !t->baud)
		return;
	if (t->baud == l->baud &&
	    (!t->stop_bits ||
		(t->parity == l->parity && t->stop_bits == l->stop_bits)))
		return;
	complain_softly(b->ctx.c, n->key_at,
	    "%s leaves its maker at %u 8%c%u, the line%s at %u 8%c%u; %s",
	    t->name, t->baud, letter[t->parity % 3],
	    t->stop_bits ? t->stop_bits : 1,
	    over ? " behind the converter is taken to run" : " runs", l->baud,
	    letter[l->parity], l->stop_bits,
	    over ? "set device and converter alike, and write their speed here"
		 : "set the device to the line, or the line to the device");
}

void
build_device(
    struct build *b, const struct node *n, struct line *l, struct device *d)
{
	char path[160];
	const struct node *k;
	uint64_t ms = 60000;

	(void)read_name(&b->ctx, n->key_at, n->key, "the device's name");
	(void)snprintf(path, sizeof(path), "%.64s/%.64s", l->name, n->key);
	d->name = arena_strdup(b->ctx.mem, n->key);
	d->path = arena_strdup(b->ctx.mem, path);
	if (!read_map(&b->ctx, n, "a device", device_keys))
		return;
	read_unit(b, n, l, d);
	if ((k = node_get(n, "every")))
		(void)read_duration(
		    &b->ctx, k, "every", 50, 30 * 86400000ull, &ms);
	d->every_ms = (uint32_t)ms;
	ms = l->timeout_ms;
	if ((k = node_get(n, "timeout")))
		(void)read_duration(&b->ctx, k, "timeout", 20, 5000, &ms);
	d->timeout_ms = (uint32_t)ms;
	if ((k = read_need(&b->ctx, n, "the device", "type")))
		d->type = find_type(b, k, read_variant(b, n));
	if (!d->type)
		return;
	if (b->site->nseries + d->type->npoints > SERIES) {
		complain(b->ctx.c, n->key_at,
		    "from here on the site has more "
		    "than %d points; split it over two gateways",
		    SERIES);
		return;
	}
	d->series = b->site->nseries;
	b->site->nseries += (uint32_t)d->type->npoints;
	build_points(b, n, d);
	read_settings(b, n, d);
	serial_settings(b, n, l, d->type);
}
