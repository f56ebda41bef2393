/*
 * The loop: core on one side, a broker on the other, the journal in between.
 * Connecting is the one step that may block (libmosquitto asks the resolver),
 * so it comes after a lookup that found the name, and a beat goes out before
 * it. Order on a connection: status, then rows by number.
 */
#include "uplink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "backlog.h"
#include "chan.h"
#include "json.h"
#include "log.h"
#include "lookup.h"
#include "mono.h"
#include "mqtt.h"
#include "msg.h"
#include "retry.h"

enum {
	TICK_MS = 100,
	BEAT_MS = 1000,
	REPORT_MS = 5000,
	CONNECT_MS = 15000, /* to CONNACK */
	DRAIN_MS = 2000,    /* for PUBACKs when stopping */
	HELLO_MS = 5000,
	STEADY_MS = 10000,   /* a connection that held so long was one */
	MESSAGE_MAX = 16384, /* bytes, unless one row is larger */
	ACKS_MAX = 256,
};

struct up {
	const struct site *site;
	const struct uplink *conf;
	sd_event *event;
	sd_event_source *io; /* of the broker's socket */
	struct mqtt *mqtt;
	struct lookup lookup;
	struct window window;
	struct backlog *backlog;
	struct msg *msg; /* one, for all: it is large */
	char topic[256], boot[37], client[160];

	bool came_online, online, hello, stopping, said_offline, finished,
	    core_gone;
	int exit_code;
	int goodbye_mid; /* the offline status; 0: none */
	uint32_t failures;
	size_t broker;
	uint64_t durable, sent;
	int64_t retry_at, connect_by, stop_by, beat_at, report_at, misc_at,
	    hello_by, online_at, heard_at;
	char why[MSG_LINE_TEXT_MAX];
	char (*said)[MSG_LINE_TEXT_MAX]; /* last told, for each broker */
	struct seq_range acks[ACKS_MAX]; /* not yet taken by core */
	size_t nacks;
};

static void
end(struct up *u, int code)
{
	u->finished = true;
	u->exit_code = code;
	(void)sd_event_exit(u->event, code); /* cannot fail: it is running */
}

static void
begin_stop(struct up *u)
{
	if (u->stopping)
		return;
	u->stopping = true;
	u->stop_by = mono_ms() + DRAIN_MS;
}

/* 0; -EAGAIN: later; other: core is gone, or the channel is broken. Nothing
 * can be recorded any more, but the county can still be told goodbye. */
static int
to_core(struct up *u, struct msg *m)
{
	int r = u->core_gone ? -EPIPE : msg_send(CHAN_FD, m);

	if (r < 0 && r != -EAGAIN) {
		u->core_gone = true;
		begin_stop(u);
	}
	return r;
}

static void
beat(struct up *u)
{
	struct msg *m = u->msg;

	m->kind = MSG_BEAT;
	u->beat_at = mono_ms() + BEAT_MS;
	(void)to_core(u, m); /* core's absence is noted there */
}

static void
report(struct up *u)
{
	struct msg *m = u->msg;

	m->kind = MSG_LINK;
	m->state = (struct msg_state){
	    .state = u->online                  ? LINK_ONLINE
		     : u->mqtt || u->lookup.pid ? LINK_CONNECTING
						: LINK_OFFLINE,
	    .in_flight = (uint32_t)u->window.n,
	    .sent = u->sent,
	};
	(void)snprintf(m->state.text, sizeof(m->state.text), "%s", u->why);
	u->report_at = mono_ms() + REPORT_MS;
	(void)to_core(u, m); /* core's absence is noted there */
}

/* An edge: once in the log, once in the journal. */
static void
tell(struct up *u, const char *text)
{
	struct msg *m = u->msg;

	if (strcmp(u->said[u->broker], text) == 0)
		return;
	(void)snprintf(u->said[u->broker], MSG_LINE_TEXT_MAX, "%s", text);
	log_notice("%s: %s", u->conf->name, text);
	m->kind = MSG_EVENT;
	m->event = (struct msg_event){.kind = EVENT_LINK, .boot_ms = mono_ms()};
	(void)snprintf(m->event.subject, sizeof(m->event.subject), "%.200s",
	    u->conf->name);
	(void)snprintf(m->event.text, sizeof(m->event.text), "%s", text);
	(void)to_core(u, m); /* core's absence is noted there */
}

