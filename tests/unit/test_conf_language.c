/*
 * What a profile may say beyond its registers, and what becomes of it: sections
 * of the device, formulas and curves, outputs.
 */
#include <math.h>

#include "profile_field.h"

static void
about(void **state)
{
	struct fixture f;
	const struct device_type *t;

	(void)state;
	open_fixture(&f);
	t = load(&f, NULL, HEAD POINT);
	assert_int_equal(t->status, STATUS_DOCUMENTED);
	assert_null(t->notes);
	assert_null(t->wiring);
	assert_null(t->variant);
	assert_int_equal(t->nchecks + t->nvariants + t->nnever, 0);
	assert_int_equal(t->nidentity + t->nexamples, 0);
	assert_false(t->watchdog.present);
	assert_int_equal(t->points[0].confirm, -1);
	t = load(&f, NULL,
	    HEAD "status: unverified\nchecks: [one, two]\n"
		 "wiring: brown 12 V\nnotes: |\n  first\n  second\n" POINT);
	assert_int_equal(t->status, STATUS_UNVERIFIED);
	assert_int_equal(t->nchecks, 2);
	assert_string_equal(t->checks[1], "two");
	assert_string_equal(t->wiring, "brown 12 V");
	assert_string_equal(t->notes, "first\nsecond\n");
	close_fixture(&f);
}

static void
watchdog_and_never(void **state)
{
	struct fixture f;
	const struct device_type *t;

	(void)state;
	open_fixture(&f);
	t = load(&f, NULL,
	    HEAD "watchdog: {holding: 8, step: 100ms, time: 30s}\n"
		 "never:\n  - {holding: 58, count: 2, why: totals}\n"
		 "  - {coil: 255, why: all at once}\n" POINT);
	assert_true(t->watchdog.present);
	assert_int_equal(t->watchdog.addr, 8);
	assert_int_equal(t->watchdog.step_ms, 100);
	assert_int_equal(t->watchdog.time_ms, 30000);
	assert_int_equal(t->nnever, 2);
	assert_int_equal(t->never[0].table, TABLE_HOLDING);
	assert_int_equal(t->never[0].addr, 58);
	assert_int_equal(t->never[0].count, 2);
	assert_string_equal(t->never[0].why, "totals");
	assert_int_equal(t->never[1].table, TABLE_COIL);
	assert_int_equal(t->never[1].count, 1);
	close_fixture(&f);
}

static void
commission(void **state)
{
	struct fixture f;
	const struct commissioning *c;

	(void)state;
	open_fixture(&f);
	c = &load(&f, NULL,
	    HEAD "commission:\n  universal: 0xFF\n"
		 "  unit: {holding: 0x07D0, function: 16, range: [1, 99]}\n"
		 "  baud: {holding: 0x07D1, values: {2400: 0, 9600: 2}}\n"
		 "  parity: {holding: 0x0203, values: {none: 0, even: 2}}\n"
		 "  save: {holding: 15, value: 3}\n"
		 "  then: switch it off and on\n" POINT)
		 ->commission;
	assert_int_equal(c->universal, 255);
	assert_true(c->unit.present && c->baud.present && c->parity.present);
	assert_int_equal(c->unit.addr, 0x7D0);
	assert_int_equal(c->unit.function, 16);
	assert_int_equal(c->unit.least, 1);
	assert_int_equal(c->unit.most, 99);
	assert_int_equal(c->baud.function, 6);
	assert_int_equal(c->baud.nwords, 2);
	assert_int_equal(c->baud.words[1].means, 9600);
	assert_int_equal(c->baud.words[1].word, 2);
	assert_int_equal(c->parity.words[1].means, 1); /* PARITY_EVEN */
	assert_int_equal(c->parity.words[1].word, 2);
	assert_true(c->has_save);
	assert_int_equal(c->save_addr, 15);
	assert_int_equal(c->save_word, 3);
	assert_string_equal(c->then, "switch it off and on");
	c = &load(&f, NULL, HEAD "commission: {unit: {holding: 1}}\n" POINT)
		 ->commission;
	assert_int_equal(c->unit.least, 1);
	assert_int_equal(c->unit.most, 247);
	assert_false(c->baud.present || c->has_save);
	close_fixture(&f);
}

static void
identify_and_examples(void **state)
{
	struct fixture f;
	const struct device_type *t;
	const struct example *e;

	(void)state;
	open_fixture(&f);
	t = load(&f, NULL,
	    HEAD "identify:\n  - {holding: 0x2103, is: [1, 0x010C]}\n"
		 "  - {input: 9, lacks: yes}\n"
		 "  - {holding: 1, is: 0x0200, mask: 0xFF00}\n"
		 "examples:\n  - from: manual\n    frames:\n"
		 "      - 010300000001840A>01 03 02 02 92 38 89\n"
		 "    readings: {a: 658}\n" POINT);
	assert_int_equal(t->nidentity, 3);
	assert_int_equal(t->identity[0].least, 1);
	assert_int_equal(t->identity[0].most, 0x10C);
	assert_int_equal(t->identity[0].mask, 0xFFFF);
	assert_true(t->identity[1].lacks);
	assert_int_equal(t->identity[1].table, TABLE_INPUT);
	assert_int_equal(t->identity[2].least, 0x200);
	assert_int_equal(t->identity[2].mask, 0xFF00);
	assert_int_equal(t->nexamples, 1);
	e = t->examples;
	assert_string_equal(e->from, "manual");
	assert_int_equal(e->line, 10);
	assert_int_equal(e->nframes, 1);
	assert_int_equal(e->frames[0].nrequest, 8);
	assert_int_equal(e->frames[0].nanswer, 7);
	assert_int_equal(e->frames[0].answer[4], 0x92);
	assert_int_equal(e->nreadings, 1);
	assert_int_equal(e->readings[0].point, 0);
	assert_string_equal(e->readings[0].text, "658");
	close_fixture(&f);
}

