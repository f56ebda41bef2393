/*
 * Start: configuration, lock, store, socket, children. Stop, in reverse: lines
 * first, for outputs must be safe and their last readings are wanted; then
 * what they said is committed; then the uplinks, which send it; then the last
 * acknowledgements. Ten seconds for all of it.
 *
 * A reload is a stop and a start of the children with another site in between.
 */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "config.h"
#include "control.h"
#include "core.h"
#include "log.h"
#include "mono.h"
#include "notify.h"
#include "snapshot.h"
#include "supervise.h"

enum { UPLINKS_STOP_MS = 7000, ALL_STOP_MS = 9000, TICK_MS = 1000 };

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void
tell_epoch(struct core *core, bool begin)
{
	struct epoch e = {
	    .offset_ms = core->clock.offset_ms, .state = core->clock.state};

	memcpy(e.boot, core->boot, sizeof(e.boot));
	if (journal_epoch(core->journal, &e, begin) != 0)
		log_err("clock: no memory for its step; it is tried again");
}

static void
watch_clock(struct core *core, int64_t now)
{
	struct clock_view v = clock_view();
	char text[MSG_LINE_TEXT_MAX];
	int64_t step;
	enum clock_change change = clock_look(&core->clock, &v, &step);

	if (change == CLOCK_SAME)
		return;
	tell_epoch(core, change == CLOCK_STEPPED);
	if (change == CLOCK_LEARNT)
		(void)snprintf(text, sizeof(text),
		    "the time is known now; readings that waited are moved by "
		    "%.1f s",
		    (double)step / 1000);
	else if (change == CLOCK_RELEASED)
		(void)snprintf(text, sizeof(text),
		    "the time is still not known to be right; readings are "
		    "forwarded as uncertain from now on");
	else
		(void)snprintf(text, sizeof(text),
		    "stepped by %.1f s; the time is %s", (double)step / 1000,
		    core->clock.state == EPOCH_KNOWN ? "known" : "not known");
	log_notice("clock: %s", text);
	journal_event(core->journal, EVENT_CLOCK, now, "clock", "%s", text);
}

static void
tell_status(struct core *core)
{
	size_t devices = 0, online = 0, open = 0;
	char text[sizeof(core->status)];

	for (size_t i = 0; i < core->site->nlines; i++) {
		size_t n = core->site->lines[i].ndevices;
		open += core->lines[i].port == PORT_OPEN;
		devices += n;
		for (size_t d = 0; d < n; d++)
			online +=
			    core->lines[i].devices[d].state == DEVICE_ONLINE;
	}
	(void)snprintf(text, sizeof(text),
	    "%zu of %zu lines open, %zu of %zu devices online, store %s", open,
	    core->site->nlines, online, devices,
	    store_result_name(journal_view(core->journal).state));
	if (strcmp(text, core->status) == 0)
		return;
	memcpy(core->status, text, sizeof(text));
	notify_status(text);
}

static void
begin_stop(struct core *core, int64_t now)
{
	core->phase = PHASE_STOP_LINES;
	core->stop_at = now;
	supervise_stop(core, ROLE_LINE, now);
}

/* Reads the file again; the old site stays in force when it is wrong. */
static void
begin_reload(struct core *core, int64_t now)
{
	core->reload = false;
	notify_reloading();
	if (config_read(core->opt, &core->next_site, &core->next_snapshot) !=
	    0) {
		log_err("%s: not reloaded; the gateway goes on with what it "
			"had",
		    core->opt->config);
		journal_event(core->journal, EVENT_GATEWAY, now, "gateway",
		    "configuration %.180s is wrong; the old one stays in force",
		    core->opt->config);
		notify("READY=1");
		return;
	}
	/* The uplinks would read another file than the one written here. */
	if (strcmp(core->next_site->store_path, core->site->store_path) != 0) {
		log_err("%s: store.path changed, which needs a restart; not "
			"reloaded, the gateway goes on with what it had",
		    core->opt->config);
		journal_event(core->journal, EVENT_GATEWAY, now, "gateway",
		    "store.path changed, which needs a restart; the old "
		    "configuration stays in force");
		core->next_site = site_free(core->next_site);
		(void)close(core->next_snapshot); /* nobody else has it */
		core->next_snapshot = -1;
		notify("READY=1");
		return;
	}
	begin_stop(core, now);
}

