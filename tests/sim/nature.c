/*
 * Weather, soil and water in a few lines: not agronomy, but such that a
 * person who knows the place finds nothing odd. The numbers are those of a
 * sandy loam with drip in early summer.
 */
#include "nature.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "field.h"
#include "role.h"
#include "site.h"
#include "weather.h"

static const int64_t TICK_NS = 100000000;
static const double DAY_S = 86400;
/* Volumetric water, %: what roots cannot take, and what runs off. */
static const double DRY = 9, WET = 36;
static const double DRYING_S = 8 * 86400, WETTING_S = 5400;

static double
chance(struct weather *w) /* -1 to 1 */
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return (double)(w->rng >> 11) / (double)(1ull << 52) - 1;
}

static bool
open_at(const struct sim_device *d, unsigned addr)
{
	return bank_get(d->bank, TABLE_COIL, addr) != 0;
}

static unsigned
count_open(const struct farm *f)
{
	unsigned n = 0;

	for (size_t l = 0; l < f->nlines; l++)
		for (size_t i = 0; i < f->lines[l].ndevices; i++) {
			const struct sim_device *d = &f->lines[l].devices[i];
			for (size_t k = 0; k < d->npoints; k++) {
				const struct point_type *t = d->points[k].type;
				n += t->kind == KIND_OUTPUT &&
				     t->table == TABLE_COIL &&
				     open_at(d, t->addr);
			}
		}
	return n;
}

static void
move_moisture(struct weather *w, struct sim_point *p, double dt)
{
	bool wet = p->valve_device && open_at(p->valve_device, p->valve_addr);

	p->state -= (p->state - DRY) * dt / DRYING_S * weather_sun(w) * M_PI;
	if (wet)
		p->state += (WET - p->state) * (1 - exp(-dt / WETTING_S));
	if (w->rain > 0) /* 1 mm into 300 mm of soil */
		p->state += w->rain * dt / 3600 / 3;
	p->state = fmin(WET, fmax(DRY, p->state));
}

/* Seconds between counts: of running time its unit, else a minute. */
static double
count_step(const char *unit)
{
	if (unit != NULL && strcmp(unit, "s") == 0)
		return 1;
	return unit != NULL && strcmp(unit, "h") == 0 ? 3600 : 60;
}

static void
grow(struct sim_device *d, struct sim_point *p, double dt)
{
	struct weather *w = d->line->farm->weather;

	switch (p->role) {
	case ROLE_MOISTURE:
		move_moisture(w, p, dt);
		break;
	case ROLE_VOLUME:
	case ROLE_WHOLE:
	case ROLE_FRACTION:
		p->state += weather_flow(d) * dt / 3600;
		break;
	case ROLE_RAIN:
		p->state += w->rain * dt / 3600;
		break;
	case ROLE_COUNT:
		p->state += dt / count_step(p->type->unit);
		break;
	default:
		break;
	}
}

static void
settle(struct sim_device *d, struct sim_point *p)
{
	struct weather *w = d->line->farm->weather;
	double v = role_in_unit(p->role, weather_value(d, p), p->type->unit);
	struct num n;

	if (p->role == ROLE_TEMPERATURE)
		v += 0.05 * chance(w);
	if (p->type->has_range)
		v = fmin(p->type->max, fmax(p->type->min, v));
	n = num_real(v);
	point_store(d, p, &n);
}

static void
first_value(struct sim_device *d, struct sim_point *p)
{
	const struct point_type *t = p->type;
	struct num n = num_int(0);

	if (t->type == REG_STRING) {
		n = (struct num){.kind = NUM_TEXT};
		(void)snprintf(n.text, sizeof(n.text), "SN%06u",
		    (unsigned)(weather_trait(d->path) * 1e6));
	} else if (t->nchoices > 0)
		n = num_int(t->choices[0].value);
	else if (p->role == ROLE_UNIT_ID)
		n = num_int(d->unit);
	else if (t->has_range && t->kind != KIND_OUTPUT)
		n = num_real(fmax(t->min, fmin(t->max, 0)));
	point_store(d, p, &n);
}