static void
send_acks(struct up *u)
{
	struct msg *m = u->msg;
	size_t i = 0;

	for (; i < u->nacks; i++) {
		m->kind = MSG_ACK;
		m->range =
		    (struct msg_range){u->acks[i].first, u->acks[i].last};
		if (to_core(u, m) < 0)
			break;
	}
	memmove(u->acks, u->acks + i, (u->nacks - i) * sizeof(u->acks[0]));
	u->nacks -= i;
}

static void
note_ack(struct up *u, struct seq_range range)
{
	struct seq_range *last = u->nacks ? &u->acks[u->nacks - 1] : NULL;

	if (last && last->last + 1 == range.first)
		last->last = range.last;
	else if (u->nacks < ACKS_MAX)
		u->acks[u->nacks++] = range;
	/* Else core did not listen for 256 of them: sent again some day. */
}

static void
drop(struct up *u, const char *why)
{
	char text[MSG_LINE_TEXT_MAX];
	const struct broker *b = &u->conf->brokers[u->broker];
	bool was = u->online;

	/* One that is lost as soon as it is there is a failure like others. */
	if (was && mono_ms() - u->online_at >= STEADY_MS)
		u->failures = 0;
	u->io = sd_event_source_disable_unref(u->io);
	u->mqtt = mqtt_free(u->mqtt);
	u->online = u->came_online = false;
	window_reset(&u->window);
	u->failures++;
	u->retry_at = mono_ms() + retry_ms(u->failures, (uint32_t)random());
	(void)snprintf(
	    u->why, sizeof(u->why), "%.60s:%u: %s", b->host, b->port, why);
	(void)snprintf(text, sizeof(text), "%s %.230s",
	    was ? "connection lost to" : "no connection to", u->why);
	tell(u, text);
	u->broker = (u->broker + 1) % u->conf->nbrokers;
	report(u);
	if (u->stopping)
		u->stop_by = mono_ms();
}

static const char *
in_topic(struct up *u, const char *leaf)
{
	(void)snprintf(u->topic, sizeof(u->topic), "%s/%s/%s", u->conf->topic,
	    u->site->id, leaf);
	return u->topic;
}

/* 0 or -1: the connection is dropped. */
static int
publish(struct up *u, const char *leaf, const char *payload, size_t len,
    bool retain, int *mid)
{
	char why[MSG_LINE_TEXT_MAX] = "";

	if (mqtt_publish(u->mqtt, in_topic(u, leaf), payload, len, retain, mid,
		why, sizeof(why)) == 0)
		return 0;
	drop(u, why);
	return -1;
}

static int
publish_status(struct up *u, const char *state, int *mid)
{
	size_t len = 0;
	char *text = json_status(
	    state, u->site->id, build_version(), u->boot, wall_ms(), &len);
	int r = text ? publish(u, "status", text, len, true, mid) : -1;

	free(text);
	return r;
}

/* As many of the rows as fit: *n of them. What is left comes next. */
static char *
payload(const struct stored *rows, size_t *n, size_t *len)
{
	char *text;

	if (rows->is_event)
		return json_event(rows, len);
	while ((text = json_readings(rows, *n, len)) && *len > MESSAGE_MAX &&
	       *n > 1) {
		free(text);
		*n /= 2;
	}
	return text;
}

/* One message, or the news that these rows need none. False: enough. */
static bool
send_rows(struct up *u, const struct stored *rows, size_t n)
{
	size_t len = 0;
	char *text = payload(rows, &n, &len);
	uint64_t first = window_after(&u->window) + 1, last = rows[n - 1].seq;
	bool sent = true;
	int mid = 0;

	if (!text && len) {
		log_err("out of memory");
		return false;
	}
	if (!text) { /* all without a value: they are in the journal */
		window_skip(&u->window, first, last);
		note_ack(u, (struct seq_range){first, last});
		return true;
	}
	sent = publish(u, rows->is_event ? "events" : "readings", text, len,
		   false, &mid) == 0;
	if (sent && !u->window.n)
		u->heard_at = mono_ms();
	if (sent)
		window_sent(&u->window, mid, first, last);
	free(text);
	return sent;
}

static void watch(struct up *u);

