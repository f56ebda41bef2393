/* Counts and the histogram of answer times. */
#include "tally.h"

#include "device.h"

enum { TURNAROUND_SHARE = 8 };

static void
count_time(struct dev *d, uint32_t took_us)
{
	size_t bar = 0;

	while (bar < ANSWER_BARS - 1 &&
	       took_us > answer_bar_ms[bar] * UINT32_C(1000))
		bar++;
	d->stats.answer_bars[bar]++;
	/* Smoothed: what the planner takes a request to cost. */
	d->turnaround_us +=
	    (uint32_t)(((int64_t)took_us - (int64_t)d->turnaround_us) /
		       TURNAROUND_SHARE);
}

void
tally(struct dev *d, enum bus_result result, const struct answer *a,
    int64_t line_us)
{
	struct msg_device *s = &d->stats;

	s->requests++;
	d->line_us += (uint64_t)line_us;
	switch (result) {
	case BUS_EXCEPTION:
		s->exceptions++;
		s->codes[a->code < CODES_MAX ? a->code : 0]++;
		/* fallthrough */
	case BUS_OK:
		s->answers++;
		count_time(d, a->took_us);
		break;
	case BUS_TIMEOUT:
		s->timeouts++;
		break;
	case BUS_NOISE:
		*(a->crc ? &s->crc : &s->noise) += 1;
		break;
	case BUS_PORT:
	case BUS_PENDING:
	case BUS_RECALLED:
	case BUS_OPENED:
	default:
		return;
	}
	d->grew = true;
}
