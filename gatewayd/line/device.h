/*
 * A device at run time: its requests, what became of them, and the readings
 * that follow. A request that fails makes bad readings of its own points and of
 * no others. While a device is lost its points get one bad reading when it goes
 * and one a minute after: enough to see, and kind to the card.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "health.h"
#include "plan.h"
#include "reading.h"
#include "site.h"

struct plugin_device;
struct plugin_lists;
struct run;

enum {
	LOST_TELL_MS = 60000,
	REFUSED_EVERY_MS = 600000, /* a point the device does not have */
	BUSY_TRIES = 3,
	BUSY_GAP_MS = 100,
};

struct dev {
	const struct device *conf;
	uint32_t index;               /* on its line */
	struct plan *plan;            /* profile; NULL: plugin */
	struct plugin_device *plugin; /* NULL: profile, or refused */
	struct plugin_lists *lists;   /* room for what it returns */
	char refused[128];            /* why the plugin is not used */
	uint32_t cycle;
	struct health health;
	uint32_t deadline_ms; /* its timeout, longer once it was late */
	uint32_t requests, answers, timeouts, noise, exceptions, late;
	int64_t next_bad; /* while lost */
	bool changed;     /* state: tell at once */
	bool grew;        /* counts: tell now and then */
	int64_t told;
	char text[MSG_LINE_TEXT_MAX];
};

/* 0, or -ENOMEM. A plugin that is refused leaves a device whose points are
 * bad, with an event. */
int device_init(struct dev *d, const struct device *borrow, uint32_t index);
void device_done(struct dev *d);

/* How many tasks it may ever need, and adding those it starts with; *stagger
 * is moved on by what they cost. */
size_t device_tasks_max(const struct dev *d);
void device_add_tasks(
    struct run *r, struct dev *d, int64_t now, int64_t *stagger);

/* Runs one due task and reschedules it. */
void device_poll(struct run *r, struct dev *d, int task);

/* The task's points are bad because the port is gone. */
void device_port_gone(struct run *r, struct dev *d, int task, int64_t now);

/* The device answered, or did not: states, events, and, when it is lost, its
 * bad readings. */
void device_alive(struct run *r, struct dev *d, int64_t now);
/* True when it is lost. */
bool device_failed(
    struct run *r, struct dev *d, enum bus_result result, int64_t sent);

/* Bad readings of points first.. of plan order (profile) or index (plugin). */
void device_bad(struct run *r, const struct dev *d, size_t first, size_t n,
    enum reason reason, uint8_t detail, int64_t now);

/* An answer came late: it gets more time from now on. */
void device_slow(struct dev *d, uint32_t late_ms);

#endif
