/*
 * Bad days for valves, and for their neighbours: commands, dead units, deaf
 * ones, power cuts and pulled adapters at random moments, by seeds that can be
 * repeated. Whatever happens, no valve is open when its time is over and it can
 * be reached, and every command is answered once.
 */
#include "played_commands.h"

enum {
	HOUR = 60 * MINUTE,
	SEEDS = 40,
	GRACE_MS = MINUTE, /* to reach a unit that is back, and close */
};

static uint32_t seed;

static uint32_t
below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static struct {
	uint32_t number;
	int64_t allowed[2]; /* the valve may be open until then */
	int64_t healthy;    /* since when all works */
	int64_t until;      /* the trouble lasts; 0: there is none */
	uint64_t first_id, last_id;
} day;

static void
give_command(void)
{
	uint32_t relay = below(2);
	uint32_t for_ms = SECOND + below(5 * MINUTE);
	bool open = below(3) > 0;
	uint64_t id;

	if (below(6) == 0) {
		id = command(LEVEL, COMMAND_SET, below(1001) / 10.0, 0);
	} else {
		id = command(relay, open ? COMMAND_OPEN : COMMAND_CLOSE, 0,
		    open ? for_ms : 0);
		if (!open)
			day.allowed[relay] = field.now;
		else if (field.now + for_ms > day.allowed[relay])
			day.allowed[relay] = field.now + for_ms;
	}
	if (day.first_id == 0)
		day.first_id = id;
	day.last_id = id;
}

static void
trouble(void)
{
	struct unit *u = unit_of(VALVES);

	day.until = field.now + SECOND + below(2 * MINUTE);
	switch (below(7)) {
	case 0:
		u->dead = true;
		break;
	case 1:
		u->deaf = true;
		break;
	case 2:
		u->mute = true;
		break;
	case 3:
		u->write_code = (uint8_t)(1 + below(6));
		break;
	case 4:
		u->noise = true;
		break;
	case 5:
		field.gone = true;
		break;
	default: /* a power cut: it comes back as it likes */
		u->dead = true;
		day.until = field.now + 2 * MINUTE;
		u->coils[0] = below(2) > 0;
		u->coils[1] = below(2) > 0;
		break;
	}
}

/* Or a board that lost its power too short to be missed. */
static void
switch_by_hand(void)
{
	unit_of(VALVES)->coils[below(2)] = below(2) > 0;
	day.healthy = field.now;
}

static void
no_trouble(void)
{
	struct unit *u = unit_of(VALVES);

	u->dead = u->deaf = u->mute = u->noise = field.gone = false;
	u->write_code = 0;
	day.until = 0;
	day.healthy = field.now;
}

static void
look_at_valves(void)
{
	for (size_t i = 0; i < 2; i++) {
		bool late = field.now > day.allowed[i] + GRACE_MS &&
			    day.until == 0 &&
			    field.now > day.healthy + GRACE_MS;

		if (late && unit_of(VALVES)->coils[i]) {
			print_error("day %u, %lld: relay %zu is open\n",
			    day.number, (long long)field.now, i + 1);
			fail();
		}
	}
}

static void
bad_day(uint32_t number)
{
	int64_t end;

	valves_start();
	memset(&day, 0, sizeof(day));
	day.number = seed = number;
	day.healthy = field.now;
	end = field.now + HOUR;
	while (field.now < end) {
		if (below(30) == 0)
			give_command();
		if (below(200) == 0)
			switch_by_hand();
		if (day.until == 0 && below(90) == 0)
			trouble();
		else if (day.until != 0 && field.now >= day.until)
			no_trouble();
		until(field.now + 200 + below(SECOND));
		look_at_valves();
		heard.nr = 0;
	}
	until(day.until);
	no_trouble();
	until(field.now + 6 * MINUTE);
	look_at_valves();
	for (uint64_t id = day.first_id; id <= day.last_id; id++)
		assert_non_null(result_of(id));
	assert_int_equal(run_left(run), 0);
	/* Every alarm is over. */
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "),
	    events(EVENT_OUTPUT, "alarm over"));
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	site_end();
}

static void
test_bad_days(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= SEEDS; i++)
		bad_day(i);
}

/* ---- units of one line ---- */

enum { UNITS_HERE = 10, WELL = 5 };

static void
random_trouble(struct unit *u)
{
	uint32_t n = below(12);

	u->dead = n < 3;
	u->noise = n == 3;
	u->crc = n == 4;
	u->code = n == 5 ? (uint8_t)(1 + below(11)) : 0;
	u->takes_ms = n == 6 ? 900 : n == 7 ? 1100 : 0;
}

/* Five units keep well, five have all kinds of trouble. */
static void
bad_neighbours(uint32_t number)
{
	int64_t last[WELL] = {0}, worst = 0;

	site_begin();
	seed = number;
	for (size_t i = 0; i < UNITS_HERE; i++) {
		(void)site_add(&probe, 10 * SECOND, SECOND);
		unit_of(i)->regs[0] = (uint16_t)(100 + i);
	}
	site_start();
	for (int64_t end = field.now + HOUR; field.now < end;) {
		if (below(20) == 0)
			random_trouble(unit_of(WELL + below(WELL)));
		until(field.now + SECOND);
		for (size_t i = 0; i < heard.nr; i++) {
			const struct reading *r = &heard.r[i];

			if (r->quality == QUALITY_GOOD)
				assert_int_equal(r->value.i, 100 + r->series);
			if (r->series >= WELL)
				continue;
			assert_int_equal(r->quality, QUALITY_GOOD);
			if (last[r->series] != 0 &&
			    r->boot_ms - last[r->series] > worst)
				worst = r->boot_ms - last[r->series];
			last[r->series] = r->boot_ms;
		}
		heard.nr = 0;
	}
	assert_in_range(worst, 10 * SECOND, 15 * SECOND);
	assert_int_equal(heard.line.overruns, 0);
	site_end();
}

static void
test_bad_neighbours(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= SEEDS; i++)
		bad_neighbours(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bad_days),
	    cmocka_unit_test(test_bad_neighbours),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
