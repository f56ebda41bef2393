/*
 * What a line keeps goes to core before the readings that show it, also when
 * the channel is full in between. The devices are this test's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "chan.h"
#include "device.h"
#include "keeping.h"
#include "sink.h"

enum { COUNTERS = 150 };

static struct point_type counters[COUNTERS];
static const struct point_type gauge = {.name = "gauge"};
static const struct device_type meter = {
    .name = "meter", .points = counters, .npoints = COUNTERS};
static const struct device_type plain = {
    .name = "plain", .points = &gauge, .npoints = 1};
static const struct device_type plugin = {
    .name = "plugin", .plugin = true, .points = counters, .npoints = 2};
static struct device devices[] = {
    {.path = "l/plain", .type = &plain, .series = 10},
    {.path = "l/meter", .type = &meter, .series = 11},
    {.path = "l/plugin", .type = &plugin, .series = 11 + COUNTERS}};
static const struct line line = {
    .name = "l", .devices = devices, .ndevices = 3};

static struct {
	struct dev devs[3];
	struct keeping *keeping;
	struct sink *sink;
	int core, line; /* ends of the channel */
	uint8_t counts[COUNTERS + 2];
	bool changed[COUNTERS + 2], kept[COUNTERS + 2];
	struct msg in;
} t;

static size_t
place(const struct dev *d, size_t point)
{
	assert_true(d != &t.devs[0]); /* a gauge keeps nothing */
	return (size_t)d->conf->series - 11 + point;
}

bool
device_kept(struct dev *d, size_t point, struct kept *out)
{
	size_t i = place(d, point);

	if (!t.changed[i])
		return false;
	t.changed[i] = false;
	*out = (struct kept){
	    .series = (uint32_t)(11 + i), .n = 1, .bytes = {t.counts[i]}};
	return true;
}

bool
device_keep(struct dev *d, const struct kept *k)
{
	size_t i = place(d, k->series - d->conf->series);

	t.kept[i] = true;
	return k->n == 1;
}

static int
set_up(void **state)
{
	int pair[2];

	(void)state;
	memset(&t, 0, sizeof(t));
	for (size_t i = 0; i < COUNTERS; i++)
		counters[i] =
		    (struct point_type){.name = "count", .accumulate = true};
	for (size_t i = 0; i < 3; i++)
		t.devs[i].conf = &devices[i];
	t.keeping = keeping_new(&line, t.devs);
	t.sink = sink_new(1000);
	if (t.keeping == NULL || t.sink == NULL || chan_pair(pair, 8192) != 0)
		return -1;
	t.core = pair[0];
	t.line = pair[1];
	sink_before(t.sink, keeping_send, t.keeping);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	t.sink = sink_free(t.sink);
	t.keeping = keeping_free(t.keeping);
	return close(t.core) | close(t.line);
}

/* The counter went on, and there is a reading of it. */
static void
count(size_t i)
{
	struct reading r = {.series = (uint32_t)(11 + i),
	    .boot_ms = 1,
	    .value = value_int(++t.counts[i])};

	t.changed[i] = true;
	sink_reading(t.sink, &r);
}

static int
flush(void)
{
	return sink_flush(t.sink, t.line, 1000, "l", false);
}

/* As core does: no reading may show more than what is kept. How many. */
static size_t
take_all(uint8_t *known)
{
	size_t readings = 0;

	while (msg_recv(t.core, &t.in) == 1) {
		const struct msg_kept *k = &t.in.kept;
		const struct msg_readings *r = &t.in.readings;

		for (size_t i = 0; t.in.kind == MSG_KEPT && i < k->n; i++)
			known[k->k[i].series - 11] = k->k[i].bytes[0];
		for (size_t i = 0; t.in.kind == MSG_READINGS && i < r->n; i++) {
			assert_true(known[r->r[i].series - 11] >=
				    value_number(&r->r[i].value));
			readings++;
		}
	}
	return readings;
}

static void
kept_before_read(void **state)
{
	uint8_t known[COUNTERS + 2] = {0};

	(void)state;
	count(3);
	count(COUNTERS); /* the plugin's */
	count(3);
	assert_int_equal(flush(), 0);
	assert_int_equal(take_all(known), 3);
	assert_int_equal(known[3], 2);
	assert_int_equal(known[COUNTERS], 1);
	assert_int_equal(flush(), 0);
	assert_int_equal(msg_recv(t.core, &t.in), -EAGAIN);
	/* At the end also without a reading. */
	t.changed[5] = true;
	assert_int_equal(sink_flush(t.sink, t.line, 1000, "l", true), 0);
	assert_int_equal(msg_recv(t.core, &t.in), 1);
	assert_int_equal(t.in.kind, MSG_KEPT);
}

static void
a_full_channel_keeps_the_order(void **state)
{
	uint8_t known[COUNTERS + 2] = {0};
	size_t counted = 0, readings = 0;

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		for (int n = rand() % 4; n > 0; n--) {
			size_t at = (size_t)rand() % (COUNTERS + 1);
			if (t.counts[at] == 255)
				continue;
			count(at);
			counted++;
		}
		(void)flush();
		if (rand() % 40 == 0) /* core is slow */
			readings += take_all(known);
	}
	for (int i = 0; i < 100 && readings < counted; i++) {
		(void)flush();
		readings += take_all(known);
	}
	assert_int_equal(readings, counted);
	for (size_t i = 0; i <= COUNTERS; i++)
		assert_int_equal(known[i], t.counts[i]);
}

static void
to_whom_it_is_of(void **state)
{
	static const struct msg_kept m = {.last = 1,
	    .n = 5,
	    .k = {{.series = 12, .n = 1}, {.series = 9, .n = 1},
		{.series = 11 + COUNTERS, .n = 9},
		{.series = UINT32_MAX, .n = 1},
		{.series = 11 + COUNTERS + 2, .n = 1}}};

	(void)state;
	keeping_take(t.keeping, &m);
	for (size_t i = 0; i < COUNTERS + 2; i++)
		assert_int_equal(t.kept[i], i == 1 || i == COUNTERS);
}

int
main(void)
{
#define READY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    READY(kept_before_read),
	    READY(a_full_channel_keeps_the_order),
	    READY(to_whom_it_is_of),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("keeping", tests, NULL, NULL);
}
