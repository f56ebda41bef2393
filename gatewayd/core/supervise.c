/*
 * A child's life. Core sees its end twice: the channel closes, the process is
 * reaped; whatever is still in the channel is taken first, for the last
 * readings of a line are in it.
 */
#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "build.h"
#include "core.h"
#include "dispatch.h"
#include "handover.h"
#include "log.h"
#include "mono.h"

/* So many messages of one child before the others have their turn. */
enum { TURN = 16 };

/* How soon a channel that is full or not listened to is looked at again. */
enum { HELD_MS = 50 };

static const char *
role_name(const struct child *c)
{
	return c->role == ROLE_LINE ? "line" : "uplink";
}

static void
end_source(void **source)
{
	*source = sd_event_source_disable_unref(*source);
}

static void
let_go(struct core *core, struct child *c)
{
	bool was = c->fd != -1;

	end_source(&c->io);
	child_close(c);
	if (was && c->role == ROLE_LINE) {
		command_line_gone(core, c->index, mono_ms());
		errand_line_gone(core, c->index, mono_ms());
	}
}

/* Its next start, and what people are told. */
__attribute__((format(printf, 4, 5))) static void
lost(struct core *core, struct child *c, int64_t now, const char *fmt, ...)
{
	char what[MSG_LINE_TEXT_MAX];
	uint32_t delay = backoff_after(&c->backoff, now - c->started);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	c->next = now + delay;
	if (c->role == ROLE_UPLINK)
		core->links[c->index].link = LINK_OFFLINE;
	log_err("%s %s: process %d: %s; %s", role_name(c), c->name, c->pid,
	    what, c->stopping ? "not started again" : "started again");
	if (c->stopping)
		journal_event(
		    core->journal, EVENT_CHILD, now, c->name, "%.200s", what);
	else
		journal_event(core->journal, EVENT_CHILD, now, c->name,
		    "%.200s; started again in %.1f s", what, delay / 1000.0);
}

