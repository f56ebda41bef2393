/*
 * Start here: a tank with a level sensor and a pump relay, which nobody makes.
 * Say in this place which device it is, which document you have its registers
 * from, and what you are not sure of.
 *
 *   input register 0      level, 4000 to 20000 (4 to 20 mA in microamperes)
 *   coil 0                the pump
 *   discrete input 0      on when the pump draws current
 */
#include "gateway_device.h"

/* ---- tables: what the site may set, and what comes out ---- */

enum { KEY_HEIGHT, KEYS };
enum { LEVEL, PUMP, POINTS };
/* A span is what is read in one go; decode() is told which it got. */
enum { SPAN_LEVEL, SPAN_PUMP };

static const struct gw_key keys[KEYS] = {
    [KEY_HEIGHT] = {.name = "height",
	.help = "Level at 20 mA.",
	.unit = "m",
	.min = 0.1,
	.max = 100,
	.type = GW_KEY_REAL,
	.flags = GW_REQUIRED},
};

static const struct gw_point points[POINTS] = {
    [LEVEL] = {.name = "level",
	.unit = "m",
	.kind = GW_GAUGE,
	.span = SPAN_LEVEL},
    [PUMP] = {.name = "pump",
	.max = 1,
	.kind = GW_OUTPUT,
	.flags = GW_RANGE | GW_WRITABLE,
	.span = SPAN_PUMP},
};

/* ---- state: all that a device of this type remembers ---- */

struct tank {
	double height;
};

/* The settings are checked already: each is there and in its range. Refuse
 * here only what no single key can know, with a reason in err->text. */
static int
init(void *state, const double *settings, struct gw_err *err)
{
	struct tank *t = state;

	(void)err;
	t->height = settings[KEY_HEIGHT];
	return 0;
}

/* ---- reading ---- */

static struct gw_op
read_pump(void)
{
	return (struct gw_op){.op = GW_READ,
	    .table = GW_DISCRETE,
	    .span = SPAN_PUMP,
	    .addr = 0,
	    .count = 1};
}

static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	(void)state, (void)cycle;
	if (cap < 2)
		return -1;
	out[0] = (struct gw_op){.op = GW_READ,
	    .table = GW_INPUT,
	    .span = SPAN_LEVEL,
	    .addr = 0,
	    .count = 1};
	out[1] = read_pump();
	return 2;
}

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	const struct tank *t = state;

	if (count != 1 || cap < 1)
		return -1;
	if (span == SPAN_PUMP) {
		out[0].point = PUMP;
		out[0].type = GW_INT64;
		out[0].value.i = words[0];
		return 1;
	}
	out[0].point = LEVEL;
	out[0].type = GW_DOUBLE;
	out[0].value.r = (words[0] - 4000) / 16000.0 * t->height;
	/* A broken wire is no empty tank: what cannot be known is bad. */
	if (words[0] < 3600 || words[0] > 21000)
		out[0].quality = GW_BAD;
	return 1;
}

/* ---- writing: leave both out where there is nothing to write ---- */

static int
set_pump(int on, struct gw_op *out, int cap)
{
	if (cap < 2)
		return -1;
	out[0] = (struct gw_op){.op = GW_WRITE,
	    .table = GW_COIL,
	    .addr = 0,
	    .count = 1,
	    .words = {on ? 1 : 0}};
	/* Last the read that shows whether it did. */
	out[1] = read_pump();
	return 2;
}

static int
encode(const void *state, uint32_t point, double value, struct gw_op *out,
    int cap, struct gw_err *err)
{
	(void)state, (void)point, (void)err;
	return set_pump(value != 0, out, cap);
}

static int
safe(const void *state, struct gw_op *out, int cap)
{
	(void)state;
	return set_pump(0, out, cap);
}

/* ---- the one thing that the gateway looks for ---- */

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(struct gw_device_type),
    .name = "template",
    .summary = "Tank with a level sensor and a pump",
    .keys = keys,
    .points = points,
    .nkeys = KEYS,
    .npoints = POINTS,
    .state_size = sizeof(struct tank),
    .init = init,
    .plan = plan,
    .decode = decode,
    .encode = encode,
    .safe = safe,
};
