/*
 * A connection from lookup to loss. Connecting is the one step that may block
 * (libmosquitto asks the resolver), so it comes after a lookup that found the
 * name, and a beat goes out before it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "json.h"
#include "log.h"
#include "mono.h"
#include "retry.h"
#include "up.h"

enum {
	CONNECT_MS = 15000, /* to CONNACK */
	STEADY_MS = 10000,  /* a connection that held so long was one */
};

void
up_drop(struct up *u, const char *why)
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
	up_tell(u, text);
	u->broker = (u->broker + 1) % u->conf->nbrokers;
	up_report(u);
	if (u->stopping)
		u->stop_by = mono_ms();
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
	up_tell(u, u->why);
	up_report(u);
	u->health.due = u->health.text != NULL;
	if (up_publish_status(u, "online", &mid) == 0)
		up_publish_health(u);
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
		up_drop(u, why);
		return 0;
	}
	came_online(u);
	up_pump(u);
	up_send_acks(u);
	up_watch(u);
	return 0;
}

void
up_watch(struct up *u)
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
		up_drop(u, strerror(-r));
}

static void
connect_now(struct up *u, enum mqtt_via via)
{
	const struct broker *b = &u->conf->brokers[u->broker];
	struct mqtt_hooks hooks = {on_online, up_on_acked, u};
	struct mqtt_will will = {0};
	char why[MSG_LINE_TEXT_MAX] = "";
	char *text;

	up_beat(u); /* libmosquitto's lookup may take its time */
	text = json_status("offline", u->site->id, build_version(), u->boot,
	    wall_ms(), &will.len);
	will.topic = up_topic(u, "status");
	will.payload = text;
	if (text)
		u->mqtt = mqtt_open(u->conf, b, via, u->client, &will, &hooks,
		    why, sizeof(why));
	free(text);
	u->connect_by = mono_ms() + CONNECT_MS;
	if (!u->mqtt) {
		up_drop(u, why[0] ? why : "out of memory");
		return;
	}
	up_report(u);
	up_watch(u);
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
		up_drop(u, strerror(-r));
	else
		up_report(u);
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
	up_drop(u, why);
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
void
up_keep_connection(struct up *u, int64_t now)
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
			up_drop(u, why);
			return;
		}
		came_online(u); /* it reads as well */
		if (!u->mqtt)
			return;
	}
	if (!u->online && now >= u->connect_by)
		up_drop(u, "the broker does not answer");
	else if (is_mute(u, now))
		up_drop(u, "the broker no longer answers");
	else
		up_watch(u);
}
