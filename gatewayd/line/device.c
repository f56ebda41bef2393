/* Requests of a profile's device and what their answers mean. */
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decode.h"
#include "log.h"
#include "mono.h"
#include "pdevice.h"
#include "run.h"

enum { /* exception codes that mean something to us */
	EXC_ADDRESS = 2,
	EXC_VALUE = 3,
	EXC_ACKNOWLEDGE = 5,
	EXC_BUSY = 6,
	EXC_PATH = 10,
	EXC_TARGET = 11,
};

int
device_init(struct dev *d, const struct device *borrow, uint32_t index)
{
	*d = (struct dev){.conf = borrow,
	    .index = index,
	    .deadline_ms = borrow->timeout_ms,
	    .changed = true};
	if (borrow->type->plugin) {
		pdevice_init(d);
		return 0;
	}
	d->plan = plan_new(borrow);
	return d->plan == NULL ? -ENOMEM : 0;
}

void
device_done(struct dev *d)
{
	pdevice_done(d);
	d->plan = plan_free(d->plan);
}

size_t
device_tasks_max(const struct dev *d)
{
	return d->plan == NULL ? 1 : d->conf->type->npoints;
}

/* About what a block costs the line, in milliseconds. */
static int64_t
cost(const struct line *l, uint32_t words)
{
	uint32_t baud =
	    l->transport == TRANSPORT_TCP || l->baud == 0 ? 115200 : l->baud;

	return 50 + (int64_t)(13 + words * 2) * 11000 / baud;
}

void
device_add_tasks(struct run *r, struct dev *d, int64_t now, int64_t *stagger)
{
	if (d->plan == NULL) {
		(void)poll_add(r->poll, d->index, 0, d->conf->every_ms,
		    now + *stagger % d->conf->every_ms);
		*stagger += cost(r->line, 20);
		return;
	}
	for (size_t i = 0; i < d->plan->nblocks; i++) {
		const struct block *b = &d->plan->blocks[i];

		/* There is room: device_tasks_max() counts every point. */
		(void)poll_add(r->poll, d->index, (uint32_t)i, b->every_ms,
		    now + *stagger % b->every_ms);
		*stagger += cost(r->line, b->count);
	}
}

static void
put_reading(
    struct run *r, const struct dev *d, uint16_t point, struct reading reading)
{
	reading.series = d->conf->series + point;
	sink_reading(r->sink, &reading);
}

void
device_bad(struct run *r, const struct dev *d, size_t first, size_t n,
    enum reason reason, uint8_t detail, int64_t now)
{
	for (size_t i = first; i < first + n; i++)
		put_reading(r, d,
		    d->plan != NULL ? d->plan->points[i] : (uint16_t)i,
		    (struct reading){.boot_ms = now,
			.quality = QUALITY_BAD,
			.reason = reason,
			.detail = detail});
}

void
device_slow(struct dev *d, uint32_t late_ms)
{
	uint64_t ms = (uint64_t)late_ms * 3 / 2;

	d->late++;
	d->grew = true;
	if (ms > DEADLINE_MAX_MS)
		ms = DEADLINE_MAX_MS;
	if (ms <= d->deadline_ms)
		return;
	d->deadline_ms = (uint32_t)ms;
	log_notice("%s: answers late; waits %u ms for it from now on",
	    d->conf->path, d->deadline_ms);
}

void
device_alive(struct run *r, struct dev *d, int64_t now)
{
	enum health_change c = health_ok(&d->health, now);

	d->grew = true;
	if (c == HEALTH_SAME)
		return;
	d->changed = true;
	(void)snprintf(d->text, sizeof(d->text), "answers");
	if (c == HEALTH_FOUND) {
		log_info("%s: answers", d->conf->path);
		return;
	}
	log_notice("%s: answers again", d->conf->path);
	sink_event(r->sink, EVENT_DEVICE, now, d->conf->path, "answers again");
	poll_device_now(r->poll, d->index, now);
}

