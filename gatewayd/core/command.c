/* A short table; what is refused at once never enters it. */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core.h"
#include "log.h"

static void
record(struct core *core, int64_t now, const char *subject, const char *what,
    const char *by, enum command_result r, const char *text)
{
	log_notice("command: %s: %s, asked by %s: %s%s%s", subject, what, by,
	    command_result_name(r), text[0] != '\0' ? ": " : "", text);
	journal_event(core->journal, EVENT_COMMAND, now, subject,
	    "%s, asked by %s: %s%s%.160s", what, by, command_result_name(r),
	    text[0] != '\0' ? ": " : "", text);
}

static void
tell(struct asker *a, enum command_result r, const char *text)
{
	if (a->told != NULL)
		a->told(a->arg, r, text);
	a->told = NULL;
}

/* A free place; else the one that has been uncertain the longest. The last few
 * are kept for closing, which is never to be crowded out. */
static struct pending *
place(struct commands *c, enum command_action action)
{
	size_t n = action == COMMAND_CLOSE ? COMMANDS_MAX
					   : COMMANDS_MAX - COMMANDS_KEPT;
	struct pending *oldest = NULL;

	for (size_t i = 0; i < n; i++) {
		struct pending *p = &c->pending[i];
		if (p->id == 0)
			return p;
		if (p->until == INT64_MAX &&
		    (oldest == NULL || p->id < oldest->id))
			oldest = p;
	}
	return oldest;
}

/* 0, or -EINVAL with the reason: the line has not heard of it. */
static int
hand_over(struct core *core, const struct meaning *m, uint64_t id, int64_t now,
    char *why, size_t size)
{
	const struct child *c = &core->children[m->line];
	int r = -EPIPE;

	if (core->phase == PHASE_RUN && c->state == CHILD_READY &&
	    !c->stopping && c->fd != -1) {
		core->msg->kind = MSG_COMMAND;
		core->msg->command = m->command;
		core->msg->command.id = id;
		core->msg->command.expires_ms = now + COMMAND_BEGIN_MS;
		r = msg_send(c->fd, core->msg);
	}
	if (r == 0)
		return 0;
	(void)snprintf(why, size,
	    r == -EAGAIN ? "the line %s does not listen now"
			 : "the line %s is not running",
	    c->name);
	return -EINVAL;
}

/* 0, or -EINVAL with the reason. */
static int
begin(struct core *core, const struct asker *a, const struct meaning *m,
    int64_t now, char *why, size_t size)
{
	struct commands *c = &core->commands;
	struct pending *p = place(c, m->command.action);

	if (p == NULL) {
		(void)snprintf(
		    why, size, "too many commands are under way; try again");
		return -EINVAL;
	}
	if (hand_over(core, m, c->last_id + 1, now, why, size) != 0)
		return -EINVAL;
	*p = (struct pending){.id = ++c->last_id,
	    .line = m->line,
	    .until = now + COMMAND_WAIT_MS,
	    .asker = *a};
	memcpy(p->subject, m->subject, sizeof(p->subject));
	memcpy(p->what, m->what, sizeof(p->what));
	/* Before its end is known: what a crash leaves must have an author. */
	journal_event(core->journal, EVENT_COMMAND, now, p->subject,
	    "%s, asked by %s", p->what, p->asker.by);
	return 0;
}

void
command_ask(struct core *core, const struct asker *a, const struct msg_wish *w,
    int64_t now)
{
	char why[MSG_LINE_TEXT_MAX];
	struct asker asker = *a;
	struct meaning m = {0};

	if (wish_read(core->site, w, &m, why, sizeof(why)) == 0 &&
	    begin(core, &asker, &m, now, why, sizeof(why)) == 0)
		return;
	record(core, now, m.subject, m.what, asker.by, RESULT_REFUSED, why);
	tell(&asker, RESULT_REFUSED, why);
}

bool
command_result(
    struct core *core, size_t line, const struct msg_result *m, int64_t now)
{
	for (size_t i = 0; i < COMMANDS_MAX; i++) {
		struct pending *p = &core->commands.pending[i];
		if (m->id == 0 || p->id != m->id || p->line != line)
			continue;
		record(core, now, p->subject, p->what, p->asker.by, m->result,
		    m->text);
		tell(&p->asker, m->result, m->text);
		p->id = 0;
		return true;
	}
	return false;
}

static void
uncertain(struct core *core, struct pending *p, const char *text, int64_t now)
{
	record(core, now, p->subject, p->what, p->asker.by, RESULT_UNCERTAIN,
	    text);
	tell(&p->asker, RESULT_UNCERTAIN, text);
}

void
command_line_gone(struct core *core, size_t line, int64_t now)
{
	for (size_t i = 0; i < COMMANDS_MAX; i++) {
		struct pending *p = &core->commands.pending[i];
		if (p->id == 0 || p->line != line)
			continue;
		if (p->until != INT64_MAX)
			uncertain(core, p,
			    "the line ended before it said what became of it",
			    now);
		p->id = 0;
	}
}

void
command_forget(struct core *core, const void *arg)
{
	for (size_t i = 0; i < COMMANDS_MAX; i++)
		if (core->commands.pending[i].asker.arg == arg)
			core->commands.pending[i].asker.told = NULL;
}

int64_t
command_step(struct core *core, int64_t now)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < COMMANDS_MAX; i++) {
		struct pending *p = &core->commands.pending[i];
		if (p->id == 0)
			continue;
		if (p->until <= now) {
			uncertain(core, p,
			    "the line did not say in 15 s what became of it",
			    now);
			p->until = INT64_MAX; /* its answer may still come */
		}
		if (p->until < next)
			next = p->until;
	}
	return next;
}
