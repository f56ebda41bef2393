/*
 * A line at work: its port, its devices, its outputs, and what it has to tell.
 * run_step() does at most one exchange and says when to come back, so the same
 * code runs under a real clock and bus or, in tests, under false ones.
 * Everything is sized when it is made.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "device.h"
#include "msg.h"
#include "outputs.h"
#include "polling.h"
#include "sink.h"
#include "site.h"

enum {
	PORT_GAP_MS = 500,
	PORT_GAP_MAX_MS = 15000,
	DEVICE_TELL_MS = 10000, /* counts that grew are told so often */
};

struct run {
	const struct line *line; /* borrowed, like all of the site */
	struct bus *bus;
	struct sink *sink;
	struct dev *devs; /* line->ndevices */
	struct gate *gates;
	struct poll *poll;
	struct outputs *outputs;
	struct answer answer; /* of the last exchange */

	enum port_state port;
	bool port_told; /* the core knows this state */
	bool worked;    /* an exchange took place since it was opened */
	int64_t port_next;
	uint32_t port_gap;
	char why[WHY_MAX];
	uint64_t requests;
	int64_t stop_until; /* 0: not stopping */
};

/* wake: see bus_new(). NULL with a log line when it cannot be set up. */
struct run *run_new(const struct line *borrow, int wake, int64_t now);
struct run *run_free(struct run *take);

/* Opens, makes safe, or polls what is most due. Boot time to come back at;
 * <= mono_ms(): at once. */
int64_t run_step(struct run *r, int64_t now);

/* Every output was tried once: the line may call itself ready. */
bool run_ready(const struct run *r);

/* Puts outputs into their safe state and reads them back, until all are
 * confirmed or boot time `until`. How many are not. */
size_t run_stop(struct run *r, int64_t until);

/* Tells device and line states that are news over the channel. */
void run_tell(struct run *r, int fd, int64_t now);

/* One exchange for a device: counted, its lateness noted. A BUS_PORT result
 * has been dealt with. */
enum bus_result run_ask(
    struct run *r, struct dev *d, const struct request *q, bool urgent);

/* After a failed exchange: how a reading of that device is bad. */
void run_blame(const struct run *r, enum bus_result result, enum reason *reason,
    uint8_t *detail);

#endif