static void
pump(struct up *u)
{
	const struct stored *rows;
	size_t n;

	if (!u->online || u->stopping || !u->durable ||
	    !backlog_ready(u->backlog, &u->window))
		return;
	while (
	    u->mqtt && !window_full(&u->window) &&
	    (n = backlog_next(u->backlog, &u->window, u->durable, &rows)) > 0)
		if (!send_rows(u, rows, n))
			break;
	send_acks(u);
	watch(u);
}

/* From inside libmosquitto, which must not lose its connection under itself:
 * what follows is done by came_online(). */
static void
on_online(void *arg)
{
	struct up *u = arg;

	u->came_online = true;
}

static void
came_online(struct up *u)
{
	int mid = 0;

	if (!u->came_online)
		return;
	u->came_online = false;
	u->online = true;
	u->online_at = u->heard_at = mono_ms();
	for (size_t i = 0; i < u->conf->nbrokers; i++)
		u->said[i][0] = '\0';
	(void)snprintf(u->why, sizeof(u->why), "connected to %.180s:%u",
	    u->conf->brokers[u->broker].host, u->conf->brokers[u->broker].port);
	tell(u, u->why);
	report(u);
	(void)publish_status(u, "online", &mid);
}

static void
on_acked(void *arg, int mid)
{
	struct up *u = arg;
	struct seq_range range;

	u->sent++;
	u->heard_at = mono_ms();
	if (window_acked(&u->window, mid, &range))
		note_ack(u, range);
	else if (mid == u->goodbye_mid)
		u->said_offline = true;
}

