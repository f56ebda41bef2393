/*
 * Reals are printed with the fewest digits that read back to the same number,
 * which jansson can do for a document, not for a value: so each point is a
 * document of its own.
 */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "core.h"
#include "jmake.h"
#include "report_lines.h"

static struct json_t *
clock_json(const struct core *core)
{
	static const char *const state[] = {[EPOCH_UNKNOWN] = "holding",
	    [EPOCH_RELEASED] = "released",
	    [EPOCH_KNOWN] = "known"};
	const char *words = "the kernel says that it is synchronised";
	struct json_t *j = jmake_object();

	if (core->clock.state == EPOCH_UNKNOWN)
		words = "not known to be right yet; readings are stored and "
			"wait";
	else if (core->clock.state == EPOCH_RELEASED)
		words = "still not known to be right; readings are forwarded "
			"as uncertain";
	else if (core->clock.trust == CLOCK_SYSTEM)
		words = "the system's clock is trusted, as the site says";
	jmake_set_text(j, "state", state[core->clock.state]);
	jmake_set_text(j, "text", words);
	return j;
}

static struct json_t *
store_json(const struct core *core)
{
	static const char *const state[STORE_RESULTS] = {[STORE_OK] = "ok",
	    [STORE_LOCKED] = "locked",
	    [STORE_FULL] = "full",
	    [STORE_READ_ONLY] = "read_only",
	    [STORE_IO] = "io",
	    [STORE_CORRUPT] = "corrupt",
	    [STORE_NEWER] = "newer"};
	struct journal_view v = journal_view(core->journal);
	struct json_t *j = jmake_object();

	jmake_set_text(j, "path", v.path);
	jmake_set_text(j, "state", state[v.state]);
	jmake_set_count(j, "seq", v.seq);
	jmake_set_count(j, "pending", v.pending);
	jmake_set_count(j, "dropped", v.dropped);
	return j;
}

static void
child_json(struct json_t *j, const struct child *c)
{
	jmake_set(j, "pid", c->pid > 0 ? jmake_int(c->pid) : jmake_null());
	jmake_set_count(j, "restarts", c->restarts);
}

static bool
runs(const struct child *c)
{
	return c->state == CHILD_UP || c->state == CHILD_READY;
}

static struct json_t *
uplink_json(const struct core *core, size_t i)
{
	static const char *const state[LINK_STATES] = {
	    [LINK_OFFLINE] = "offline",
	    [LINK_CONNECTING] = "connecting",
	    [LINK_ONLINE] = "online"};
	const struct uplink *u = &core->site->uplinks[i];
	const struct link_info *info = &core->links[i];
	const struct child *c = &core->children[core->site->nlines + i];
	uint64_t upto, left;
	struct json_t *j = jmake_object();

	jmake_set_text(j, "name", u->name);
	jmake_set(j, "broker",
	    report_address(u->brokers[0].host, u->brokers[0].port));
	jmake_set_text(j, "state", runs(c) ? state[info->link] : "restarting");
	jmake_set_text(j, "text", info->text);
	child_json(j, c);
	jmake_set_count(j, "in_flight", info->in_flight);
	jmake_set_count(j, "acked_messages", info->acked);
	if (journal_acked(core->journal, u->name, &upto, &left)) {
		jmake_set_count(j, "acked_seq", upto);
		jmake_set_count(j, "backlog", left);
	} else { /* the store cannot say now */
		jmake_set(j, "acked_seq", jmake_null());
		jmake_set(j, "backlog", jmake_null());
	}
	return j;
}

static char *
status(const struct core *core, int64_t now)
{
	struct json_t *j = jmake_object(), *lines = jmake_array(),
		      *uplinks = jmake_array();

	jmake_set_text(j, "gateway", core->site->id);
	jmake_set_text(j, "name", core->site->name);
	jmake_set_text(j, "version", build_version());
	jmake_set_text(j, "build", build_id());
	jmake_set_text(j, "config", core->opt->config);
	jmake_set_int(j, "pid", getpid());
	jmake_set_int(j, "uptime_s", (now - core->started) / 1000);
	jmake_set_int(j, "ts", now + core->clock.offset_ms);
	jmake_set(j, "clock", clock_json(core));
	jmake_set(j, "store", store_json(core));
	for (size_t i = 0; i < core->site->nlines; i++)
		jmake_append(lines, report_line(core, i, now));
	for (size_t i = 0; i < core->site->nuplinks; i++)
		jmake_append(uplinks, uplink_json(core, i));
	jmake_set(j, "lines", lines);
	jmake_set(j, "uplinks", uplinks);
	return jmake_print(j, 17);
}