static void
begin_point(struct sim_device *d, struct sim_point *p)
{
	p->role = role_of(p->type);
	if (p->drive == DRIVE_MASTER || p->type->type == REG_STRING ||
	    p->type->kind == KIND_STATE || p->type->nchoices > 0)
		p->drive =
		    p->role == ROLE_MULTIPLIER ? DRIVE_NATURE : DRIVE_MASTER;
	first_value(d, p);
	switch (p->role) {
	case ROLE_MOISTURE:
		p->state = 21 + 7 * weather_trait(p->path);
		break;
	case ROLE_VOLUME:
	case ROLE_WHOLE:
	case ROLE_FRACTION:
		p->state = 1200 + 8000 * weather_trait(d->path);
		break;
	case ROLE_COUNT:
		p->state = floor(9000 * weather_trait(p->path));
		break;
	default:
		break;
	}
}

static double
hour_there(const char *timezone)
{
	time_t now = time(NULL);
	struct tm there;

	(void)setenv("TZ", timezone, 1); /* fails only without memory */
	tzset();
	(void)localtime_r(&now, &there);
	return there.tm_hour + there.tm_min / 60.0 + there.tm_sec / 3600.0;
}

void
nature_begin(struct farm *f, double speed, uint64_t seed, int64_t now)
{
	struct weather *w = arena_alloc(f->arena, sizeof(*w));

	f->weather = w;
	w->speed = speed;
	w->rng = seed * 2654435761u + 88172645463325252u;
	w->hour = hour_there(f->site->timezone);
	w->last = now;
	for (size_t l = 0; l < f->nlines; l++)
		for (size_t i = 0; i < f->lines[l].ndevices; i++) {
			struct sim_device *d = &f->lines[l].devices[i];
			for (size_t k = 0; k < d->npoints; k++)
				begin_point(d, &d->points[k]);
		}
	(void)nature_tick(f, now); /* so that all have values */
}

static void
drive(struct sim_device *d, struct sim_point *p, int64_t now)
{
	struct num n;
	double part;

	if (p->drive == DRIVE_RAMP) {
		part = (double)(now - p->since) / (double)(p->until - p->since);
		if (part >= 1) {
			part = 1;
			p->drive = DRIVE_PINNED;
			p->until = 0;
		}
		n = num_real(p->from + (p->to - p->from) * part);
		point_store(d, p, &n);
	} else if (p->drive == DRIVE_STEP && now - p->since >= p->step_ns) {
		point_read(d, p, &n);
		n = num_real(num_double(&n) + p->by);
		p->since += p->step_ns;
		point_store(d, p, &n);
	} else if (p->drive == DRIVE_PINNED && p->until && now >= p->until) {
		point_pin(d, p, false);
		n = num_real(p->from);
		if (p->drive == DRIVE_MASTER && p->type->type != REG_STRING)
			point_store(d, p, &n); /* as if it never was */
	}
}

static void
move_device(struct sim_device *d, double dt, int64_t now)
{
	for (size_t k = 0; k < d->npoints; k++) {
		struct sim_point *p = &d->points[k];
		grow(d, p, dt);
		if (p->drive == DRIVE_NATURE)
			settle(d, p);
		else
			drive(d, p, now);
	}
}

int64_t
nature_tick(struct farm *f, int64_t now)
{
	struct weather *w = f->weather;
	double dt = (double)(now - w->last) / 1e9 * w->speed;

	if (now - w->last < TICK_NS && now != w->last)
		return w->last + TICK_NS;
	w->last = now;
	w->hour = fmod(w->hour + dt / DAY_S * 24, 24);
	if (w->rain_until && now >= w->rain_until)
		w->rain = 0;
	w->open_valves = count_open(f);
	for (size_t l = 0; l < f->nlines; l++)
		for (size_t i = 0; i < f->lines[l].ndevices; i++)
			move_device(&f->lines[l].devices[i], dt, now);
	return now + TICK_NS;
}

void
nature_rain(struct farm *f, double mm_h, int64_t until)
{
	f->weather->rain = mm_h;
	f->weather->rain_until = until;
}
