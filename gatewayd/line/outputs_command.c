/* What comes to the outputs from outside: commands, doubts, the end. */
#include "outputs.h"

#include "device.h"
#include "lane.h"
#include "run.h"
#include "written.h"

static struct written *
control_of(struct outputs *o, const struct dev *d, uint16_t point)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->c[i].dev == d && o->c[i].point == point)
			return &o->c[i];
	return NULL;
}

/* Why it cannot be; NULL: it can. */
static const char *
objection(const struct outputs *o, const struct written *c,
    const struct msg_command *m)
{
	const struct point_type *t = c != NULL ? written_type(c) : NULL;

	if (t == NULL)
		return "it cannot be written";
	if ((m->action == COMMAND_SET) == c->output)
		return c->output ? "an output is opened for a time, or closed"
				 : "a setting is set to a value";
	if (m->action == COMMAND_OPEN && m->for_ms == 0)
		return "an output is only opened for a time";
	if (m->action == COMMAND_OPEN && t->max_on_ms > 0 &&
	    m->for_ms > t->max_on_ms)
		return "that is longer than its max_on";
	if (o->lane->run->stop_until > 0)
		return "the line is ending";
	if (m->action == COMMAND_CLOSE)
		return NULL; /* it is tried for as long as it takes */
	if (c->dev->health.state == DEVICE_LOST)
		return "the device is lost: it does not answer";
	/* One that is open again may have had nothing to prove it by. */
	return o->lane->port == PORT_OPEN || lane_is_up(o->lane) ? NULL
								 : o->lane->why;
}

void
outputs_command(struct outputs *o, struct dev *d, uint16_t point,
    const struct msg_command *m, int64_t now)
{
	struct written *c = control_of(o, d, point);
	const char *why = objection(o, c, m);

	if (why != NULL) {
		sink_result(o->lane->run->sink, m->id, RESULT_REFUSED, why);
		return;
	}
	written_answer(
	    o, c, RESULT_UNCERTAIN, "a later command took its place");
	written_leave(o, c);
	if (m->action == COMMAND_CLOSE) {
		written_want_safe(c, now);
	} else {
		written_want(c,
		    m->action == COMMAND_SET ? m->value
					     : 1 - written_safe_value(c),
		    now);
		c->on = m->action == COMMAND_OPEN;
		c->until = c->on ? now + m->for_ms : 0;
	}
	c->timed_out = false;
	c->expires = m->expires_ms;
	c->command = m->id;
}

void
outputs_doubt(struct outputs *o, const struct dev *d, int64_t now)
{
	for (size_t i = 0; i < o->n; i++) {
		struct written *c = &o->c[i];

		if (c->dev != d || !c->output ||
		    (c->pending && !c->again && !c->second) ||
		    (c->point != WRITING_SAFE && d->conf->type->plugin &&
			!c->on))
			continue;
		written_doubt(c, now);
	}
}

void
outputs_stop(struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++) {
		struct written *c = &o->c[i];
		bool plugin_closed = c->point != WRITING_SAFE &&
				     c->dev->conf->type->plugin && !c->on &&
				     !c->pending;

		written_answer(o, c, RESULT_UNCERTAIN, "the line is ending");
		written_leave(o, c);
		c->pending = false;
		if (!c->output || plugin_closed)
			continue;
		written_want_safe(c, 0);
		c->urgent = true;
	}
}

size_t
outputs_left(const struct outputs *o)
{
	size_t left = o->now == &o->rest;

	for (size_t i = 0; i < o->n; i++)
		left += o->c[i].output && o->c[i].pending && !o->c[i].second;
	return left;
}