static struct json_t *
value_json(const struct value *v)
{
	char digits[32];

	switch (v->type) {
	case VALUE_INT:
		return jmake_int(v->i);
	case VALUE_UINT: /* no integer of jansson's holds it: exact as text */
		return jmake_text(value_format(v, digits, sizeof(digits)));
	case VALUE_REAL:
		return jmake_real(v->r);
	case VALUE_TEXT:
		return jmake_text(v->text);
	case VALUE_NONE:
	default:
		return jmake_null();
	}
}

static size_t
digits_of(const struct reading *r)
{
	char s[40];

	if (r == NULL || r->value.type != VALUE_REAL)
		return 17;
	for (int n = 15; n < 17; n++) {
		(void)snprintf(s, sizeof(s), "%.*g", n, r->value.r);
		if (strtod(s, NULL) == r->value.r)
			return (size_t)n;
	}
	return 17;
}

static const char *
kind_name(enum point_kind k)
{
	static const char *const name[] = {[KIND_GAUGE] = "gauge",
	    [KIND_COUNTER] = "counter",
	    [KIND_STATE] = "state",
	    [KIND_SETTING] = "setting",
	    [KIND_OUTPUT] = "output"};

	return name[k];
}

static char *
point_text(
    const struct core *core, const struct device *d, size_t i, int64_t now)
{
	const struct point_type *p = &d->type->points[i];
	const struct reading *r =
	    intake_latest(core->intake, d->series + (uint32_t)i);
	char name[MSG_SUBJECT_MAX];
	struct json_t *j = jmake_object();

	(void)snprintf(name, sizeof(name), "%s/%s", d->path, p->name);
	jmake_set_text(j, "point", name);
	jmake_set_text(j, "unit", p->unit != NULL ? p->unit : "");
	jmake_set_text(j, "kind", kind_name(p->kind));
	if (r != NULL) {
		jmake_set(j, "value", value_json(&r->value));
		jmake_set_text(j, "quality", quality_name(r->quality));
		jmake_set_text(j, "reason", reason_name(r->reason));
		jmake_set_int(j, "ts", r->boot_ms + core->clock.offset_ms);
		jmake_set(j, "age_ms", report_age(r->boot_ms, now));
	} else {
		static const char *const keys[] = {
		    "value", "quality", "reason", "ts", "age_ms"};
		for (size_t k = 0; k < 5; k++)
			jmake_set(j, keys[k], jmake_null());
	}
	return jmake_print(j, digits_of(r));
}

static char *
points(const struct core *core, int64_t now)
{
	char *out = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&out, &size);
	const char *comma = "";

	if (f == NULL)
		return NULL;
	fprintf(
	    f, "{\"ts\":%" PRId64 ",\"points\":[", now + core->clock.offset_ms);
	for (size_t l = 0; l < core->site->nlines; l++)
		for (size_t i = 0; i < core->site->lines[l].ndevices; i++) {
			const struct device *d =
			    &core->site->lines[l].devices[i];
			for (size_t p = 0; p < d->type->npoints; p++) {
				/* A part has no readings of its own. */
				char *one = d->type->points[p].kind == KIND_PART
						? NULL
						: point_text(core, d, p, now);
				if (one != NULL)
					fprintf(f, "%s%s", comma, one);
				comma = one != NULL ? "," : comma;
				free(one);
			}
		}
	fputs("]}", f);
	if (fclose(f) == 0)
		return out;
	free(out);
	return NULL;
}

char *
report(struct core *core, const char *question, int64_t now)
{
	if (strcmp(question, "status") == 0)
		return status(core, now);
	if (strcmp(question, "points") == 0)
		return points(core, now);
	return strdup("{\"error\":\"the gateway answers \\\"status\\\" and "
		      "\\\"points\\\"\"}");
}

char *
report_result(enum command_result r, const char *text)
{
	struct json_t *j = jmake_object();

	jmake_set_text(j, "result", command_result_name(r));
	jmake_set_text(j, "text", text);
	return jmake_print(j, 17);
}