static void
finish_reload(struct core *core, int64_t now)
{
	int64_t hold;

	core_site_done(core);
	core->site = core->next_site;
	core->snapshot = core->next_snapshot;
	core->next_site = NULL;
	core->next_snapshot = -1;
	hold = core->started + core->site->clock_hold_ms;
	core->clock.trust = core->site->clock_trust;
	core->clock.hold_until = hold;
	if (core_site(core) != 0) {
		log_err("no memory for the new configuration; ending");
		core->phase = PHASE_END;
		core->stop = true;
		return;
	}
	core->phase = PHASE_RUN;
	log_notice("%s: reloaded", core->opt->config);
	journal_event(core->journal, EVENT_GATEWAY, now, "gateway",
	    "configuration %.200s reloaded", core->opt->config);
	notify("READY=1");
}

/* Where the stop has got to. */
static void
step_stop(struct core *core, int64_t now)
{
	int64_t since = now - core->stop_at;

	if (core->phase == PHASE_STOP_LINES &&
	    (supervise_gone(core, ROLE_LINE) || since >= UPLINKS_STOP_MS)) {
		journal_flush(core->journal, now);
		core->phase = PHASE_STOP_UPLINKS;
		supervise_stop(core, ROLE_UPLINK, now);
	}
	if (core->phase != PHASE_STOP_UPLINKS)
		return;
	if (since >= ALL_STOP_MS)
		supervise_abandon(core);
	if (!supervise_gone(core, ROLE_LINE) ||
	    !supervise_gone(core, ROLE_UPLINK))
		return;
	if (core->stop)
		core->phase = PHASE_END;
	else
		finish_reload(core, now);
}

static int64_t
step(struct core *core, int64_t now)
{
	int64_t next;

	if (now >= core->tick) {
		core->tick = now + TICK_MS;
		watch_clock(core, now);
		tell_status(core);
	}
	if (core->phase == PHASE_RUN && core->stop)
		begin_stop(core, now);
	else if (core->phase == PHASE_RUN && core->reload)
		begin_reload(core, now);
	next = journal_step(core->journal, now);
	if (core->files != journal_files(core->journal)) {
		core->files = journal_files(core->journal);
		supervise_renew_uplinks(core, now);
	}
	next = earlier(next, supervise_step(core, now));
	next = earlier(next, command_step(core, now));
	next = earlier(next, culprit_step(core, now));
	next = earlier(next, bulletin_step(core, now));
	control_step(core->control, now);
	if (core->phase != PHASE_RUN) {
		step_stop(core, now);
		next = earlier(next, now + 100);
	}
	if (core->watchdog_ms > 0 && now >= core->watchdog) {
		core->watchdog = now + core->watchdog_ms;
		notify("WATCHDOG=1");
	}
	if (core->watchdog_ms > 0)
		next = earlier(next, core->watchdog);
	return earlier(next, core->tick);
}

static int
loop(struct core *core)
{
	while (core->phase != PHASE_END) {
		int64_t next = step(core, mono_ms());
		int64_t wait = next - mono_ms();
		int r = sd_event_run(
		    core->loop, wait > 0 ? (uint64_t)wait * 1000 : 0);

		if (r < 0 && r != -EINTR) {
			log_err("the event loop failed: %s", strerror(-r));
			return 1;
		}
	}
	return 0;
}

static int
on_signal(
    sd_event_source *source, const struct signalfd_siginfo *si, void *user)
{
	struct core *core = user;

	(void)source;
	if (si->ssi_signo == SIGHUP) {
		core->reload = true;
		return 0;
	}
	if (!core->stop) {
		log_notice("stopping: %s", strsignal((int)si->ssi_signo));
		notify("STOPPING=1");
	}
	core->stop = true;
	return 0;
}

