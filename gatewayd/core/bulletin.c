/* Each uplink has a copy to read from, so that none waits for another. */
#include "bulletin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "report_lines.h"

void
bulletin_news(struct bulletin *b)
{
	if (b->number > 0 && b->next > b->last + BULLETIN_APART_MS)
		b->next = b->last + BULLETIN_APART_MS;
}

static void
compose(struct core *core, int64_t now)
{
	struct bulletin *b = &core->bulletin;
	char *text = report_health(core, now, BULLETIN_MAX);

	b->last = now;
	b->next = now + BULLETIN_MS;
	if (text == NULL)
		return; /* no memory: the last one stays */
	free(b->text);
	b->text = text;
	b->number++;
}

/* One more piece. False: no room, or nothing is left to send. */
static bool
send_piece(struct core *core, struct child *c)
{
	size_t n = strlen(c->bulletin + c->bulletin_sent);
	struct msg_text *t = &core->msg->text;

	t->last = n < MSG_CHUNK_MAX;
	n = t->last ? n : MSG_CHUNK_MAX - 1;
	core->msg->kind = MSG_HEALTH;
	memcpy(t->text, c->bulletin + c->bulletin_sent, n);
	t->text[n] = '\0';
	bool last = t->last;
	if (msg_send(c->fd, core->msg) != 0)
		return false; /* full: later; gone: it is told when reaped */
	c->bulletin_sent += n;
	if (last) {
		free(c->bulletin);
		c->bulletin = NULL;
	}
	return !last;
}

static void
feed(struct core *core, struct child *c)
{
	const struct bulletin *b = &core->bulletin;

	if (c->role != ROLE_UPLINK || c->state != CHILD_READY || c->fd == -1)
		return;
	if (c->bulletin == NULL && c->bulletin_number != b->number) {
		c->bulletin = strdup(b->text);
		c->bulletin_sent = 0;
		c->bulletin_number = b->number;
	}
	while (c->bulletin != NULL && send_piece(core, c))
		;
}

int64_t
bulletin_step(struct core *core, int64_t now)
{
	struct bulletin *b = &core->bulletin;

	if (core->site->nuplinks == 0)
		return INT64_MAX;
	if (b->number == 0 && b->next == 0) /* let the lines begin first */
		b->next = now + BULLETIN_APART_MS;
	if (now >= b->next)
		compose(core, now);
	for (size_t i = 0; b->number > 0 && i < core->nchildren; i++)
		feed(core, &core->children[i]);
	return b->next;
}

void
bulletin_done(struct bulletin *b)
{
	free(b->text);
	*b = (struct bulletin){0};
}
