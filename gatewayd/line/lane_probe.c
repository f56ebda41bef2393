/* A lane's turns for requests of people. */
#include "lane_probe.h"

#include <errno.h>

#include "lane.h"
#include "mono.h"
#include "probe.h"
#include "run.h"

bool
lane_probe_first(struct lane *l, const struct dev *due)
{
	return probes_wait(l->run->probes, l) && (due == NULL || !l->probed);
}

bool
lane_probe_begin(struct lane *l)
{
	struct probe_ask p;
	int rc;

	probes_next(l->run->probes, l, &p);
	rc = bus_tune(l->bus, p.baud, p.parity, p.stop_bits);
	if (rc != 0) {
		probes_failed(l->run->probes, l, PROBE_REFUSED,
		    rc == -EINVAL ? "there is no such baud rate here"
				  : "the port does not take these settings");
		return false;
	}
	l->turn = TURN_PROBE;
	l->dev = NULL;
	l->probed = true;
	l->began_us = mono_us();
	bus_begin(l->bus, &p.ask);
	return true;
}
