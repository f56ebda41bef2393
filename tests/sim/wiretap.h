/* The frames file: what went over the wires, and when. */
#ifndef WIRETAP_H
#define WIRETAP_H

#include <stddef.h>
#include <stdint.h>

struct sim_line;

/* A request whose first byte came at `at` (ns since boot), or all that was
 * heard until the line fell silent. */
void wiretap_request(
    struct sim_line *l, const uint8_t *bytes, size_t n, int64_t at);
/* An answer of which the last byte went at `at`, when it was due at `due`. */
void wiretap_answer(struct sim_line *l, const uint8_t *bytes, size_t n,
    int64_t at, int64_t due);

#endif
