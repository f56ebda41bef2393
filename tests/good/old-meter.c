/*
 * A plugin as it was built for version 1.0 of the interface: with the header of
 * that time, copied here as far as it goes, so that a gateway of today shows
 * that it still takes it.
 */
#include <stdint.h>

struct point {
	const char *name, *unit;
	double min, max;
	uint32_t kind, flags, span;
};

struct op {
	uint8_t op, table, span, reserved;
	uint16_t addr, count, words[123];
};

struct sample {
	uint32_t point;
	uint8_t quality, type;
	uint16_t reserved;
	union {
		int64_t i;
		char text[64];
	} value;
};

struct type {
	uint32_t abi, size;
	const char *name, *summary;
	const void *keys;
	const struct point *points;
	uint32_t nkeys, npoints, state_size, reserved;
	int (*init)(void *state, const double *settings, void *err);
	int (*plan)(const void *state, uint32_t cycle, struct op *out, int cap);
	int (*decode)(void *state, uint32_t span, const uint16_t *words,
	    int count, struct sample *out, int cap);
	int (*encode)(const void *state, uint32_t point, double value,
	    struct op *out, int cap, void *err);
	int (*safe)(const void *state, struct op *out, int cap);
};

enum { READ = 1, INT64 = 1, COUNTER = 1 };

static int
init(void *state, const double *settings, void *err)
{
	(void)state, (void)settings, (void)err;
	return 0;
}

static int
plan(const void *state, uint32_t cycle, struct op *out, int cap)
{
	(void)state, (void)cycle;
	if (cap < 1)
		return -1;
	out[0].op = READ;
	out[0].count = 1;
	return 1;
}

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct sample *out, int cap)
{
	(void)state, (void)span;
	if (count != 1 || cap < 1)
		return -1;
	out[0].type = INT64;
	out[0].value.i = words[0];
	return 1;
}

static const struct point points[] = {
    {.name = "count", .kind = COUNTER},
};

extern const struct type gw_device_type __attribute__((visibility("default")));

const struct type gw_device_type = {
    .abi = 1u << 16,
    .size = sizeof(gw_device_type),
    .name = "old-meter",
    .points = points,
    .npoints = 1,
    .init = init,
    .plan = plan,
    .decode = decode,
};
