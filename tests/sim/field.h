/*
 * The farm in memory: lines, their devices, each device's registers and the
 * points that lie in them. Built from the site file; scripts and masters
 * change it; one process, one thread, no globals.
 */
#ifndef FIELD_H
#define FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bank.h"
#include "encode.h"
#include "fault.h"

struct arena;
struct device;
struct device_type;
struct line;
struct point_type;
struct pty_line;
struct site;
struct tcp_line;
struct weather;

enum { NAME_LEN = 160, TIMED_MAX = 64 };

enum drive {          /* what moves a point */
	DRIVE_NATURE, /* the weather and the water */
	DRIVE_MASTER, /* outputs, settings: holds what was written */
	DRIVE_PINNED, /* a script holds it */
	DRIVE_RAMP,   /* a script moves it from `from` to `to` */
	DRIVE_STEP,   /* a script adds `by` every `step_ns` */
	DRIVE_READ    /* a script adds `by` after each read */
};

struct sim_point {
	char path[NAME_LEN]; /* north/soil-a1/moisture */
	const struct point_type *type;
	enum drive drive;
	int64_t since, until; /* ns; RAMP and `FOR`; until 0: for ever */
	int64_t step_ns;
	double from, to, by; /* from: VALUE ... FOR also goes back to it */
	int64_t off_at; /* ns; an output whose timer runs; 0: it does not */
	int64_t driven_at[2]; /* a latching valve's coils that are on: to close,
				 to open */
	/* nature's own, finer than the register */
	int role;
	double state;
	const struct sim_device *valve_device; /* NULL: nothing wets it */
	uint16_t valve_addr;
};

struct device_stats {
	uint64_t requests, replies, exceptions, writes, silenced;
};

struct sim_device {
	const char *name, *path;
	const struct device_type *map; /* whose points it answers with */
	const struct device *conf;
	struct sim_line *line;
	size_t way; /* TCP: which of the line's servers is it behind */
	unsigned unit;
	uint32_t baud; /* 0: the line's */
	uint8_t parity;
	unsigned registers_per_read, coils_per_read;
	int64_t turnaround_ns, busy_until;
	struct bank *bank;
	struct sim_point *points;
	size_t npoints;
	struct faults faults;
	bool has_timers;             /* FC05 0x0200+n closes again by itself */
	int64_t timed_at[TIMED_MAX]; /* ns; 0: not running */
	bool timed_to[TIMED_MAX];
	struct device_stats stats;
};

struct line_stats {
	uint64_t frames, bad_crc, silence_broken, collisions, wrong_speed;
	uint64_t foreign, connections;
	uint64_t answers;
	int64_t late_ns, late_max_ns; /* last bytes, behind their time: sum */
};

struct sim_line {
	const char *name;
	const struct line *conf;
	struct farm *farm;
	struct sim_device *devices;
	size_t ndevices;
	bool strict, echo, gone;
	int64_t back_at; /* ns; 0: until told */
	char greeting[64];
	struct line_stats stats;
	struct pty_line *pty; /* one of the two */
	struct tcp_line *tcp;
};

struct farm {
	struct arena *arena;
	struct site *site;
	struct sim_line *lines;
	size_t nlines;
	struct weather *weather;
	FILE *truth, *frames; /* NULL: not wanted */
	bool exact;           /* awake rather than late */
	int64_t started;
	struct site *extra[16]; /* profiles that plugin types stand on */
	size_t nextra;
};

struct farm_options {
	const char *site, *dir, *script, *truth, *frames, *control;
	const char *profile_dirs[16], *plugin_dirs[16];
	size_t nprofile_dirs, nplugin_dirs;
	double speed;
	uint64_t seed;
	bool exact;
};

/* NULL when the site is wrong; what is wrong went to stderr. */
struct farm *farm_new(const struct farm_options *o);
struct farm *farm_free(struct farm *take);

struct sim_line *farm_line(struct farm *f, const char *name);
struct sim_device *farm_device(struct farm *f, const char *path);
struct sim_point *farm_point(
    struct farm *f, const char *path, struct sim_device **device);

void point_read(
    const struct sim_device *d, const struct sim_point *p, struct num *out);
/* Into the registers, whatever pins them. */
void point_store(
    struct sim_device *d, const struct sim_point *p, const struct num *v);
void point_pin(struct sim_device *d, struct sim_point *p, bool pin);

/* The k-th output of a relay board wets the k-th probe of a line. False: the
 * device is no soil probe. */
bool farm_wet_by_position(
    const struct farm *f, struct sim_device *d, size_t probe);

/* Nanoseconds since boot, never set back. */
int64_t now_ns(void);

#endif
