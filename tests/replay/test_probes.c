/*
 * Requests of a person at work, on a played line: beside its polls, behind its
 * commands, at other speeds, and never where they could do harm.
 */
#include "played_commands.h"
#include "played_types.h"

static uint64_t probe_id;

/* A read of one register, unless the test says otherwise. */
static struct msg_probe
reading(uint8_t unit, uint16_t addr)
{
	return (struct msg_probe){.id = ++probe_id,
	    .timeout_ms = 100,
	    .unit = unit,
	    .function = FC_READ_HOLDING,
	    .addr = addr,
	    .count = 1};
}

static struct msg_probe
writing(uint8_t unit, uint8_t function, uint16_t addr, uint16_t word)
{
	return (struct msg_probe){.id = ++probe_id,
	    .timeout_ms = 100,
	    .unit = unit,
	    .function = function,
	    .addr = addr,
	    .count = 1,
	    .nwords = 1,
	    .words = {word}};
}

static const struct msg_probed *
probed(uint64_t id)
{
	for (size_t i = 0; i < heard.nprobed; i++)
		if (heard.probed[i].id == id)
			return &heard.probed[i];
	return NULL;
}

/* Makes it and gives its answer. */
static const struct msg_probed *
make_probe(struct msg_probe m)
{
	int64_t end = field.now + 20 * SECOND;

	run_probe(run, &m);
	while (probed(m.id) == NULL && field.now < end)
		until(field.now + 10);
	assert_non_null(probed(m.id));
	return probed(m.id);
}

