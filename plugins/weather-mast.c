/*
 * An all-in-one weather station with what an irrigator wants of it: the rain of
 * the last hour and a total that goes on, the mean wind and the gusts.
 *
 * For the Renke RS-FSXCS-N01 and its like (Sentec SEM1000): holding registers
 * 500 wind 0.01 m/s, 503 direction, 504 humidity 0.1 %, 505 temperature 0.1
 * degrees, 509 pressure 0.1 kPa, 513 rain. Source: programs that read one
 * (KMTech-id/Mappi32_Industrial_Sensor, lunayee/chiyeLocal), not a document of
 * the maker's. The step of the rain is in none of them: it is a setting, to be
 * found with a measuring cup. Not tried on a station.
 *
 * Time is counted in slots. An hour of rain is 12 slots of five minutes, the
 * one that is running among them: 55 to 60 minutes. Ten minutes of wind are ten
 * slots of one, and the gust is the greatest wind that a poll has met in them:
 * poll every few seconds. As long as there was a gap within a window, its
 * values are uncertain. The rain outlives a restart of the gateway; one of the
 * machine only its total does, because nobody knows how long it was off.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "gateway_device.h"

enum {
	WIND,
	DIRECTION,
	HUMIDITY,
	TEMPERATURE,
	PRESSURE,
	RAIN_TOTAL,
	RAIN_1H,
	WIND_MEAN,
	GUST,
	POINTS
};
enum { KEY_RAIN_STEP, KEYS };
enum { FIRST = 500, LAST = 513, WORDS = LAST - FIRST + 1 };
enum { RAIN_SLOTS = 12, RAIN_SLOT_MS = 300000 };
enum { WIND_SLOTS = 10, WIND_SLOT_MS = 60000 };

struct mast {
	/* Kept: changes with rain, and once in five minutes. */
	uint64_t rain;            /* steps since ever */
	uint32_t slot, sure_from; /* of the rain; sure_from: the first whole */
	uint16_t shown;           /* by the station */
	uint16_t begun;           /* 1: `shown` and the slots are filled */
	uint16_t steps[RAIN_SLOTS]; /* slot % RAIN_SLOTS */
	/* Not kept. */
	bool wind_begun;
	uint64_t wind_slot, wind_sure_from;
	struct {
		uint32_t sum, n, most;
	} wind[WIND_SLOTS];
	double step;
};

enum { KEPT = offsetof(struct mast, wind_begun) };

static const struct gw_key keys[KEYS] = {
    [KEY_RAIN_STEP] = {.name = "rain_step",
	.help = "Rain that makes register 513 count one.",
	.unit = "mm",
	.min = 0.001,
	.max = 10,
	.fallback = 0.1,
	.type = GW_KEY_REAL},
};

static const struct gw_point points[POINTS] = {
    [WIND] = {"wind_speed", "m/s", 0, 75, GW_GAUGE, GW_RANGE, 0},
    [DIRECTION] = {"wind_direction", "deg", 0, 360, GW_GAUGE, GW_RANGE, 0},
    [HUMIDITY] = {"humidity", "%", 0, 100, GW_GAUGE, GW_RANGE, 0},
    [TEMPERATURE] = {"temperature", "Cel", -50, 80, GW_GAUGE, GW_RANGE, 0},
    [PRESSURE] = {"pressure", "kPa", 30, 120, GW_GAUGE, GW_RANGE, 0},
    [RAIN_TOTAL] = {"rain_total", "mm", 0, 0, GW_COUNTER, 0, 0},
    [RAIN_1H] = {"rain_1h", "mm", 0, 500, GW_GAUGE, GW_RANGE, 0},
    [WIND_MEAN] = {"wind_mean_10min", "m/s", 0, 75, GW_GAUGE, GW_RANGE, 0},
    [GUST] = {"gust_10min", "m/s", 0, 75, GW_GAUGE, GW_RANGE, 0},
};

static int
init(void *state, const double *settings, struct gw_err *err)
{
	struct mast *m = state;

	(void)err; /* the gateway has checked all there is to check */
	m->step = settings[KEY_RAIN_STEP];
	return 0;
}

static void
restored(void *state, uint32_t same_boot)
{
	struct mast *m = state;

	if (same_boot)
		return;
	/* The slots are of a clock that is gone; what was shown is not. */
	memset(m->steps, 0, sizeof(m->steps));
	m->slot = m->sure_from = 0;
	m->begun = m->begun == 1 ? 2 : 0;
}

static int
plan(const void *state, uint32_t cycle, struct gw_op *out, int cap)
{
	(void)state, (void)cycle;
	if (cap < 1)
		return -1;
	out[0] = (struct gw_op){
	    .op = GW_READ, .table = GW_HOLDING, .addr = FIRST, .count = WORDS};
	return 1;
}

/* ---- rain ---- */

/* The station clears its count when its power goes; at its end it wraps. */
static uint16_t
rained(const struct mast *m, uint16_t shown)
{
	enum { NEAR = 4096 };

	if (shown >= m->shown || (m->shown > UINT16_MAX - NEAR && shown < NEAR))
		return (uint16_t)(shown - m->shown);
	return shown;
}

/* On to the slot of now; what was missed of more than one is not known to have
 * fallen in this one. */
