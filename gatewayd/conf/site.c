/*
 * The site file as a whole: its sections in turn, every mistake of all of them
 * in one run. A site exists only when there was none.
 */
#include "site.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "site_build.h"

struct whole { /* the arena goes with the site */
	struct site site;
	struct arena *mem;
};

void
build_later(struct build *b, const char *what)
{
	size_t n = strlen(b->later);

	if (strstr(b->later, what)) /* of another uplink */
		return;
	(void)snprintf(
	    b->later + n, sizeof(b->later) - n, "%s%s", n ? ", " : "", what);
}

static void
read_timezone(struct build *b, const struct node *n)
{
	char path[128];
	struct stat info;

	if (!read_text(&b->ctx, n, "timezone", &b->site->timezone))
		return;
	if (strspn(n->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
			    "yz0123456789_+-/") != strlen(n->text) ||
	    n->text[0] == '/' || strlen(n->text) > 64) {
		complain(b->ctx.c, n->at,
		    "`%s` is no time zone; write one like "
		    "Asia/Shanghai",
		    n->text);
		return;
	}
	(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", n->text);
	if (access("/usr/share/zoneinfo", F_OK) == 0 &&
	    (stat(path, &info) != 0 || !S_ISREG(info.st_mode)))
		complain(b->ctx.c, n->at,
		    "this system knows no time zone `%s`; "
		    "write one like Asia/Shanghai",
		    n->text);
}

static void
read_clock_keys(struct build *b, const struct node *n)
{
	static const char *const keys[] = {"trust", "hold", NULL};
	static const char *const trust[] = {"synchronised", "system", NULL};
	const struct node *k;
	unsigned word = 0;
	uint64_t ms = 0;

	if (!read_map(&b->ctx, n, "clock", keys))
		return;
	if ((k = node_get(n, "trust")) &&
	    read_word(&b->ctx, k, "trust", trust, &word))
		b->site->clock_trust = (enum clock_trust)word;
	if ((k = node_get(n, "hold")) &&
	    read_duration(&b->ctx, k, "hold", 0, 7 * 86400000ull, &ms))
		b->site->clock_hold_ms = (uint32_t)ms;
}

static void
read_location(struct build *b, const struct node *n)
{
	static const char *const keys[] = {
	    "latitude", "longitude", "elevation", NULL};
	static const char *const metres[] = {"m", NULL};
	struct site *s = b->site;
	const struct node *k;

	if (!read_map(&b->ctx, n, "location", keys))
		return;
	s->has_location =
	    (k = read_need(&b->ctx, n, "location", "latitude")) &&
	    read_real(&b->ctx, k, "latitude", -90, 90, &s->latitude) &&
	    (k = read_need(&b->ctx, n, "location", "longitude")) &&
	    read_real(&b->ctx, k, "longitude", -180, 180, &s->longitude);
	if ((k = node_get(n, "elevation")))
		(void)read_quantity(
		    &b->ctx, k, "elevation", metres, &s->elevation_m, NULL);
}

void
build_gateway(struct build *b, const struct node *n)
{
	static const char *const keys[] = {
	    "id", "name", "timezone", "clock", "location", NULL};
	struct site *s = b->site;
	const struct node *k;

	if (!read_map(&b->ctx, n, "gateway", keys))
		return;
	if ((k = read_need(&b->ctx, n, "gateway", "id")) &&
	    read_text(&b->ctx, k, "gateway id", &s->id) &&
	    (strspn(s->id, "abcdefghijklmnopqrstuvwxyz0123456789-") !=
		    strlen(s->id) ||
		strlen(s->id) > 64))
		complain(b->ctx.c, k->at,
		    "the gateway id `%s` must be a-z 0-9 "
		    "and -, at most 64; other names go under `name`",
		    s->id);
	if ((k = node_get(n, "name")))
		(void)read_text(&b->ctx, k, "name", &s->name);
	if ((k = node_get(n, "timezone")))
		read_timezone(b, k);
	if ((k = node_get(n, "clock")))
		read_clock_keys(b, k);
	if ((k = node_get(n, "location")))
		read_location(b, k);
}

void
build_store(struct build *b, const struct node *n)
{
	static const char *const keys[] = {
	    "path", "commit", "keep", "max_size", NULL};
	struct site *s = b->site;
	const struct node *k;
	uint64_t ms = 0;

	if (!read_map(&b->ctx, n, "store", keys))
		return;
	if ((k = node_get(n, "path")) &&
	    read_text(&b->ctx, k, "path", &s->store_path) &&
	    (s->store_path[0] != '/' || strlen(s->store_path) > 400))
		complain(b->ctx.c, k->at,
		    "the store's path `%s` must begin with "
		    "/ and have at most 400 bytes",
		    k->text);
	if ((k = node_get(n, "commit")) &&
	    read_duration(&b->ctx, k, "commit", 100, 3600000, &ms))
		s->commit_ms = (uint32_t)ms;
	if ((k = node_get(n, "keep")))
		(void)read_duration(&b->ctx, k, "keep", 86400000,
		    36500 * 86400000ull, &s->keep_ms);
	if ((k = node_get(n, "max_size")))
		(void)read_size(&b->ctx, k, "max_size", &s->max_size);
}

static void
build_sections(struct build *b, const struct node *root)
{
	static const char *const keys[] = {"gateway", "store", "uplinks", "web",
	    "lines", "sources", "zones", "programmes", NULL};
	const struct node *n;

	if (!read_map(&b->ctx, root, "a site file", keys))
		return;
	if ((n = read_need(&b->ctx, root, "the site", "gateway")))
		build_gateway(b, n);
	if ((n = node_get(root, "store")))
		build_store(b, n);
	if ((n = node_get(root, "uplinks")))
		build_uplinks(b, n);
	if ((n = read_need(&b->ctx, root, "the site", "lines")))
		build_lines(b, n);
	if ((n = node_get(root, "web")))
		check_web(b, n);
	if ((n = node_get(root, "sources")))
		check_sources(b, n);
	if ((n = node_get(root, "zones")))
		check_zones(b, root, n);
	if ((n = node_get(root, "programmes")))
		check_programmes(b, root, n);
	if (b->later[0])
		complain_softly(b->ctx.c, (struct mark){root->at.file, 0, 0},
		    "checked, but not acted on yet: %s", b->later);
}

static struct whole *
whole_new(const char *file)
{
	struct arena *mem = arena_new();
	struct whole *w = arena_alloc(mem, sizeof(*w));

	w->mem = mem;
	w->site = (struct site){
	    .file = arena_strdup(mem, file),
	    .timezone = "UTC",
	    .clock_hold_ms = 15 * 60 * 1000,
	    .store_path = "/var/lib/gatewayd/gatewayd.db",
	    .commit_ms = 5000,
	    .keep_ms = 400 * 86400000ull,
	    .max_size = 4000000000ull,
	};
	return w;
}

struct site *
site_parse(const struct snapshot *s, struct complaints *c)
{
	const struct part *p = s->parts;
	struct whole *w = whole_new(p->path);
	struct build b = {.ctx = {w->mem, c}, .snapshot = s, .site = &w->site};
	size_t before = complaints_errors(c);
	struct arena *mem = arena_new();
	const struct node *root = yaml_read(mem, p->path, p->bytes, p->len, c);

	if (root)
		build_sections(&b, root);
	arena_free(mem);
	if (!w->site.name)
		w->site.name = w->site.id;
	if (root && complaints_errors(c) == before)
		return &w->site;
	arena_free(w->mem);
	return NULL;
}

struct site *
site_free(struct site *take)
{
	if (take)
		arena_free(((struct whole *)take)->mem);
	return NULL;
}

const struct point *
site_point(const struct site *s, uint32_t series, const struct line **line,
    const struct device **device)
{
	for (size_t i = 0; i < s->nlines; i++)
		for (size_t j = 0; j < s->lines[i].ndevices; j++) {
			const struct device *d = &s->lines[i].devices[j];
			if (series < d->series ||
			    series - d->series >= d->type->npoints)
				continue;
			if (line)
				*line = &s->lines[i];
			if (device)
				*device = d;
			return &d->points[series - d->series];
		}
	return NULL;
}

static bool
same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

bool
site_same_way(
    const struct line *l, const struct device *a, const struct device *b)
{
	const struct device *of[] = {a, b};
	const char *host[2];
	uint16_t port[2];

	if (l->transport == TRANSPORT_RTU)
		return true;
	if (l->listen)
		return same_text(a->registration, b->registration);
	for (int i = 0; i < 2; i++) {
		host[i] = of[i]->host ? of[i]->host : l->host;
		port[i] = of[i]->host ? of[i]->tcp_port : l->tcp_port;
	}
	return same_text(host[0], host[1]) && port[0] == port[1];
}
