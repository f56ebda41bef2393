/* One unit: read what tells the profiles apart, and keep what was seen. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "msg.h"
#include "scan.h"
#include "spans.h"

enum { READS_MAX = 120, PATIENCE_MS = 100, PATIENCE_MAX_MS = 2000 };

struct look {
	struct scan *scan;
	struct scan_unit *unit;
};

/* Long answers take longer, and some are measured first. */
static uint32_t
patience(const struct look *l)
{
	uint32_t said = l->scan->options.to.timeout_ms;
	uint32_t ms = PATIENCE_MS + l->unit->took_us / 1000 * 4;

	ms = ms > PATIENCE_MAX_MS ? PATIENCE_MAX_MS : ms;
	return said > ms ? said : ms;
}

static int
read_unit(
    void *arg, uint8_t function, uint16_t addr, uint16_t count, uint16_t *words)
{
	struct look *l = arg;
	struct msg_probe q = probing_read(l->unit->unit, function, addr, count);
	struct msg_probed a;
	int r = 0;

	q.baud = l->unit->at.baud;
	q.parity = l->unit->at.parity;
	q.stop_bits = l->unit->at.stop_bits;
	q.timeout_ms = patience(l);
	for (int tries = 0; tries < 2; tries++) {
		r = probing_ask(l->scan->probing, &q, &a);
		if (r != 0 || a.result != PROBE_NOISE)
			break;
	}
	if (r != 0)
		return r;
	switch (a.result) {
	case PROBE_OK:
		memcpy(words, a.words, count * sizeof(words[0]));
		return FACT_KNOWN;
	case PROBE_EXCEPTION:
		return FACT_REFUSED;
	case PROBE_PORT:
	case PROBE_REFUSED:
		(void)snprintf(
		    l->scan->why, sizeof(l->scan->why), "%s", a.text);
		return -EIO;
	default:
		return FACT_SILENT;
	}
}

static char *
values_of(struct facts *f, const struct device_type *t)
{
	char *text = NULL, value[80];
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (to == NULL)
		return NULL;
	for (size_t i = 0; i < t->npoints; i++) {
		const struct point_type *p = &t->points[i];

		if (!point_read(p) || p->kind == KIND_PART)
			continue;
		(void)fprintf(to, "%s %s%s%s\n", p->name,
		    identify_value(f, p, value, sizeof(value)),
		    p->unit != NULL ? " " : "", p->unit != NULL ? p->unit : "");
	}
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

static void
keep(struct scan_unit *u, struct facts *f, const struct candidate *c)
{
	u->compared = true;
	u->requests = facts_asked(f);
	u->not_all_tried = facts_short(f);
	if (u->verdict.fits == 0)
		return;
	u->type = c[0].type;
	u->values = values_of(f, u->type);
	for (size_t i = 1; i < u->verdict.alike && u->nalike < NAMES_MAX; i++)
		u->alike[u->nalike++] = c[i].type;
}

int
scan_look(struct scan *s, struct scan_unit *u)
{
	struct look l = {s, u};
	struct facts *f = facts_new((struct fact_reader){
	    .read = read_unit, .arg = &l, .most = READS_MAX});
	struct candidate *c = calloc(s->ntypes + 1, sizeof(*c));
	const struct found_at at = {u->unit, u->at.baud, u->at.parity};
	int r = f == NULL || c == NULL
		    ? -ENOMEM
		    : identify(f, &at, s->types, s->ntypes, c, &u->verdict);
	int code = CTL_DONE;

	if (r == 0)
		keep(u, f, c);
	else if (s->why[0] != '\0') /* the line said it */
		code = CTL_REFUSED;
	else
		code = scan_ended(s, r);
	free(c);
	(void)facts_free(f);
	return code;
}