static int
on_io(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct up *u = arg;
	char why[MSG_LINE_TEXT_MAX] = "";
	bool readable = (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;

	(void)s;
	(void)fd;
	if (mqtt_io(u->mqtt, readable, (events & EPOLLOUT) != 0, why,
		sizeof(why)) < 0) {
		drop(u, why);
		return 0;
	}
	came_online(u);
	pump(u);
	send_acks(u);
	watch(u);
	return 0;
}

/* Asks for writability only while there is something to write. */
static void
watch(struct up *u)
{
	uint32_t events = EPOLLIN;
	int fd = u->mqtt ? mqtt_fd(u->mqtt) : -1, r = 0;

	if (fd < 0)
		return;
	if (mqtt_wants_write(u->mqtt))
		events |= EPOLLOUT;
	if (!u->io)
		r = sd_event_add_io(u->event, &u->io, fd, events, on_io, u);
	else
		r = sd_event_source_set_io_events(u->io, events);
	if (r < 0)
		drop(u, strerror(-r));
}

static void
connect_now(struct up *u, enum mqtt_via via)
{
	const struct broker *b = &u->conf->brokers[u->broker];
	struct mqtt_hooks hooks = {on_online, on_acked, u};
	struct mqtt_will will = {0};
	char why[MSG_LINE_TEXT_MAX] = "";
	char *text;

	beat(u); /* libmosquitto's lookup may take its time */
	text = json_status("offline", u->site->id, build_version(), u->boot,
	    wall_ms(), &will.len);
	will.topic = in_topic(u, "status");
	will.payload = text;
	if (text)
		u->mqtt = mqtt_open(u->conf, b, via, u->client, &will, &hooks,
		    why, sizeof(why));
	free(text);
	u->connect_by = mono_ms() + CONNECT_MS;
	if (!u->mqtt) {
		drop(u, why[0] ? why : "out of memory");
		return;
	}
	report(u);
	watch(u);
}

static void
begin_connect(struct up *u, int64_t now)
{
	const struct broker *b = &u->conf->brokers[u->broker];
	int r;

	(void)snprintf(u->why, sizeof(u->why), "connecting to %.180s:%u",
	    b->host, b->port);
	if (!lookup_needed(b->host)) {
		connect_now(u, MQTT_FIRST);
		return;
	}
	r = lookup_begin(&u->lookup, b->host, now);
	if (r < 0)
		drop(u, strerror(-r));
	else
		report(u);
}

/* A name that is being looked up. */
static void
continue_connect(struct up *u, int64_t now)
{
	const char *host = u->conf->brokers[u->broker].host;
	char why[MSG_LINE_TEXT_MAX];

	switch (lookup_step(&u->lookup, now)) {
	case LOOKUP_WAITS:
		return;
	case LOOKUP_FOUND:
		connect_now(u, MQTT_FIRST);
		return;
	case LOOKUP_BOTH: /* another way each time round the list */
		connect_now(u, (enum mqtt_via)(u->failures / u->conf->nbrokers %
					       MQTT_VIAS));
		return;
	case LOOKUP_UNKNOWN:
		(void)snprintf(why, sizeof(why),
		    "the name %.80s cannot be resolved: there is none such; "
		    "check the name and DNS",
		    host);
		break;
	case LOOKUP_MUTE:
		(void)snprintf(why, sizeof(why),
		    "the name %.80s cannot be resolved: DNS does not answer; "
		    "check the network and DNS",
		    host);
		break;
	}
	drop(u, why);
}

/* Rows are on their way, and for more than a keepalive none has come back. A
 * ping would take as long again to tell. */
static bool
is_mute(const struct up *u, int64_t now)
{
	return u->online && u->window.n &&
	       now - u->heard_at >= (int64_t)u->conf->keepalive_s * 1250;
}

/* Everything that is done once a second or at a time. */
static void
keep_connection(struct up *u, int64_t now)
{
	char why[MSG_LINE_TEXT_MAX] = "";

	if (!u->mqtt) {
		if (u->stopping)
			return;
		if (u->lookup.pid)
			continue_connect(u, now);
		else if (u->hello && now >= u->retry_at)
			begin_connect(u, now);
		return;
	}
	if (now >= u->misc_at) {
		u->misc_at = now + 1000;
		if (mqtt_misc(u->mqtt, why, sizeof(why)) < 0) {
			drop(u, why);
			return;
		}
		came_online(u); /* it reads as well */
		if (!u->mqtt)
			return;
	}
	if (!u->online && now >= u->connect_by)
		drop(u, "the broker does not answer");
	else if (is_mute(u, now))
		drop(u, "the broker no longer answers");
	else
		watch(u);
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
			(void)publish_status(u, "offline", &u->goodbye_mid);
			watch(u);
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
	send_acks(u);
	m->kind = MSG_BYE;
	(void)to_core(u, m); /* core may be gone, which is why we end */
	end(u, 0);
}

static int
on_tick(sd_event_source *s, uint64_t usec, void *arg)
{
	struct up *u = arg;
	int64_t now = mono_ms();

	(void)usec;
	if (!u->hello && now >= u->hello_by) {
		log_err("%s: core did not say hello", u->conf->name);
		end(u, 1);
		return 0;
	}
	if (now >= u->beat_at)
		beat(u);
	keep_connection(u, now);
	pump(u);
	send_acks(u);
	if (now >= u->report_at)
		report(u);
	if (u->stopping)
		stop_step(u, now);
	if (u->finished)
		return 0;
	(void)sd_event_source_set_time(s, (uint64_t)(now + TICK_MS) * 1000);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static void
on_message(struct up *u)
{
	struct msg *m = u->msg;

	switch (m->kind) {
	case MSG_HELLO:
		if (strcmp(m->hello.build, build_id()) != 0) {
			log_err("%s: core is of another build; install all "
				"programs of one version",
			    u->conf->name);
			end(u, 1);
			return;
		}
		u->hello = true;
		m->kind = MSG_READY;
		(void)to_core(u, m); /* core's absence is noted there */
		break;
	case MSG_COMMITTED:
		u->durable = m->range.last;
		pump(u);
		break;
	case MSG_STOP:
		begin_stop(u);
		break;
	default:
		log_err("%s: core sent a message of kind %d", u->conf->name,
		    (int)m->kind);
		break;
	}
}

static int
on_core(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct up *u = arg;
	int r = -EAGAIN;

	(void)events;
	while (!u->finished && (r = msg_recv(fd, u->msg)) > 0)
		on_message(u);
	if (u->finished || r == -EAGAIN)
		return 0;
	/* Core is gone: say goodbye to the county and end. */
	(void)sd_event_source_set_enabled(s, SD_EVENT_OFF);
	u->core_gone = true;
	begin_stop(u);
	return 0;
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
		    u->event, NULL, CHAN_FD, EPOLLIN, on_core, u);
	if (r >= 0)
		r = sd_event_add_time(u->event, NULL, CLOCK_BOOTTIME,
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
	(void)to_core(u, m); /* core's absence is noted there */
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
		mqtt_free(u->mqtt);
		lookup_end(&u->lookup);
		sd_event_unref(u->event);
		backlog_free(u->backlog);
		free(u->said);
		free(u->msg);
	}
	free(u);
	return code;
}
