/*
 * Bounded little-endian fields, one by one: what crosses between programs is
 * never a struct. A writer or reader that once went past its end stays failed,
 * so a caller checks `ok` once, at the end.
 */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wbuf {
	uint8_t *at, *end;
	bool ok;
};

struct rbuf {
	const uint8_t *at, *end;
	bool ok;
};

/* Both keep the lent memory until they are done with. */
void wbuf_init(struct wbuf *w, void *mem, size_t size);
void rbuf_init(struct rbuf *r, const void *mem, size_t size);

void put_u8(struct wbuf *w, uint8_t v);
void put_u16(struct wbuf *w, uint16_t v);
void put_u32(struct wbuf *w, uint32_t v);
void put_u64(struct wbuf *w, uint64_t v);
/* At most 65535 bytes, its length in front. */
void put_text(struct wbuf *w, const char *s);

uint8_t get_u8(struct rbuf *r);
uint16_t get_u16(struct rbuf *r);
uint32_t get_u32(struct rbuf *r);
uint64_t get_u64(struct rbuf *r);
/* Fails on a text of `size` or more bytes, or with a NUL inside. */
void get_text(struct rbuf *r, char *out, size_t size);

/* All was read, and nothing is left over. */
bool rbuf_done(const struct rbuf *r);

#endif
