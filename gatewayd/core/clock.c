/* The clock's state, and the two kernel facts it rests on. */
#include "clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "mono.h"

static int64_t
offset_of(const struct clock_view *v)
{
	return v->wall_ms - v->boot_ms;
}

void
clock_init(struct clock *c, enum clock_trust trust, uint32_t hold_ms,
    const struct clock_view *now)
{
	bool known = trust == CLOCK_SYSTEM || now->synchronised;

	*c = (struct clock){
	    .trust = trust,
	    .hold_until = now->boot_ms + hold_ms,
	    .state = known ? EPOCH_KNOWN : EPOCH_UNKNOWN,
	    .offset_ms = offset_of(now),
	};
}

enum clock_change
clock_look(struct clock *c, const struct clock_view *now, int64_t *step_ms)
{
	int64_t step = offset_of(now) - c->offset_ms;
	bool known = c->trust == CLOCK_SYSTEM || now->synchronised;
	bool moved = llabs(step) > CLOCK_STEP_MS;

	*step_ms = step;
	if (c->state == EPOCH_UNKNOWN && known) {
		c->offset_ms = offset_of(now);
		c->state = EPOCH_KNOWN;
		return CLOCK_LEARNT;
	}
	if (c->state == EPOCH_UNKNOWN && now->boot_ms >= c->hold_until) {
		c->offset_ms = offset_of(now);
		c->state = EPOCH_RELEASED;
		return CLOCK_RELEASED;
	}
	if ((c->state == EPOCH_RELEASED && known) ||
	    (c->state != EPOCH_UNKNOWN && moved)) {
		c->offset_ms = offset_of(now);
		if (known)
			c->state = EPOCH_KNOWN;
		return CLOCK_STEPPED;
	}
	return CLOCK_SAME;
}

struct clock_view
clock_view(void)
{
	struct timex t = {.modes = 0};
	int state = adjtimex(&t);

	/* Where it may not be asked (a container), nothing is known. */
	return (struct clock_view){
	    .boot_ms = mono_ms(),
	    .wall_ms = wall_ms(),
	    .synchronised =
		state != -1 && state != TIME_ERROR && !(t.status & STA_UNSYNC),
	};
}

void
clock_boot_id(char out[37])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, out, 36);

	if (fd != -1)
		(void)close(fd); /* only read from */
	if (n == 36)
		out[36] = '\0';
	else
		(void)snprintf(out, 37, "unknown");
}
