/*
 * INVT Goodrive drives (GD10, GD100, GD200A, GD200L, GD350) as a pump's: start
 * and stop with an interlock, and the frequency within limits of the site.
 *
 * Starting is refused while the drive has a fault, has no bus voltage yet or
 * has not been read; stopping never is. Starts and stops are seen in 0x2100,
 * the frequency in 0x3001. A drive that ramps down is running until it stands:
 * `stop_time` says how long to wait before looking.
 *
 * Source: communication protocol chapters of the INVT Goodrive100 and
 * Goodrive200A/L manuals, the table of 2000H to 300BH; Goodrive10
 * manual 7.4.7.2 for fault 35. Of the other faults there is the number, as on
 * the manual's list. The step of 3002H (bus voltage) is not established: left
 * out. Factory serial settings are 19200 8E1, unit 1; at most 16 registers a
 * read. The drive wants P00.01 (commands) and P00.02 at communication, and
 * P14.04 set, so that it stops by itself when nobody talks to it any more. Not
 * tried on a drive.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gateway_device.h"

enum {
	RUN,
	SETPOINT,
	STATE,
	READY,
	FAULT,
	FAULT_CODE,
	FREQUENCY,
	VOLTAGE,
	CURRENT,
	SPEED,
	POWER,
	TORQUE,
	POINTS
};
enum { KEY_MIN, KEY_MAX, KEY_REVERSE, KEY_STOP_TIME, KEYS };
enum { SPAN_STATUS, SPAN_VALUES };
enum { COMMAND = 0x2000, FREQUENCY_AT, STATUS = 0x2100, VALUES = 0x3000 };
enum { FORWARD = 1, REVERSE, STOPPED, FAULTY, NO_POWER, STATES };
enum { STOP = 5, START_MS = 300, FAULT_STO = 35, LONGEST_STOP = 10 };

static const char *const state_names[STATES] = {
    "", "forward", "reverse", "stopped", "fault", "no power"};

struct drive {
	uint16_t seen; /* of 0x2100; 0: not read yet */
	uint16_t fault;
	bool ready;
	uint16_t min, max; /* 0.01 Hz */
	uint16_t start;    /* FORWARD or REVERSE */
	uint16_t stop_ms;
};

static const struct gw_key keys[KEYS] = {
    [KEY_MIN] = {.name = "min_frequency",
	.help = "Least frequency that may be set.",
	.unit = "Hz",
	.max = 400,
	.type = GW_KEY_REAL},
    [KEY_MAX] = {.name = "max_frequency",
	.help = "Greatest frequency that may be set.",
	.unit = "Hz",
	.max = 400,
	.fallback = 50,
	.type = GW_KEY_REAL},
    [KEY_REVERSE] = {.name = "direction",
	.help = "Which way `run` turns it.",
	.choices = "forward|reverse",
	.max = 1,
	.type = GW_KEY_CHOICE},
    [KEY_STOP_TIME] = {.name = "stop_time",
	.help = "How long it ramps down: a stop is looked for after that.",
	.unit = "s",
	.max = LONGEST_STOP,
	.fallback = 1,
	.type = GW_KEY_REAL},
};

static const struct gw_point points[POINTS] = {
    [RUN] = {"run", NULL, 0, 1, GW_OUTPUT, GW_RANGE | GW_WRITABLE, SPAN_STATUS},
    [SETPOINT] = {"frequency_setpoint", "Hz", 0, 400, GW_SETTING,
	GW_RANGE | GW_WRITABLE, SPAN_VALUES},
    [STATE] = {"state", NULL, 0, 0, GW_STATE, GW_IS_TEXT, SPAN_STATUS},
    [READY] = {"ready", NULL, 0, 1, GW_STATE, GW_RANGE, SPAN_STATUS},
    [FAULT] = {"fault", NULL, 0, 0, GW_STATE, GW_IS_TEXT, SPAN_STATUS},
    [FAULT_CODE] = {"fault_code", NULL, 0, 0, GW_STATE, 0, SPAN_STATUS},
    [FREQUENCY] = {"frequency", "Hz", 0, 400, GW_GAUGE, GW_RANGE, SPAN_VALUES},
    [VOLTAGE] = {"output_voltage", "V", 0, 1200, GW_GAUGE, GW_RANGE,
	SPAN_VALUES},
    [CURRENT] = {"current", "A", 0, 5000, GW_GAUGE, GW_RANGE, SPAN_VALUES},
    [SPEED] = {"speed", "/min", 0, 65535, GW_GAUGE, GW_RANGE, SPAN_VALUES},
    [POWER] = {"power", "%", -300, 300, GW_GAUGE, GW_RANGE, SPAN_VALUES},
    [TORQUE] = {"torque", "%", -300, 300, GW_GAUGE, GW_RANGE, SPAN_VALUES},
};

