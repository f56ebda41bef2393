/*
 * Exchanges on a simulated serial line, in simulated time: tens of thousands in
 * a second, with units that are late, deaf, garbled and many, and bytes that
 * come one by one. Whatever happens: no value of another register, no write
 * confirmed that was not done, no request before its silence is over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exchange.h"
#include "pace.h"
#include "port.h"

enum {
	T = 100, /* timeout, ms */
	UNITS = 3,
	POLLS = 10000,
	WAITING = 4096, /* bytes on the wire */
	WRITES = POLLS + 1,
	CHAR_US = 1042,
};

/* What a unit does, in hundredths of a timeout, and per hundred requests. */
struct habits {
	int least, most; /* it answers after */
	int lost, garbled, stray, foreign;
	int quiet, hurry; /* what the master does */
	bool patient;     /* and asks nothing in doubt */
};

struct wire_byte {
	int64_t at;
	uint8_t byte;
};

static struct world {
	const struct habits *habits;
	uint32_t seed;
	int64_t now, last, silence;
	struct wire_byte coming[WAITING]; /* in order of time */
	size_t ncoming;
	int64_t busy_until[UNITS + 1];
	bool done[WRITES];
	unsigned broken_silences;
} w;

static uint32_t
dice(uint32_t sides)
{
	w.seed = w.seed * 1664525u + 1013904223u;
	return (w.seed >> 8) % sides;
}

static bool
percent(int n)
{
	return (int)dice(100) < n;
}

static unsigned
sum_of(const uint8_t *p, size_t n)
{
	unsigned sum = 0xFFFF;

	for (size_t i = 0; i < n * 8; i++) {
		unsigned bit = (sum ^ (unsigned)p[i / 8] >> i % 8) & 1;
		sum = sum >> 1 ^ (bit ? 0xA001 : 0);
	}
	return sum;
}

static void
put_byte(int64_t at, uint8_t byte)
{
	size_t i = w.ncoming++;

	assert_true(i < WAITING);
	for (; i > 0 && w.coming[i - 1].at > at; i--)
		w.coming[i] = w.coming[i - 1];
	w.coming[i] = (struct wire_byte){at, byte};
}

static uint16_t
value_of(unsigned unit, unsigned function, unsigned addr)
{
	return (uint16_t)(unit << 12 | function << 8 | addr);
}

/* Its body; the checksum comes behind. */
static size_t
answer_to(const uint8_t *q, uint8_t *out)
{
	unsigned addr = (unsigned)q[2] << 8 | q[3];
	size_t count = (size_t)q[4] << 8 | q[5];

	memcpy(out, q, 6);
	if (q[1] > FC_READ_INPUT)
		return 6;
	out[2] = (uint8_t)(count * 2);
	for (unsigned i = 0; i < count; i++) {
		uint16_t v = value_of(q[0], q[1], addr + i);
		out[3 + i * 2] = (uint8_t)(v >> 8);
		out[4 + i * 2] = (uint8_t)v;
	}
	return 3 + count * 2;
}

static void
put_answer(const uint8_t *q, int64_t at)
{
	uint8_t out[FRAME_MAX];
	size_t n = answer_to(q, out);
	unsigned sum = sum_of(out, n);

	out[n] = (uint8_t)sum;
	out[n + 1] = (uint8_t)(sum >> 8);
	if (percent(w.habits->garbled))
		out[dice((uint32_t)n)] ^= (uint8_t)(1u << dice(8));
	for (size_t i = 0; i < n + 2; i++)
		put_byte(at + (int64_t)(i + 1) * CHAR_US, out[i]);
}

