/*
 * Texts of children may hold any bytes; JSON may not. Reals are printed with
 * the fewest digits that read back to the same number, which jansson can do
 * for a document, not for a value: so each point is a document of its own.
 */
#include "report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "core.h"

static json_t *
text(const char *s)
{
	char safe[MSG_SUBJECT_MAX * 2];
	json_t *j = json_string(s);

	if (j != NULL)
		return j;
	(void)snprintf(safe, sizeof(safe), "%s", s);
	for (char *p = safe; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return json_string(safe);
}

static void
set(json_t *to, const char *key, json_t *take)
{
	/* Without memory a key is missing, and the reader sees that. */
	(void)json_object_set_new(to, key, take);
}

static void
set_count(json_t *to, const char *key, uint64_t n)
{
	set(to, key, json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n));
}

static json_t *
age(int64_t then, int64_t now)
{
	return then > 0 ? json_integer(now > then ? now - then : 0)
			: json_null();
}

static json_t *
clock_json(const struct core *core)
{
	static const char *const state[] = {[EPOCH_UNKNOWN] = "holding",
	    [EPOCH_RELEASED] = "released",
	    [EPOCH_KNOWN] = "known"};
	const char *words = "the kernel says that it is synchronised";
	json_t *j = json_object();

	if (core->clock.state == EPOCH_UNKNOWN)
		words = "not known to be right yet; readings are stored and "
			"wait";
	else if (core->clock.state == EPOCH_RELEASED)
		words = "still not known to be right; readings are forwarded "
			"as uncertain";
	else if (core->clock.trust == CLOCK_SYSTEM)
		words = "the system's clock is trusted, as the site says";
	set(j, "state", text(state[core->clock.state]));
	set(j, "text", text(words));
	return j;
}

static json_t *
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
	json_t *j = json_object();

	set(j, "path", text(v.path));
	set(j, "state", text(state[v.state]));
	set_count(j, "seq", v.seq);
	set_count(j, "pending", v.pending);
	set_count(j, "dropped", v.dropped);
	return j;
}

static json_t *
device_json(const struct device *d, const struct msg_device *m, int64_t now)
{
	static const char *const state[DEVICE_STATES] = {
	    [DEVICE_UNKNOWN] = "unknown",
	    [DEVICE_ONLINE] = "online",
	    [DEVICE_LOST] = "lost"};
	json_t *j = json_object();

	set(j, "name", text(d->path));
	set(j, "type", text(d->type->name));
	set(j, "unit", json_integer(d->unit));
	set(j, "state", text(state[m->state]));
	set_count(j, "requests", m->requests);
	set_count(j, "answers", m->answers);
	set_count(j, "timeouts", m->timeouts);
	set_count(j, "noise", m->noise);
	set_count(j, "exceptions", m->exceptions);
	set_count(j, "late", m->late);
	set(j, "last_ok_age_ms", age(m->last_ok_ms, now));
	set(j, "text", text(m->text));
	return j;
}

static void
child_json(json_t *j, const struct child *c)
{
	set(j, "pid", c->pid > 0 ? json_integer(c->pid) : json_null());
	set_count(j, "restarts", c->restarts);
}

static bool
runs(const struct child *c)
{
	return c->state == CHILD_UP || c->state == CHILD_READY;
}

/* An IPv6 address stands in brackets before its port. */
static json_t *
address(const char *host, unsigned port)
{
	char out[300];
	bool v6 = strchr(host, ':') != NULL;

	(void)snprintf(out, sizeof(out), v6 ? "[%s]:%u" : "%s:%u", host, port);
	return text(out);
}