static int
set_up_loop(struct core *core)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	sigset_t mask;
	int r = sd_event_new(&core->loop);

	(void)sigemptyset(&mask); /* these cannot fail */
	(void)sigaddset(&mask, SIGCHLD);
	for (size_t i = 0; i < 3; i++)
		(void)sigaddset(&mask, signals[i]);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) == -1)
		r = r < 0 ? r : -errno;
	for (size_t i = 0; r >= 0 && i < 3; i++)
		r = sd_event_add_signal(
		    core->loop, NULL, signals[i], on_signal, core);
	if (r < 0)
		log_err("no event loop: %s; not started", strerror(-r));
	return r;
}

static int
set_up_store(struct core *core)
{
	struct clock_view v = clock_view();

	clock_boot_id(core->boot);
	clock_init(&core->clock, core->site->clock_trust,
	    core->site->clock_hold_ms, &v);
	core->journal = journal_new(
	    core->site->store_path, core->site->commit_ms, QUEUE_MAX);
	if (core->journal == NULL)
		return -ENOMEM;
	tell_epoch(core, true);
	if (journal_open(core->journal, v.boot_ms) == STORE_NEWER)
		return -EINVAL; /* said by journal */
	core->files = journal_files(core->journal);
	journal_event(core->journal, EVENT_GATEWAY, v.boot_ms, "gateway",
	    "gatewayd %s started, configuration %.180s", build_version(),
	    core->opt->config);
	if (core->clock.state == EPOCH_UNKNOWN)
		journal_event(core->journal, EVENT_CLOCK, v.boot_ms, "clock",
		    "the time is not known to be right yet; readings wait");
	return 0;
}

static int
set_up(struct core *core)
{
	int r;

	if (core->opt->paths.line_program == NULL)
		log_err("gatewayd-line is neither beside gatewayd nor in "
			"../libexec/gatewayd; install it");
	if (config_read(core->opt, &core->site, &core->snapshot) != 0 ||
	    core->opt->paths.line_program == NULL) {
		log_err("not started");
		return -EINVAL;
	}
	if (core->site->nuplinks > 0 && core->opt->paths.uplink_program == NULL)
		log_warning("gatewayd-uplink is not installed; nothing is "
			    "forwarded");
	if (config_lock(core) != 0 || set_up_loop(core) < 0 ||
	    set_up_store(core) != 0)
		return -EINVAL;
	if (core_site(core) != 0) {
		log_err("no memory; not started");
		return -ENOMEM;
	}
	r = control_open(core);
	if (r < 0) /* the field goes on without gatewayctl */
		log_err("%s/control.sock: %s; gatewayctl gets no answers",
		    core->opt->run_dir, strerror(-r));
	return 0;
}

static void
tear_down(struct core *core)
{
	core->control = control_close(core->control);
	core_site_done(core);
	core->next_site = site_free(core->next_site);
	core->journal = journal_free(core->journal);
	core->loop = sd_event_unref(core->loop);
	free(core->msg);
	if (core->next_snapshot != -1)
		(void)close(core->next_snapshot); /* only memory */
	if (core->lock >= 0)
		(void)close(core->lock); /* nothing was written */
	if (core->store_lock >= 0)
		(void)close(core->store_lock); /* as above */
}

int
daemon_run(const struct options *opt)
{
	struct core core = {.opt = opt,
	    .snapshot = -1,
	    .next_snapshot = -1,
	    .lock = -1,
	    .store_lock = -1,
	    .started = mono_ms(),
	    .watchdog_ms = notify_watchdog_ms(),
	    .msg = calloc(1, sizeof(*core.msg))};
	int code = 1;

	if (core.msg != NULL && set_up(&core) == 0) {
		log_notice("gatewayd %s started, site %s, %s", build_version(),
		    core.site->id, opt->config);
		notify("READY=1");
		code = loop(&core);
		journal_event(core.journal, EVENT_GATEWAY, mono_ms(), "gateway",
		    "stopped");
		journal_flush(core.journal, mono_ms());
	}
	tear_down(&core);
	return code;
}
