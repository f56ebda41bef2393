/* A device's set-up registers, one after the other. */
#include "setup.h"

#include <stdio.h>

#include "device.h"
#include "lane.h"
#include "log.h"
#include "mono.h"
#include "run.h"

bool
setup_waits(const struct dev *d)
{
	return d->plan != NULL && d->setup_at < d->conf->type->nsetup &&
	       d->health.state != DEVICE_LOST;
}

bool
setup_next(struct dev *d, int64_t now, struct request *out)
{
	if (d->setup.setup != &d->conf->type->setup[d->setup_at])
		writing_begin_setup(
		    &d->setup, d, &d->conf->type->setup[d->setup_at]);
	return writing_next(&d->setup, now, out);
}

static void
done(struct dev *d)
{
	d->setup_at++;
	d->setup_tries = 0;
	d->setup.setup = NULL;
}

/* Three tries a register; then it is said, and the device is read anyway. */
static void
failed(struct dev *d, const char *why)
{
	const struct setup *s = d->setup.setup;

	d->setup.setup = NULL;
	if (++d->setup_tries < SETUP_TRIES) {
		d->not_before = mono_ms() + BUSY_GAP_MS;
		return;
	}
	log_err("%s: register %u could not be set to %u: %s", d->conf->path,
	    s->addr, s->value, why);
	sink_event(d->lane->run->sink, EVENT_DEVICE, mono_ms(), d->conf->path,
	    "register %u could not be set to %u: %s", s->addr, s->value, why);
	done(d);
}

void
setup_took(struct dev *d, enum bus_result result)
{
	char why[WHY_MAX] = "";
	enum writing_news news =
	    writing_took(&d->setup, result, &d->lane->answer, why);

	if (result == BUS_OK || result == BUS_EXCEPTION)
		device_alive(d, mono_ms());
	if (news == WRITING_CONFIRMED || news == WRITING_ACKNOWLEDGED)
		done(d);
	else if (news == WRITING_GOES_ON)
		return;
	else if (result == BUS_TIMEOUT)
		/* It is not there: its health says when it is asked again. */
		(void)device_failed(d, result);
	else
		failed(d, why);
}
