/*
 * What a played line tells of itself: requests, answers and what went wrong by
 * kind, how long answers took, and how busy the line was.
 */
#include "played_types.h"

/* All counts as they are now, with nothing under way. */
static void
hear_counts(void)
{
	while (field.log[field.nlog - 1].done >= field.now)
		until(field.now + 10);
	for (size_t i = 0; i < line.ndevices; i++)
		run->devs[i].changed = true;
	run->look_next = 0;
	hear();
}

static void
test_everything_is_counted(void **state)
{
	const struct msg_device *d = &heard.device[0];
	struct unit *u;

	(void)state;
	site_begin();
	(void)site_add(type(0, 1, 125), 10 * SECOND, SECOND);
	(void)site_add(type(1, 1, 125), 20 * SECOND, SECOND);
	u = unit_of(0);
	u->takes_ms = 40;
	site_start();
	until(field.now + 95 * SECOND); /* ten polls */
	u->takes_ms = 300;
	until(field.now + 20 * SECOND); /* two slow ones */
	u->takes_ms = 40;
	u->code = 6;
	u->code_times = 2;
	until(field.now + 10 * SECOND); /* busy twice, then answered */
	u->code = 1;
	u->code_times = 1;
	until(field.now + 10 * SECOND); /* refused, not asked again */
	u->crc = true;
	until(field.now + 5 * SECOND); /* twice at once */
	u->crc = false;
	until(field.now + 20 * SECOND);
	hear_counts();
	assert_int_equal(d->state, DEVICE_ONLINE);
	assert_int_equal(d->exceptions, 3);
	assert_int_equal(d->codes[6], 2);
	assert_int_equal(d->codes[1], 1);
	assert_int_equal(d->crc + d->noise, d->crc);
	assert_int_equal(d->timeouts, 0);
	assert_int_equal(
	    d->requests, d->answers + d->timeouts + d->crc + d->noise);
	uint32_t bars = 0, slow = 0;
	for (size_t i = 0; i < ANSWER_BARS; i++) {
		bars += d->answer_bars[i];
		if (i > 0 && answer_bar_ms[i - 1] < 300 &&
		    (i == ANSWER_BARS - 1 || 300 <= answer_bar_ms[i]))
			slow = d->answer_bars[i];
	}
	assert_int_equal(bars, d->answers);
	assert_int_equal(slow, 2);
	uint64_t ms = 0;
	uint32_t asked = 0;
	for (size_t i = 0; i < field.nlog; i++)
		if (field.log[i].unit == devices[0].unit) {
			asked++;
			ms += (uint64_t)(field.log[i].done - field.log[i].at);
		}
	assert_int_equal(d->requests, asked);
	assert_int_equal(d->line_ms, ms);
	site_end();
}

static void
test_timeouts_and_use_are_counted(void **state)
{
	const struct msg_device *d = &heard.device[0];
	int64_t t0;

	(void)state;
	site_begin();
	(void)site_add(type(0, 1, 125), SECOND, 200);
	unit_of(0)->takes_ms = 100;
	t0 = field.now;
	site_start();
	until(t0 + 2 * MINUTE + 11 * SECOND);
	assert_int_equal(heard.line.use, 100); /* a tenth */
	assert_int_equal(heard.line.overruns, 0);
	assert_in_range(heard.line.sent, 120, 132);
	unit_of(0)->dead = true;
	size_t from = field.nlog;
	until(field.now + MINUTE);
	unit_of(0)->dead = false;
	until(field.now + MINUTE);
	hear_counts();
	uint32_t dead = 0;
	for (size_t i = from; i < field.nlog; i++)
		dead += field.log[i].result == BUS_TIMEOUT;
	assert_int_equal(d->timeouts, dead);
	assert_int_equal(d->requests, field.nlog);
	assert_int_equal(d->answers, field.nlog - dead);
	site_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everything_is_counted),
	    cmocka_unit_test(test_timeouts_and_use_are_counted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