/* What it did costs it its life. */
__attribute__((format(printf, 4, 5))) static void
fail(struct core *core, struct child *c, int64_t now, const char *fmt, ...)
{
	char why[MSG_LINE_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	child_kill(c);
	let_go(core, c);
	lost(core, c, now, "%s", why);
	c->state = CHILD_ENDING;
	c->heard = now; /* when it was killed */
}

/* A plugin that never returns keeps its line from saying anything. */
static void
fail_silent(struct core *core, struct child *c, int64_t now)
{
	const struct device *at = culprit_of(core, c);
	char where[200];

	fail(core, c, now, "it said nothing for %d s%s; killed",
	    SILENCE_MS / 1000, culprit_words(at, where, sizeof(where)));
	culprit_count(core, c, at, now);
}

/* 1: more may be there; 0: nothing; -EPIPE: the channel is at its end, or
 * the child was killed for what it said. */
static int
take_one(struct core *core, struct child *c)
{
	char why[MSG_LINE_TEXT_MAX];
	int64_t now = mono_ms();
	int r = msg_recv(c->fd, core->msg);

	if (r == 1) {
		c->heard = now;
		if (dispatch(core, c, core->msg, why, sizeof(why)) == 0)
			return 1;
		fail(core, c, now, "%s; killed", why);
		return -EPIPE;
	}
	if (r == -EAGAIN)
		return 0;
	if (r == -EPROTO)
		fail(core, c, now, "it sent a malformed message; killed");
	return -EPIPE;
}

/* While the journal is crowded a line keeps what it has: the channel fills, and
 * then its own ring. It is not silent for that. */
static bool
hold(struct core *core, struct child *c, int64_t now)
{
	bool held = c->role == ROLE_LINE && journal_crowded(core->journal, now);

	if (held)
		c->heard = now;
	if (held == c->held)
		return held;
	c->held = held;
	if (c->io != NULL) /* cannot fail for a source of ours */
		(void)sd_event_source_set_enabled(
		    c->io, held ? SD_EVENT_OFF : SD_EVENT_ON);
	return held;
}

static int
on_channel(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct core *core = user;
	struct child *c = NULL;
	int r = 1;

	(void)events;
	for (size_t i = 0; i < core->nchildren; i++)
		if (core->children[i].io == source)
			c = &core->children[i];
	if (c == NULL || c->fd != fd || hold(core, c, mono_ms()))
		return 0;
	for (int i = 0; i < TURN && r == 1; i++)
		r = take_one(core, c);
	if (r < 0 && c->state != CHILD_ENDING)
		let_go(core, c); /* its end is near: it is told when reaped */
	return 0;
}

static void
describe_end(const siginfo_t *si, char *out, size_t size)
{
	if (si->si_code == CLD_EXITED)
		(void)snprintf(
		    out, size, "it ended with code %d", si->si_status);
	else
		(void)snprintf(out, size, "it was ended by signal %d (%s)",
		    si->si_status, strsignal(si->si_status));
}

static void
reaped(struct core *core, struct child *c, const siginfo_t *si)
{
	int64_t now = mono_ms();
	char how[80], where[200];

	while (c->fd != -1 && take_one(core, c) == 1)
		;
	let_go(core, c);
	describe_end(si, how, sizeof(how));
	bool told = c->state == CHILD_ENDING;
	bool wanted = (c->stopping || c->renew) && c->bye &&
		      si->si_code == CLD_EXITED && si->si_status == 0;
	if (!told && !wanted) {
		const struct device *at = culprit_of(core, c);

		lost(core, c, now, "%s%s", how,
		    culprit_words(at, where, sizeof(where)));
		culprit_count(core, c, at, now);
	} else {
		log_debug("%s %s: process %d: %s", role_name(c), c->name,
		    c->pid, how);
	}
	if (wanted)
		c->next = now;
	c->pid = 0;
	c->state = CHILD_DOWN;
}

static int
on_end(sd_event_source *source, const siginfo_t *si, void *user)
{
	struct core *core = user;

	/* One that was given up on is only reaped. */
	for (size_t i = 0; i < core->nchildren; i++)
		if (core->children[i].pid == si->si_pid) {
			end_source(&core->children[i].ended);
			reaped(core, &core->children[i], si);
			return 0;
		}
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

static int
watch(struct core *core, struct child *c)
{
	sd_event_source *ended = NULL, *io = NULL;
	int r = sd_event_add_child(
	    core->loop, &ended, c->pid, WEXITED, on_end, core);

	if (r >= 0)
		r = sd_event_add_io(
		    core->loop, &io, c->fd, EPOLLIN, on_channel, core);
	c->ended = ended;
	c->io = io;
	return r < 0 ? r : 0;
}

static void
start(struct core *core, struct child *c, int64_t now)
{
	struct program p = {.path = c->role == ROLE_LINE
					? core->opt->paths.line_program
					: core->opt->paths.uplink_program,
	    .snapshot = core->snapshot,
	    .page = -1,
	    .debug = core->opt->debug};
	struct msg hello = {.kind = MSG_HELLO};
	bool again = c->started != 0;
	int r;

	if (c->role == ROLE_LINE) {
		struct line_info *l = &core->lines[c->index];
		l->port = PORT_CLOSED;
		l->use = 0;
		l->overruns = 0;
		l->text[0] = '\0';
		/* Without one the field is still worth reading. */
		p.page = culprit_page(core, c->index);
	}
	r = child_start(c, &p, now);
	if (r == 0)
		r = watch(core, c);
	if (r == 0) {
		c->restarts += again;
		memcpy(hello.hello.build, build_id(), BUILD_ID_LEN);
		r = msg_send(c->fd, &hello);
		if (r == 0 || r == -EPIPE) /* already gone: reaped soon */
			return;
	}
	if (c->pid > 0) {
		fail(core, c, now, "it cannot be watched: %s", strerror(-r));
		return;
	}
	c->started = now;
	lost(core, c, now, "%s cannot be started: %s", p.path, strerror(-r));
}

/* Told as soon as the channel has room. */
static void
send_stop(struct core *core, struct child *c)
{
	core->msg->kind = MSG_STOP;
	if (c->fd != -1 && !c->stop_sent && c->state != CHILD_STARTING &&
	    msg_send(c->fd, core->msg) == 0)
		c->stop_sent = true;
}

static void
send_committed(struct core *core, struct child *c)
{
	uint64_t commits = journal_commits(core->journal);

	if (c->role != ROLE_UPLINK || c->committed == commits ||
	    (c->state != CHILD_UP && c->state != CHILD_READY) || c->fd == -1)
		return;
	core->msg->kind = MSG_COMMITTED;
	core->msg->range =
	    (struct msg_range){.first = 0, .last = journal_last(core->journal)};
	if (msg_send(c->fd, core->msg) == 0)
		c->committed = commits;
}

/* A process that even SIGKILL does not end (a driver holds it) is left behind,
 * to be reaped whenever it ends; its successor may find the port busy. */
static void
give_up(struct child *c)
{
	(void)sd_event_source_set_floating(c->ended, true);
	c->ended = sd_event_source_unref(c->ended);
	c->pid = 0;
	c->state = CHILD_DOWN;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
supervise_step(struct core *core, int64_t now)
{
	int64_t next = now + 1000;

	for (size_t i = 0; i < core->nchildren; i++) {
		struct child *c = &core->children[i];

		if (c->held && hold(core, c, now))
			next = sooner(next, now + HELD_MS);
		/* What it said may wait in the channel: a slow card held us. */
		if (child_silent(c, now) && c->fd != -1)
			(void)take_one(core, c);
		if (child_silent(c, now))
			fail_silent(core, c, now);
		if (c->state == CHILD_ENDING && now - c->heard >= REAP_MS)
			give_up(c);
		if (c->state == CHILD_DOWN && !c->stopping && now >= c->next)
			start(core, c, now);
		if ((c->stopping || c->renew) && !c->stop_sent)
			send_stop(core, c);
		if (!handover_step(core, c, now))
			next = sooner(next, now + HELD_MS);
		send_committed(core, c);
		if (c->state == CHILD_DOWN && !c->stopping)
			next = sooner(next, c->next);
	}
	return next;
}

void
supervise_stop(struct core *core, enum child_role role, int64_t now)
{
	for (size_t i = 0; i < core->nchildren; i++) {
		struct child *c = &core->children[i];

		if (c->role != role || c->stopping)
			continue;
		c->stopping = true;
		c->heard = now; /* it has its time to end */
		send_committed(core, c);
		send_stop(core, c);
	}
}

bool
supervise_gone(const struct core *core, enum child_role role)
{
	for (size_t i = 0; i < core->nchildren; i++)
		if (core->children[i].role == role &&
		    core->children[i].state != CHILD_DOWN)
			return false;
	return true;
}

void
supervise_abandon(struct core *core)
{
	int64_t now = mono_ms();

	for (size_t i = 0; i < core->nchildren; i++) {
		struct child *c = &core->children[i];

		if (c->pid > 0 && c->state != CHILD_ENDING)
			fail(core, c, now, "it did not end in time; killed");
		if (c->ended != NULL)
			give_up(c);
		let_go(core, c);
	}
}

void
supervise_renew_uplinks(struct core *core, int64_t now)
{
	for (size_t i = 0; i < core->nchildren; i++) {
		struct child *c = &core->children[i];

		if (c->role == ROLE_UPLINK && c->pid > 0 && !c->stopping &&
		    c->state != CHILD_ENDING)
			fail(core, c, now,
			    "the store is another file now; ended");
	}
}
