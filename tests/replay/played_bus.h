/*
 * Buses and a clock that a test plays: it defines the bus's functions and the
 * clock's itself, so the linker takes these. The test says what an exchange
 * comes to, and moves the clock on by what it takes:
 *
 *   static int64_t *played_now(void);
 *   static bool played_there(void);      the port can be opened
 *   static enum bus_result played_ask(const struct ask *, struct answer *);
 *
 * The clock is one, and each bus is busy on its own: what played_ask() adds to
 * the clock is taken back and passes while the other buses work. A quiet wait
 * that bus_hurry() may end begins at played_quiet, if played_ask() sets it.
 */
#ifndef PLAYED_BUS_H
#define PLAYED_BUS_H

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "mono.h"
#include "run.h"

static int64_t *played_now(void);
static bool played_there(void);
static enum bus_result played_ask(const struct ask *ask, struct answer *out);

int64_t
mono_ms(void)
{
	return *played_now();
}

int64_t
mono_us(void)
{
	return *played_now() * 1000;
}

int64_t
wall_ms(void)
{
	return *played_now();
}

void
mono_sleep_until(int64_t until)
{
	if (until > *played_now())
		*played_now() = until;
}

enum { PLAYED_WORDS = 8, PLAYED_SPIN = 10000 };

static int64_t played_quiet;
static uint32_t played_baud; /* at which it is asked; 0: the line's own */

struct bus {
	enum bus_state state;
	bool waits, adopted; /* for who dials in; there is one */
	struct ask ask;
	uint16_t words[PLAYED_WORDS]; /* what ask.req.words pointed to */
	uint32_t opens, hurries, tunes;
	uint32_t baud; /* 0: the line's own */
	/* The exchange under way: what it comes to, when, and what it has left
	 * when it is only quiet. */
	bool asked;
	enum bus_result result;
	struct answer answer;
	int64_t sent, done, quiet; /* quiet: 0, none */
};

struct bus *
bus_new(struct bus_way way)
{
	struct bus *b = calloc(1, sizeof(struct bus));

	assert_non_null(b);
	b->waits = way.line->listen != NULL && way.host == NULL;
	return b;
}

struct bus *
bus_free(struct bus *take)
{
	free(take);
	return NULL;
}

enum bus_state
bus_state(const struct bus *b)
{
	return b->state;
}

int
bus_open(struct bus *b, char *why)
{
	b->opens++;
	if (b->waits) {
		b->state = BUS_OPENING;
		return 0;
	}
	b->state = played_there() ? BUS_IDLE : BUS_CLOSED;
	(void)snprintf(why, WHY_MAX, "the port is not there");
	return b->state == BUS_IDLE ? 0 : -ENOENT;
}

void
bus_close(struct bus *b)
{
	b->state = BUS_CLOSED;
}

int
bus_tune(struct bus *b, uint32_t baud, enum parity parity, uint8_t stop_bits)
{
	(void)parity;
	(void)stop_bits;
	assert_int_equal(b->state, BUS_IDLE);
	b->tunes += b->baud != baud;
	b->baud = played_baud = baud;
	return 0;
}

void
bus_adopt(struct bus *b, int take_fd)
{
	(void)take_fd;
	b->adopted = true;
}

void
bus_begin(struct bus *b, const struct ask *ask)
{
	b->state = BUS_BUSY;
	b->ask = *ask;
	b->asked = false;
	if (ask->req.words == NULL)
		return;
	size_t n = ask->req.function == FC_MASK_WRITE ? 2 : ask->req.count;
	assert_true(n <= PLAYED_WORDS);
	memcpy(b->words, ask->req.words, n * sizeof(b->words[0]));
	b->ask.req.words = b->words;
}

void
bus_hurry(struct bus *b)
{
	b->hurries++;
	if (b->state != BUS_BUSY || !b->asked || b->quiet == 0)
		return;
	if (*played_now() >= b->quiet && *played_now() < b->done)
		b->done = *played_now();
}

/* Nothing waits for a silence here: all has been sent. */
void
bus_recall(struct bus *b)
{
	bus_hurry(b);
}

/* Asks; the clock stands still, and the bus is busy until b->done. */
static void
played_send(struct bus *b)
{
	int64_t *now = played_now();

	b->asked = true;
	b->answer.code = 0;
	b->answer.crc = false;
	b->answer.late_ms = 0;
	b->answer.hint[0] = '\0';
	b->sent = *now;
	played_quiet = 0;
	b->result = played_ask(&b->ask, &b->answer);
	b->quiet = played_quiet;
	b->done = *now;
	*now = b->sent;
}

enum bus_result
bus_step(struct bus *b, struct answer *out, char *why)
{
	*why = '\0';
	if (b->state == BUS_OPENING && b->adopted) {
		b->adopted = false;
		b->state = BUS_IDLE;
		return BUS_OPENED;
	}
	if (b->state != BUS_BUSY)
		return BUS_PENDING;
	if (!b->asked)
		played_send(b);
	if (*played_now() < b->done)
		return BUS_PENDING;
	*out = b->answer;
	out->sent_us = b->sent * 1000;
	out->done_us = *played_now() * 1000;
	out->took_us = (uint32_t)(out->done_us - out->sent_us);
	b->state = b->result == BUS_PORT ? BUS_CLOSED : BUS_IDLE;
	return b->result;
}

struct bus_wants
bus_wants(const struct bus *b)
{
	int64_t until = b->done;

	if (b->state != BUS_BUSY)
		return (struct bus_wants){.fd = -1, .until_us = INT64_MAX};
	if (!b->asked)
		until = 0;
	else if (*played_now() < b->quiet)
		until = b->quiet;
	return (struct bus_wants){.fd = -1, .until_us = until * 1000};
}

bool
bus_late(struct bus *b, uint8_t *unit)
{
	(void)b;
	(void)unit;
	return false;
}

/* One step of the line; the clock goes on to when it is to come back, `end` at
 * the latest. */
static void
play_step(struct run *r, int64_t end)
{
	struct pollfd fds[64];
	int64_t wake = INT64_MAX;

	run_step(r, NULL, *played_now() * 1000);
	run_fds(r, fds, &wake);
	wake = wake > INT64_MAX - 999 ? INT64_MAX : (wake + 999) / 1000;
	if (wake > *played_now())
		*played_now() = wake < end ? wake : end;
}

/* Lets the line work until then. */
static void
play_until(struct run *r, int64_t end)
{
	int64_t then = 0;

	for (unsigned spins = 0; *played_now() < end; spins++) {
		if (*played_now() != then)
			spins = 0;
		then = *played_now();
		assert_true(spins < PLAYED_SPIN); /* it works without end */
		play_step(r, end);
	}
}

/* The line's end; how many outputs are not confirmed. */
static inline size_t
play_stop(struct run *r, int64_t until)
{
	run_stop(r, until);
	while (run_left(r) > 0 && *played_now() < until)
		play_step(r, until);
	return run_left(r);
}

#endif
