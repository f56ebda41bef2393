/*
 * Units whose answers come late, or never, and units that are strict about the
 * silence before a request: whatever comes when, no register ever gets
 * another's value, and a line comes into step by itself (C09). Many lines go on
 * side by side in one loop. Registers hold 100 + their address.
 *
 * alone: yes
 */
#include "busfield.h"

#include <sys/mman.h>

enum {
	LATE_T = 100, /* ms */
	LINES = 20,
	POLLS = 24, /* of each line */
	ADDRESSES = 40,
};

/* How the units behave; the children inherit it. */
static int least_ms, most_ms;
static unsigned lost_every; /* requests it does not hear; 0: hears all */

/* It hears nothing while it works. If this machine is so busy that an answer
 * would come later than the scenario has it, there is none. */
static void
unit(int fd)
{
	uint8_t req[8], out[256];

	srand((unsigned)getpid());
	for (unsigned i = 1;; i++) {
		take(fd, req, 8);
		if (lost_every > 0 && i % lost_every == 0)
			continue;
		int64_t t0 = port_now_us();
		rest(least_ms + rand() % (most_ms - least_ms + 1));
		(void)fcntl(fd, F_SETFL, O_NONBLOCK);
		while (read(fd, out, sizeof(out)) > 0)
			;
		(void)fcntl(fd, F_SETFL, 0);
		if (port_now_us() - t0 <= (most_ms + LATE_T / 2) * 1000)
			give(fd, out, answer_to(req, out));
	}
}

/* One line's way of asking: what a scheduler does, in small. */
struct asker {
	struct field f;
	uint32_t timeout_ms;
	bool quiet, adapts, patient;
	unsigned polls, good, failed, in_a_row;
	uint16_t addr;
	bool asked;
};

static void
note(struct asker *a, enum bus_result r)
{
	uint8_t unit_no;

	a->polls++;
	a->asked = false;
	assert_true(r == BUS_OK || r == BUS_TIMEOUT);
	if (r == BUS_OK) {
		assert_int_equal(a->f.answer.words[0], 100 + a->addr);
		a->good++;
		a->in_a_row++;
	} else {
		a->failed++;
		a->in_a_row = 0;
	}
	bool late = bus_late(a->f.bus, &unit_no);
	if (a->adapts && a->f.answer.late_ms > 0)
		a->timeout_ms = a->f.answer.late_ms * 3 / 2;
	else if (a->adapts && late)
		a->timeout_ms = a->timeout_ms * 3 / 2;
	a->addr = (uint16_t)((a->addr + 7) % ADDRESSES);
}

/* Goes on with one line; when to come back. */
static int64_t
tend(struct asker *a)
{
	struct ask ask = asking(1, FC_READ_HOLDING, a->addr, 1);
	enum bus_result r;

	if (!a->asked) {
		int64_t doubt = bus_doubt_us(a->f.bus, &ask.req);

		if (a->patient && doubt > port_now_us())
			return doubt;
		ask.timeout_ms = a->timeout_ms;
		ask.quiet = a->quiet;
		bus_begin(a->f.bus, &ask);
		a->asked = true;
	}
	r = bus_step(a->f.bus, &a->f.answer, a->f.why);
	if (r != BUS_PENDING) {
		note(a, r);
		return 0;
	}
	return bus_wants(a->f.bus).until_us;
}

static void
run_all(struct asker *all, size_t n)
{
	bool more = true;

	while (more) {
		struct pollfd p[LINES];
		int64_t until = INT64_MAX;

		more = false;
		for (size_t i = 0; i < n; i++) {
			p[i] = (struct pollfd){.fd = -1, .events = POLLIN};
			if (all[i].polls == POLLS)
				continue;
			more = true;
			int64_t at = tend(&all[i]);
			if (at < until)
				until = at;
			p[i].fd = bus_wants(all[i].f.bus).fd;
		}
		int64_t left = until - port_now_us();
		struct timespec ts = {.tv_sec = left > 0 ? left / 1000000 : 0,
		    .tv_nsec = left > 0 ? left % 1000000 * 1000 : 0};
		if (more)
			(void)ppoll(p, n, &ts, NULL);
	}
}

/* Plays it on all lines; what they have come to is in `sum`. */
static void
play_all(struct asker how, struct asker *all)
{
	for (size_t i = 0; i < LINES; i++) {
		all[i] = how;
		rtu_up(&all[i].f, unit);
		all[i].addr = (uint16_t)i;
		all[i].timeout_ms = LATE_T;
	}
	run_all(all, LINES);
	for (size_t i = 0; i < LINES; i++)
		down(&all[i].f);
}

static unsigned
sum_good(const struct asker *all)
{
	unsigned n = 0;

	for (size_t i = 0; i < LINES; i++)
		n += all[i].good;
	return n;
}

