/*
 * Devices that can be written, and commands for them: two valves (coils 0 and
 * 1 of unit 1) with a level that is set (register 0, tenths, 0 to 100), and a
 * probe as unit 2.
 */
#ifndef PLAYED_COMMANDS_H
#define PLAYED_COMMANDS_H

#include "played_field.h"

enum { VALVES, PROBE };                /* devices */
enum { RELAY_1, RELAY_2, LEVEL, WET }; /* series */

#define RELAY(NAME, ADDR)                                                      \
	{                                                                      \
		.name = NAME, .kind = KIND_OUTPUT, .writable = true,           \
		.table = TABLE_COIL, .addr = ADDR, .count = 1,                 \
		.type = REG_BOOL, .order = {0, 1}, .mul = 1, .div = 1,         \
		.confirm = -1, .max_on_ms = 20 * MINUTE                        \
	}

static const struct point_type valve_points[] = {
    RELAY("relay_1", 0),
    RELAY("relay_2", 1),
    {.name = "level",
	.kind = KIND_SETTING,
	.confirm = -1,
	.writable = true,
	.table = TABLE_HOLDING,
	.addr = 0,
	.count = 1,
	.type = REG_UINT16,
	.order = {0, 1},
	.mul = 1,
	.div = 10,
	.has_range = true,
	.min = 0,
	.max = 100},
};

static const struct device_type valves = {.name = "valves",
    .registers_per_read = 125,
    .coils_per_read = 2000,
    .points = valve_points,
    .npoints = 3};

static const struct point_type probe_point = {.name = "wet",
    .table = TABLE_HOLDING,
    .count = 1,
    .type = REG_UINT16,
    .order = {0, 1},
    .mul = 1,
    .div = 1};

static const struct device_type probe = {.name = "probe",
    .registers_per_read = 125,
    .points = &probe_point,
    .npoints = 1};

/* Valves and a probe, read every 10 s, with their outputs safe. */
static inline void
valves_start(void)
{
	site_begin();
	(void)site_add(&valves, 10 * SECOND, SECOND);
	(void)site_add(&probe, 10 * SECOND, SECOND);
	site_start();
	until(field.now + 5 * SECOND);
}

/* The id of a command that is given now. */
static inline uint64_t
command(
    uint32_t series, enum command_action action, double value, uint32_t for_ms)
{
	static uint64_t ids;
	struct msg_command m = {.id = ++ids,
	    .series = series,
	    .action = action,
	    .value = value,
	    .for_ms = for_ms,
	    .expires_ms = field.now + 30 * SECOND};

	run_command(run, &m, field.now);
	return m.id;
}

/* What became of it; NULL: nothing is known yet. It is answered once. */
static inline const struct msg_result *
result_of(uint64_t id)
{
	const struct msg_result *found = NULL;

	hear();
	for (size_t i = 0; i < heard.nresults; i++) {
		if (heard.results[i].id != id)
			continue;
		assert_null(found);
		found = &heard.results[i];
	}
	return found;
}

/* Lets the line work until it has asked the dead device for something that it
 * still waits for. */
static inline const struct asked *
until_it_waits_for(size_t device)
{
	const struct asked *last;

	do {
		until(field.now + 10);
		last = &field.log[field.nlog - 1];
	} while (last->unit != devices[device].unit || last->done < field.now);
	assert_int_equal(last->result, BUS_TIMEOUT);
	return last;
}

static inline void
assert_result(uint64_t id, enum command_result result, const char *text)
{
	const struct msg_result *r = result_of(id);

	assert_non_null(r);
	assert_int_equal(r->result, result);
	assert_non_null(strstr(r->text, text));
}

static inline bool
is_coil_write(const struct asked *a, uint16_t addr, uint16_t word)
{
	return a->function == FC_WRITE_COIL && a->addr == addr &&
	       a->word[0] == word;
}

/* Exchanges from `from` on that wrote the coil so. */
static inline size_t
coil_writes(size_t from, uint16_t addr, uint16_t word)
{
	size_t n = 0;

	for (size_t i = from; i < field.nlog; i++)
		n += is_coil_write(&field.log[i], addr, word);
	return n;
}

#endif
