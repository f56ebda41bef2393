/* Bytes on their way to the master, each with the time it arrives. */
#ifndef SENDING_H
#define SENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"
#include "serve.h"

enum { SENDING_MAX = 2 * PDU_MAX + 8 + MBAP_LEN + 2 + 2 * FAULT_BYTES_MAX };

struct sending {
	struct sending *next;
	int64_t start, step; /* byte i is there at start + (i + 1) * step */
	size_t n, sent;
	size_t pause_after; /* bytes; then pause_ns more */
	int64_t pause_ns;
	bool drop; /* reset the connection after the last byte */
	bool echo;
	uint8_t bytes[SENDING_MAX];
};

/* An answer as a frame of a serial line, starting at `start`. */
struct sending *sending_rtu(unsigned unit, const struct answer *a,
    const struct strike *s, int64_t start, int64_t char_ns);
/* An answer behind an MBAP header. */
struct sending *sending_tcp(unsigned tid, unsigned unit, const struct answer *a,
    const struct strike *s, int64_t start);
struct sending *sending_raw(
    const uint8_t *bytes, size_t n, int64_t start, int64_t step);

int64_t sending_due(const struct sending *s, size_t i);
int64_t sending_end(const struct sending *s);
/* Bytes that are due and not sent yet. */
size_t sending_ready(const struct sending *s, int64_t now);

/* In order of their start. */
void sending_queue(struct sending **queue, struct sending *take);
/* Frees the first; what follows starts no sooner than `free_at`. */
void sending_pop(struct sending **queue, int64_t free_at);
void sending_clear(struct sending **queue);

#endif
