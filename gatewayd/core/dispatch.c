/* One table of what is allowed, one function a kind. */
#include "dispatch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core.h"
#include "log.h"
#include "mono.h"

enum { LINE_MAY = 1 << ROLE_LINE, UPLINK_MAY = 1 << ROLE_UPLINK };

/* Clocks of one machine: a reading of the future is no reading. */
enum { FUTURE_MS = 1000 };

static const unsigned char may_send[MSG_KINDS] = {
    [MSG_HELLO] = LINE_MAY | UPLINK_MAY,
    [MSG_READY] = LINE_MAY | UPLINK_MAY,
    [MSG_BEAT] = LINE_MAY | UPLINK_MAY,
    [MSG_BYE] = LINE_MAY | UPLINK_MAY,
    [MSG_EVENT] = LINE_MAY | UPLINK_MAY,
    [MSG_READINGS] = LINE_MAY,
    [MSG_DEVICE] = LINE_MAY,
    [MSG_LINE] = LINE_MAY,
    [MSG_RESULT] = LINE_MAY,
    [MSG_KEPT] = LINE_MAY,
    [MSG_PROBED] = LINE_MAY,
    [MSG_ACK] = UPLINK_MAY,
    [MSG_LINK] = UPLINK_MAY,
};

static const unsigned char may_report[EVENT_KINDS] = {
    [EVENT_LINE] = LINE_MAY,
    [EVENT_DEVICE] = LINE_MAY,
    [EVENT_POINT] = LINE_MAY,
    [EVENT_OUTPUT] = LINE_MAY,
    [EVENT_PLUGIN] = LINE_MAY,
    [EVENT_STORE] = UPLINK_MAY, /* what it could not read or send */
    [EVENT_LINK] = UPLINK_MAY,
};

