/* The rules by which a point's name and unit tell what it is. */
#include "role.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "device_type.h"

/* The first that fits; `name` is a part of the point's name, "=x" all of it. */
static const struct {
	const char *name, *unit;
	enum role role;
} rules[] = {
    {"moisture", NULL, ROLE_MOISTURE},
    {"vwc", NULL, ROLE_MOISTURE},
    {"water_content", NULL, ROLE_MOISTURE},
    {"address", NULL, ROLE_UNIT_ID},
    {"unit_id", NULL, ROLE_UNIT_ID},
    {"multiplier", NULL, ROLE_MULTIPLIER},
    {"negative", NULL, ROLE_NOTHING},
    {"reverse", NULL, ROLE_NOTHING},
    {NULL, "GJ/h", ROLE_NOTHING},
    {"sound", NULL, ROLE_SOUND},
    {"integer", NULL, ROLE_WHOLE},
    {"whole", NULL, ROLE_WHOLE},
    {"fraction", NULL, ROLE_FRACTION},
    {"decimal", NULL, ROLE_FRACTION},
    {"conductivity", NULL, ROLE_CONDUCTIVITY},
    {NULL, "uS/cm", ROLE_CONDUCTIVITY},
    {NULL, "mS/cm", ROLE_CONDUCTIVITY},
    {"=ec", NULL, ROLE_CONDUCTIVITY},
    {"salinity", NULL, ROLE_SALT},
    {"tds", NULL, ROLE_SALT},
    {"permittivity", NULL, ROLE_PERMITTIVITY},
    {"=ph", NULL, ROLE_PH},
    {"nitrogen", NULL, ROLE_NUTRIENT},
    {"phosphorus", NULL, ROLE_NUTRIENT},
    {"potassium", NULL, ROLE_NUTRIENT},
    {"temp", NULL, ROLE_TEMPERATURE},
    {NULL, "Cel", ROLE_TEMPERATURE},
    {"humid", NULL, ROLE_HUMIDITY},
    {NULL, "%RH", ROLE_HUMIDITY},
    {"radiation", NULL, ROLE_SUN},
    {NULL, "W/m2", ROLE_SUN},
    {"direction", NULL, ROLE_DIRECTION},
    {"wind", NULL, ROLE_WIND},
    {"velocity", NULL, ROLE_VELOCITY},
    {"flow", NULL, ROLE_FLOW},
    {NULL, "m3/h", ROLE_FLOW},
    {"rain", NULL, ROLE_RAIN},
    {NULL, "m3", ROLE_VOLUME},
    {"volume", NULL, ROLE_VOLUME},
    {"barometric", NULL, ROLE_AIR_PRESSURE},
    {NULL, "hPa", ROLE_AIR_PRESSURE},
    {"pressure", NULL, ROLE_PRESSURE},
    {"level", NULL, ROLE_LEVEL},
    {"battery_voltage", NULL, ROLE_VOLTAGE},
    {"battery", "%", ROLE_BATTERY},
    {"soc", NULL, ROLE_BATTERY},
    {NULL, "V", ROLE_VOLTAGE},
    {NULL, "A", ROLE_CURRENT},
    {NULL, "W", ROLE_POWER},
    {NULL, "Hz", ROLE_FREQUENCY},
};

static bool
names(const char *rule, const char *name)
{
	if (rule == NULL)
		return true;
	if (rule[0] == '=')
		return strcmp(rule + 1, name) == 0;
	return strstr(name, rule) != NULL;
}

enum role
role_of(const struct point_type *t)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!names(rules[i].name, t->name))
			continue;
		if (rules[i].unit == NULL ||
		    (t->unit && strcmp(rules[i].unit, t->unit) == 0))
			return rules[i].role;
	}
	return t->kind == KIND_COUNTER ? ROLE_COUNT : ROLE_OTHER;
}

enum realm
role_realm(enum role role)
{
	if (role == ROLE_OTHER || role == ROLE_UNIT_ID)
		return REALM_NONE;
	if (role <= ROLE_NUTRIENT)
		return REALM_SOIL;
	if (role <= ROLE_AIR_PRESSURE)
		return REALM_AIR;
	return role <= ROLE_NOTHING ? REALM_WATER : REALM_ELECTRIC;
}

double
role_in_unit(enum role role, double v, const char *unit)
{
	static const struct {
		enum role role;
		const char *unit;
		double factor;
	} table[] = {{ROLE_MOISTURE, "m3/m3", 0.01},
	    {ROLE_CONDUCTIVITY, "mS/cm", 0.001},
	    {ROLE_CONDUCTIVITY, "S/m", 0.0001}, {ROLE_FLOW, "L/s", 1 / 3.6},
	    {ROLE_FLOW, "l/s", 1 / 3.6}, {ROLE_FLOW, "L/min", 1 / 0.06},
	    {ROLE_FLOW, "l/min", 1 / 0.06}, {ROLE_FLOW, "m3/s", 1 / 3600.0},
	    {ROLE_VOLUME, "L", 1000}, {ROLE_VOLUME, "l", 1000},
	    {ROLE_PRESSURE, "bar", 1e-5}, {ROLE_PRESSURE, "kPa", 1e-3},
	    {ROLE_PRESSURE, "MPa", 1e-6}, {ROLE_AIR_PRESSURE, "hPa", 1e-2},
	    {ROLE_AIR_PRESSURE, "kPa", 1e-3}, {ROLE_LEVEL, "cm", 100},
	    {ROLE_LEVEL, "mm", 1000}, {ROLE_POWER, "kW", 1e-3}};

	for (size_t i = 0; unit && i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].role == role && strcmp(table[i].unit, unit) == 0)
			return v * table[i].factor;
	return v;
}