static const char *
failure_text(
    const struct run *r, enum bus_result result, char *out, size_t size)
{
	if (result == BUS_EXCEPTION)
		(void)snprintf(out, size,
		    "the gateway reports no answer from it (exception %02X)",
		    r->answer.code);
	else if (r->answer.hint[0] != '\0')
		(void)snprintf(out, size, "%s", r->answer.hint);
	else
		(void)snprintf(
		    out, size, "no answer; check power, wiring, unit and baud");
	return out;
}

bool
device_failed(
    struct run *r, struct dev *d, enum bus_result result, int64_t sent)
{
	int64_t now = mono_ms();
	enum health_change c =
	    health_failed(&d->health, now, sent, d->deadline_ms);
	bool lost = d->health.state == DEVICE_LOST;
	enum reason reason;
	uint8_t detail;
	char why[160];

	d->grew = true;
	if (!lost)
		return false;
	run_blame(r, result, &reason, &detail);
	if (c == HEALTH_LOST) {
		d->changed = true;
		failure_text(r, result, why, sizeof(why));
		(void)snprintf(d->text, sizeof(d->text), "lost: %s", why);
		log_warning("%s: lost after %u tries: %s; asked again in %u s",
		    d->conf->path, d->health.failures, why,
		    d->health.gap_ms / 1000);
		sink_event(
		    r->sink, EVENT_DEVICE, now, d->conf->path, "%s", d->text);
		d->next_bad = now;
	}
	if (now >= d->next_bad) {
		device_bad(
		    r, d, 0, d->conf->type->npoints, reason, detail, now);
		d->next_bad = now + LOST_TELL_MS;
	}
	return true;
}

static void
deliver(struct run *r, const struct dev *d, const struct block *b, int64_t now)
{
	for (size_t i = b->first; i < b->first + b->npoints; i++) {
		uint16_t p = d->plan->points[i];
		const struct point *point = &d->conf->points[p];
		struct decoded v;

		decode_point(
		    point, r->answer.words + (point->type->addr - b->addr), &v);
		put_reading(r, d, p,
		    (struct reading){.boot_ms = now,
			.value = v.value,
			.quality = v.quality,
			.reason = v.reason});
	}
}

/* The block's points have no value this period. */
static void
give_up(
    struct run *r, struct dev *d, int task, enum bus_result result, int64_t now)
{
	struct block *b = &d->plan->blocks[r->poll->tasks[task].block];
	enum reason reason;
	uint8_t detail;

	run_blame(r, result, &reason, &detail);
	device_bad(r, d, b->first, b->npoints, reason, detail, now);
	poll_done(r->poll, task, now, true);
}

/* Refused: split what can be, and name the one point that is left. */
static void
refused(struct run *r, struct dev *d, int task, int64_t now)
{
	struct task *t = &r->poll->tasks[task];
	uint32_t block = t->block;
	struct block *b = &d->plan->blocks[block];

	if (plan_split(d->plan, d->conf, block)) {
		t->tries = 0;
		t->at = now;
		(void)poll_add(r->poll, d->index,
		    (uint32_t)d->plan->nblocks - 1, t->every_ms, t->due);
		return;
	}
	if (!b->refused) {
		const char *name =
		    d->conf->points[d->plan->points[b->first]].type->name;
		char subject[MSG_SUBJECT_MAX];

		b->refused = true;
		(void)snprintf(
		    subject, sizeof(subject), "%s/%s", d->conf->path, name);
		log_warning("%s: the device does not have it (exception %02X);"
			    " check the profile; asked again in 10 min",
		    subject, r->answer.code);
		sink_event(r->sink, EVENT_POINT, now, subject,
		    "the device does not have it (exception %02X); check the "
		    "profile",
		    r->answer.code);
	}
	give_up(r, d, task, BUS_EXCEPTION, now);
	if (t->every_ms < REFUSED_EVERY_MS)
		t->at = t->due = now + REFUSED_EVERY_MS;
}