static void
derived_points(void **state)
{
	struct fixture f;
	const struct device_type *t;
	const struct point_type *p;

	(void)state;
	open_fixture(&f);
	t = load(&f, NULL,
	    HEAD "points:\n"
		 "  total: {formula: whole + part, kind: counter, unit: m3, "
		 "range: [0, 9], accumulate: yes, wraps_at: 100, stuck: 2d}\n"
		 "  twice: {formula: 2 * total, frozen: part < 0}\n"
		 "  whole: {holding: 8, type: int32, order: CDAB, kind: part}\n"
		 "  part: {holding: 10, type: float32, kind: part}\n"
		 "  rain: {holding: 3, type: uint16, kind: counter, "
		 "accumulate: yes}\n"
		 "  theta: {holding: 2, type: uint16, polynomial: [-1, 2.5]}\n"
		 "  level: {input: 0, type: uint16, table: [[0, 0], [500, "
		 "1.2], [1000, 3]], help: above the ground}\n");
	p = point(t, "total");
	assert_string_equal(p->formula_text, "whole + part");
	assert_int_equal(p->formula->nsteps, 3);
	assert_int_equal(p->count, 0);
	assert_int_equal(p->kind, KIND_COUNTER);
	assert_true(p->has_range && p->accumulate && !p->writable);
	assert_int_equal(p->stuck_ms, 2 * 86400000);
	assert_true(fabs(p->wraps_at - 100) <= 0);
	assert_int_equal(point(t, "twice")->kind, KIND_GAUGE);
	assert_int_equal(point(t, "twice")->frozen->ninputs, 1);
	assert_int_equal(point(t, "whole")->kind, KIND_PART);
	assert_true(point(t, "rain")->accumulate);
	assert_true(fabs(point(t, "rain")->wraps_at) <= 0);
	p = point(t, "theta");
	assert_int_equal(p->curve.kind, CURVE_POLYNOMIAL);
	assert_int_equal(p->curve.n, 2);
	assert_true(fabs(p->curve.numbers[1] - 2.5) <= 0);
	p = point(t, "level");
	assert_int_equal(p->curve.kind, CURVE_TABLE);
	assert_int_equal(p->curve.n, 6);
	assert_true(fabs(p->curve.numbers[3] - 1.2) <= 0);
	assert_string_equal(p->help, "above the ground");
	close_fixture(&f);
}

static void
outputs(void **state)
{
	struct fixture f;
	const struct device_type *t;
	const struct point_type *p;

	(void)state;
	open_fixture(&f);
	t = load(&f, NULL,
	    HEAD
	    "points:\n"
	    "  pump: {holding: 1, kind: output, type: bool, on: 1, off: 5, "
	    "write_only: true, confirm: running, settle: 5s, max_on: 12h}\n"
	    "  running: {holding: 0x2100, type: bool, on: [1, 2]}\n"
	    "  one: {holding: 0x2101, type: bool, on: 7}\n"
	    "  r1: {coil: 0, kind: output, max_on: 4h, timer: {coil: 0x200, "
	    "step: 100ms, longest: 3276s}}\n"
	    "  v1: {coil: 9, kind: output, max_on: 4h, timer: {holding: 3, "
	    "write: [0x0004, time], step: 1s, longest: 1h}}\n"
	    "  g1: {coil: 5, close: 6, pulse: 100ms, kind: output, max_on: "
	    "4h}\n");
	p = point(t, "pump");
	assert_int_equal(p->confirm, point(t, "running") - t->points);
	assert_int_equal(p->settle_ms, 5000);
	assert_int_equal(p->pulse_ms, 0);
	assert_int_equal(p->timer.nwords, 0);
	p = point(t, "running");
	assert_int_equal(p->kind, KIND_STATE);
	assert_int_equal(p->non_words, 2);
	assert_int_equal(p->on_words[1], 2);
	assert_false(p->has_words);
	assert_int_equal(point(t, "one")->non_words, 1);
	p = point(t, "r1");
	assert_int_equal(p->timer.table, TABLE_COIL);
	assert_int_equal(p->timer.addr, 0x200);
	assert_int_equal(p->timer.nwords, 1);
	assert_int_equal(p->timer.time_at, 0);
	assert_int_equal(p->timer.step_ms, 100);
	assert_int_equal(p->timer.longest_ms, 3276000);
	p = point(t, "v1");
	assert_int_equal(p->timer.table, TABLE_HOLDING);
	assert_int_equal(p->timer.nwords, 2);
	assert_int_equal(p->timer.words[0], 4);
	assert_int_equal(p->timer.time_at, 1);
	p = point(t, "g1");
	assert_int_equal(p->pulse_ms, 100);
	assert_int_equal(p->close_addr, 6);
	close_fixture(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(about),
	    cmocka_unit_test(watchdog_and_never),
	    cmocka_unit_test(commission),
	    cmocka_unit_test(identify_and_examples),
	    cmocka_unit_test(derived_points),
	    cmocka_unit_test(outputs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
