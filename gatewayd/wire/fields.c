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

void
put_kept(struct wbuf *w, const struct msg_kept *m)
{
	put_u8(w, m->last);
	put_u16(w, m->n);
	w->ok = w->ok && m->n <= KEPTS_MAX;
	for (size_t i = 0; w->ok && i < m->n; i++) {
		put_u32(w, m->k[i].series);
		put_u8(w, m->k[i].n);
		w->ok = w->ok && m->k[i].n <= KEPT_BYTES;
		for (size_t b = 0; w->ok && b < m->k[i].n; b++)
			put_u8(w, m->k[i].bytes[b]);
	}
}

void
get_kept(struct rbuf *r, struct msg_kept *m)
{
	m->last = get_u8(r);
	m->n = get_u16(r);
	r->ok = r->ok && m->last <= 1 && m->n <= KEPTS_MAX;
	for (size_t i = 0; r->ok && i < m->n; i++) {
		m->k[i].series = get_u32(r);
		m->k[i].n = get_u8(r);
		r->ok = r->ok && m->k[i].n <= KEPT_BYTES;
		for (size_t b = 0; r->ok && b < m->k[i].n; b++)
			m->k[i].bytes[b] = get_u8(r);
	}
}

static void
put_words(struct wbuf *w, const uint16_t *words, uint16_t n)
{
	put_u16(w, n);
	w->ok = w->ok && n <= PROBE_WORDS;
	for (size_t i = 0; w->ok && i < n; i++)
		put_u16(w, words[i]);
}

static uint16_t
get_words(struct rbuf *r, uint16_t *words)
{
	uint16_t n = get_u16(r);

	r->ok = r->ok && n <= PROBE_WORDS;
	for (size_t i = 0; r->ok && i < n; i++)
		words[i] = get_u16(r);
	return n;
}

void
put_probe(struct wbuf *w, const struct msg_probe *m)
{
	put_u64(w, m->id);
	put_text(w, m->line);
	put_text(w, m->host);
	put_u32(w, m->baud);
	put_u8(w, m->parity);
	put_u8(w, m->stop_bits);
	put_u32(w, m->timeout_ms);
	put_u8(w, m->unit);
	put_u8(w, m->function);
	put_u16(w, m->addr);
	put_u16(w, m->count);
	put_words(w, m->words, m->nwords);
}

void
get_probe(struct rbuf *r, struct msg_probe *m)
{
	m->id = get_u64(r);
	get_text(r, m->line, sizeof(m->line));
	get_text(r, m->host, sizeof(m->host));
	m->baud = get_u32(r);
	m->parity = get_u8(r);
	m->stop_bits = get_u8(r);
	m->timeout_ms = get_u32(r);
	m->unit = get_u8(r);
	m->function = get_u8(r);
	m->addr = get_u16(r);
	m->count = get_u16(r);
	m->nwords = get_words(r, m->words);
}

void
put_probed(struct wbuf *w, const struct msg_probed *m)
{
	put_u64(w, m->id);
	put_u8(w, (uint8_t)m->result);
	put_u8(w, m->code);
	put_u8(w, m->unit);
	put_u32(w, m->took_us);
	put_words(w, m->words, m->nwords);
	put_text(w, m->text);
}

void
get_probed(struct rbuf *r, struct msg_probed *m)
{
	m->id = get_u64(r);
	m->result = (enum probe_result)get_enum(r, PROBE_RESULTS);
	r->ok = r->ok && m->result != 0;
	m->code = get_u8(r);
	m->unit = get_u8(r);
	m->took_us = get_u32(r);
	m->nwords = get_words(r, m->words);
	get_text(r, m->text, sizeof(m->text));
}
