/*
 * Whether a device is there. Pure. It is lost after 3 failures in a row that
 * span 5 s, then probed with gaps that double from 1 s to what finds it
 * within a minute of its return, and back at its
 * first answer.
 *
 * Between failures a device rests, where answers carry no number (RTU): a unit
 * that may still answer the last request is not asked the next one before four
 * timeouts (at most 5 s) have passed. On TCP it is asked again at once, then
 * after a timeout, after two ...
 */
#ifndef HEALTH_H
#define HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

enum {
	LOST_FAILURES = 3,
	LOST_SPAN_MS = 5000,
	PROBE_GAP_MS = 1000,
	BACK_MS = 60000, /* a unit that returns is found within */
	REST_MAX_MS = 5000,
};

enum health_change { HEALTH_SAME, HEALTH_FOUND, HEALTH_LOST, HEALTH_BACK };

/* Not asked before; a probe, that living neighbours go before. */
struct gate {
	int64_t not_before;
	bool probe;
};

struct health { /* zeroed: unknown */
	enum device_state state;
	uint32_t failures;  /* in a row */
	int64_t since;      /* of the first of them */
	int64_t last_ok_ms; /* 0: never */
	uint32_t gap_ms;
	struct gate gate;
};

/* The longest gap between probes that each wait so long, and stand back for
 * others before: about 53 s with a timeout of 1 s, 45 s with 5 s. */
uint32_t health_gap_max(uint32_t timeout_ms);

/* It answered; a refusal is an answer. */
enum health_change health_ok(struct health *h, int64_t now);
/* It did not; `sent` is when it was asked, `timeout_ms` how long it had.
 * numbered: a late answer can be told from the next one. */
enum health_change health_failed(struct health *h, int64_t now, int64_t sent,
    uint32_t timeout_ms, bool numbered);

#endif
