/* Counts are since the line's process began; so are the figures from them. */
#include "report_lines.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "figures.h"
#include "jmake.h"

enum which { ALL, TROUBLED, NONE };

struct json_t *
report_address(const char *host, unsigned port)
{
	char out[300];
	bool v6 = strchr(host, ':') != NULL;

	(void)snprintf(out, sizeof(out), v6 ? "[%s]:%u" : "%s:%u", host, port);
	return jmake_text(out);
}

struct json_t *
report_age(int64_t then, int64_t now)
{
	return then > 0 ? jmake_int(now > then ? now - then : 0) : jmake_null();
}

/* {"2": 5, "other": 1}: exceptions by code, those that came. */
static struct json_t *
codes_json(const uint32_t codes[CODES_MAX])
{
	struct json_t *j = jmake_object();
	char name[16];

	for (int i = 1; i < CODES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		if (codes[i] > 0)
			jmake_set_count(j, name, codes[i]);
	}
	if (codes[0] > 0)
		jmake_set_count(j, "other", codes[0]);
	return j;
}

static void
set_within(struct json_t *j, const char *key, const struct msg_device *m,
    unsigned per_cent)
{
	uint32_t ms = figures_within(m->answer_bars, per_cent);

	jmake_set(j, key, ms > 0 ? jmake_int(ms) : jmake_null());
}

static void
counts_json(struct json_t *j, const struct msg_device *m)
{
	struct json_t *bars = jmake_array();

	jmake_set_count(j, "requests", m->requests);
	jmake_set_count(j, "answers", m->answers);
	jmake_set_count(j, "timeouts", m->timeouts);
	jmake_set_count(j, "late", m->late);
	jmake_set_count(j, "crc", m->crc);
	jmake_set_count(j, "noise", m->noise);
	jmake_set_count(j, "exceptions", m->exceptions);
	jmake_set(j, "codes", codes_json(m->codes));
	for (int i = 0; i < ANSWER_BARS; i++)
		jmake_append(bars, jmake_int(m->answer_bars[i]));
	jmake_set(j, "answer_bars", bars);
	set_within(j, "median_ms", m, 50);
	set_within(j, "p95_ms", m, 95);
	jmake_set_count(j, "deadline_ms", m->deadline_ms);
	jmake_set_count(j, "line_ms", m->line_ms);
}

/* The line tells its counts now and then; its readings say it sooner. */
static int64_t
last_answer(const struct core *core, const struct device *d, int64_t told)
{
	for (size_t i = 0; i < d->type->npoints; i++) {
		const struct reading *r =
		    intake_latest(core->intake, d->series + (uint32_t)i);
		if (r != NULL && r->quality != QUALITY_BAD && r->boot_ms > told)
			told = r->boot_ms;
	}
	return told;
}

static struct json_t *
device_json(const struct core *core, size_t line, size_t i, int64_t now)
{
	static const char *const state[DEVICE_STATES] = {
	    [DEVICE_UNKNOWN] = "unknown",
	    [DEVICE_ONLINE] = "online",
	    [DEVICE_LOST] = "lost"};
	const struct device *d = &core->site->lines[line].devices[i];
	const struct msg_device *m = &core->lines[line].devices[i];
	const struct recent *recent = &core->lines[line].recent[i];
	struct json_t *j = jmake_object();

	jmake_set_text(j, "name", d->path);
	jmake_set_text(j, "type", d->type->name);
	jmake_set_int(j, "unit", d->unit);
	jmake_set_text(j, "state", state[m->state]);
	jmake_set(j, "trouble", jmake_bool(figures_troubled(recent, m)));
	counts_json(j, m);
	jmake_set(j, "last_ok_age_ms",
	    report_age(last_answer(core, d, m->last_ok_ms), now));
	jmake_set_text(j, "text", m->text);
	return j;
}

static bool
runs(const struct child *c)
{
	return c->state == CHILD_UP || c->state == CHILD_READY;
}

static void
serial_json(struct json_t *j, const struct line *l)
{
	static const char *const parity[] = {[PARITY_NONE] = "none",
	    [PARITY_EVEN] = "even",
	    [PARITY_ODD] = "odd"};

	jmake_set_text(j, "port", l->port);
	jmake_set_int(j, "baud", l->baud);
	jmake_set_text(j, "parity", parity[l->parity]);
	jmake_set_int(j, "stop_bits", l->stop_bits);
}