/* It hears nothing while it works. */
static void
unit_hears(const uint8_t *q, int64_t at)
{
	const struct habits *h = w.habits;
	int64_t answer = at + ((int64_t)h->least +
				  dice((uint32_t)(h->most - h->least) + 1)) *
				  T * 10;

	if (q[0] > UNITS || at < w.busy_until[q[0]] || percent(h->lost))
		return;
	w.busy_until[q[0]] = answer;
	if (q[1] == FC_WRITE_HOLDING)
		w.done[q[4] << 8 | q[5]] = true;
	if (q[1] == FC_WRITE_HOLDINGS)
		w.done[q[7] << 8 | q[8]] = true;
	if (percent(h->stray))
		put_byte(at + (answer - at) / 2, (uint8_t)dice(256));
	if (percent(h->foreign) && answer - at > 30 * CHAR_US) {
		uint8_t other[8];
		memcpy(other, q, 8);
		other[0] = UNITS + 7;
		if (other[1] <= FC_READ_INPUT)
			put_answer(other, at + (answer - at) / 3);
	}
	put_answer(q, answer);
}

/* ---- what exchange.c takes for a port ---- */

int64_t
port_now_us(void)
{
	/* Time passes in code, too; and a loop that waits gets on. */
	return w.now++;
}

int
link_send(struct link *k, const uint8_t *frame, size_t n)
{
	(void)k;
	if (w.now - w.last < w.silence)
		w.broken_silences++;
	w.last = w.now + (int64_t)n * CHAR_US;
	unit_hears(frame, w.last);
	return 0;
}

int
link_take(struct link *k, uint8_t *out, size_t cap)
{
	size_t n = 0;

	(void)k;
	while (n < w.ncoming && n < cap && w.coming[n].at <= w.now) {
		out[n] = w.coming[n].byte;
		w.last = w.coming[n].at > w.last ? w.coming[n].at : w.last;
		n++;
	}
	w.ncoming -= n;
	memmove(w.coming, w.coming + n, w.ncoming * sizeof(w.coming[0]));
	return (int)n;
}

/* ---- the master ---- */

static const struct line line = {
    .transport = TRANSPORT_RTU, .baud = 9600, .stop_bits = 1};
static struct exchange x;
static struct answer answer;

/* To the next byte, or to `until`. */
static void
pass_time(int64_t until)
{
	if (w.ncoming > 0 && w.coming[0].at < until)
		until = w.coming[0].at;
	if (until > w.now)
		w.now = until;
}

static void
random_ask(struct ask *ask, uint16_t *words, unsigned number)
{
	static const uint8_t functions[] = {FC_READ_HOLDING, FC_READ_HOLDING,
	    FC_READ_HOLDING, FC_READ_INPUT, FC_WRITE_HOLDING,
	    FC_WRITE_HOLDINGS};
	struct request *q = &ask->req;

	*ask = (struct ask){.timeout_ms = T, .quiet = percent(w.habits->quiet)};
	*q = (struct request){.unit = (uint8_t)(1 + dice(UNITS)),
	    .function = functions[dice(sizeof(functions))],
	    .addr = (uint16_t)dice(8),
	    .count = (uint16_t)(1 + dice(2))};
	words[0] = (uint16_t)number;
	words[1] = 7;
	if (q->function > FC_READ_INPUT)
		q->words = words;
	if (q->function == FC_WRITE_HOLDING)
		q->count = 1;
}

static enum bus_result
run_one(const struct ask *ask)
{
	enum bus_result r;

	exchange_begin(&x, ask);
	while ((r = exchange_step(&x, NULL, &answer)) == BUS_PENDING) {
		if (x.phase == PHASE_QUIET && percent(w.habits->hurry))
			exchange_hurry(&x);
		pass_time(exchange_until(&x));
	}
	return r;
}

static void
check_good(const struct request *q, unsigned number)
{
	if (q->function > FC_READ_INPUT) {
		assert_true(w.done[number]);
		return;
	}
	for (unsigned i = 0; i < q->count; i++)
		assert_int_equal(answer.words[i],
		    value_of(q->unit, q->function, q->addr + i));
}