static int
refuse(struct gw_err *err, int key, const char *why)
{
	err->key = key;
	(void)snprintf(err->text, sizeof(err->text), "%s", why);
	return -1;
}

static uint16_t
hundredths(double hz)
{
	return (uint16_t)(hz * 100 + 0.5);
}

static int
init(void *state, const double *settings, struct gw_err *err)
{
	struct drive *d = state;

	if (settings[KEY_MIN] > settings[KEY_MAX])
		return refuse(err, KEY_MIN, "it is above max_frequency");
	d->min = hundredths(settings[KEY_MIN]);
	d->max = hundredths(settings[KEY_MAX]);
	d->start = settings[KEY_REVERSE] != 0 ? REVERSE : FORWARD;
	d->stop_ms = (uint16_t)(settings[KEY_STOP_TIME] * 1000);
	return 0;
}

static struct gw_op
read_of(uint8_t span)
{
	return (struct gw_op){.op = GW_READ,
	    .table = GW_HOLDING,
	    .span = span,
	    .addr = span == SPAN_STATUS ? STATUS : VALUES,
	    .count = span == SPAN_STATUS ? 3 : 8};
}

static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	(void)state, (void)cycle;
	if (cap < 2)
		return -1;
	out[0] = read_of(SPAN_STATUS);
	out[1] = read_of(SPAN_VALUES);
	return 2;
}

/* ---- what it says ---- */

static struct gw_sample
number(uint32_t point, double v)
{
	struct gw_sample s = {.point = point, .type = GW_DOUBLE};

	s.value.r = v;
	return s;
}

static struct gw_sample
whole(uint32_t point, int64_t v)
{
	struct gw_sample s = {.point = point, .type = GW_INT64};

	s.value.i = v;
	return s;
}

static struct gw_sample
text(uint32_t point, const char *words)
{
	struct gw_sample s = {.point = point, .type = GW_TEXT};

	(void)snprintf(s.value.text, sizeof(s.value.text), "%s", words);
	return s;
}

static const char *
fault_text(uint16_t code, char *out, size_t size)
{
	if (code == 0)
		(void)snprintf(out, size, "none");
	else if (code == FAULT_STO)
		(void)snprintf(out, size, "35, STo: maladjustment");
	else
		(void)snprintf(out, size, "%u of the manual's list", code);
	return out;
}

static int
decode_status(struct drive *d, const uint16_t *words, struct gw_sample *out)
{
	bool known = words[0] >= FORWARD && words[0] < STATES;
	char fault[64];

	d->seen = known ? words[0] : 0;
	d->ready = words[1] & 1;
	d->fault = words[2];
	out[0] = whole(RUN, d->seen == FORWARD || d->seen == REVERSE);
	out[1] = text(STATE, state_names[d->seen]);
	out[0].quality = out[1].quality = known ? GW_GOOD : GW_BAD;
	out[2] = whole(READY, d->ready);
	out[3] = text(FAULT, fault_text(d->fault, fault, sizeof(fault)));
	out[4] = whole(FAULT_CODE, d->fault);
	return 5;
}

