/*
 * Whether the time is known, decided from what the kernel says; pure. Readings
 * carry boot time; an epoch (store.h) holds the one offset that makes wall time
 * of it. Without a battery clock the offset is wrong at boot, so:
 *   unknown   readings are held
 *   released  `hold` ran out: they go on, marked uncertain
 *   known     the kernel is synchronised (or trust: system)
 */
#ifndef CLOCK_H
#define CLOCK_H

#include "site.h"
#include "store.h"

enum { CLOCK_STEP_MS = 500 }; /* less is slewing and rounding */

struct clock {
	enum clock_trust trust;
	int64_t hold_until; /* boot time */
	enum epoch_state state;
	int64_t offset_ms;
};

struct clock_view { /* one look at the kernel */
	int64_t boot_ms, wall_ms;
	bool synchronised;
};

enum clock_change {
	CLOCK_SAME,
	CLOCK_LEARNT,   /* the epoch gets offset and state: held rows move */
	CLOCK_RELEASED, /* the epoch's rows go out as they are */
	CLOCK_STEPPED,  /* a new epoch begins; what was sent stays */
};

void clock_init(struct clock *c, enum clock_trust trust, uint32_t hold_ms,
    const struct clock_view *now);
/* *step_ms: by how much wall time moved against the epoch's. */
enum clock_change clock_look(
    struct clock *c, const struct clock_view *now, int64_t *step_ms);

/* The kernel's answer now. */
struct clock_view clock_view(void);
/* The kernel's boot id, 36 characters; "unknown" when it has none. */
void clock_boot_id(char out[37]);

#endif