/* How many of the exchanges were good. */
static unsigned
play(const struct habits *h, uint32_t seed)
{
	unsigned good = 0;

	w = (struct world){.habits = h,
	    .seed = seed,
	    .now = 1000000,
	    .silence = pace_silence_us(&line, 0)};
	exchange_init(&x, &line);
	exchange_reset(&x);
	for (unsigned i = 0; i < POLLS; i++) {
		uint16_t words[2];
		struct ask ask;

		random_ask(&ask, words, i);
		int64_t doubt = owed_doubt(&x.ear.owed, &ask.req, w.now);
		while (h->patient && w.now < doubt) {
			/* The line is read meanwhile. */
			assert_int_equal(
			    exchange_step(&x, NULL, &answer), BUS_PENDING);
			pass_time(doubt);
		}
		enum bus_result r = run_one(&ask);
		assert_true(r == BUS_OK || r == BUS_TIMEOUT || r == BUS_NOISE);
		assert_true(answer.done_us >= answer.sent_us);
		if (r != BUS_OK)
			continue;
		check_good(&ask.req, i);
		good++;
	}
	assert_int_equal(w.broken_silences, 0);
	return good;
}

static void
test_good_units(void **state)
{
	static const struct habits h = {.least = 0, .most = 90, .quiet = 100};

	(void)state;
	assert_int_equal(play(&h, 1), POLLS);
}

/* C09: 0.4 to 2 timeouts. */
static void
test_late_units(void **state)
{
	static const struct habits h = {.least = 40, .most = 200, .quiet = 100};

	(void)state;
	for (uint32_t seed = 1; seed <= 5; seed++)
		assert_in_range(
		    play(&h, seed), POLLS * 30 / 100, POLLS * 40 / 100);
}

static void
test_late_units_and_an_impatient_master(void **state)
{
	static const struct habits h = {
	    .least = 40, .most = 390, .quiet = 50, .hurry = 50};

	(void)state;
	for (uint32_t seed = 1; seed <= 10; seed++)
		assert_true(play(&h, seed) > 0);
}

/* What is lost costs itself alone, if nothing is asked in doubt. */
static void
test_lost_requests(void **state)
{
	static const struct habits h = {
	    .least = 1, .most = 20, .lost = 5, .quiet = 100, .patient = true};

	(void)state;
	for (uint32_t seed = 1; seed <= 5; seed++)
		assert_in_range(
		    play(&h, seed), POLLS * 93 / 100, POLLS * 97 / 100);
}

/* A byte before a good answer, and answers of others, cost nothing. */
static void
test_stray_bytes(void **state)
{
	static const struct habits h = {.least = 5,
	    .most = 60,
	    .stray = 30,
	    .foreign = 20,
	    .quiet = 100,
	    .patient = true};

	(void)state;
	for (uint32_t seed = 1; seed <= 5; seed++)
		assert_true(play(&h, seed) >= POLLS * 999 / 1000);
}

static void
test_garbled_answers(void **state)
{
	static const struct habits h = {.least = 1,
	    .most = 20,
	    .garbled = 5,
	    .quiet = 100,
	    .patient = true};

	(void)state;
	for (uint32_t seed = 1; seed <= 5; seed++)
		assert_in_range(
		    play(&h, seed), POLLS * 93 / 100, POLLS * 97 / 100);
}

static void
test_everything_at_once(void **state)
{
	static const struct habits h = {.least = 1,
	    .most = 390,
	    .lost = 10,
	    .garbled = 10,
	    .stray = 10,
	    .foreign = 10,
	    .quiet = 70,
	    .hurry = 10};

	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++)
		assert_true(play(&h, seed) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_units),
	    cmocka_unit_test(test_late_units),
	    cmocka_unit_test(test_late_units_and_an_impatient_master),
	    cmocka_unit_test(test_lost_requests),
	    cmocka_unit_test(test_stray_bytes),
	    cmocka_unit_test(test_garbled_answers),
	    cmocka_unit_test(test_everything_at_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
