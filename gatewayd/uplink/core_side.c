/* What core and an uplink say to each other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "chan.h"
#include "log.h"
#include "mono.h"
#include "up.h"

/* 0; -EAGAIN: later; other: core is gone, or the channel is broken. Nothing
 * can be recorded any more, but the county can still be told goodbye. */
int
up_to_core(struct up *u, struct msg *m)
{
	int r = u->core_gone ? -EPIPE : msg_send(CHAN_FD, m);

	if (r < 0 && r != -EAGAIN) {
		u->core_gone = true;
		up_begin_stop(u);
	}
	return r;
}

void
up_beat(struct up *u)
{
	struct msg *m = u->msg;

	m->kind = MSG_BEAT;
	u->beat_at = mono_ms() + BEAT_MS;
	(void)up_to_core(u, m); /* core's absence is noted there */
}

void
up_report(struct up *u)
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
	(void)up_to_core(u, m); /* core's absence is noted there */
}

void
up_tell(struct up *u, const char *text)
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
	(void)up_to_core(u, m); /* core's absence is noted there */
}

void
up_send_acks(struct up *u)
{
	struct msg *m = u->msg;
	size_t i = 0;

	for (; i < u->nacks; i++) {
		m->kind = MSG_ACK;
		m->range =
		    (struct msg_range){u->acks[i].first, u->acks[i].last};
		if (up_to_core(u, m) < 0)
			break;
	}
	memmove(u->acks, u->acks + i, (u->nacks - i) * sizeof(u->acks[0]));
	u->nacks -= i;
}

void
up_note_ack(struct up *u, struct seq_range range)
{
	struct seq_range *last = u->nacks ? &u->acks[u->nacks - 1] : NULL;

	if (last && last->last + 1 == range.first)
		last->last = range.last;
	else if (u->nacks < ACKS_MAX)
		u->acks[u->nacks++] = range;
	/* Else core did not listen for 256 of them: sent again some day. */
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
			up_end(u, 1);
			return;
		}
		u->hello = true;
		m->kind = MSG_READY;
		(void)up_to_core(u, m); /* core's absence is noted there */
		break;
	case MSG_COMMITTED:
		u->durable = m->range.last;
		up_pump(u);
		break;
	case MSG_HEALTH:
		if (u->conf->format == FORMAT_JSON)
			up_take_health(u, &m->text);
		break;
	case MSG_STOP:
		up_begin_stop(u);
		break;
	default:
		log_err("%s: core sent a message of kind %d", u->conf->name,
		    (int)m->kind);
		break;
	}
}

int
up_on_core(sd_event_source *s, int fd, uint32_t events, void *arg)
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
	up_begin_stop(u);
	return 0;
}