static void
assert_refused(struct msg_probe m, const char *text)
{
	size_t before = field.nlog;
	const struct msg_probed *a;

	run_probe(run, &m);
	hear();
	a = probed(m.id);
	assert_non_null(a);
	assert_int_equal(a->result, PROBE_REFUSED);
	if (strstr(a->text, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", a->text, text);
	for (size_t i = before; i < field.nlog; i++)
		assert_false(field.log[i].unit == m.unit &&
			     field.log[i].function == m.function &&
			     is_write(m.function));
}

/* Keeps `ahead` probes waiting for units from `unit` on; how many were made
 * until then. */
static size_t
keep_probing(uint8_t unit, size_t ahead, int64_t end)
{
	size_t sent = 0, had = heard.nprobed;

	while (field.now < end) {
		while (sent < heard.nprobed - had + ahead) {
			struct msg_probe m =
			    reading((uint8_t)(unit + sent % 20), 0);
			run_probe(run, &m);
			sent++;
		}
		until(field.now + 5);
	}
	return heard.nprobed - had;
}

static struct device_type *
one_point(void)
{
	return type(0, 1, 1);
}

/* ---- answers ---- */

static void
test_answers(void **state)
{
	const struct msg_probed *a;

	(void)state;
	site_begin();
	(void)site_add(one_point(), 10 * SECOND, SECOND);
	field.u[9].regs[7] = 0x1234;
	field.u[10].dead = true;
	field.u[11].code = 2;
	field.u[12].crc = true;
	site_start();
	a = make_probe(reading(9, 7));
	assert_int_equal(a->result, PROBE_OK);
	assert_int_equal(a->nwords, 1);
	assert_int_equal(a->words[0], 0x1234);
	assert_in_range(a->took_us, 20000, 40000);
	assert_int_equal(make_probe(reading(10, 7))->result, PROBE_TIMEOUT);
	a = make_probe(reading(11, 7));
	assert_int_equal(a->result, PROBE_EXCEPTION);
	assert_int_equal(a->code, 2);
	a = make_probe(reading(12, 7));
	assert_int_equal(a->result, PROBE_NOISE);
	assert_int_equal(a->code, 1);
	assert_int_equal(
	    make_probe(writing(9, FC_WRITE_HOLDING, 3, 55))->result, PROBE_OK);
	assert_int_equal(field.u[9].regs[3], 55);
	/* Nothing of it became a reading or a device's count. */
	assert_int_equal(heard.device[0].timeouts, 0);
	site_end();
}

static void
test_no_port(void **state)
{
	struct msg_probe waits = reading(9, 0);

	(void)state;
	site_begin();
	(void)site_add(one_point(), 10 * SECOND, SECOND);
	field.gone = true;
	site_start();
	run_probe(run, &waits);
	until(field.now + SECOND);
	assert_non_null(probed(waits.id));
	assert_int_equal(probed(waits.id)->result, PROBE_PORT);
	assert_string_equal(probed(waits.id)->text, "the port is not there");
	/* And at once when it is known. */
	waits = reading(9, 0);
	run_probe(run, &waits);
	until(field.now + 10);
	assert_non_null(probed(waits.id));
	field.gone = false;
	until(field.now + MINUTE);
	assert_int_equal(make_probe(reading(9, 0))->result, PROBE_OK);
	site_end();
}

/* ---- whose turn it is ---- */

/* A line that polls without a pause has every second exchange for probes, and
 * no poll waits for more than one. */
static void
test_polls_and_probes_take_turns(void **state)
{
	size_t probes = 0, polls = 0, in_a_row = 0;
	int64_t begin;

	(void)state;
	site_begin();
	(void)site_add(type(0, 4, 1), 100, SECOND);
	site_start();
	until(field.now + 5 * SECOND);
	begin = field.now;
	size_t n = keep_probing(20, 4, begin + 20 * SECOND);
	for (size_t i = 0; i < field.nlog; i++) {
		bool is_probe = field.log[i].unit >= 20;

		if (field.log[i].at < begin)
			continue;
		in_a_row = is_probe ? in_a_row + 1 : 0;
		assert_true(in_a_row <= 1);
		probes += is_probe;
		polls += !is_probe;
	}
	assert_in_range(probes, n, n + 8);
	assert_in_range(polls, probes - 1, probes + 1);
	site_end();
}

/* A search beside polls that leave the line room: those lose nothing. */
static void
test_polls_keep_their_period(void **state)
{
	int64_t begin;
	struct pace p;

	(void)state;
	site_begin();
	(void)site_add(one_point(), SECOND, SECOND);
	for (size_t i = 20; i < 40; i++)
		field.u[i].dead = true;
	site_start();
	until(field.now + 5 * SECOND);
	begin = field.now;
	/* One each second for the poll, all the rest for the search: no wait
	 * but the timeout. */
	assert_in_range(keep_probing(20, 4, begin + 20 * SECOND), 188, 194);
	p = pace_of(0, begin);
	assert_in_range(p.n, 19, 21);
	assert_int_equal(p.bad, 0);
	assert_true(p.most <= SECOND + 130);
	for (size_t i = 0; i < field.nlog; i++)
		assert_false(field.log[i].unit >= 20 && field.log[i].quiet);
	site_end();
}

static void
test_quiet_when_asked_again(void **state)
{
	struct msg_probe a = reading(20, 0), b = reading(20, 1);

	(void)state;
	site_begin();
	(void)site_add(one_point(), 100 * SECOND, SECOND);
	field.u[20].dead = true;
	site_start();
	until(field.now + SECOND);
	run_probe(run, &a);
	run_probe(run, &b);
	until(field.now + SECOND);
	assert_true(field.log[field.nlog - 2].quiet);
	assert_true(field.log[field.nlog - 1].quiet);
	(void)make_probe(reading(21, 0));
	assert_false(field.log[field.nlog - 1].quiet);
	site_end();
}

static void
test_commands_go_first(void **state)
{
	struct device_type *t;
	uint64_t id;
	size_t before;

	(void)state;
	t = type(1, 1, 1);
	pool[1][0].kind = KIND_OUTPUT;
	pool[1][0].writable = true;
	pool[1][0].table = TABLE_COIL;
	pool[1][0].type = REG_BOOL;
	t->coils_per_read = 8;
	site_begin();
	(void)site_add(t, 10 * SECOND, SECOND);
	for (size_t i = 20; i < 40; i++)
		field.u[i].dead = true;
	site_start();
	until(field.now + 2 * SECOND);
	for (uint8_t i = 0; i < PROBES_MAX; i++) {
		struct msg_probe m = reading((uint8_t)(20 + i), 0);
		run_probe(run, &m);
	}
	until(field.now + 150); /* the second is under way */
	before = field.nlog;
	id = command(0, COMMAND_OPEN, 0, MINUTE);
	until(field.now + 400);
	assert_non_null(result_of(id));
	assert_result(id, RESULT_DONE, "");
	assert_true(is_write(field.log[before].function) ||
		    is_write(field.log[before + 1].function));
	until(field.now + 5 * SECOND);
	assert_int_equal(heard.nprobed, PROBES_MAX);
	site_end();
}

static void
test_other_speeds(void **state)
{
	size_t at_4800 = 0, own = 0;

	(void)state;
	site_begin();
	(void)site_add(one_point(), 200, SECOND);
	site_start();
	until(field.now + SECOND);
	for (uint8_t i = 0; i < 50; i++) {
		struct msg_probe m = reading((uint8_t)(20 + i % 20), 0);
		m.baud = 4800;
		m.stop_bits = 1;
		(void)make_probe(m);
	}
	for (size_t i = 0; i < field.nlog; i++) {
		bool is_probe = field.log[i].unit >= 20;

		assert_int_equal(field.log[i].baud, is_probe ? 4800 : 0);
		at_4800 += is_probe;
		own += !is_probe;
	}
	assert_int_equal(at_4800, 50);
	assert_true(own > 10);
	site_end();
}

/* ---- what is not sent ---- */

static void
test_shape(void **state)
{
	struct msg_probe m;

	(void)state;
	site_begin();
	(void)site_add(one_point(), 10 * SECOND, SECOND);
	site_start();
	m = reading(9, 0);
	m.function = 8;
	assert_refused(m, "function 8");
	m = reading(9, 0xFFFF);
	m.count = 2;
	assert_refused(m, "2 registers from 65535 on");
	m = writing(9, FC_WRITE_HOLDING, 0, 1);
	m.nwords = 0;
	assert_refused(m, "0 values for 1");
	m = reading(9, 0);
	m.timeout_ms = 6000;
	assert_refused(m, "20 ms to 5 s");
	m = reading(9, 0);
	m.baud = 9600;
	m.parity = 3;
	m.stop_bits = 1;
	assert_refused(m, "no such settings");
	m = reading(9, 0);
	(void)snprintf(m.host, sizeof(m.host), "192.0.2.9:502");
	assert_refused(m, "no connection of the line leads to 192.0.2.9:502");
	site_end();
}

static void
test_writes_that_could_do_harm(void **state)
{
	static const struct never_write never[] = {
	    {TABLE_HOLDING, 58, 2, "they press the keys of its keypad"}};
	struct device_type *t = type(2, 4, 1);
	struct point_type *p = pool[2];
	struct msg_probe m;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		p[i].kind = KIND_OUTPUT;
		p[i].writable = true;
		p[i].table = TABLE_COIL;
		p[i].type = REG_BOOL;
	}
	p[0].name = "relay_1";
	p[1].name = "gate_1";
	p[1].pulse_ms = 100;
	p[1].close_addr = 9;
	p[2].name = "valve_1";
	p[2].timer = (struct output_timer){
	    .table = TABLE_HOLDING, .addr = 40, .nwords = 2, .step_ms = 100};
	t->coils_per_read = 8;
	t->never = never;
	t->nnever = 1;
	t->commission.universal = 0xFE;
	t->watchdog = (struct watchdog){.present = true, .addr = 8};
	site_begin();
	(void)site_add(t, 10 * SECOND, SECOND);
	site_start();
	until(field.now + 2 * SECOND);
	assert_refused(writing(1, FC_WRITE_COIL, 0, 1),
	    "that is the output north/d1/relay_1; use gatewayctl write");
	m = writing(1, FC_WRITE_COILS, 7, 0);
	m.count = m.nwords = 4;
	assert_refused(m, "north/d1/gate_1");
	assert_refused(writing(1, FC_WRITE_HOLDING, 41, 1), "north/d1/valve_1");
	m = writing(1, FC_MASK_WRITE, 59, 1);
	m.nwords = 2;
	assert_refused(m, "never to be written: they press the keys");
	assert_refused(writing(1, FC_WRITE_HOLDING, 8, 0), "watchdog");
	assert_refused(writing(0, FC_WRITE_HOLDING, 3, 0), "every device");
	assert_refused(writing(0xFE, FC_WRITE_HOLDING, 3, 0), "own unit");
	/* The same registers of another unit, others of this one. */
	assert_int_equal(
	    make_probe(writing(9, FC_WRITE_COIL, 0, 1))->result, PROBE_OK);
	assert_true(field.u[9].coils[0]);
	assert_int_equal(
	    make_probe(writing(1, FC_WRITE_HOLDING, 60, 7))->result, PROBE_OK);
	assert_int_equal(unit_of(0)->regs[60], 7);
	site_end();
}

/* Where a device is found is the site's to say: with another unit or speed the
 * gateway could not close what it has open. */
static void
test_settings_that_lose_a_device(void **state)
{
	static const struct setup setup[] = {
	    {.table = TABLE_HOLDING, .addr = 30, .value = 1}};
	struct device_type *t = type(2, 1, 1);

	(void)state;
	pool[2][0].kind = KIND_OUTPUT;
	pool[2][0].table = TABLE_COIL;
	pool[2][0].type = REG_BOOL;
	pool[2][0].writable = true;
	t->coils_per_read = 8;
	t->commission =
	    (struct commissioning){.unit = {.present = true, .addr = 20},
		.baud = {.present = true, .addr = 21},
		.parity = {.present = true, .addr = 22}};
	t->setup = setup;
	t->nsetup = 1;
	site_begin();
	(void)site_add(t, 10 * SECOND, SECOND);
	site_start();
	until(field.now + 2 * SECOND);
	(void)command(0, COMMAND_OPEN, 0, MINUTE);
	until(field.now + SECOND);
	assert_true(unit_of(0)->coils[0]);
	for (uint16_t i = 20; i < 23; i++)
		assert_refused(writing(1, FC_WRITE_HOLDING, i, 9),
		    "take it out of the site");
	assert_refused(
	    writing(1, FC_WRITE_HOLDING, 30, 0), "is set up by the profile");
	/* Of a stranger, that is how it is made known. */
	assert_int_equal(
	    make_probe(writing(9, FC_WRITE_HOLDING, 20, 3))->result, PROBE_OK);
	site_end();
}

static void
test_plugins_devices(void **state)
{
	struct device_type *t = type(3, 1, 1);

	(void)state;
	site_begin();
	(void)site_add(one_point(), 10 * SECOND, SECOND);
	(void)site_add(t, 10 * SECOND, SECOND);
	site_start();
	t->plugin = true; /* a type that began as one would need its file */
	assert_refused(writing(2, FC_WRITE_HOLDING, 60, 1), "only its plugin");
	t->plugin = false;
	site_end();
}

/* On TCP a server may look at no unit. */
static void
test_connections(void **state)
{
	struct device_type *t = type(4, 1, 1);
	struct msg_probe m;

	(void)state;
	pool[4][0].kind = KIND_OUTPUT;
	pool[4][0].name = "pump";
	pool[4][0].writable = true;
	site_begin();
	(void)site_add(one_point(), 10 * SECOND, SECOND);
	(void)site_add(t, 10 * SECOND, SECOND);
	site_own_host(0);
	site_own_host(1);
	site_start();
	until(field.now + SECOND);
	assert_refused(reading(9, 0), "say which");
	m = reading(1, 0);
	(void)snprintf(m.host, sizeof(m.host), "192.0.2.1:502");
	assert_int_equal(make_probe(m)->result, PROBE_OK);
	m = writing(7, FC_WRITE_HOLDING, 0, 1);
	(void)snprintf(m.host, sizeof(m.host), "192.0.2.2:502");
	assert_refused(m, "that is the output north/d2/pump");
	m = reading(1, 0);
	m.baud = 9600;
	m.stop_bits = 1;
	(void)snprintf(m.host, sizeof(m.host), "192.0.2.1:502");
	assert_refused(m, "no serial one");
	site_end();
}

static void
test_too_many(void **state)
{
	struct msg_probe m;

	(void)state;
	site_begin();
	(void)site_add(one_point(), 10 * SECOND, SECOND);
	site_start();
	for (size_t i = 0; i < PROBES_MAX + 3; i++) {
		m = reading((uint8_t)(20 + i), 0);
		run_probe(run, &m);
	}
	until(field.now + 5 * SECOND);
	assert_int_equal(heard.nprobed, PROBES_MAX);
	assert_null(probed(m.id));
	assert_int_equal(make_probe(reading(9, 0))->result, PROBE_OK);
	site_end();
}

static void
test_the_end(void **state)
{
	struct msg_probe m = reading(20, 0);

	(void)state;
	site_begin();
	(void)site_add(one_point(), 10 * SECOND, SECOND);
	site_start();
	until(field.now + SECOND);
	run_probe(run, &m);
	(void)play_stop(run, field.now + SECOND);
	hear();
	assert_non_null(probed(m.id));
	assert_int_equal(probed(m.id)->result, PROBE_REFUSED);
	site_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_no_port),
	    cmocka_unit_test(test_polls_and_probes_take_turns),
	    cmocka_unit_test(test_polls_keep_their_period),
	    cmocka_unit_test(test_quiet_when_asked_again),
	    cmocka_unit_test(test_commands_go_first),
	    cmocka_unit_test(test_other_speeds),
	    cmocka_unit_test(test_shape),
	    cmocka_unit_test(test_writes_that_could_do_harm),
	    cmocka_unit_test(test_settings_that_lose_a_device),
	    cmocka_unit_test(test_plugins_devices),
	    cmocka_unit_test(test_connections),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_the_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
