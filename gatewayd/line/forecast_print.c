/* A forecast as JSON: what gatewayctl shows, and hands on with --json. */
#include <errno.h>

#include "forecast.h"
#include "layout.h"

static void
put_text(const char *key, const char *s, FILE *to)
{
	(void)fprintf(to, "\"%s\":\"", key);
	for (; *s != '\0'; s++)
		if (*s == '"' || *s == '\\')
			(void)fprintf(to, "\\%c", *s);
		else if ((unsigned char)*s < ' ')
			(void)fprintf(to, "\\u%04x", *s);
		else
			(void)fputc(*s, to);
	(void)fputc('"', to);
}

static void
put_ms(const char *key, uint64_t ns, FILE *to)
{
	(void)fprintf(to, ",\"%s\":%.3f", key, (double)ns / 1e6);
}

/* What is due most often comes so seldom instead; null: as it should. */
static void
put_late(uint64_t late_ns, FILE *to)
{
	if (late_ns > 0)
		put_ms("real_every_ms", late_ns, to);
	else
		(void)fputs(",\"real_every_ms\":null", to);
}

static void
put_use(double use, FILE *to)
{
	(void)fprintf(to, ",\"use_percent\":%.3f", use * 100);
}

static void
put_device(const struct load *x, FILE *to)
{
	(void)fputc('{', to);
	put_text("device", x->device->path, to);
	(void)fputc(',', to);
	put_text("type", x->device->type->name, to);
	(void)fprintf(to,
	    ",\"unit\":%u,\"every_ms\":%u,\"timeout_ms\":%u,"
	    "\"requests\":%u,\"bytes\":%u",
	    x->device->unit, x->every_ms, x->device->timeout_ms, x->requests,
	    x->bytes);
	put_ms("time_ms", x->sweep_ns, to);
	put_use(x->use, to);
	if (x->why[0] != '\0') {
		(void)fputc(',', to);
		put_text("problem", x->why, to);
	}
	(void)fputc('}', to);
}

static void
put_devices(const struct forecast *f, size_t way, FILE *to)
{
	const char *comma = "";

	(void)fputs(",\"devices\":[", to);
	for (size_t i = 0; i < f->line->ndevices; i++) {
		if (f->loads[i].way != way)
			continue;
		(void)fputs(comma, to);
		put_device(&f->loads[i], to);
		comma = ",";
	}
	(void)fputc(']', to);
}

static void
put_loss(const struct forecast *f, const struct way *w, size_t i, FILE *to)
{
	const struct loss *x = &w->losses[i];

	(void)fprintf(
	    to, "%s{\"dead\":%zu,\"devices\":[", i > 0 ? "," : "", x->dead);
	for (size_t k = 0; k < x->dead; k++) {
		const struct load *gone = &f->loads[w->devices[k]];

		(void)fprintf(
		    to, "%s\"%s\"", k > 0 ? "," : "", gone->device->path);
	}
	(void)fprintf(
	    to, "],\"requests\":%u,\"bytes\":%u", x->requests, x->bytes);
	put_ms("noticing_ms", x->noticing_ns, to);
	put_ms("cycle_ms", x->cycle_ns, to);
	put_use(x->use, to);
	put_late(x->late_ns, to);
	(void)fputc('}', to);
}

static void
put_way(const struct forecast *f, size_t i, FILE *to)
{
	const struct way *w = &f->ways[i];
	const struct device *first = f->loads[w->devices[0]].device;
	char name[300];

	(void)fputs(i > 0 ? ",{" : "{", to);
	put_text(
	    "connection", layout_name(f->line, first, name, sizeof(name)), to);
	put_devices(f, i, to);
	(void)fprintf(
	    to, ",\"requests\":%u,\"bytes\":%u", w->requests, w->bytes);
	put_ms("sweep_ms", w->sweep_ns, to);
	put_use(w->use, to);
	(void)fprintf(to, ",\"every_ms\":%u", w->every_ms);
	put_late(w->late_ns, to);
	(void)fputs(",\"dead\":[", to);
	for (size_t k = 0; k < w->nlosses; k++)
		put_loss(f, w, k, to);
	(void)fputs("]}", to);
}

static void
put_line(const struct forecast *f, FILE *to)
{
	static const char *const transport[] = {"rtu", "tcp", "rtu_over_tcp"};
	static const char *const parity[] = {"none", "even", "odd"};
	const struct line *l = f->line;

	(void)fputc('{', to);
	put_text("line", l->name, to);
	(void)fputc(',', to);
	put_text("transport", transport[l->transport], to);
	if (l->transport != TRANSPORT_TCP)
		(void)fprintf(to,
		    ",\"baud\":%u,\"parity\":\"%s\",\"stop_bits\":%u", l->baud,
		    parity[l->parity], l->stop_bits);
	(void)fputs(",\"connections\":[", to);
	for (size_t i = 0; i < f->nways; i++)
		put_way(f, i, to);
	(void)fputs("]}", to);
}

int
forecast_print(const struct site *s, const struct forecast_options *o, FILE *to)
{
	(void)fputc('{', to);
	put_text("gateway", s->id, to);
	put_ms("turnaround_ms", (uint64_t)o->turnaround_us * 1000, to);
	(void)fputs(",\"lines\":[", to);
	for (size_t i = 0; i < s->nlines; i++) {
		struct forecast f;
		int r = forecast_init(&f, &s->lines[i], o);

		if (r < 0)
			return r;
		(void)fputs(i > 0 ? "," : "", to);
		put_line(&f, to);
		forecast_end(&f);
	}
	(void)fputs("]}\n", to);
	return fflush(to) != 0 || ferror(to) ? -EIO : 0;
}
