/* Messages to the broker: rows by number, the status, the lines' health. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "log.h"
#include "mono.h"
#include "up.h"

enum { MESSAGE_MAX = 16384 }; /* bytes, unless one row is larger */

const char *
up_topic(struct up *u, const char *leaf)
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

	if (mqtt_publish(u->mqtt, up_topic(u, leaf), payload, len, retain, mid,
		why, sizeof(why)) == 0)
		return 0;
	up_drop(u, why);
	return -1;
}

int
up_publish_status(struct up *u, const char *state, int *mid)
{
	size_t len = 0;
	char *text = json_status(
	    state, u->site->id, build_version(), u->boot, wall_ms(), &len);
	int r = text ? publish(u, "status", text, len, true, mid) : -1;

	free(text);
	return r;
}

void
up_publish_health(struct up *u)
{
	struct health *h = &u->health;
	int mid = 0;

	/* Nobody waits for its PUBACK: the next one says the same, and more. */
	if (h->due && u->online && !u->stopping &&
	    publish(u, "health", h->text, strlen(h->text), true, &mid) == 0)
		h->due = false;
}

void
up_take_health(struct up *u, const struct msg_text *piece)
{
	struct health *h = &u->health;
	size_t n = strlen(piece->text);
	char *more = NULL;

	if (!h->spoilt && h->next_len + n <= HEALTH_MAX)
		more = realloc(h->next, h->next_len + n + 1);
	if (more == NULL) { /* a half would be no JSON: the next one, then */
		free(h->next);
		h->next = NULL;
		h->next_len = 0;
		h->spoilt = !piece->last;
		return;
	}
	memcpy(more + h->next_len, piece->text, n + 1);
	h->next = more;
	h->next_len += n;
	if (!piece->last)
		return;
	free(h->text);
	h->text = more;
	h->due = true;
	h->next = NULL;
	h->next_len = 0;
	up_publish_health(u);
	up_watch(u);
}

/* As many of the rows as fit: *n of them. What is left comes next. How many
 * did is remembered: a row takes 10 bytes or 80. */
static char *
payload(struct up *u, const struct stored *rows, size_t *n, size_t *len)
{
	char *text;

	if (rows->is_event)
		return json_event(rows, len);
	if (u->fit > 0 && *n > u->fit)
		*n = u->fit;
	while ((text = json_readings(rows, *n, len)) && *len > MESSAGE_MAX &&
	       *n > 1) {
		free(text);
		*n = *n * MESSAGE_MAX / *len * 7 / 8 + 1;
	}
	u->fit = *len < MESSAGE_MAX / 2 ? *n * 2 : *n;
	return text;
}

/* One message, or the news that these rows need none. False: enough. */
static bool
send_rows(struct up *u, const struct stored *rows, size_t n)
{
	size_t len = 0;
	char *text = payload(u, rows, &n, &len);
	uint64_t first = window_after(&u->window) + 1, last = rows[n - 1].seq;
	bool sent = true;
	int mid = 0;

	if (!text && len) {
		log_err("out of memory");
		return false;
	}
	if (!text) { /* all without a value: they are in the journal */
		window_skip(&u->window, first, last);
		up_note_ack(u, (struct seq_range){first, last});
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

bool
up_lags(struct up *u)
{
	return window_after(&u->window) < u->durable;
}

void
up_pump(struct up *u)
{
	const struct stored *rows;
	size_t n;

	if (!u->online || u->stopping || !up_lags(u) ||
	    !backlog_ready(u->backlog, &u->window))
		return;
	while (
	    u->mqtt && !window_full(&u->window) &&
	    (n = backlog_next(u->backlog, &u->window, u->durable, &rows)) > 0)
		if (!send_rows(u, rows, n))
			break;
	up_send_acks(u);
	up_watch(u);
}

void
up_on_acked(void *arg, int mid)
{
	struct up *u = arg;
	struct seq_range range;

	u->sent++;
	u->heard_at = mono_ms();
	if (window_acked(&u->window, mid, &range))
		up_note_ack(u, range);
	else if (mid == u->goodbye_mid)
		u->said_offline = true;
}
