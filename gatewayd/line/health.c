/* Lost and found. */
#include "health.h"

enum health_change
health_ok(struct health *h, int64_t now)
{
	enum device_state was = h->state;

	*h = (struct health){.state = DEVICE_ONLINE, .last_ok_ms = now};
	switch (was) {
	case DEVICE_LOST:
		return HEALTH_BACK;
	case DEVICE_UNKNOWN:
		return HEALTH_FOUND;
	case DEVICE_ONLINE:
	case DEVICE_STATES:
	default:
		return HEALTH_SAME;
	}
}

static void
rest(struct health *h, int64_t now, int64_t sent, uint32_t timeout_ms,
    bool numbered)
{
	uint64_t ms = (uint64_t)timeout_ms * (numbered ? 1 : 4);

	for (uint32_t i = 1; i < h->failures && ms < REST_MAX_MS; i++)
		ms *= 2;
	if (ms > REST_MAX_MS)
		ms = REST_MAX_MS;
	h->gate.not_before = sent + (int64_t)ms;
	if (h->gate.not_before < now)
		h->gate.not_before = now;
}

uint32_t
health_gap_max(uint32_t timeout_ms)
{
	/* It may return just too late for a probe: that one's time, the gap,
	 * and the next one's, with some seconds for others in between. */
	enum { OTHERS_MS = 5000 };

	return BACK_MS - OTHERS_MS - 2 * timeout_ms;
}

enum health_change
health_failed(struct health *h, int64_t now, int64_t sent, uint32_t timeout_ms,
    bool numbered)
{
	if (h->failures++ == 0)
		h->since = sent;
	if (h->state == DEVICE_LOST) {
		h->gap_ms *= 2;
		if (h->gap_ms > health_gap_max(timeout_ms))
			h->gap_ms = health_gap_max(timeout_ms);
		h->gate.not_before = now + h->gap_ms;
		return HEALTH_SAME;
	}
	if (h->failures < LOST_FAILURES || now - h->since < LOST_SPAN_MS) {
		rest(h, now, sent, timeout_ms, numbered);
		return HEALTH_SAME;
	}
	h->state = DEVICE_LOST;
	h->gap_ms = PROBE_GAP_MS;
	h->gate =
	    (struct gate){.not_before = now + PROBE_GAP_MS, .probe = true};
	return HEALTH_LOST;
}
