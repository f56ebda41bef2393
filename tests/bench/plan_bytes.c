/*
 * The plan against the brute-force optimum: random maps with gaps and mixed
 * periods (10 s, 30 s, 60 s), polled for the minute after which it all repeats,
 * on a 9600 baud line with 5 ms of turnaround. One JSON object:
 *
 *   cost_ratio_*       line time, against the least possible line time
 *   bytes_ratio_*      bytes on the wire (requests and answers), against those
 *                      of the optimum at this line's price
 *   bare_bytes_ratio_* the same bytes against the fewest that would do, were
 *                      silences and turnaround for nothing
 *   one_by_one_ratio_* bytes if each point had a request of its own
 *
 * By hand, in the top folder:
 *   cc -O2 -D_GNU_SOURCE -Igatewayd/conf -Igatewayd/line -Itests/unit \
 *       tests/bench/plan_bytes.c gatewayd/line/plan*.c -o plan_bytes
 *
 * The optimum is found by trying every division of the due points into reads,
 * register by register, with none of the plan's code.
 */
#include <stdio.h>
#include <stdlib.h>

#include "plan_model.h"

enum { MAPS = 1000, TICKS = 6 /* of 10 s */, POINTS_MOST = 10 };

struct ratio {
	double worst, sum;
};

struct tally { /* over the minute of one map */
	uint64_t cost, bytes, least_cost, its_bytes, least_bytes, one_by_one;
};

static struct model m;
static uint32_t every[MODEL_POINTS];

/* Up to ten points of one or two registers, some side by side, some apart. */
static void
any_map(unsigned *seed)
{
	static const uint32_t periods[] = {1, 3, 6};
	uint32_t n = 2 + model_below(seed, POINTS_MOST - 1), addr = 0;

	model_begin(&m, 125, (uint16_t)(4 * model_below(seed, 9)));
	for (uint32_t i = 0; i < n; i++) {
		uint16_t count = (uint16_t)(1 + model_below(seed, 2));

		if (model_below(seed, 2) == 0)
			addr += 1 + model_below(seed, 20);
		(void)model_add(&m, TABLE_HOLDING, (uint16_t)addr, count);
		every[i] = periods[model_below(seed, 3)];
		addr += count;
	}
}

static void
poll_minute(struct plan *p, struct price price, struct tally *sum)
{
	static struct read reads[POINTS_MOST];

	*sum = (struct tally){.cost = 0};
	for (uint32_t tick = 0; tick < TICKS; tick++) {
		for (size_t i = 0; i < m.type.npoints; i++) {
			m.due[i] = tick % every[i] == 0;
			if (m.due[i])
				sum->one_by_one += model_cost(TABLE_HOLDING,
				    m.types[i].count, model_bytes);
		}
		size_t n = plan_reads(p, m.due, price, reads, POINTS_MOST);
		struct model_best best = model_cheapest(&m, price, false);

		sum->cost += model_sum(reads, n, price);
		sum->bytes += model_sum(reads, n, model_bytes);
		sum->least_cost += best.cost;
		sum->its_bytes += best.bytes;
		sum->least_bytes += model_best(&m, model_bytes, false);
	}
}

static void
add(struct ratio *r, uint64_t ours, uint64_t best)
{
	double ratio = best == 0 ? 1 : (double)ours / (double)best;

	r->sum += ratio;
	if (ratio > r->worst)
		r->worst = ratio;
}

static void
say(const char *name, struct ratio r)
{
	printf("\"%s_worst\": %.4f, \"%s_mean\": %.4f, ", name, r.worst, name,
	    r.sum / MAPS);
}

int
main(void)
{
	struct ratio cost = {0}, bytes = {0}, bare = {0}, one = {0};
	const struct line line = {.transport = TRANSPORT_RTU,
	    .baud = 9600,
	    .parity = PARITY_NONE,
	    .stop_bits = 1};
	struct price price = plan_price(&line, 5000);

	for (unsigned map = 0; map < MAPS; map++) {
		unsigned seed = map;
		struct tally sum;

		any_map(&seed);
		struct plan *p = plan_new(&m.device);
		if (p == NULL)
			return 1;
		poll_minute(p, price, &sum);
		(void)plan_free(p);
		add(&cost, sum.cost, sum.least_cost);
		add(&bytes, sum.bytes, sum.its_bytes);
		add(&bare, sum.bytes, sum.least_bytes);
		add(&one, sum.one_by_one, sum.bytes);
	}
	printf("{");
	say("bytes_ratio", bytes);
	say("cost_ratio", cost);
	say("bare_bytes_ratio", bare);
	say("one_by_one_ratio", one);
	printf("\"maps\": %d}\n", MAPS);
	return 0;
}