static void
test_up_to_two_timeouts(void **state)
{
	static struct asker all[LINES];

	(void)state;
	least_ms = LATE_T * 4 / 10;
	most_ms = LATE_T * 2;
	lost_every = 0;
	play_all((struct asker){.quiet = true}, all);
	assert_true(sum_good(all) > LINES * POLLS / 8);
	/* As lost units are probed, or when commands cut every wait short. */
	play_all((struct asker){.quiet = false}, all);
	/* As it really is: the timeout follows the unit. */
	play_all((struct asker){.quiet = true, .adapts = true, .patient = true},
	    all);
	assert_true(sum_good(all) > LINES * POLLS / 2);
}

static void
test_two_to_three_timeouts(void **state)
{
	static struct asker all[LINES];

	(void)state;
	least_ms = LATE_T * 2;
	most_ms = LATE_T * 3;
	lost_every = 0;
	play_all((struct asker){.quiet = true, .adapts = true}, all);
	for (size_t i = 0; i < LINES; i++)
		assert_true(all[i].good > POLLS / 2);
}

/* What is lost costs itself and nothing more. */
static void
test_lost_requests(void **state)
{
	static struct asker all[LINES];

	(void)state;
	least_ms = 0;
	most_ms = 2;
	lost_every = 7;
	play_all((struct asker){.quiet = true, .patient = true}, all);
	assert_true(sum_good(all) >= LINES * POLLS * 8 / 10);
	for (size_t i = 0; i < LINES; i++)
		assert_true(all[i].failed >= POLLS / 7);
}

/* ---- the silence before a request ---- */

struct strict {
	int64_t char_us, silence_us, stray_us;
	unsigned heard, broken;
};

static struct strict *strict; /* shared with the child */

/* Hears only what comes after three and a half characters of silence. Its times
 * are those before it writes, so that it errs on the side of the master. */
static void
strict_unit(int fd)
{
	uint8_t req[8], out[256];
	int64_t last = 0;

	for (;;) {
		take(fd, req, 8);
		int64_t now = port_now_us();
		strict->heard++;
		if (now - last < strict->silence_us) {
			strict->broken++;
			continue;
		}
		size_t n = answer_to(req, out);
		port_sleep_until_us(
		    now + (int64_t)(8 + n) * strict->char_us + 2000);
		last = port_now_us();
		give(fd, out, n);
		if (strict->stray_us == 0)
			continue;
		port_sleep_until_us(last + strict->stray_us);
		/* Held up, the byte would meet the next request. */
		if (port_now_us() > last + strict->stray_us + 500)
			continue;
		last = port_now_us();
		give(fd, "", 1);
	}
}

static void
keeps_silence(uint32_t baud, enum parity parity, uint8_t stop_bits,
    int64_t silence_us, int64_t stray_us, uint32_t rest_ms)
{
	struct ask ask = asking(1, FC_READ_HOLDING, 0, 4);
	struct field f;

	*strict = (struct strict){.char_us = 11000000 / baud,
	    .silence_us = silence_us,
	    .stray_us = stray_us};
	rtu_play(&f, strict_unit);
	f.line.baud = baud;
	f.line.parity = parity;
	f.line.stop_bits = stop_bits;
	rtu_open(&f);
	ask.timeout_ms = PATIENCE;
	ask.rest_ms = rest_ms;
	for (uint16_t i = 0; i < 40; i++) {
		ask.req.addr = i;
		assert_int_equal(run_exchange(&f, &ask), BUS_OK);
		assert_int_equal(f.answer.words[3], 103 + i);
		assert_true(f.answer.took_us >= 2000);
	}
	assert_int_equal(strict->heard, 40);
	assert_int_equal(strict->broken, 0);
	down(&f);
}

static void
test_silence(void **state)
{
	(void)state;
	strict = mmap(NULL, sizeof(*strict), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(strict != MAP_FAILED);
	/* Three and a half characters of 10, 11 and 12 bits. */
	keeps_silence(9600, PARITY_NONE, 1, 3645, 0, 0);
	keeps_silence(4800, PARITY_EVEN, 1, 8020, 0, 0);
	keeps_silence(19200, PARITY_ODD, 2, 2187, 0, 0);
	keeps_silence(115200, PARITY_NONE, 1, 1750, 0, 0);
	/* A byte in the middle of it: it starts anew. */
	keeps_silence(9600, PARITY_NONE, 1, 3645, 2000, 0);
	/* A device that needs more. */
	keeps_silence(9600, PARITY_NONE, 1, 20000, 0, 20);
	(void)munmap(strict, sizeof(*strict));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_up_to_two_timeouts),
	    cmocka_unit_test(test_two_to_three_timeouts),
	    cmocka_unit_test(test_lost_requests),
	    cmocka_unit_test(test_silence),
	};

	(void)alarm(FIELD_LIMIT_S * 2);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
