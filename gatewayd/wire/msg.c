/* Messages to frames and back; one pair of functions a shape. */
#include "msg.h"

#include <errno.h>
#include <string.h>

#include "buf.h"
#include "chan.h"
#include "fields.h"

const uint16_t answer_bar_ms[ANSWER_BARS - 1] = {
    5, 10, 20, 50, 100, 200, 500, 1000, 2000};

static void
put_event(struct wbuf *w, const struct msg_event *m)
{
	put_u8(w, (uint8_t)m->kind);
	put_u64(w, (uint64_t)m->boot_ms);
	put_text(w, m->subject);
	put_text(w, m->text);
}

static void
get_event(struct rbuf *r, struct msg_event *m)
{
	m->kind = (enum event_kind)get_enum(r, EVENT_KINDS);
	r->ok = r->ok && m->kind != 0;
	m->boot_ms = (int64_t)get_u64(r);
	get_text(r, m->subject, sizeof(m->subject));
	get_text(r, m->text, sizeof(m->text));
}

static void
put_counts(struct wbuf *w, const uint32_t *counts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_u32(w, counts[i]);
}

static void
get_counts(struct rbuf *r, uint32_t *counts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		counts[i] = get_u32(r);
}

static void
put_device(struct wbuf *w, const struct msg_device *m)
{
	put_u32(w, m->device);
	put_u8(w, (uint8_t)m->state);
	put_u32(w, m->requests);
	put_u32(w, m->answers);
	put_u32(w, m->timeouts);
	put_u32(w, m->late);
	put_u32(w, m->crc);
	put_u32(w, m->noise);
	put_u32(w, m->exceptions);
	put_counts(w, m->codes, CODES_MAX);
	put_counts(w, m->answer_bars, ANSWER_BARS);
	put_u32(w, m->deadline_ms);
	put_u64(w, m->line_ms);
	put_u64(w, (uint64_t)m->last_ok_ms);
	put_text(w, m->text);
}

static void
get_device(struct rbuf *r, struct msg_device *m)
{
	m->device = get_u32(r);
	m->state = (enum device_state)get_enum(r, DEVICE_STATES);
	m->requests = get_u32(r);
	m->answers = get_u32(r);
	m->timeouts = get_u32(r);
	m->late = get_u32(r);
	m->crc = get_u32(r);
	m->noise = get_u32(r);
	m->exceptions = get_u32(r);
	get_counts(r, m->codes, CODES_MAX);
	get_counts(r, m->answer_bars, ANSWER_BARS);
	m->deadline_ms = get_u32(r);
	m->line_ms = get_u64(r);
	m->last_ok_ms = (int64_t)get_u64(r);
	get_text(r, m->text, sizeof(m->text));
}

static void
put_state(struct wbuf *w, const struct msg_state *m)
{
	put_u8(w, m->state);
	put_u32(w, m->in_flight);
	put_u64(w, m->sent);
	put_u64(w, m->overruns);
	put_u16(w, m->use);
	put_text(w, m->text);
}

static void
get_state(struct rbuf *r, struct msg_state *m, unsigned states)
{
	m->state = (uint8_t)get_enum(r, states);
	m->in_flight = get_u32(r);
	m->sent = get_u64(r);
	m->overruns = get_u64(r);
	m->use = get_u16(r);
	get_text(r, m->text, sizeof(m->text));
}

static void
put_command(struct wbuf *w, const struct msg_command *m)
{
	put_u64(w, m->id);
	put_u32(w, m->series);
	put_u8(w, (uint8_t)m->action);
	put_real(w, m->value);
	put_u32(w, m->for_ms);
	put_u64(w, (uint64_t)m->expires_ms);
}

static void
get_command(struct rbuf *r, struct msg_command *m)
{
	m->id = get_u64(r);
	m->series = get_u32(r);
	m->action = (enum command_action)get_enum(r, COMMAND_ACTIONS);
	r->ok = r->ok && m->action != 0;
	m->value = get_real(r);
	m->for_ms = get_u32(r);
	m->expires_ms = (int64_t)get_u64(r);
}

static void
put_result(struct wbuf *w, const struct msg_result *m)
{
	put_u64(w, m->id);
	put_u8(w, (uint8_t)m->result);
	put_text(w, m->text);
}

static void
get_result(struct rbuf *r, struct msg_result *m)
{
	m->id = get_u64(r);
	m->result = (enum command_result)get_enum(r, COMMAND_RESULTS);
	r->ok = r->ok && m->result != 0;
	get_text(r, m->text, sizeof(m->text));
}

static void
put_wish(struct wbuf *w, const struct msg_wish *m)
{
	put_u8(w, (uint8_t)m->action);
	put_u32(w, m->for_ms);
	put_text(w, m->subject);
	put_text(w, m->value);
}

static void
get_wish(struct rbuf *r, struct msg_wish *m)
{
	m->action = (enum command_action)get_enum(r, COMMAND_ACTIONS);
	m->for_ms = get_u32(r);
	get_text(r, m->subject, sizeof(m->subject));
	get_text(r, m->value, sizeof(m->value));
}

