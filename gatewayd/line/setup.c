/* A device's set-up registers, one after the other. */
#include "setup.h"

#include <stdio.h>

#include "device.h"
#include "lane.h"
#include "log.h"
#include "mono.h"
#include "run.h"

void
setup_init(struct dev *d)
{
	const struct watchdog *w = &d->conf->type->watchdog;

	if (w->present && w->step_ms > 0)
		d->watchdog = (struct setup){.table = TABLE_HOLDING,
		    .addr = w->addr,
		    .value = (uint16_t)(w->time_ms / w->step_ms)};
}

/* The one at setup_at; NULL: all are done. */
static const struct setup *
current(const struct dev *d)
{
	const struct device_type *t = d->conf->type;

	if (d->setup_at < t->nsetup)
		return &t->setup[d->setup_at];
	return d->setup_at == t->nsetup && t->watchdog.present ? &d->watchdog
							       : NULL;
}

bool
setup_waits(const struct dev *d)
{
	return d->plan != NULL && d->health.state != DEVICE_LOST &&
	       current(d) != NULL;
}

bool
setup_next(struct dev *d, int64_t now, struct request *out)
{
	if (d->setup.setup != current(d))
		writing_begin_setup(&d->setup, d, current(d));
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
	enum writing_news news;

	result = writing_result(result, &d->lane->answer);
	news = writing_took(&d->setup, result, &d->lane->answer, why);
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