static void
port_json(struct json_t *j, const struct line *l)
{
	static const char *const transport[] = {[TRANSPORT_RTU] = "rtu",
	    [TRANSPORT_TCP] = "tcp",
	    [TRANSPORT_RTU_OVER_TCP] = "rtu_over_tcp"};

	jmake_set_text(j, "transport", transport[l->transport]);
	if (l->transport == TRANSPORT_RTU)
		serial_json(j, l);
	else if (l->listen != NULL)
		jmake_set(j, "port", report_address(l->listen, l->tcp_port));
	else if (l->host != NULL)
		jmake_set(j, "port", report_address(l->host, l->tcp_port));
	else
		jmake_set_text(j, "port", "each device its own");
}

/* The line's devices that are wanted, and how many there are in all. */
static void
devices_json(const struct core *core, struct json_t *j, size_t i,
    enum which which, int64_t now)
{
	const struct line_info *info = &core->lines[i];
	size_t n = core->site->lines[i].ndevices;
	struct json_t *devices = jmake_array();
	size_t online = 0, lost = 0;

	for (size_t d = 0; d < n; d++) {
		const struct msg_device *m = &info->devices[d];
		online += m->state == DEVICE_ONLINE;
		lost += m->state == DEVICE_LOST;
		if (which == ALL || (which == TROUBLED &&
					figures_troubled(&info->recent[d], m)))
			jmake_append(devices, device_json(core, i, d, now));
	}
	jmake_set_count(j, "devices_all", n);
	jmake_set_count(j, "devices_online", online);
	jmake_set_count(j, "devices_lost", lost);
	jmake_set(j, "devices", devices);
}

static struct json_t *
line_json(const struct core *core, size_t i, enum which which, int64_t now)
{
	static const char *const state[PORT_STATES] = {[PORT_CLOSED] = "closed",
	    [PORT_OPEN] = "open",
	    [PORT_FAILED] = "failed"};
	const struct line_info *info = &core->lines[i];
	bool running = runs(&core->children[i]);
	struct json_t *j = jmake_object();

	jmake_set_text(j, "name", core->site->lines[i].name);
	port_json(j, &core->site->lines[i]);
	jmake_set_text(j, "state", running ? state[info->port] : "restarting");
	jmake_set_text(j, "text", info->text);
	jmake_set_count(j, "requests", info->requests);
	jmake_set_count(j, "overruns", info->overruns);
	jmake_set_int(j, "use_per_mille", running ? info->use : 0);
	devices_json(core, j, i, which, now);
	return j;
}

struct json_t *
report_line(const struct core *core, size_t i, int64_t now)
{
	const struct child *c = &core->children[i];
	struct json_t *j = line_json(core, i, ALL, now);

	jmake_set(j, "pid", c->pid > 0 ? jmake_int(c->pid) : jmake_null());
	jmake_set_count(j, "restarts", c->restarts);
	jmake_set(j, "disabled_plugins", culprit_json(core, (uint32_t)i, now));
	return j;
}

static char *
health(const struct core *core, int64_t now, enum which which)
{
	static const char *const shown[] = {
	    [ALL] = "all", [TROUBLED] = "in trouble", [NONE] = "none"};
	struct json_t *j = jmake_object(), *lines = jmake_array();

	jmake_set_int(j, "ts", now + core->clock.offset_ms);
	jmake_set_text(j, "gateway", core->site->id);
	jmake_set_text(j, "devices", shown[which]);
	for (size_t i = 0; i < core->site->nlines; i++)
		jmake_append(lines, line_json(core, i, which, now));
	jmake_set(j, "lines", lines);
	return jmake_print(j, 17);
}

char *
report_health(const struct core *core, int64_t now, size_t max)
{
	char *out = NULL;

	for (int which = ALL; which <= NONE; which++) {
		free(out);
		out = health(core, now, (enum which)which);
		if (out == NULL || strlen(out) <= max)
			break;
	}
	return out;
}
