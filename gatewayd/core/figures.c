/* Sums in 64 bits: the counts have 32 each. */
#include "figures.h"

uint32_t
figures_within(const uint32_t bars[ANSWER_BARS], unsigned per_cent)
{
	uint64_t all = 0, below = 0;

	for (int i = 0; i < ANSWER_BARS; i++)
		all += bars[i];
	for (int i = 0; all > 0 && i < ANSWER_BARS - 1; i++) {
		below += bars[i];
		if (below * 100 >= all * per_cent)
			return answer_bar_ms[i];
	}
	return 0;
}

static struct tally
tally(const struct msg_device *m)
{
	return (struct tally){.requests = m->requests,
	    .failed = (uint64_t)m->timeouts + m->crc + m->noise +
		      m->exceptions + m->late};
}

void
figures_note(struct recent *r, const struct msg_device *m, int64_t now)
{
	struct tally t = tally(m);

	if (t.requests < r->newer.requests || t.failed < r->newer.failed)
		*r = (struct recent){.turned = now}; /* another process */
	if (r->turned == 0)
		r->turned = now;
	if (now - r->turned < RECENT_MS)
		return;
	r->older = r->newer;
	r->newer = t;
	r->turned = now;
}

bool
figures_troubled(const struct recent *r, const struct msg_device *m)
{
	struct tally t = tally(m);

	/* Never asked, and why: its plugin is not used. */
	if (m->state == DEVICE_UNKNOWN && m->text[0] != '\0')
		return true;
	return m->state == DEVICE_LOST || (t.failed - r->older.failed) * 100 >
					      t.requests - r->older.requests;
}
