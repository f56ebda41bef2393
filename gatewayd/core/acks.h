/* Acknowledgements on their way to the card, and how far an uplink has got. */
#ifndef ACKS_H
#define ACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store.h"

struct acks {
	struct store_ack *a; /* owned, and so are the names in it */
	size_t n;
};

/* `uplink` is copied; a range that follows on the last one is joined to it.
 * False when there is no room: the broker gets those once more after the next
 * start, which is no loss. */
bool acks_add(
    struct acks *s, const char *uplink, uint64_t first, uint64_t last);
/* Empties it; it may be used on. */
void acks_clear(struct acks *s);
void acks_done(struct acks *s);

/* From `at` on, how far the stored ranges and those here reach without a gap.
 */
uint64_t acks_reach(const struct acks *s, const char *uplink, uint64_t at,
    const struct seq_range *stored, size_t nstored);

#endif
