/* The two clocks. clock_gettime() with these ids cannot fail on Linux. */
#include "mono.h"

#include <errno.h>
#include <time.h>

static int64_t
clock_ms(clockid_t id)
{
	struct timespec ts = {0};

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
mono_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

int64_t
mono_us(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

void
mono_sleep_until(int64_t until)
{
	struct timespec ts = {
	    .tv_sec = (time_t)(until / 1000),
	    .tv_nsec = (long)(until % 1000) * 1000000,
	};

	while (
	    clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}
