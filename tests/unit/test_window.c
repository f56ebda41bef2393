/* The window against a naive model: a set of numbers, each unsent, in flight
 * or done, under random PUBACK order and lost connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "retry.h"
#include "window.h"

enum { NUMBERS = 400 };

static void
in_any_order(void **state)
{
	static struct window w;
	uint64_t done = 0;
	int mid = 0;
	bool has[NUMBERS + 1] = {false};

	(void)state;
	srandom(7);
	window_init(&w, NULL, 0);
	for (int step = 0; step < 200000 && done < NUMBERS; step++) {
		switch (random() % 8) {
		case 0: /* the connection is lost, rarely */
			if (random() % 50 == 0)
				window_reset(&w);
			break;
		case 1:
		case 2:
		case 3: { /* send one to nine numbers */
			uint64_t first = window_after(&w) + 1, last = first;
			if (first > NUMBERS || window_full(&w))
				break;
			assert_false(window_has(&w, first));
			while (last < NUMBERS && last - first < 8 &&
			       !window_has(&w, last + 1))
				last++;
			window_sent(&w, ++mid, first, last);
			break;
		}
		default: { /* a PUBACK of any of those in flight */
			struct seq_range r;
			if (!w.n)
				break;
			int m = w.flights[(size_t)random() % w.n].mid;
			assert_true(window_acked(&w, m, &r));
			assert_false(window_acked(&w, m, &r));
			for (uint64_t i = r.first; i <= r.last; i++) {
				assert_false(has[i]); /* never sent twice */
				has[i] = true;
				done++;
			}
		}
		}
		for (uint64_t i = 1; i <= NUMBERS; i++)
			assert_int_equal(window_has(&w, i), has[i]);
	}
	assert_int_equal(done, NUMBERS);
	assert_int_equal(w.ndone, 1);
	assert_int_equal(w.done[0].first, 1);
	assert_int_equal(w.done[0].last, NUMBERS);
}

static void
goes_on_from_a_cursor(void **state)
{
	static struct window w;
	const struct seq_range cursor[] = {{1, 10}, {15, 20}};

	(void)state;
	window_init(&w, cursor, 2);
	assert_int_equal(window_after(&w), 10);
	window_sent(&w, 1, 11, 14);
	assert_int_equal(window_after(&w), 20);
	window_reset(&w);
	assert_int_equal(window_after(&w), 10);
}

static void
a_store_that_begins_late(void **state)
{
	static struct window w;

	(void)state;
	window_init(&w, NULL, 0);
	assert_int_equal(window_after(&w), 0);
	window_sent(&w, 1, 1, 1732500000123);
	struct seq_range r;
	assert_true(window_acked(&w, 1, &r));
	assert_int_equal(window_after(&w), 1732500000123);
}

static void
is_bounded(void **state)
{
	static struct window w;

	(void)state;
	window_init(&w, NULL, 0);
	for (int i = 1; !window_full(&w); i++)
		window_sent(&w, i, (uint64_t)i, (uint64_t)i);
	window_sent(&w, 999, 999, 999);
	assert_int_equal(w.n, WINDOW_MAX);
	struct seq_range r;
	assert_false(window_acked(&w, 999, &r));
}

/* More holes than there is room for: reading still goes on. */
static void
never_stands_still(void **state)
{
	static struct window w;

	(void)state;
	window_init(&w, NULL, 0);
	for (uint64_t n = 1; n < 4 * WINDOW_RANGES; n += 2) {
		w.next = n; /* an unsent number in between */
		window_skip(&w, n + 1, n + 1);
		assert_true(window_after(&w) >= n + 1);
	}
	assert_int_equal(w.ndone, WINDOW_RANGES);
}

static void
waits_longer_and_longer(void **state)
{
	(void)state;
	for (uint32_t n = 1; n < 40; n++)
		for (uint32_t dice = 0; dice < 100000; dice += 997) {
			uint32_t base = n > 6 ? 48000 : 1000u << (n - 1);
			uint32_t ms = retry_ms(n, dice);
			if (base > 48000)
				base = 48000;
			assert_in_range(ms, base - base / 4, base + base / 4);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_any_order),
	    cmocka_unit_test(goes_on_from_a_cursor),
	    cmocka_unit_test(a_store_that_begins_late),
	    cmocka_unit_test(is_bounded),
	    cmocka_unit_test(never_stands_still),
	    cmocka_unit_test(waits_longer_and_longer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
