/* Messages to frames and back; one pair of functions a shape. */
#include "msg.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "buf.h"
#include "chan.h"

static void
put_value(struct wbuf *w, const struct value *v)
{
	uint64_t bits = 0;

	put_u8(w, (uint8_t)v->type);
	switch (v->type) {
	case VALUE_INT:
		put_u64(w, (uint64_t)v->i);
		break;
	case VALUE_UINT:
		put_u64(w, v->u);
		break;
	case VALUE_REAL:
		memcpy(&bits, &v->r, sizeof(bits));
		put_u64(w, bits);
		break;
	case VALUE_TEXT:
		put_text(w, v->text);
		break;
	default:
		break;
	}
}

static void
get_value(struct rbuf *r, struct value *v)
{
	uint64_t bits;
	char text[VALUE_TEXT_MAX];

	switch (get_u8(r)) {
	case VALUE_NONE:
		*v = (struct value){.type = VALUE_NONE};
		return;
	case VALUE_INT:
		*v = value_int((int64_t)get_u64(r));
		return;
	case VALUE_UINT:
		bits = get_u64(r);
		*v = value_uint(bits);
		r->ok = r->ok && v->type == VALUE_UINT;
		return;
	case VALUE_REAL: {
		double d;
		bits = get_u64(r);
		memcpy(&d, &bits, sizeof(d));
		*v = value_real(d);
		r->ok = r->ok && v->type == VALUE_REAL;
		return;
	}
	case VALUE_TEXT:
		get_text(r, text, sizeof(text));
		*v = value_text(text);
		r->ok = r->ok && v->type == VALUE_TEXT;
		return;
	default:
		*v = (struct value){.type = VALUE_NONE};
		r->ok = false;
	}
}

/* An enum below `n`, or the frame fails. */
static unsigned
get_enum(struct rbuf *r, unsigned n)
{
	unsigned v = get_u8(r);

	if (v >= n) {
		r->ok = false;
		return 0;
	}
	return v;
}

static void
put_readings(struct wbuf *w, const struct msg_readings *m)
{
	if (m->n > MSG_READINGS_MAX) {
		w->ok = false;
		return;
	}
	put_u16(w, m->n);
	for (size_t i = 0; i < m->n; i++) {
		const struct reading *r = &m->r[i];
		put_u32(w, r->series);
		put_u64(w, (uint64_t)r->boot_ms);
		put_u8(w, (uint8_t)r->quality);
		put_u8(w, (uint8_t)r->reason);
		put_u8(w, r->detail);
		put_value(w, &r->value);
	}
}

static void
get_readings(struct rbuf *b, struct msg_readings *m)
{
	m->n = get_u16(b);
	if (m->n > MSG_READINGS_MAX) {
		b->ok = false;
		return;
	}
	for (size_t i = 0; i < m->n; i++) {
		struct reading *r = &m->r[i];
		r->series = get_u32(b);
		r->boot_ms = (int64_t)get_u64(b);
		r->quality = (enum quality)get_enum(b, QUALITIES);
		r->reason = (enum reason)get_enum(b, REASONS);
		r->detail = get_u8(b);
		get_value(b, &r->value);
		/* A bad reading has no value, any other has one. */
		if ((r->quality == QUALITY_BAD) !=
		    (r->value.type == VALUE_NONE))
			b->ok = false;
	}
}

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
put_device(struct wbuf *w, const struct msg_device *m)
{
	put_u32(w, m->device);
	put_u8(w, (uint8_t)m->state);
	put_u32(w, m->requests);
	put_u32(w, m->answers);
	put_u32(w, m->timeouts);
	put_u32(w, m->noise);
	put_u32(w, m->exceptions);
	put_u32(w, m->late);
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
	m->noise = get_u32(r);
	m->exceptions = get_u32(r);
	m->late = get_u32(r);
	m->last_ok_ms = (int64_t)get_u64(r);
	get_text(r, m->text, sizeof(m->text));
}

static void
put_state(struct wbuf *w, const struct msg_state *m)
{
	put_u8(w, m->state);
	put_u32(w, m->in_flight);
	put_u64(w, m->sent);
	put_text(w, m->text);
}

static void
get_state(struct rbuf *r, struct msg_state *m, unsigned states)
{
	m->state = (uint8_t)get_enum(r, states);
	m->in_flight = get_u32(r);
	m->sent = get_u64(r);
	get_text(r, m->text, sizeof(m->text));
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
		put_u8(&w, m->text.last);
		put_text(&w, m->text.text);
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
		out->text.last = get_u8(&r);
		get_text(&r, out->text.text, sizeof(out->text.text));
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
	};

	return k > 0 && k < EVENT_KINDS ? name[k] : "?";
}
