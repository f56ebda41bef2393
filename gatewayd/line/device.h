/*
 * A device at run time: what it wants of the line, what became of that, and the
 * readings that follow. A request that fails makes bad readings of its own
 * points and of no others. While a device is lost its points get one bad
 * reading when it goes and one a minute after: enough to see, and kind to the
 * card.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "decoder.h"
#include "derive.h"
#include "health.h"
#include "msg.h"
#include "plan.h"
#include "polling.h"
#include "reading.h"
#include "site.h"
#include "writing.h"

struct lane;
struct page;
struct plugin_device;
struct plugin_lists;

enum {
	LOST_TELL_MS = 60000,
	MISSING_MS = 600000, /* a point the device does not have */
	BUSY_TRIES = 3,
	BUSY_GAP_MS = 100,
	STAND_BACK_MS = 2000,  /* how long a probe lets others go first */
	TURNAROUND_US = 20000, /* taken for granted until it answered */
	SETUP_TRIES = 3,
	QUICK_ANSWERS = 100, /* within a third of its deadline */
};

enum { /* exception codes that mean something to us */
	EXC_ADDRESS = 2,
	EXC_VALUE = 3,
	EXC_ACKNOWLEDGE = 5,
	EXC_BUSY = 6,
	EXC_PATH = 10,
	EXC_TARGET = 11,
};

/* What the lane compares; renewed whenever something happens to the device. */
struct want {
	int64_t at;       /* boot time; INT64_MAX: never */
	int64_t deadline; /* the earliest goes first */
	int64_t arm_at;   /* when more of its points fall due */
	bool stands_back; /* it may be dead and cost a whole timeout: living
			     neighbours go first, for STAND_BACK_MS */
};

struct dev {
	const struct device *conf;
	uint32_t index;    /* on its line */
	struct lane *lane; /* the bus it is on */
	size_t slot;       /* its place there */
	struct health health;
	struct polling polling;
	uint32_t deadline_ms;   /* its timeout, longer once it was late */
	uint32_t quick;         /* answers in a row that needed none of it */
	uint32_t turnaround_us; /* smoothed: the planner's */
	int64_t not_before;     /* a retry's time */
	uint32_t tries;         /* of the request that comes next */

	/* A profile's. */
	struct plan *plan;  /* NULL: plugin */
	struct read *reads; /* what waits, planned; nreads from `next` on */
	size_t nreads, next;
	bool replan;
	struct read failed; /* asked first: see reads.c; npoints 0: none */
	bool *missing;      /* points the device did not have when last asked */
	int64_t missing_until;
	size_t setup_at;       /* of type->setup, and the watchdog behind them;
				  one more: all are done */
	struct setup watchdog; /* its register as one more of them */
	uint32_t setup_tries;
	struct writing setup;
	struct decoder *decoders; /* one a point */
	struct decoded *decoded;  /* of a read's points, in its order */
	struct derive *derive;
	struct derived *derived; /* what it returns */
	int64_t warm_until;      /* then all is read once more; INT64_MAX: it is
				    warm, or not there */

	/* A plugin's; NULL: a profile's, or refused. */
	struct plugin_device *plugin;
	struct plugin_lists *lists; /* what it returns, and how far we are */
	char refused[128];          /* why the plugin is not used */
	bool disabled;              /* for its crashes */
	uint32_t cycle;

	struct msg_device stats;
	uint64_t line_us; /* time its exchanges have taken */
	int64_t next_bad; /* while lost */
	bool changed;     /* state: tell at once */
	bool grew;        /* counts: tell now and then */
	int64_t told;
};

/* Its shortest period, and about how long the line is busy with all its points:
 * what puts the starts of devices apart. */
uint32_t device_least_ms(const struct device *d);
int64_t device_stagger_ms(const struct line *l, const struct device *d);

/* page: see run_new(); first: when it is to be read for the first time. 0, or
 * -ENOMEM. A plugin that is refused leaves a device whose points are bad, with
 * an event. */
int device_init(struct dev *d, const struct device *borrow, uint32_t index,
    struct page *page, int64_t first);
void device_done(struct dev *d);

/* Points that are due by now wait from now on. */
void device_arm(struct dev *d, int64_t now);

/* When it wants the line next. */
struct want device_want(const struct dev *d);

/* The request to make now; false: none after all. */
bool device_next(struct dev *d, int64_t now, struct request *out);

/* What became of it. */
void device_took(struct dev *d, enum bus_result result);

/* What waits is bad, because the port is gone. */
void device_port_gone(struct dev *d, int64_t now);

/* The device answered, or did not: states, events, and, when it is lost, its
 * bad readings. */
void device_alive(struct dev *d, int64_t now);
/* True when it is lost. */
bool device_failed(struct dev *d, enum bus_result result);

/* What was read of a profile's point, or why it could not be (bad), and all
 * readings that follow from it. */
void device_read(struct dev *d, uint16_t point, const struct decoded *v,
    uint8_t detail, int64_t now);

/* It answers: before what it says is looked at. */
void device_warms(struct dev *d, int64_t now);

/* What a restart must not lose of a point (a plugin's: all of it, by its first
 * point): true when that changed since this was asked last. And back: false:
 * it means nothing to this device, which begins anew. */
bool device_kept(struct dev *d, size_t point, struct kept *out);
bool device_keep(struct dev *d, const struct kept *k);

/* Bad readings of n points from `first` on, and what follows from them. */
void device_bad(struct dev *d, size_t first, size_t n, enum reason reason,
    uint8_t detail, int64_t now);
/* The device is lost: each point that has readings is bad, once. */
void device_all_lost(
    struct dev *d, enum reason reason, uint8_t detail, int64_t now);
void device_reading(struct dev *d, size_t point, struct reading reading);

/* Nothing failed lately: a period that passes unread is the line's doing, an
 * overrun, and not the device's. */
bool device_keeps_up(const struct dev *d);

/* Again at `at`, if that is before the period ends. */
bool device_retry(struct dev *d, int64_t at);

/* An answer came late: it gets more time from now on. */
void device_slow(struct dev *d, uint32_t late_ms);
/* One came in time: after many that needed none of the longer time, there is
 * less of it. A unit that was slow once must not cost seconds for ever when it
 * is silent. */
void device_quick(struct dev *d, uint32_t took_us);

/* How a reading is bad after such a result. */
void device_blame(const struct dev *d, enum bus_result result,
    enum reason *reason, uint8_t *detail);

#endif
