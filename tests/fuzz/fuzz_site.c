/*
 * A configuration snapshot, as bytes; and a site file with a few types beside
 * it. Refused with a reason, or a site whose indexes hold.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "parts.h"
#include "site.h"
#include "snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char probe[] =
    "profile: probe\nmaker: m\nmodel: m\nsource: s\n"
    "serial: {baud: 4800}\npoints:\n"
    "  moisture: {holding: 0, type: uint16, scale: 0.1, unit: '%'}\n"
    "  serial: {holding: 8, type: string, length: 8}\n";
static const char relay[] =
    "profile: relay\nmaker: m\nmodel: m\nsource: s\npoints:\n"
    "  relay_1: {coil: 0, kind: output, max_on: 4h}\n";
static const char meter[] =
    "plugin: meter\nabi: '1.0'\nkeys:\n"
    "  reads: {type: int, min: 1, max: 5, default: 2}\n"
    "  mode: {type: choice, choices: [raw, percent]}\n"
    "  on: {type: bool}\n  k: {type: real, min: 0, max: 1}\n"
    "points:\n  total: {kind: counter}\n";

static void
put_part(struct wbuf *w, enum part_kind kind, const char *name,
    const void *bytes, size_t len)
{
	put_u8(w, (uint8_t)kind);
	put_text(w, name);
	put_text(w, "fuzz");
	put_u32(w, (uint32_t)len);
	if (!w->ok || (size_t)(w->end - w->at) < len)
		abort();
	if (len)
		memcpy(w->at, bytes, len);
	w->at += len;
}

/* `data` as the site file. */
static struct snapshot *
around(const uint8_t *data, size_t size)
{
	size_t room = size + 4096;
	uint8_t *mem = malloc(room);
	struct snapshot *s;
	struct wbuf w;

	if (!mem)
		abort();
	wbuf_init(&w, mem, room);
	for (const char *p = "GWSNAP1"; w.at < mem + 8; p++)
		put_u8(&w, (uint8_t)*p);
	put_u32(&w, 5);
	put_part(&w, PART_SITE, "", data, size);
	put_part(&w, PART_PROFILE, "probe", probe, sizeof(probe) - 1);
	put_part(&w, PART_PROFILE, "relay", relay, sizeof(relay) - 1);
	put_part(&w, PART_PLUGIN, "meter", meter, sizeof(meter) - 1);
	put_part(&w, PART_REFUSED, "bad", "crashed", 7);
	s = snapshot_decode(mem, (size_t)(w.at - mem));
	free(mem);
	if (!s)
		abort();
	return s;
}

/* There is one way to each device, and it goes with the transport. */
static void
check_way(const struct line *l, const struct device *d)
{
	bool over = l->transport == TRANSPORT_RTU_OVER_TCP;
	bool rtu = l->transport == TRANSPORT_RTU;

	if (rtu ? !l->port || l->host || l->listen || d->host || d->registration
		: l->port || l->rs485)
		abort();
	if (l->host && l->listen)
		abort();
	if (!rtu && !l->listen && !(d->host ? d->tcp_port : l->tcp_port))
		abort();
	if (!rtu && !l->listen && !d->host && !l->host)
		abort();
	if (l->listen && (!over || d->host || !l->tcp_port))
		abort();
	if (d->registration &&
	    (!l->listen || !d->registration[0] || strlen(d->registration) > 64))
		abort();
	if (!site_same_way(l, d, d) ||
	    (!l->baud || !l->stop_bits || (l->echo && !over && !rtu)))
		abort();
}

static void
check_site(const struct site *s)
{
	uint32_t next = 0;

	if (!s->id || !s->name || s->nlines < 1)
		abort();
	for (size_t i = 0; i < s->nlines; i++)
		for (size_t j = 0; j < s->lines[i].ndevices; j++) {
			const struct device *d = &s->lines[i].devices[j];
			if (!d->type || d->series != next || !d->every_ms ||
			    !d->timeout_ms)
				abort();
			check_way(&s->lines[i], d);
			next += (uint32_t)d->type->npoints;
		}
	if (next != s->nseries ||
	    (next && !site_point(s, next - 1, NULL, NULL)) ||
	    site_point(s, next, NULL, NULL))
		abort();
	for (size_t i = 0; i < s->nuplinks; i++)
		for (size_t j = 0; j < s->uplinks[i].nbrokers; j++)
			if (!s->uplinks[i].brokers[j].host[0])
				abort();
}

static void
try_snapshot(struct snapshot *take)
{
	struct complaints *c = complaints_new();
	struct site *site = site_parse(take, c);

	if ((site == NULL) != (complaints_errors(c) > 0))
		abort();
	snapshot_free(take);
	if (site)
		check_site(site);
	site_free(site);
	complaints_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot *s = snapshot_decode(data, size);

	if (s)
		try_snapshot(s);
	if (size <= YAML_MAX)
		try_snapshot(around(data, size));
	return 0;
}