static void
failed(struct run *r, struct dev *d, int task, enum bus_result result,
    int64_t sent)
{
	bool lost = device_failed(r, d, result, sent);
	int64_t now = mono_ms(), next = d->health.gate.not_before;

	if (lost) {
		poll_done(r->poll, task, now, false);
		poll_sooner(r->poll, task, next);
	} else if (!poll_retry(r->poll, task, next)) {
		give_up(r, d, task, result, now);
	}
}

static void
on_exception(struct run *r, struct dev *d, int task, int64_t sent)
{
	struct task *t = &r->poll->tasks[task];
	uint8_t code = r->answer.code;
	int64_t now = mono_ms();

	if (code == EXC_PATH || code == EXC_TARGET) {
		failed(r, d, task, BUS_EXCEPTION, sent);
		return;
	}
	device_alive(r, d, now);
	if (code == EXC_ADDRESS || code == EXC_VALUE) {
		refused(r, d, task, now);
		return;
	}
	bool busy = code == EXC_ACKNOWLEDGE || code == EXC_BUSY;
	/* 01 and 07 will not change; 04, 08 and unknown ones may, once. */
	uint32_t tries = busy ? BUSY_TRIES : code == 1 || code == 7 ? 0 : 1;
	if (t->tries < tries && poll_retry(r->poll, task, now + BUSY_GAP_MS))
		return;
	give_up(r, d, task, BUS_EXCEPTION, now);
}

static void
on_timeout(struct run *r, struct dev *d, int task, int64_t sent)
{
	int64_t now = mono_ms();

	if (r->answer.late_ms == 0) {
		failed(r, d, task, BUS_TIMEOUT, sent);
		return;
	}
	/* It is there, only slow: once more, with the longer deadline. */
	device_alive(r, d, now);
	if (r->poll->tasks[task].tries >= 2 || !poll_retry(r->poll, task, now))
		give_up(r, d, task, BUS_TIMEOUT, now);
}

static struct request
request_of(const struct dev *d, const struct block *b)
{
	return (struct request){.unit = d->conf->unit,
	    .function = plan_function(b->table),
	    .addr = b->addr,
	    .count = b->count};
}

void
device_poll(struct run *r, struct dev *d, int task)
{
	if (d->plan == NULL) {
		pdevice_poll(r, d, task);
		return;
	}
	struct task *t = &r->poll->tasks[task];
	struct block *b = &d->plan->blocks[t->block];
	struct request q = request_of(d, b);
	int64_t sent = mono_ms();
	enum bus_result result = run_ask(r, d, &q, false);
	int64_t now = mono_ms();

	switch (result) {
	case BUS_OK:
		device_alive(r, d, now);
		b->refused = false;
		deliver(r, d, b, now);
		poll_done(r->poll, task, now, true);
		break;
	case BUS_EXCEPTION:
		on_exception(r, d, task, sent);
		break;
	case BUS_TIMEOUT:
		on_timeout(r, d, task, sent);
		break;
	case BUS_NOISE:
		/* Often only a stray byte: once more at once. */
		if (t->tries > 0 || !poll_retry(r->poll, task, now))
			failed(r, d, task, result, sent);
		break;
	case BUS_PORT:
		if (t->tries > 0 || !poll_retry(r->poll, task, now))
			give_up(r, d, task, result, now);
		break;
	case BUS_WOKEN:
	default:
		break;
	}
}

void
device_port_gone(struct run *r, struct dev *d, int task, int64_t now)
{
	if (d->plan != NULL) {
		give_up(r, d, task, BUS_PORT, now);
		return;
	}
	device_bad(r, d, 0, d->conf->type->npoints, REASON_PORT, 0, now);
	poll_done(r->poll, task, now, true);
}
