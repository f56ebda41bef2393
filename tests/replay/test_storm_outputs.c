/*
 * Bad days for outputs that others show, for timers and latching gates:
 * commands and trouble at random moments, by seeds that can be repeated.
 * Whatever happens, nothing stays open when it can be reached, whatever is on
 * by a timer goes off by that, no coil burns, and never are both of a gate on.
 * Every other day nothing shows the gate: then only its coils are seen to.
 */
#include "played_board.h"
#include "played_drive.h"
#include "played_gate.h"

enum { DRIVE, BOARD, GATE, THINGS };       /* devices */
enum { RUN = 0, TIMED_1 = 3, GATE_1 = 5 }; /* series */
enum {
	HOUR = 60 * MINUTE,
	SEEDS = 60,
	GRACE_MS = MINUTE,     /* to reach a unit that is back, and close */
	HELD_MS = 20 * SECOND, /* to let go of a coil when it is back */
};

static const uint32_t series_of[THINGS] = {RUN, TIMED_1, GATE_1};

static struct point_type blind_point;
static const struct device_type blind_type = {.name = "blind",
    .registers_per_read = 125,
    .coils_per_read = 2000,
    .points = &blind_point,
    .npoints = 1};

static uint32_t seed;

static uint32_t
below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static struct {
	uint32_t number;
	bool blind;
	int64_t allowed[THINGS]; /* it may be open until then */
	int64_t healthy;         /* since when all works */
	int64_t until;           /* the trouble lasts; 0: there is none */
	uint64_t first_id, last_id;
} day;

static void
give_command(void)
{
	uint32_t thing = below(THINGS);
	uint32_t for_ms = SECOND + below(5 * MINUTE);
	bool open = below(3) > 0;
	int64_t end = field.now + (open ? for_ms : 0);
	uint64_t id = command(series_of[thing],
	    open ? COMMAND_OPEN : COMMAND_CLOSE, 0, open ? for_ms : 0);

	if (!open || end > day.allowed[thing])
		day.allowed[thing] = end;
	day.first_id = day.first_id == 0 ? id : day.first_id;
	day.last_id = id;
}

static void
trouble(void)
{
	struct unit *u = unit_of(below(THINGS));

	day.until = field.now + 200 + below(90 * SECOND);
	switch (below(10)) {
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
	case 6:
		drive.stuck = gate.stuck = true;
		break;
	case 7:
		board.refuses = 4;
		break;
	case 8:
		u->slow = true;
		break;
	default:
		u->cuts = true;
		break;
	}
}

static void
no_trouble(void)
{
	for (size_t i = 0; i < THINGS; i++) {
		struct unit *u = unit_of(i);

		u->dead = u->deaf = u->mute = u->slow = false;
		u->noise = u->cuts = false;
		u->write_code = 0;
	}
	field.gone = drive.stuck = gate.stuck = false;
	board.refuses = 0;
	day.until = 0;
	day.healthy = field.now;
}

static void
wrong(const char *what)
{
	print_error(
	    "day %u, %lld: %s\n", day.number, (long long)field.now, what);
	fail();
}

static bool
is_on(size_t thing)
{
	if (thing == DRIVE)
		return unit_of(DRIVE)->regs[DOES] == GOES;
	return thing == BOARD ? unit_of(BOARD)->coils[0]
			      : !day.blind && unit_of(GATE)->regs[STANDS] != 0;
}

static void
look(void)
{
	bool well = day.until == 0;
	int64_t for_ms = field.now - day.healthy;

	drive_lives(unit_of(DRIVE));
	board_lives(unit_of(BOARD));
	if (gate.both)
		wrong("both coils of the gate are on");
	for (size_t i = 0; i < 2; i++)
		if (gate.since[i] != 0 && well && for_ms > HELD_MS &&
		    field.now - gate.since[i] > SECOND)
			wrong("a coil of the gate burns");
	if (unit_of(BOARD)->coils[0] && board.off_at[0] == 0)
		wrong("a relay is on without its timer");
	for (size_t i = 0; i < THINGS; i++)
		if (is_on(i) && well && for_ms > GRACE_MS &&
		    field.now > day.allowed[i] + GRACE_MS)
			wrong(paths[i]);
}

static void
start(void)
{
	site_begin();
	(void)site_add(&drive_type, 10 * SECOND, SECOND);
	(void)site_add(&timed, 10 * SECOND, SECOND);
	blind_point = gate_points[0];
	blind_point.confirm = -1;
	(void)site_add(
	    day.blind ? &blind_type : &gate_type, 10 * SECOND, SECOND);
	drive_begin(unit_of(DRIVE), 2 * SECOND);
	board_begin(unit_of(BOARD));
	gate_begin(unit_of(GATE));
	site_start();
	until(field.now + 5 * SECOND);
}

static void
bad_day(uint32_t number)
{
	int64_t end;

	memset(&day, 0, sizeof(day));
	day.number = seed = number;
	day.blind = number % 2 == 0;
	start();
	day.healthy = field.now;
	end = field.now + HOUR;
	while (field.now < end) {
		if (below(20) == 0)
			give_command();
		if (day.until == 0 && below(60) == 0)
			trouble();
		else if (day.until != 0 && field.now >= day.until)
			no_trouble();
		until(field.now + 5 + below(SECOND));
		look();
		heard.nr = 0;
	}
	no_trouble();
	until(field.now + 6 * MINUTE);
	look();
	for (uint64_t id = day.first_id; id <= day.last_id; id++)
		assert_non_null(result_of(id));
	assert_int_equal(run_left(run), 0);
	/* Every alarm is over. */
	assert_int_equal(events(EVENT_OUTPUT, "alarm: "),
	    events(EVENT_OUTPUT, "alarm over"));
	/* Stopped at any moment. */
	for (size_t i = 0; i < THINGS; i++)
		(void)command(series_of[i], COMMAND_OPEN, 0, 10 * MINUTE);
	until(field.now + 1 + below(3 * SECOND));
	assert_int_equal(play_stop(run, field.now + 7500), 0);
	for (size_t i = 0; i < THINGS; i++)
		assert_false(is_on(i));
	assert_true(gate.since[0] == 0 && gate.since[1] == 0);
	site_end();
}

static void
test_bad_days(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= SEEDS; i++)
		bad_day(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bad_days),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
