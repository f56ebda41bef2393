/*
 * What every point has at an hour of the day and a state of the water: made-up
 * curves, but such that a person who knows the place finds nothing odd.
 */
#include "weather.h"

#include <math.h>
#include <string.h>

#include "field.h"
#include "role.h"
#include "site.h"

static const double BASE_FLOW = 2.4, VALVE_FLOW = 18; /* m3/h */

double
weather_trait(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	h ^= h >> 15;
	h *= 2246822519u;
	return (double)(h >> 8) / (double)(1u << 24);
}

double
weather_sun(const struct weather *w)
{
	return fmax(0, sin(M_PI * (w->hour - 6) / 12));
}

static double
swing(const struct weather *w, double warmest) /* -1 to 1 in a day */
{
	return cos(2 * M_PI * (w->hour - warmest) / 24);
}

double
weather_flow(const struct sim_device *d)
{
	const struct weather *w = d->line->farm->weather;
	double drift =
	    1 + 0.01 * sin(w->hour * 37 + 6 * weather_trait(d->path));

	return (BASE_FLOW + VALVE_FLOW * w->open_valves) * drift;
}

static double
soil_water(const struct sim_device *d)
{
	for (size_t i = 0; i < d->npoints; i++)
		if (d->points[i].role == ROLE_MOISTURE)
			return d->points[i].state;
	return 20;
}

static bool
is_soil(const struct sim_device *d)
{
	for (size_t i = 0; i < d->npoints; i++)
		if (d->points[i].role == ROLE_MOISTURE)
			return true;
	return false;
}

/* In the role's own unit (role.h), before the point's. */
static double
electric(const struct weather *w, enum role role, double each)
{
	switch (role) {
	case ROLE_VOLTAGE:
		return 12.9 + 1.2 * weather_sun(w) + 0.2 * each;
	case ROLE_CURRENT:
		return 1.2 + 3 * weather_sun(w) + 0.3 * each;
	case ROLE_POWER:
		return 16 + 50 * weather_sun(w);
	case ROLE_FREQUENCY:
		return 49.98 + 0.02 * each;
	default:
		return fmin(100, 78 + 14 * swing(w, 17));
	}
}

static double
aloft(const struct weather *w, enum role role, double each)
{
	switch (role) {
	case ROLE_HUMIDITY:
		return 52 - 22 * swing(w, 15) + 4 * each;
	case ROLE_SUN:
		return 880 * weather_sun(w);
	case ROLE_WIND:
		return 3.1 + 1.8 * swing(w, 14) + 0.4 * sin(w->hour * 61);
	case ROLE_DIRECTION:
		return fmod(235 + 30 * sin(w->hour * 5) + 360, 360);
	case ROLE_AIR_PRESSURE:
		return 97900 + 150 * swing(w, 9);
	default:
		return 14 + 9 * swing(w, 15) + each; /* temperature */
	}
}

static double
below(struct sim_device *d, const struct sim_point *p, double each)
{
	struct weather *w = d->line->farm->weather;
	double v = soil_water(d);

	switch (p->role) {
	case ROLE_CONDUCTIVITY: /* uS/cm */
		return 60 + 11 * v + 40 * each;
	case ROLE_SALT:
		return (60 + 11 * v + 40 * each) * 0.5;
	case ROLE_PERMITTIVITY:
		return 3 + 0.55 * v;
	case ROLE_PH:
		return 8.1 + 0.2 * each;
	case ROLE_NUTRIENT:
		return 45 + 30 * each;
	default: /* temperature, late and damped */
		return 16 + 3 * swing(w, 18) + each;
	}
}

static double
water(const struct sim_device *d, const struct sim_point *p, double each)
{
	const struct weather *w = d->line->farm->weather;

	switch (p->role) {
	case ROLE_FLOW:
		return weather_flow(d);
	case ROLE_VELOCITY: /* through DN100 */
		return weather_flow(d) / 3600 / 0.00785;
	case ROLE_PRESSURE: /* Pa */
		return 60000 + (w->open_valves ? 220000 : 340000) +
		       3000 * sin(w->hour * 83);
	case ROLE_SOUND:
		return 1450 + each;
	case ROLE_LEVEL:
		return 6.2 - 0.15 * w->open_valves + 0.4 * each +
		       0.02 * sin(w->hour * 7);
	case ROLE_WHOLE:
		return floor(p->state);
	case ROLE_FRACTION:
		return p->state - floor(p->state);
	case ROLE_MULTIPLIER:
		return 3; /* TUF-2000M: x 10^(n - 3) */
	default:
		return p->state;
	}
}

/* A point that no rule knows: the middle of what it may be, not quite still. */
static double
middling(const struct weather *w, const struct sim_point *p, double each)
{
	const struct point_type *t = p->type;
	double low = t->has_range ? t->min : 0;
	double high = t->has_range ? t->max : 100;

	return low +
	       (high - low) * (0.4 + 0.1 * each + 0.01 * sin(w->hour * 9));
}

double
weather_value(struct sim_device *d, struct sim_point *p)
{
	struct weather *w = d->line->farm->weather;
	double each = 2 * weather_trait(p->path) - 1;

	switch (role_realm(p->role)) {
	case REALM_SOIL:
		return p->role == ROLE_MOISTURE ? p->state : below(d, p, each);
	case REALM_AIR:
		if (p->role == ROLE_TEMPERATURE && is_soil(d))
			return below(d, p, each);
		return aloft(w, p->role, each);
	case REALM_WATER:
		return water(d, p, each);
	case REALM_ELECTRIC:
		return electric(w, p->role, each);
	default:
		return middling(w, p, each);
	}
}