struct call { /* who said it, and where a breach is explained */
	struct core *core;
	struct child *c;
	char *why;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static int
breach(const struct call *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(x->why, x->size, fmt, ap);
	va_end(ap);
	return -EPROTO;
}

bool
dispatch_allowed(enum child_role role, enum msg_kind kind)
{
	return kind > 0 && kind < MSG_KINDS &&
	       (may_send[kind] & 1 << role) != 0;
}

static int
on_hello(const struct call *x, const struct msg_hello *m)
{
	if (x->c->state != CHILD_STARTING)
		return breach(x, "it said hello twice");
	if (strcmp(m->build, build_id()) != 0)
		return breach(x,
		    "it is of another build (%.32s, this is %s); install all "
		    "programs from one package",
		    m->build, build_id());
	x->c->state = CHILD_UP;
	return 0;
}

/* The reading is of that line, and of a time that can be true. */
static bool
believable(const struct call *x, const struct reading *r, int64_t now)
{
	return r->series < x->core->site->nseries &&
	       x->core->owners[r->series].line == x->c->index &&
	       r->boot_ms > 0 && r->boot_ms <= now + FUTURE_MS;
}

static void
take_reading(struct core *core, const struct reading *r, int64_t now)
{
	const struct device *d = core->owners[r->series].device;
	const struct point *p = &d->points[r->series - d->series];
	char why[64], subject[MSG_SUBJECT_MAX];
	int what = intake_take(core->intake, r, p->deadband, why, sizeof(why));

	if (what & INTAKE_STORE)
		journal_reading(core->journal, r, now);
	if (!(what & INTAKE_EVENT))
		return;
	(void)snprintf(
	    subject, sizeof(subject), "%s/%s", d->path, p->type->name);
	journal_event(
	    core->journal, EVENT_POINT, r->boot_ms, subject, "%s", why);
}

static int
on_readings(const struct call *x, const struct msg_readings *m)
{
	int64_t now = mono_ms();

	/* All or nothing: a line that is wrong once is not believed. */
	for (size_t i = 0; i < m->n; i++)
		if (!believable(x, &m->r[i], now))
			return breach(x,
			    "a reading of series %u at %lld ms is not of this "
			    "line or not of this time",
			    m->r[i].series, (long long)m->r[i].boot_ms);
	for (size_t i = 0; i < m->n; i++)
		take_reading(x->core, &m->r[i], now);
	return 0;
}

static int
on_kept(const struct call *x, const struct msg_kept *m)
{
	int64_t now = mono_ms();

	for (size_t i = 0; i < m->n; i++)
		if (m->k[i].series >= x->core->site->nseries ||
		    x->core->owners[m->k[i].series].line != x->c->index)
			return breach(x,
			    "what it keeps of series %u is not of this line",
			    m->k[i].series);
	for (size_t i = 0; i < m->n; i++)
		journal_keep(x->core->journal, &m->k[i], now);
	return 0;
}

static int
on_event(const struct call *x, const struct msg_event *m)
{
	int64_t now = mono_ms();

	if ((may_report[m->kind] & 1 << x->c->role) == 0)
		return breach(x, "an event of kind %s is not its to report",
		    event_kind_name(m->kind));
	journal_event(x->core->journal, m->kind,
	    m->boot_ms > 0 && m->boot_ms <= now ? m->boot_ms : now, m->subject,
	    "%s", m->text);
	return 0;
}

static int
on_device(const struct call *x, const struct msg_device *m)
{
	const struct line *line = &x->core->site->lines[x->c->index];
	struct line_info *l = &x->core->lines[x->c->index];

	if (m->device >= line->ndevices)
		return breach(x, "device %u: the line has %zu", m->device,
		    line->ndevices);
	if (l->devices[m->device].state != m->state)
		bulletin_news(&x->core->bulletin);
	l->devices[m->device] = *m;
	figures_note(&l->recent[m->device], m, mono_ms());
	return 0;
}

static int
on_line(const struct call *x, const struct msg_state *m)
{
	struct line_info *l = &x->core->lines[x->c->index];

	if (l->port != (enum port_state)m->state)
		bulletin_news(&x->core->bulletin);
	l->port = (enum port_state)m->state;
	l->requests = m->sent;
	l->overruns = m->overruns;
	l->use = m->use;
	memcpy(l->text, m->text, sizeof(l->text));
	return 0;
}

static int
on_result(const struct call *x, const struct msg_result *m)
{
	if (!command_result(x->core, x->c->index, m, mono_ms()))
		return breach(x,
		    "it answered command %llu, which it was not given",
		    (unsigned long long)m->id);
	return 0;
}

static int
on_probed(const struct call *x, const struct msg_probed *m)
{
	if (!errand_answered(x->core, x->c->index, m, mono_ms()))
		return breach(x,
		    "it answered probe %llu, which it was not given",
		    (unsigned long long)m->id);
	return 0;
}

static int
on_link(const struct call *x, const struct msg_state *m)
{
	struct link_info *l = &x->core->links[x->c->index];

	l->link = (enum link_state)m->state;
	l->in_flight = m->in_flight;
	l->acked = m->sent;
	memcpy(l->text, m->text, sizeof(l->text));
	return 0;
}

static int
on_ack(const struct call *x, const struct msg_range *m)
{
	uint64_t last = journal_last(x->core->journal);

	if (m->first == 0 || m->last > last)
		return breach(x,
		    "it acknowledged %llu to %llu, and %llu is the last there "
		    "is",
		    (unsigned long long)m->first, (unsigned long long)m->last,
		    (unsigned long long)last);
	journal_ack(x->core->journal, x->c->name, m->first, m->last, mono_ms());
	return 0;
}

int
dispatch(struct core *core, struct child *c, const struct msg *m, char *why,
    size_t size)
{
	struct call x = {core, c, why, size};

	if (!dispatch_allowed(c->role, m->kind))
		return breach(&x, "message %d is not its to send", m->kind);
	if (m->kind == MSG_HELLO)
		return on_hello(&x, &m->hello);
	if (c->state == CHILD_STARTING)
		return breach(&x, "it did not say hello first");
	if (c->bye)
		return breach(&x, "it went on after its last message");
	switch (m->kind) {
	case MSG_READY:
		c->state = CHILD_READY;
		return 0;
	case MSG_BYE:
		c->bye = true;
		return 0;
	case MSG_READINGS:
		return on_readings(&x, &m->readings);
	case MSG_EVENT:
		return on_event(&x, &m->event);
	case MSG_DEVICE:
		return on_device(&x, &m->device);
	case MSG_LINE:
		return on_line(&x, &m->state);
	case MSG_KEPT:
		return on_kept(&x, &m->kept);
	case MSG_RESULT:
		return on_result(&x, &m->result);
	case MSG_PROBED:
		return on_probed(&x, &m->probed);
	case MSG_LINK:
		return on_link(&x, &m->state);
	case MSG_ACK:
		return on_ack(&x, &m->range);
	default: /* MSG_BEAT: that it came is all it says */
		return 0;
	}
}
