/* A short table, like that of commands; what is refused never enters it. */
#include "errand.h"

#include <stdio.h>
#include <string.h>

#include "core.h"
#include "log.h"

enum { READ_INPUT = 4 }; /* the last function that only reads */

static void
refuse(const struct errand_for *by, const struct msg_probe *m,
    enum probe_result result, const char *text)
{
	struct msg_probed a = {.id = m->id, .result = result};

	(void)snprintf(a.text, sizeof(a.text), "%s", text);
	by->told(by->arg, &a);
}

static const char *
result_name(enum probe_result r)
{
	static const char *const name[PROBE_RESULTS] = {[PROBE_OK] = "done",
	    [PROBE_TIMEOUT] = "no answer",
	    [PROBE_EXCEPTION] = "refused by the device",
	    [PROBE_NOISE] = "garbled answer",
	    [PROBE_PORT] = "no port",
	    [PROBE_REFUSED] = "refused"};

	return r < PROBE_RESULTS && name[r] != NULL ? name[r] : "?";
}

/* "holding 0x07D0 = 0x0002", the first few of many. */
static void
say_words(const struct msg_probe *m, char *out, size_t size)
{
	enum { SHOWN = 4 };
	const bool coil = m->function == 5 || m->function == 15;
	size_t at;

	at = (size_t)snprintf(
	    out, size, "%s 0x%04X =", coil ? "coil" : "holding", m->addr);
	for (uint16_t i = 0; i < m->nwords && i < SHOWN && at < size; i++)
		at += (size_t)snprintf(out + at, size - at,
		    coil ? " %u" : " 0x%04X", (unsigned)m->words[i]);
	if (m->nwords > SHOWN && at < size)
		(void)snprintf(
		    out + at, size - at, " and %d more", m->nwords - SHOWN);
}

/* What is written has an author, whatever becomes of it; result 0: not known
 * yet. */
static void
record(struct core *core, const struct errand_for *by,
    const struct msg_probe *m, enum probe_result result, const char *text,
    int64_t now)
{
	char subject[MSG_SUBJECT_MAX], words[96], became[140] = "";

	(void)snprintf(subject, sizeof(subject), "%.64s", m->line);
	say_words(m, words, sizeof(words));
	if (result != 0)
		(void)snprintf(became, sizeof(became), ": %s%s%.100s",
		    result_name(result), text[0] != '\0' ? ": " : "", text);
	log_notice("command: %s: unit %u, %s, asked by %s%s", subject, m->unit,
	    words, by->by, became);
	journal_event(core->journal, EVENT_COMMAND, now, subject,
	    "unit %u, %s, asked by %s%s", m->unit, words, by->by, became);
}

static const struct line *
find(const struct core *core, const char *name, size_t *index)
{
	for (size_t i = 0; i < core->site->nlines; i++)
		if (strcmp(core->site->lines[i].name, name) == 0) {
			*index = i;
			return &core->site->lines[i];
		}
	return NULL;
}

/* A free place; none when the line has all it takes. */
static struct errand *
place(struct core *core, size_t line)
{
	struct errand *free_one = NULL;
	size_t n = 0;

	for (size_t i = 0; i < ERRANDS_MAX; i++) {
		struct errand *p = &core->errands.list[i];

		if (p->id == 0)
			free_one = p;
		else
			n += p->line == line;
	}
	return n < PROBES_MAX ? free_one : NULL;
}

static int
hand_over(struct core *core, size_t line, const struct msg_probe *m)
{
	const struct child *c = &core->children[line];
	struct msg *out = core->msg;

	if (core->phase != PHASE_RUN || c->state != CHILD_READY ||
	    c->stopping || c->fd == -1)
		return -1;
	out->kind = MSG_PROBE;
	out->probe = *m;
	return msg_send(c->fd, out);
}

void
errand_ask(struct core *core, const struct errand_for *by,
    const struct msg_probe *m, int64_t now)
{
	const struct msg_probe asked = *m; /* core->msg is used again */
	struct msg_probe out = asked;
	struct errand *p;
	size_t line = 0;

	if (find(core, asked.line, &line) == NULL) {
		refuse(
		    by, &asked, PROBE_REFUSED, "the gateway has no such line");
		return;
	}
	p = place(core, line);
	if (p == NULL) {
		refuse(by, &asked, PROBE_REFUSED,
		    "others are asking on this line; try again");
		return;
	}
	out.id = core->errands.last_id + 1;
	if (hand_over(core, line, &out) != 0) {
		refuse(by, &asked, PROBE_PORT,
		    "the line is not running, or does not listen now");
		return;
	}
	core->errands.last_id++;
	/* Before its end is known: what a crash leaves must have an author. */
	if (asked.function > READ_INPUT)
		record(core, by, &asked, 0, "", now);
	*p = (struct errand){.id = out.id,
	    .line = line,
	    .writes = asked.function > READ_INPUT,
	    .by = *by,
	    .asked = asked};
}

static void
conclude(struct core *core, struct errand *p, const struct msg_probed *m,
    int64_t now)
{
	struct msg_probed a = *m;

	a.id = p->asked.id;
	p->id = 0;
	if (p->writes)
		record(core, &p->by, &p->asked, a.result, a.text, now);
	if (p->by.told != NULL)
		p->by.told(p->by.arg, &a);
}

bool
errand_answered(
    struct core *core, size_t line, const struct msg_probed *m, int64_t now)
{
	for (size_t i = 0; i < ERRANDS_MAX; i++) {
		struct errand *p = &core->errands.list[i];

		if (m->id == 0 || p->id != m->id || p->line != line)
			continue;
		conclude(core, p, m, now);
		return true;
	}
	return false;
}

void
errand_line_gone(struct core *core, size_t line, int64_t now)
{
	static const struct msg_probed gone = {.result = PROBE_PORT,
	    .text = "the line ended before it answered; nobody knows whether "
		    "it was sent"};

	for (size_t i = 0; i < ERRANDS_MAX; i++)
		if (core->errands.list[i].id != 0 &&
		    core->errands.list[i].line == line)
			conclude(core, &core->errands.list[i], &gone, now);
}

void
errand_forget(struct core *core, const void *arg)
{
	for (size_t i = 0; i < ERRANDS_MAX; i++)
		if (core->errands.list[i].by.arg == arg)
			core->errands.list[i].by.told = NULL;
}