static json_t *
line_json(const struct core *core, size_t i, int64_t now)
{
	static const char *const state[PORT_STATES] = {[PORT_CLOSED] = "closed",
	    [PORT_OPEN] = "open",
	    [PORT_FAILED] = "failed"};
	const struct line *l = &core->site->lines[i];
	const struct line_info *info = &core->lines[i];
	const struct child *c = &core->children[i];
	json_t *j = json_object(), *devices = json_array();
	uint64_t requests = 0;

	for (size_t d = 0; d < l->ndevices; d++) {
		requests += info->devices[d].requests;
		/* Without memory it is missing, as in set(). */
		(void)json_array_append_new(devices,
		    device_json(&l->devices[d], &info->devices[d], now));
	}
	set(j, "name", text(l->name));
	set(j, "transport",
	    text(l->transport == TRANSPORT_RTU ? "rtu" : "tcp"));
	set(j, "port",
	    l->transport == TRANSPORT_RTU ? text(l->port)
					  : address(l->host, l->tcp_port));
	set(j, "state", text(runs(c) ? state[info->port] : "restarting"));
	set(j, "text", text(info->text));
	child_json(j, c);
	set_count(j, "requests",
	    info->requests > requests ? info->requests : requests);
	set(j, "devices", devices);
	return j;
}

static json_t *
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
	json_t *j = json_object();

	set(j, "name", text(u->name));
	set(j, "broker", address(u->brokers[0].host, u->brokers[0].port));
	set(j, "state", text(runs(c) ? state[info->link] : "restarting"));
	set(j, "text", text(info->text));
	child_json(j, c);
	set_count(j, "in_flight", info->in_flight);
	set_count(j, "acked_messages", info->acked);
	if (journal_acked(core->journal, u->name, &upto, &left)) {
		set_count(j, "acked_seq", upto);
		set_count(j, "backlog", left);
	} else { /* the store cannot say now */
		set(j, "acked_seq", json_null());
		set(j, "backlog", json_null());
	}
	return j;
}

static char *
status(const struct core *core, int64_t now)
{
	json_t *j = json_object(), *lines = json_array(),
	       *uplinks = json_array();
	char *out;

	set(j, "gateway", text(core->site->id));
	set(j, "name", text(core->site->name));
	set(j, "version", text(build_version()));
	set(j, "build", text(build_id()));
	set(j, "config", text(core->opt->config));
	set(j, "pid", json_integer(getpid()));
	set(j, "uptime_s", json_integer((now - core->started) / 1000));
	set(j, "ts", json_integer(now + core->clock.offset_ms));
	set(j, "clock", clock_json(core));
	set(j, "store", store_json(core));
	for (size_t i = 0; i < core->site->nlines; i++)
		(void)json_array_append_new(/* as in set() */
		    lines, line_json(core, i, now));
	for (size_t i = 0; i < core->site->nuplinks; i++)
		(void)json_array_append_new(/* as in set() */
		    uplinks, uplink_json(core, i));
	set(j, "lines", lines);
	set(j, "uplinks", uplinks);
	out = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	return out;
}

static json_t *
value_json(const struct value *v)
{
	char digits[32];

	switch (v->type) {
	case VALUE_INT:
		return json_integer(v->i);
	case VALUE_UINT: /* no integer of jansson's holds it: exact as text */
		return text(value_format(v, digits, sizeof(digits)));
	case VALUE_REAL:
		return json_real(v->r);
	case VALUE_TEXT:
		return text(v->text);
	case VALUE_NONE:
	default:
		return json_null();
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
	char name[MSG_SUBJECT_MAX], *out;
	json_t *j = json_object();

	(void)snprintf(name, sizeof(name), "%s/%s", d->path, p->name);
	set(j, "point", text(name));
	set(j, "unit", text(p->unit != NULL ? p->unit : ""));
	set(j, "kind", text(kind_name(p->kind)));
	if (r != NULL) {
		set(j, "value", value_json(&r->value));
		set(j, "quality", text(quality_name(r->quality)));
		set(j, "reason", text(reason_name(r->reason)));
		set(j, "ts", json_integer(r->boot_ms + core->clock.offset_ms));
		set(j, "age_ms", age(r->boot_ms, now));
	} else {
		static const char *const keys[] = {
		    "value", "quality", "reason", "ts", "age_ms"};
		for (size_t k = 0; k < 5; k++)
			set(j, keys[k], json_null());
	}
	out = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(digits_of(r)));
	json_decref(j);
	return out;
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
				char *one = point_text(core, d, p, now);
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
