/* What a point is to nature, told by its name and unit. */
#ifndef ROLE_H
#define ROLE_H

struct point_type;

enum role {
	ROLE_OTHER,
	ROLE_MOISTURE,     /* % of volume */
	ROLE_CONDUCTIVITY, /* uS/cm */
	ROLE_SALT,         /* mg/L */
	ROLE_PERMITTIVITY,
	ROLE_PH,
	ROLE_NUTRIENT,     /* mg/kg */
	ROLE_TEMPERATURE,  /* Cel */
	ROLE_HUMIDITY,     /* % */
	ROLE_SUN,          /* W/m2 */
	ROLE_WIND,         /* m/s */
	ROLE_DIRECTION,    /* deg */
	ROLE_AIR_PRESSURE, /* Pa */
	ROLE_FLOW,         /* m3/h */
	ROLE_VELOCITY,     /* m/s */
	ROLE_VOLUME,       /* m3 */
	ROLE_WHOLE,        /* the whole m3 of a volume in two parts */
	ROLE_FRACTION,     /* and the rest */
	ROLE_MULTIPLIER,
	ROLE_PRESSURE, /* Pa */
	ROLE_SOUND,    /* m/s, in water */
	ROLE_LEVEL,    /* m */
	ROLE_RAIN,     /* mm */
	ROLE_COUNT,
	ROLE_NOTHING,   /* water that flows backwards: none */
	ROLE_VOLTAGE,   /* V */
	ROLE_CURRENT,   /* A */
	ROLE_POWER,     /* W */
	ROLE_FREQUENCY, /* Hz */
	ROLE_BATTERY,   /* % */
	ROLE_UNIT_ID
};

enum realm { REALM_NONE, REALM_SOIL, REALM_AIR, REALM_WATER, REALM_ELECTRIC };

enum role role_of(const struct point_type *t);
enum realm role_realm(enum role role);
/* From the role's unit (above) into another; unknown units change nothing. */
double role_in_unit(enum role role, double v, const char *unit);

#endif