static void
rain_slot(struct mast *m, uint32_t slot)
{
	uint32_t passed =
	    m->begun == 1 && slot >= m->slot ? slot - m->slot : RAIN_SLOTS;

	if (passed > 1)
		m->sure_from = slot + 1;
	for (uint32_t i = 0; i < passed && i < RAIN_SLOTS; i++)
		m->steps[(slot + RAIN_SLOTS - i) % RAIN_SLOTS] = 0;
	m->slot = slot;
}

static void
rain(struct mast *m, uint64_t now, uint16_t shown)
{
	uint16_t steps = m->begun ? rained(m, shown) : 0;
	uint16_t *here;

	rain_slot(m, (uint32_t)(now / RAIN_SLOT_MS));
	here = &m->steps[m->slot % RAIN_SLOTS];
	*here =
	    steps > UINT16_MAX - *here ? UINT16_MAX : (uint16_t)(*here + steps);
	m->rain += steps;
	m->shown = shown;
	m->begun = 1;
}

static bool
hour_is_sure(const struct mast *m)
{
	return m->slot >= m->sure_from &&
	       m->slot - m->sure_from >= RAIN_SLOTS - 1;
}

static uint32_t
rain_of_hour(const struct mast *m)
{
	uint32_t sum = 0;

	for (int i = 0; i < RAIN_SLOTS; i++)
		sum += m->steps[i];
	return sum;
}

/* ---- wind ---- */

static void
wind(struct mast *m, uint64_t now, uint16_t speed)
{
	uint64_t slot = now / WIND_SLOT_MS;
	uint64_t passed = m->wind_begun && slot >= m->wind_slot
			      ? slot - m->wind_slot
			      : WIND_SLOTS;

	if (passed > 1)
		m->wind_sure_from = slot + 1;
	for (uint64_t i = 0; i < passed && i < WIND_SLOTS; i++)
		memset(
		    &m->wind[(slot - i) % WIND_SLOTS], 0, sizeof(m->wind[0]));
	m->wind_slot = slot;
	m->wind_begun = true;
	m->wind[slot % WIND_SLOTS].sum += speed;
	m->wind[slot % WIND_SLOTS].n++;
	if (m->wind[slot % WIND_SLOTS].most < speed)
		m->wind[slot % WIND_SLOTS].most = speed;
}

static bool
wind_is_sure(const struct mast *m)
{
	return m->wind_slot >= m->wind_sure_from &&
	       m->wind_slot - m->wind_sure_from >= WIND_SLOTS - 1;
}

/* ---- readings ---- */

static struct gw_sample
number(uint32_t point, double v, bool sure)
{
	struct gw_sample s = {.point = point,
	    .quality = sure ? GW_GOOD : GW_UNCERTAIN,
	    .type = GW_DOUBLE};

	s.value.r = v;
	return s;
}

static void
say_wind(const struct mast *m, struct gw_sample *out)
{
	uint64_t sum = 0, n = 0;
	uint32_t most = 0;

	for (int i = 0; i < WIND_SLOTS; i++) {
		sum += m->wind[i].sum;
		n += m->wind[i].n;
		most = m->wind[i].most > most ? m->wind[i].most : most;
	}
	/* One has just been added. */
	out[0] = number(WIND_MEAN,
	    round((double)sum / (double)(n > 0 ? n : 1)) / 100,
	    wind_is_sure(m));
	out[1] = number(GUST, most / 100.0, wind_is_sure(m));
}

/* Steps of 0.1 or 0.2 mm, without a tail of digits. */
static double
millimetres(const struct mast *m, double steps)
{
	return round(steps * m->step * 1000) / 1000;
}

static int
decode_at(void *state, uint64_t now, uint32_t span, const uint16_t *words,
    int count, struct gw_sample *out, int cap)
{
	struct mast *m = state;
	uint16_t speed = words[0];

	(void)span;
	if (count != WORDS || cap < POINTS)
		return -1;
	rain(m, now, words[LAST - FIRST]);
	/* What no wind can be is no gust either. */
	if (speed <= points[WIND].max * 100)
		wind(m, now, speed);
	out[0] = number(WIND, speed / 100.0, true);
	out[1] = number(DIRECTION, words[503 - FIRST], true);
	out[2] = number(HUMIDITY, words[504 - FIRST] / 10.0, true);
	out[3] = number(TEMPERATURE, (int16_t)words[505 - FIRST] / 10.0, true);
	out[4] = number(PRESSURE, words[509 - FIRST] / 10.0, true);
	out[5] = number(RAIN_TOTAL, millimetres(m, (double)m->rain), true);
	out[6] =
	    number(RAIN_1H, millimetres(m, rain_of_hour(m)), hour_is_sure(m));
	say_wind(m, out + 7);
	return POINTS;
}

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI,
    .size = sizeof(struct gw_device_type),
    .name = "weather-mast",
    .summary = "All-in-one weather station: rain of the hour, mean wind, gusts",
    .keys = keys,
    .points = points,
    .nkeys = KEYS,
    .npoints = POINTS,
    .state_size = sizeof(struct mast),
    .init = init,
    .plan = plan,
    .kept_size = KEPT,
    .restored = restored,
    .decode_at = decode_at,
};
