/*
 * One uplink while it runs: the loop (uplink.c), core on one side
 * (core_side.c), a broker on the other (connection.c), rows from one to the
 * other (sending.c). Shared by these four alone.
 */
#ifndef UP_H
#define UP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "backlog.h"
#include "lookup.h"
#include "mqtt.h"
#include "msg.h"

enum {
	BEAT_MS = 1000,
	REPORT_MS = 5000,
	ACKS_MAX = 256,
	HEALTH_MAX = 65536, /* bytes */
};

struct up {
	const struct site *site;
	const struct uplink *conf;
	sd_event *event;
	sd_event_source *io;   /* of the broker's socket */
	sd_event_source *tick; /* what is done at its time */
	struct mqtt *mqtt;
	struct lookup lookup;
	struct window window;
	struct backlog *backlog;
	size_t fit;      /* rows that a message has room for; 0: not known */
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
	struct health {
		char *text; /* the last whole one, owned; NULL: none */
		bool due;   /* the broker does not have it */
		char *next; /* as far as it has come, owned */
		size_t next_len;
		bool spoilt; /* a piece of `next` is missing */
	} health;
};

/* ---- uplink.c ---- */

void up_end(struct up *u, int code);
/* What is on its way may still arrive; then goodbye. */
void up_begin_stop(struct up *u);

/* ---- core_side.c ---- */

int up_to_core(struct up *u, struct msg *m);
void up_beat(struct up *u);
/* The state of the connection, as gatewayctl shows it. */
void up_report(struct up *u);
/* An edge: once in the log, once in the journal. */
void up_tell(struct up *u, const char *text);
/* The broker has these; core is told by the next up_send_acks(). */
void up_note_ack(struct up *u, struct seq_range range);
void up_send_acks(struct up *u);
int up_on_core(sd_event_source *s, int fd, uint32_t events, void *arg);

/* ---- connection.c ---- */

/* The connection is gone, or is given up; the next one waits a while. */
void up_drop(struct up *u, const char *why);
/* Asks for writability only while there is something to write. */
void up_watch(struct up *u);
/* Connects, and finds out that a connection is none. Once a tick. */
void up_keep_connection(struct up *u, int64_t now);

/* ---- sending.c ---- */

/* {topic}/{gateway}/leaf; borrowed until the next call. */
const char *up_topic(struct up *u, const char *leaf);
/* Retained. 0 with the message's number, or -1: the connection is dropped. */
int up_publish_status(struct up *u, const char *state, int *mid);
/* A piece of the lines' health; with the last one it is published. */
void up_take_health(struct up *u, const struct msg_text *piece);
/* The last one, retained, when the broker does not have it. */
void up_publish_health(struct up *u);
/* There are durable rows that are not on their way. */
bool up_lags(struct up *u);
/* Rows, as many as may be on their way. */
void up_pump(struct up *u);
/* From inside libmosquitto: a PUBACK. */
void up_on_acked(void *arg, int mid);

#endif
