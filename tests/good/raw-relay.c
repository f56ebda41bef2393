/*
 * A relay box that no table describes: its level comes by a function of its
 * own, its relay falls open by itself (FC05 to 0x0200 closes it for so many
 * tenths of a second, as Waveshare's boards do), and "all off" and its gain are
 * functions of its own too.
 */
#include "gateway_device.h"

enum { LEVEL, RELAY, GAIN, POINTS };              /* points, and spans */
enum { ASK = 0x41, ALL_OFF, SET_GAIN, ASK_GAIN }; /* functions */
enum { LEVEL_AT = 0x10, CLOSE_FOR = 0x0200, HOLD = 50 };

static const struct gw_point points[POINTS] = {
    {"level", "%", 0, 100, GW_GAUGE, GW_RANGE, LEVEL},
    {"relay", 0, 0, 0, GW_OUTPUT, GW_WRITABLE, RELAY},
    {"gain", 0, 0, 0, GW_SETTING, GW_WRITABLE, GAIN},
};

static int
init(void *state, const double *settings, struct gw_err *err)
{
	(void)state, (void)settings, (void)err;
	return 0;
}

static void
ask_level(struct gw_op *op)
{
	op->op = GW_RAW_READ;
	op->table = ASK;
	op->span = LEVEL;
	op->addr = 2;
	op->words[1] = LEVEL_AT;
	op->count = 4; /* the same two, and the level */
}

static void
ask_relay(struct gw_op *op)
{
	op->op = GW_READ;
	op->table = GW_COIL;
	op->span = RELAY;
	op->count = 1;
}

static void
ask_gain(struct gw_op *op)
{
	op->op = GW_RAW_READ;
	op->table = ASK_GAIN;
	op->span = GAIN;
	op->count = 1;
}

static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	(void)state, (void)cycle;
	if (cap < 2)
		return -1;
	ask_level(&out[0]);
	ask_relay(&out[1]);
	return 2;
}

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	(void)state;
	if (cap < 1 || count != (span == LEVEL ? 4 : 1))
		return -1;
	out[0].point = span;
	out[0].type = GW_INT64;
	out[0].value.i = words[0];
	if (span != LEVEL)
		return 1;
	if (words[0] != 0 || words[1] != LEVEL_AT)
		out[0].quality = GW_BAD;
	out[0].value.i = words[2] << 8 | words[3];
	return 1;
}

static int
encode(const void *state, uint32_t point, double value, struct gw_op *out,
    int cap, struct gw_err *err)
{
	(void)state, (void)err;
	if (cap < 2)
		return -1;
	if (point == GAIN) {
		out[0].op = GW_RAW_WRITE;
		out[0].table = SET_GAIN;
		out[0].addr = 1;
		out[0].words[0] = (uint16_t)value;
		ask_gain(&out[1]);
		return 2;
	}
	out[0].op = GW_WRITE;
	out[0].table = GW_COIL;
	out[0].addr = value != 0 ? CLOSE_FOR : 0;
	out[0].count = 1;
	out[0].words[0] = value != 0 ? HOLD : 0;
	ask_relay(&out[1]);
	return 2;
}

static int
safe(const void *state, struct gw_op *out, int cap)
{
	(void)state;
	if (cap < 2)
		return -1;
	out[0].op = GW_RAW_WRITE;
	out[0].table = ALL_OFF;
	ask_relay(&out[1]);
	return 2;
}

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(gw_device_type),
    .name = "raw-relay",
    .points = points,
    .npoints = POINTS,
    .init = init,
    .plan = plan,
    .decode = decode,
    .encode = encode,
    .safe = safe,
};