ssize_t
msg_encode(const struct msg *m, void *frame, size_t cap)
{
	struct wbuf w;

	wbuf_init(&w, frame, cap < MSG_MAX ? cap : MSG_MAX);
	put_u16(&w, (uint16_t)m->kind);
	switch (m->kind) {
	case MSG_HELLO:
		put_text(&w, m->hello.build);
		break;
	case MSG_READINGS:
		put_readings(&w, &m->readings);
		break;
	case MSG_EVENT:
		put_event(&w, &m->event);
		break;
	case MSG_DEVICE:
		put_device(&w, &m->device);
		break;
	case MSG_LINE:
	case MSG_LINK:
		put_state(&w, &m->state);
		break;
	case MSG_COMMITTED:
	case MSG_ACK:
		put_u64(&w, m->range.first);
		put_u64(&w, m->range.last);
		break;
	case MSG_ASK:
	case MSG_TEXT:
	case MSG_HEALTH:
		put_u8(&w, m->text.last);
		put_text(&w, m->text.text);
		break;
	case MSG_COMMAND:
		put_command(&w, &m->command);
		break;
	case MSG_RESULT:
		put_result(&w, &m->result);
		break;
	case MSG_WISH:
		put_wish(&w, &m->wish);
		break;
	case MSG_KEPT:
		put_kept(&w, &m->kept);
		break;
	case MSG_PROBE:
		put_probe(&w, &m->probe);
		break;
	case MSG_PROBED:
		put_probed(&w, &m->probed);
		break;
	default: /* READY, BEAT, STOP, BYE: the kind says it all */
		break;
	}
	return w.ok ? w.at - (uint8_t *)frame : -EMSGSIZE;
}

int
msg_decode(const void *frame, size_t len, struct msg *out)
{
	struct rbuf r;

	rbuf_init(&r, frame, len);
	out->kind = (enum msg_kind)get_u16(&r);
	switch (out->kind) {
	case MSG_HELLO:
		get_text(&r, out->hello.build, sizeof(out->hello.build));
		break;
	case MSG_READY:
	case MSG_BEAT:
	case MSG_STOP:
	case MSG_BYE:
		break;
	case MSG_READINGS:
		get_readings(&r, &out->readings);
		break;
	case MSG_EVENT:
		get_event(&r, &out->event);
		break;
	case MSG_DEVICE:
		get_device(&r, &out->device);
		break;
	case MSG_LINE:
		get_state(&r, &out->state, PORT_STATES);
		break;
	case MSG_LINK:
		get_state(&r, &out->state, LINK_STATES);
		break;
	case MSG_COMMITTED:
	case MSG_ACK:
		out->range.first = get_u64(&r);
		out->range.last = get_u64(&r);
		r.ok = r.ok && out->range.first <= out->range.last;
		break;
	case MSG_ASK:
	case MSG_TEXT:
	case MSG_HEALTH:
		out->text.last = get_u8(&r);
		get_text(&r, out->text.text, sizeof(out->text.text));
		break;
	case MSG_COMMAND:
		get_command(&r, &out->command);
		break;
	case MSG_RESULT:
		get_result(&r, &out->result);
		break;
	case MSG_WISH:
		get_wish(&r, &out->wish);
		break;
	case MSG_KEPT:
		get_kept(&r, &out->kept);
		break;
	case MSG_PROBE:
		get_probe(&r, &out->probe);
		break;
	case MSG_PROBED:
		get_probed(&r, &out->probed);
		break;
	default:
		return -EPROTO;
	}
	return rbuf_done(&r) ? 0 : -EPROTO;
}

int
msg_send(int fd, const struct msg *m)
{
	uint8_t frame[MSG_MAX];
	ssize_t n = msg_encode(m, frame, sizeof(frame));

	return n < 0 ? (int)n : chan_send(fd, frame, (size_t)n);
}

int
msg_recv(int fd, struct msg *out)
{
	uint8_t frame[MSG_MAX];
	ssize_t n = chan_recv(fd, frame, sizeof(frame));

	if (n == -EMSGSIZE)
		return -EPROTO;
	if (n <= 0)
		return (int)n;
	int r = msg_decode(frame, (size_t)n, out);
	return r == 0 ? 1 : r;
}

const char *
event_kind_name(enum event_kind k)
{
	static const char *const name[EVENT_KINDS] = {
	    [EVENT_GATEWAY] = "gateway",
	    [EVENT_LINE] = "line",
	    [EVENT_DEVICE] = "device",
	    [EVENT_POINT] = "point",
	    [EVENT_OUTPUT] = "output",
	    [EVENT_CHILD] = "child",
	    [EVENT_PLUGIN] = "plugin",
	    [EVENT_CLOCK] = "clock",
	    [EVENT_STORE] = "store",
	    [EVENT_LINK] = "link",
	    [EVENT_COMMAND] = "command",
	};

	return k > 0 && k < EVENT_KINDS ? name[k] : "?";
}

const char *
command_result_name(enum command_result r)
{
	static const char *const name[COMMAND_RESULTS] = {
	    [RESULT_DONE] = "done",
	    [RESULT_SENT] = "sent",
	    [RESULT_REFUSED] = "refused",
	    [RESULT_UNCERTAIN] = "uncertain",
	};

	return r > 0 && r < COMMAND_RESULTS ? name[r] : "?";
}
