/* In pieces, as the channel takes them. */
#include "handover.h"

#include "core.h"
#include "log.h"

static const uint32_t ALL = UINT32_MAX;

static bool
keeps(const struct line *line)
{
	for (size_t i = 0; i < line->ndevices; i++) {
		const struct device_type *t = line->devices[i].type;

		if (t->plugin)
			return true; /* it may */
		for (size_t p = 0; p < t->npoints; p++)
			if (t->points[p].accumulate)
				return true;
	}
	return false;
}

/* The store may yet come, and the field cannot wait for it for long. */
static bool
waits(const struct core *core, const struct child *c, int64_t now)
{
	return !journal_kept_known(core->journal) &&
	       now - c->started < HANDOVER_WAIT_MS &&
	       keeps(&core->site->lines[c->index]);
}

static void
say_unknown(struct core *core, const struct child *c, int64_t now)
{
	if (journal_kept_known(core->journal) ||
	    !keeps(&core->site->lines[c->index]))
		return;
	log_err("line %s: the store cannot be read; its counters begin anew",
	    c->name);
	journal_event(core->journal, EVENT_STORE, now, c->name,
	    "what its counters had reached cannot be read; they begin anew");
}

/* The next piece; where the one behind it begins. */
static uint32_t
fill(const struct core *core, const struct child *c, struct msg_kept *m)
{
	uint32_t at = c->handed;

	m->n = 0;
	while (at < core->site->nseries && m->n < KEPTS_MAX) {
		if (core->owners[at].line == c->index &&
		    journal_kept(core->journal, at, &m->k[m->n]))
			m->n++;
		at++;
	}
	m->last = at >= core->site->nseries;
	return m->last ? ALL : at;
}

bool
handover_step(struct core *core, struct child *c, int64_t now)
{
	if (c->role != ROLE_LINE || c->handed == ALL || c->fd == -1 ||
	    c->state != CHILD_UP)
		return true;
	if (waits(core, c, now))
		return false;
	while (c->handed != ALL) {
		uint32_t next = fill(core, c, &core->msg->kept);

		core->msg->kind = MSG_KEPT;
		if (msg_send(c->fd, core->msg) != 0)
			return false;
		c->handed = next;
	}
	say_unknown(core, c, now);
	return true;
}
