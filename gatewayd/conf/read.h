/*
 * Nodes to values, by what the key expects, never guessed. Each function
 * complains itself (place, what was found, what to write) and returns whether
 * *out was set. `what` names the thing in messages: "unit", "deadband".
 */
#ifndef READ_H
#define READ_H

#include <stdint.h>

#include "tree.h"

struct ctx { /* both lent for the call */
	struct arena *mem;
	struct complaints *c;
};

/* The node is a map, and every key of it is one of NULL-ended `keys`. False
 * only when it is no map: unknown keys are told and left alone. */
bool read_map(struct ctx *x, const struct node *n, const char *what,
    const char *const *keys);
/* The value of a key that must be there. */
const struct node *read_need(
    struct ctx *x, const struct node *map, const char *what, const char *key);
bool read_list(struct ctx *x, const struct node *n, const char *what);

/* Any text; control characters refused. */
bool read_text(
    struct ctx *x, const struct node *n, const char *what, const char **out);
/* The same over several lines: notes and the like. */
bool read_prose(
    struct ctx *x, const struct node *n, const char *what, const char **out);
/* Part of a series name, topic and path: any UTF-8 but + # / and control
 * characters, 1 to 64 bytes. `text` may be a key. */
bool read_name(
    struct ctx *x, struct mark at, const char *text, const char *what);
/* One of NULL-ended words: its index. */
bool read_word(struct ctx *x, const struct node *n, const char *what,
    const char *const *words, unsigned *out);
bool read_bool(
    struct ctx *x, const struct node *n, const char *what, bool *out);
/* Decimal or 0x; a leading zero is refused. */
bool read_whole(struct ctx *x, const struct node *n, const char *what,
    int64_t min, int64_t max, int64_t *out);
/* The same up to 2^64-1, and below zero to -2^63 as two's complement. */
bool read_bits(
    struct ctx *x, const struct node *n, const char *what, uint64_t *out);
bool read_real(struct ctx *x, const struct node *n, const char *what,
    double min, double max, double *out);
/* "250ms 5s 5min 4h 30d" */
bool read_duration(struct ctx *x, const struct node *n, const char *what,
    uint64_t min_ms, uint64_t max_ms, uint64_t *out);
/* "20MB 4GB": powers of 1000 */
bool read_size(
    struct ctx *x, const struct node *n, const char *what, uint64_t *out);
/* "18 m3/h": a number and one of NULL-ended units (its index). */
bool read_quantity(struct ctx *x, const struct node *n, const char *what,
    const char *const *units, double *out, unsigned *unit);
/* "22:00": minutes after midnight. */
bool read_clock(
    struct ctx *x, const struct node *n, const char *what, unsigned *out);
/* "[::1]:502", "192.0.2.50:502", "name": host without brackets. */
bool read_host_port(struct ctx *x, struct mark at, const char *text,
    uint16_t fallback, const char **host, uint16_t *port);

/* "a, b or c" of NULL-ended words; returns out. */
const char *read_join(const char *const *words, char *out, size_t size);

/* The decimal number at the start of s, a dot whatever the locale: bytes
 * used, 0 when there is none or it is not finite. Pure. */
size_t scan_real(const char *s, double *out);

#endif
