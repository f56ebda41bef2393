/* Bounded little-endian fields. */
#include "buf.h"

#include <string.h>

void
wbuf_init(struct wbuf *w, void *mem, size_t size)
{
	w->at = mem;
	w->end = w->at + size;
	w->ok = true;
}

void
rbuf_init(struct rbuf *r, const void *mem, size_t size)
{
	r->at = mem;
	r->end = r->at + size;
	r->ok = true;
}

static void
put_le(struct wbuf *w, uint64_t v, size_t n)
{
	if (!w->ok || (size_t)(w->end - w->at) < n) {
		w->ok = false;
		return;
	}
	for (size_t i = 0; i < n; i++)
		*w->at++ = (uint8_t)(v >> (8 * i));
}

void
put_u8(struct wbuf *w, uint8_t v)
{
	put_le(w, v, 1);
}

void
put_u16(struct wbuf *w, uint16_t v)
{
	put_le(w, v, 2);
}

void
put_u32(struct wbuf *w, uint32_t v)
{
	put_le(w, v, 4);
}

void
put_u64(struct wbuf *w, uint64_t v)
{
	put_le(w, v, 8);
}

void
put_text(struct wbuf *w, const char *s)
{
	size_t n = strlen(s);

	if (n > UINT16_MAX) {
		w->ok = false;
		return;
	}
	put_u16(w, (uint16_t)n);
	if (!w->ok || (size_t)(w->end - w->at) < n) {
		w->ok = false;
		return;
	}
	memcpy(w->at, s, n);
	w->at += n;
}

static uint64_t
get_le(struct rbuf *r, size_t n)
{
	uint64_t v = 0;

	if (!r->ok || (size_t)(r->end - r->at) < n) {
		r->ok = false;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)*r->at++ << (8 * i);
	return v;
}

uint8_t
get_u8(struct rbuf *r)
{
	return (uint8_t)get_le(r, 1);
}

uint16_t
get_u16(struct rbuf *r)
{
	return (uint16_t)get_le(r, 2);
}

uint32_t
get_u32(struct rbuf *r)
{
	return (uint32_t)get_le(r, 4);
}

uint64_t
get_u64(struct rbuf *r)
{
	return get_le(r, 8);
}

void
get_text(struct rbuf *r, char *out, size_t size)
{
	size_t n = get_u16(r);

	out[0] = '\0';
	if (!r->ok || n >= size || (size_t)(r->end - r->at) < n ||
	    memchr(r->at, '\0', n)) {
		r->ok = false;
		return;
	}
	memcpy(out, r->at, n);
	out[n] = '\0';
	r->at += n;
}

bool
rbuf_done(const struct rbuf *r)
{
	return r->ok && r->at == r->end;
}
