/*
 * The loop: core on one side, a broker on the other, the journal in between.
 * Order on a connection: status, health, then rows by number.
 */
#include "uplink.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "log.h"
#include "mono.h"
#include "up.h"

enum {
	TICK_MS = 100,
	DRAIN_MS = 2000, /* for PUBACKs when stopping */
	HELLO_MS = 5000,
};

void
up_end(struct up *u, int code)
{
	u->finished = true;
	u->exit_code = code;
	(void)sd_event_exit(u->event, code); /* cannot fail: it is running */
}

void
up_begin_stop(struct up *u)
{
	if (u->stopping)
		return;
	u->stopping = true;
	u->stop_by = mono_ms() + DRAIN_MS;
	/* At once; it cannot fail for a source of ours. */
	(void)sd_event_source_set_time(u->tick, 0);
}

/* PUBACKs first, then the offline status and its PUBACK, then goodbye. */
static void
stop_step(struct up *u, int64_t now)
{
	struct msg *m = u->msg;

	if (u->online && now < u->stop_by) {
		if (u->window.n && now < u->stop_by - DRAIN_MS / 4)
			return;
		if (!u->goodbye_mid) {
			(void)up_publish_status(u, "offline", &u->goodbye_mid);
			up_watch(u);
			return;
		}
		if (!u->said_offline)
			return;
	}
	if (u->mqtt && u->said_offline) {
		char why[64];
		mqtt_goodbye(u->mqtt);
		(void)mqtt_io(u->mqtt, false, true, why, sizeof(why));
	}
	u->io = sd_event_source_disable_unref(u->io);
	u->mqtt = mqtt_free(u->mqtt);
	up_send_acks(u);
	m->kind = MSG_BYE;
	(void)up_to_core(u, m); /* core may be gone, which is why we end */
	up_end(u, 0);
}

/* Ten times a second while something is under way that no event tells of;
 * else each waking up would cost more than what it is for. */
static int64_t
next_tick(struct up *u, int64_t now)
{
	int64_t next = u->beat_at;

	if (!u->online || u->stopping || u->nacks > 0 || up_lags(u))
		return now + TICK_MS;
	if (u->misc_at < next)
		next = u->misc_at;
	if (u->report_at < next)
		next = u->report_at;
	return next > now ? next : now + 1;
}

static int
on_tick(sd_event_source *s, uint64_t usec, void *arg)
{
	struct up *u = arg;
	int64_t now = mono_ms();

	(void)usec;
	if (!u->hello && now >= u->hello_by) {
		log_err("%s: core did not say hello", u->conf->name);
		up_end(u, 1);
		return 0;
	}
	if (now >= u->beat_at)
		up_beat(u);
	up_keep_connection(u, now);
	up_pump(u);
	up_send_acks(u);
	if (now >= u->report_at)
		up_report(u);
	if (u->stopping)
		stop_step(u, now);
	if (u->finished)
		return 0;
	(void)sd_event_source_set_time(s, (uint64_t)next_tick(u, now) * 1000);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static void
read_boot_id(char out[37])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, out, 36);

	if (fd != -1)
		(void)close(fd); /* only read from */
	out[36] = '\0';
	if (n != 36)
		(void)snprintf(out, 37, "unknown");
}

static int
start(struct up *u)
{
	struct msg *m = u->msg;
	int64_t now = mono_ms();
	int r = sd_event_new(&u->event);

	if (r >= 0)
		r = sd_event_add_io(
		    u->event, NULL, CHAN_FD, EPOLLIN, up_on_core, u);
	if (r >= 0)
		r = sd_event_add_time(u->event, &u->tick, CLOCK_BOOTTIME,
		    (uint64_t)now * 1000, 10000, on_tick, u);
	if (r < 0) {
		log_err("%s: %s", u->conf->name, strerror(-r));
		return r;
	}
	u->hello_by = now + HELLO_MS;
	u->beat_at = now + BEAT_MS;
	u->report_at = now + REPORT_MS;
	m->kind = MSG_HELLO;
	(void)snprintf(
	    m->hello.build, sizeof(m->hello.build), "%s", build_id());
	(void)up_to_core(u, m); /* core's absence is noted there */
	return 0;
}

int
uplink_run(const struct site *site, const struct uplink *conf)
{
	struct up *u = calloc(1, sizeof(*u));
	int code = 1;

	if (u) {
		u->site = site;
		u->conf = conf;
		u->msg = calloc(1, sizeof(*u->msg));
		u->said = calloc(conf->nbrokers, sizeof(*u->said));
		u->backlog = backlog_new(site->store_path, conf->name);
		read_boot_id(u->boot);
		(void)snprintf(u->client, sizeof(u->client),
		    "gatewayd-%.64s-%.64s", site->id, conf->name);
		window_init(&u->window, NULL, 0);
	}
	srandom((unsigned)wall_ms() ^ (unsigned)getpid());
	if (!u || !u->msg || !u->said || !u->backlog)
		log_err("out of memory");
	else if (start(u) >= 0 && sd_event_loop(u->event) >= 0)
		code = u->exit_code;
	if (u) {
		sd_event_source_disable_unref(u->io);
		sd_event_source_disable_unref(u->tick);
		mqtt_free(u->mqtt);
		lookup_end(&u->lookup);
		sd_event_unref(u->event);
		backlog_free(u->backlog);
		free(u->health.text);
		free(u->health.next);
		free(u->said);
		free(u->msg);
	}
	free(u);
	return code;
}
