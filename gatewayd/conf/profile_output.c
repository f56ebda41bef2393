/*
 * What an output has beyond a register to write: a state that shows what it
 * really does, a timer of the device's own, pulses for valves that latch.
 */
#include <string.h>

#include "profile_point.h"

/* It is armed anew when half of that is over, and others are to be asked in
 * between. */
enum { LONGEST_MIN_MS = 10000 };

/* The words that start the timer: numbers, and `time` once. */
static bool
read_timer_words(
    struct ctx *x, const struct node *n, struct output_timer *timer)
{
	bool timed = false;
	int64_t v = 0;

	if (!read_list(x, n, "write"))
		return false;
	if (n->n < 1 || n->n > TIMER_WORDS_MAX) {
		complain(x->c, n->at,
		    "write has %zu words; the timer takes 1 to %d", n->n,
		    TIMER_WORDS_MAX);
		return false;
	}
	for (const struct node *k = n->first; k; k = k->next) {
		uint8_t at = timer->nwords++;
		if (k->kind == NODE_SCALAR && strcmp(k->text, "time") == 0) {
			if (timed)
				complain(x->c, k->at,
				    "`time` stands here twice; keep one");
			timed = true;
			timer->time_at = at;
		} else if (!read_whole(
			       x, k, "a word of write", 0, UINT16_MAX, &v)) {
			return false;
		} else {
			timer->words[at] = (uint16_t)v;
		}
	}
	if (!timed)
		complain(x->c, n->at,
		    "none of these words is the time; write `time` in its "
		    "place");
	return timed;
}

static void
read_timer_time(struct ctx *x, const struct node *n, struct output_timer *timer)
{
	const struct node *step = read_need(x, n, "the timer", "step");
	const struct node *longest = read_need(x, n, "the timer", "longest");
	uint64_t step_ms = 0, ms = 0;

	if (!step || !longest ||
	    !read_duration(x, step, "step", 1, 3600000, &step_ms) ||
	    !read_duration(
		x, longest, "longest", LONGEST_MIN_MS, 7 * 86400000ull, &ms))
		return;
	if (ms < step_ms)
		complain(x->c, longest->at,
		    "longest is %s, less than one step of %s", longest->text,
		    step->text);
	else if (ms / step_ms > UINT16_MAX)
		complain(x->c, longest->at,
		    "longest is %s, which is %llu steps of %s; a register "
		    "holds at most 65535",
		    longest->text, (unsigned long long)(ms / step_ms),
		    step->text);
	timer->step_ms = (uint32_t)step_ms;
	timer->longest_ms = (uint32_t)ms;
}

static void
read_timer(struct ctx *x, const struct node *n, struct output_timer *out)
{
	static const char *const keys[] = {
	    "holding", "coil", "write", "step", "longest", NULL};
	struct output_timer timer = {0};
	const struct node *holding, *coil, *write;

	if (!read_map(x, n, "a timer", keys))
		return;
	holding = node_get(n, "holding");
	coil = node_get(n, "coil");
	write = node_get(n, "write");
	read_timer_time(x, n, &timer);
	if (!holding == !coil) {
		complain(x->c, n->at,
		    "a timer is started at one holding register or one coil; "
		    "write {coil: 0x0200, step: 100ms, longest: 3276s}");
		return;
	}
	timer.table = coil ? TABLE_COIL : TABLE_HOLDING;
	if (!read_address(x, coil ? coil : holding, timer.table, &timer.addr))
		return;
	if (!write)
		timer.nwords = 1;
	else if (!read_timer_words(x, write, &timer))
		return;
	if (coil && timer.nwords > 1)
		complain(x->c, write->at,
		    "a coil takes one word, the time; leave `write` out");
	if ((uint32_t)timer.addr + timer.nwords > 65536)
		complain(x->c, (coil ? coil : holding)->at,
		    "the timer runs past the last address, 65535");
	*out = timer;
}

/* A latching valve: a pulse to one place opens, one to another closes. */
static void
read_pulse(struct ctx *x, const struct node *n, struct point_type *t)
{
	static const char *const level[] = {
	    "on", "off", "timer", "mask", "shift"};
	const struct node *pulse = node_get(n, "pulse");
	const struct node *close = node_get(n, "close"), *k;
	uint64_t ms = 0;

	if (!pulse && !close)
		return;
	if (!pulse || !close) {
		complain(x->c, (pulse ? pulse : close)->key_at,
		    "`%s` stands without `%s`; a latching output opens by a "
		    "pulse to its own place and closes by one to `close`",
		    pulse ? "pulse" : "close", pulse ? "close" : "pulse");
		return;
	}
	for (size_t i = 0; i < sizeof(level) / sizeof(level[0]); i++)
		if ((k = node_get(n, level[i]))) {
			complain(x->c, k->key_at,
			    "`%s` means nothing for an output that latches; "
			    "leave it out",
			    k->key);
			return;
		}
	if (read_duration(x, pulse, "pulse", 10, 2000, &ms))
		t->pulse_ms = (uint32_t)ms;
	if (read_address(x, close, t->table, &t->close_addr) &&
	    t->close_addr == t->addr)
		complain(x->c, close->at,
		    "`%s` opens and closes at one address; `close` is another",
		    n->key);
}

void
point_output_read(struct ctx *x, const struct node *n, struct point_type *t)
{
	static const char *const keys[] = {
	    "confirm", "settle", "timer", "pulse", "close"};
	const struct node *k;
	uint64_t ms = 0;

	if (t->kind != KIND_OUTPUT) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if ((k = node_get(n, keys[i])))
				complain(x->c, k->key_at,
				    "`%s` is for outputs; add `kind: output` "
				    "or leave it out",
				    k->key);
		return;
	}
	if ((k = node_get(n, "settle"))) {
		if (t->write_only && !node_get(n, "confirm"))
			complain(x->c, k->key_at,
			    "nothing shows when `%s` has settled; add "
			    "`confirm`, or leave `settle` out",
			    n->key);
		if (read_duration(x, k, "settle", 0, 300000, &ms))
			t->settle_ms = (uint32_t)ms;
	}
	if ((k = node_get(n, "timer")))
		read_timer(x, k, &t->timer);
	read_pulse(x, n, t);
}
