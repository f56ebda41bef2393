/* Nothing here waits but ppoll() on the channel and the bus itself. */
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "chan.h"
#include "log.h"
#include "mono.h"
#include "msg.h"
#include "probe.h"
#include "run.h"

enum { BEAT_AGAIN_MS = 50 };

struct loop {
	int chan;
	struct run *run;
	struct pollfd *fds; /* the run's, and the channel behind them */
	struct msg *in;
	bool kept;  /* core has told all that the devices must not forget */
	bool ready; /* MSG_READY is sent */
	bool stop;  /* told to, or nobody left to tell us */
	bool gone;  /* core is: nothing can be sent any more */
	bool full;  /* the channel is: until it takes something again */
	int64_t beat;
};

static int
send_kind(int chan, enum msg_kind kind)
{
	struct msg m = {.kind = kind};

	return msg_send(chan, &m);
}

/* Waits until the channel is ready for `events`, or boot time `until`. */
static void
wait_chan(int chan, short events, int64_t until)
{
	struct pollfd p = {.fd = chan, .events = events};
	int64_t ms = until - mono_ms();

	ms = ms < 0 ? 0 : ms;
	struct timespec ts = {.tv_sec = (time_t)(ms / 1000),
	    .tv_nsec = (long)(ms % 1000) * 1000000};
	/* Interrupted or not: the caller looks again. */
	(void)ppoll(&p, 1, &ts, NULL);
}

/* 0; an unequal build or a silent core is a reason not to begin. */
static int
hello(struct loop *l)
{
	int64_t until = mono_ms() + HELLO_MS;
	struct msg m = {.kind = MSG_HELLO};
	int rc;

	memcpy(m.hello.build, build_id(), BUILD_ID_LEN);
	if (msg_send(l->chan, &m) != 0) {
		log_err("core is gone; not started");
		return -EPIPE;
	}
	while ((rc = msg_recv(l->chan, l->in)) == -EAGAIN) {
		if (mono_ms() >= until) {
			log_err("core said nothing for 5 s; not started");
			return -ETIMEDOUT;
		}
		wait_chan(l->chan, POLLIN, until);
	}
	if (rc != 1 || l->in->kind != MSG_HELLO) {
		log_err("core did not say hello; not started");
		return -EPROTO;
	}
	if (strcmp(l->in->hello.build, build_id()) != 0) {
		log_err("core is of another build (%s, this is %s); not "
			"started; install both from one package",
		    l->in->hello.build, build_id());
		return -EPROTO;
	}
	return 0;
}

static void
take_kept(struct loop *l, const struct msg_kept *m)
{
	if (l->kept)
		return; /* what the devices have by now is newer */
	keeping_take(l->run->keeping, m);
	l->kept = m->last;
}

static void
take_messages(struct loop *l)
{
	int rc;

	while ((rc = msg_recv(l->chan, l->in)) == 1)
		if (l->in->kind == MSG_STOP)
			l->stop = true;
		else if (l->in->kind == MSG_COMMAND)
			run_command(l->run, &l->in->command, mono_ms());
		else if (l->in->kind == MSG_KEPT)
			take_kept(l, &l->in->kept);
		else if (l->in->kind == MSG_PROBE)
			run_probe(l->run, &l->in->probe);
		else
			log_warning("core sent message %d, which means nothing "
				    "here; ignored",
			    (int)l->in->kind);
	if (rc == -EAGAIN)
		return;
	if (rc == 0 || rc == -ECONNRESET)
		log_notice("core is gone; making outputs safe and ending");
	else
		log_err("core sent nonsense (%s); making outputs safe and "
			"ending",
		    strerror(-rc));
	l->stop = l->gone = true;
}

static void
tell(struct loop *l)
{
	int64_t now = mono_ms();
	struct run *r = l->run;

	/* Not sent: again when the channel takes it, or in a moment. */
	if (now >= l->beat)
		l->beat =
		    now + (send_kind(l->chan, MSG_BEAT) == 0 ? BEAT_MS
							     : BEAT_AGAIN_MS);
	int rc = sink_flush(r->sink, l->chan, now, r->line->name, false);
	l->full = rc == -EAGAIN;
	if (rc != 0 && rc != -EAGAIN) {
		log_notice("core is gone; making outputs safe and ending");
		l->stop = l->gone = true;
		return;
	}
	run_tell(r, l->chan, now);
	probes_tell(r->probes, r->sink, l->chan);
	if (!l->ready && run_ready(r) && send_kind(l->chan, MSG_READY) == 0)
		l->ready = true;
}

