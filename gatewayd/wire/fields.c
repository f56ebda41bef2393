/* Enums, numbers and readings, there and back. */
#include "fields.h"

#include <math.h>
#include <string.h>

unsigned
get_enum(struct rbuf *r, unsigned n)
{
	unsigned v = get_u8(r);

	if (v >= n) {
		r->ok = false;
		return 0;
	}
	return v;
}

void
put_real(struct wbuf *w, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	put_u64(w, bits);
}

double
get_real(struct rbuf *r)
{
	uint64_t bits = get_u64(r);
	double v;

	memcpy(&v, &bits, sizeof(v));
	if (!isfinite(v)) {
		r->ok = false;
		return 0;
	}
	return v;
}

static void
put_value(struct wbuf *w, const struct value *v)
{
	put_u8(w, (uint8_t)v->type);
	switch (v->type) {
	case VALUE_INT:
		put_u64(w, (uint64_t)v->i);
		break;
	case VALUE_UINT:
		put_u64(w, v->u);
		break;
	case VALUE_REAL:
		put_real(w, v->r);
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
	case VALUE_REAL:
		*v = value_real(get_real(r));
		r->ok = r->ok && v->type == VALUE_REAL;
		return;
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

void
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

void
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
