/* sd-daemon: a service without systemd is as good as one with it. */
#include "notify.h"

#include <systemd/sd-daemon.h>
#include <time.h>

void
notify(const char *what)
{
	/* Whoever does not listen is no trouble of ours. */
	(void)sd_notify(0, what);
}

void
notify_status(const char *text)
{
	(void)sd_notifyf(0, "STATUS=%s", text); /* as above */
}

void
notify_reloading(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", /* as above */
	    (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
}

int64_t
notify_watchdog_ms(void)
{
	uint64_t us;

	if (sd_watchdog_enabled(0, &us) <= 0)
		return 0;
	return (int64_t)(us / 3000); /* three signs in each stretch */
}
