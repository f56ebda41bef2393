/* The hour, the rain and the open valves, and what follows from them. */
#ifndef WEATHER_H
#define WEATHER_H

#include <stdint.h>

struct sim_device;
struct sim_point;

struct weather {
	double speed;
	uint64_t rng;
	double hour; /* of the day, local */
	double rain; /* mm/h */
	int64_t rain_until, last;
	unsigned open_valves;
};

/* 0 to 1, the same for the same text in every run. */
double weather_trait(const char *text);
/* 0 at night, 1 at noon. */
double weather_sun(const struct weather *w);
/* m3/h */
double weather_flow(const struct sim_device *d);
/* In the unit of the point's role. */
double weather_value(struct sim_device *d, struct sim_point *p);

#endif