static int
decode_values(const uint16_t *words, struct gw_sample *out)
{
	out[0] = number(FREQUENCY, words[0] / 100.0);
	out[1] = number(SETPOINT, words[1] / 100.0);
	out[2] = number(VOLTAGE, words[3]);
	out[3] = number(CURRENT, words[4] / 10.0);
	out[4] = number(SPEED, words[5]);
	out[5] = number(POWER, (int16_t)words[6] / 10.0);
	out[6] = number(TORQUE, (int16_t)words[7] / 10.0);
	return 7;
}

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	if (cap < POINTS)
		return -1;
	if (span == SPAN_STATUS && count == 3)
		return decode_status(state, words, out);
	if (span == SPAN_VALUES && count == 8)
		return decode_values(words, out);
	return -1;
}

/* ---- what it is told ---- */

/* The command's register holds nothing that could be read back. */
static struct gw_op
command(uint16_t word)
{
	return (struct gw_op){.op = GW_WRITE,
	    .table = GW_HOLDING,
	    .flags = GW_WRITE_ONLY,
	    .addr = COMMAND,
	    .count = 1,
	    .words = {word}};
}

/* The command, the time that it takes, and what came of it. */
static int
order(uint16_t word, uint16_t ms, struct gw_op *out, int cap)
{
	int n = 0;

	if (cap < 2 + LONGEST_STOP)
		return -1;
	out[n++] = command(word);
	for (; ms > 0; n++) {
		uint16_t part = ms < 1000 ? ms : 1000;

		out[n] = (struct gw_op){.op = GW_PAUSE, .count = part};
		ms = (uint16_t)(ms - part);
	}
	out[n++] = read_of(SPAN_STATUS);
	return n;
}

static int
start(const struct drive *d, struct gw_op *out, int cap, struct gw_err *err)
{
	char why[sizeof(err->text)], fault[64];

	if (d->seen == 0)
		return refuse(err, -1, "the drive's state is not known");
	if (d->seen == FAULTY || d->fault != 0) {
		(void)snprintf(why, sizeof(why),
		    "the drive has a fault: %s; find out why before it is "
		    "cleared",
		    fault_text(d->fault, fault, sizeof(fault)));
		return refuse(err, -1, why);
	}
	if (!d->ready || d->seen == NO_POWER)
		return refuse(err, -1, "the drive is not ready: no power");
	return order(d->start, START_MS, out, cap);
}

static int
set_frequency(const struct drive *d, double hz, struct gw_op *out, int cap,
    struct gw_err *err)
{
	char why[sizeof(err->text)];
	uint16_t word;

	if (cap < 2)
		return -1;
	if (!(hz * 100 > d->min - 0.5 && hz * 100 < d->max + 0.5)) {
		(void)snprintf(why, sizeof(why),
		    "it is set from %.2f to %.2f "
		    "Hz here",
		    d->min / 100.0, d->max / 100.0);
		return refuse(err, -1, why);
	}
	word = hundredths(hz);
	if (fabs(word - hz * 100) > 1e-6)
		return refuse(err, -1, "it is set in steps of 0.01 Hz");
	out[0] = command(word);
	out[0].addr = FREQUENCY_AT;
	out[1] = read_of(SPAN_VALUES);
	return 2;
}

static int
encode(const void *state, uint32_t point, double value, struct gw_op *out,
    int cap, struct gw_err *err)
{
	const struct drive *d = state;

	if (point == SETPOINT)
		return set_frequency(d, value, out, cap, err);
	if (value == 0)
		return order(STOP, d->stop_ms, out, cap);
	if (value == 1)
		return start(d, out, cap, err);
	return refuse(err, -1, "it is 1 (run) or 0 (stop)");
}

static int
safe(const void *state, struct gw_op *out, int cap)
{
	const struct drive *d = state;

	return order(STOP, d->stop_ms, out, cap);
}

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(struct gw_device_type),
    .name = "invt-gd",
    .summary = "INVT Goodrive drive: start and stop with an interlock",
    .keys = keys,
    .points = points,
    .nkeys = KEYS,
    .npoints = POINTS,
    .state_size = sizeof(struct drive),
    .init = init,
    .plan = plan,
    .decode = decode,
    .encode = encode,
    .safe = safe,
    .max_on_s = 12 * 3600,
};