/* Lets the lanes go on, waits for what they wait for, and for core. */
static void
turn(struct loop *l, int64_t until_ms)
{
	size_t n = run_nfds(l->run);
	int64_t until = until_ms * 1000, left;

	if (!l->gone && !l->full && sink_due(l->run->sink) < until_ms)
		until = sink_due(l->run->sink) * 1000;
	run_fds(l->run, l->fds, &until);
	l->fds[n] = (struct pollfd){.fd = l->gone ? -1 : l->chan,
	    .events = l->full ? POLLIN | POLLOUT : POLLIN};
	left = until - mono_us();
	left = left < 0 ? 0 : left;
	struct timespec ts = {.tv_sec = (time_t)(left / 1000000),
	    .tv_nsec = (long)(left % 1000000) * 1000};
	/* Interrupted: nothing is ready, and nothing is missed. */
	if (ppoll(l->fds, n + 1, &ts, NULL) == -1)
		for (size_t i = 0; i <= n; i++)
			l->fds[i].revents = 0;
	if ((l->fds[n].revents & ~POLLOUT) != 0)
		take_messages(l);
	run_step(l->run, l->fds, mono_us());
}

/* Nothing is read before: a counter that has not been told where it was would
 * begin anew. 0, also when told to stop meanwhile. */
static int
await_kept(struct loop *l)
{
	int64_t until = mono_ms() + HELLO_MS;

	while (!l->kept && !l->stop && mono_ms() < until) {
		wait_chan(l->chan, POLLIN, until);
		take_messages(l);
	}
	if (l->kept || l->stop)
		return 0;
	log_err("core did not say in 5 s what the devices must not forget; "
		"not started");
	return -ETIMEDOUT;
}

static void
work(struct loop *l)
{
	while (!l->stop) {
		turn(l, l->beat);
		tell(l);
	}
}

/* Nobody is left to close them: said where people will look. */
static void
say_left(struct run *r)
{
	log_err("%s: %zu outputs are not confirmed safe; check them",
	    r->line->name, run_left(r));
	sink_event(r->sink, EVENT_OUTPUT, mono_ms(), r->line->name,
	    "alarm: the line ended with %zu outputs not confirmed safe; check "
	    "them",
	    run_left(r));
}

/* Outputs first; what is queued has the rest of the time. */
static void
finish(struct loop *l)
{
	int64_t until = mono_ms() + STOP_MS;
	struct run *r = l->run;
	int rc = -EAGAIN;

	run_stop(r, until - 500);
	while (run_left(r) > 0 && mono_ms() < until - 500) {
		turn(l, mono_ms() + 100);
		if (!l->gone)
			tell(l);
	}
	if (run_left(r) > 0)
		say_left(r);
	while (!l->gone && rc == -EAGAIN && mono_ms() < until) {
		rc = sink_flush(
		    r->sink, l->chan, mono_ms(), r->line->name, true);
		if (rc == -EAGAIN)
			wait_chan(l->chan, POLLOUT, until);
	}
	r->look_next = 0;
	if (rc == 0)
		run_tell(r, l->chan, mono_ms());
	while (!l->gone && send_kind(l->chan, MSG_BYE) == -EAGAIN &&
	       mono_ms() < until)
		wait_chan(l->chan, POLLOUT, until);
}

int
loop_run(int chan, struct page *page, const struct line *line)
{
	struct loop l = {.chan = chan};
	int code = 1;

	/* A silence of 3.5 characters must not become one of 5. Only a hint. */
	(void)prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
	l.in = malloc(sizeof(*l.in));
	if (l.in != NULL && hello(&l) == 0) {
		l.run = run_new(line, page, mono_ms());
		if (l.run != NULL)
			l.fds = calloc(run_nfds(l.run) + 1, sizeof(*l.fds));
		if (l.fds == NULL) {
			log_err("%s: out of memory; not started", line->name);
		} else if (await_kept(&l) == 0) {
			work(&l);
			finish(&l);
			code = 0;
		}
	}
	l.run = run_free(l.run);
	free(l.fds);
	free(l.in);
	return code;
}
