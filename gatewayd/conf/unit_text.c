/*
 * Common slips. Sources: UCUM 2.1 (its case sensitive symbols, in 7 bits of
 * ASCII, clause 3 and the tables of clauses 28 to 46); RFC 8428, clause 12.1;
 * RFC 8798, clauses 3 and 4. What these know stands in none of the slips.
 */
#include "unit_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { UNIT_MAX = 64 };

struct slip {
	const char *wrong, *right;
};

/* Signs that are beyond ASCII; the longer ones first. */
static const struct slip signs[] = {
    {"° C", "Cel"},
    {"°C", "Cel"},
    {"ºC", "Cel"},
    {"℃", "Cel"},
    {"°F", "[degF]"},
    {"℉", "[degF]"},
    {"°", "deg"},
    {"º", "deg"},
    {"²", "2"},
    {"³", "3"},
    {"㎡", "m2"},
    {"㎥", "m3"},
    {"\u00B5", "u"}, /* the micro sign */
    {"\u03BC", "u"}, /* the Greek letter */
    {"\u03A9", "Ohm"},
    {"\u2126", "Ohm"},
    {"％", "%"},
    {"·", "."},
};

/* A whole unit, or what stands above or below the stroke of a fraction. */
static const struct slip slips[] = {
    {"degC", "Cel"},
    {"deg C", "Cel"},
    {"celsius", "Cel"},
    {"Celsius", "Cel"},
    {"cel", "Cel"},
    {"oC", "Cel"},
    {"摄氏度", "Cel"},
    {"degF", "[degF]"},
    {"deg F", "[degF]"},
    {"kpa", "kPa"},
    {"Kpa", "kPa"},
    {"KPa", "kPa"},
    {"KPA", "kPa"},
    {"hpa", "hPa"},
    {"mpa", "MPa"},
    {"Mpa", "MPa"},
    {"M3", "m3"},
    {"M3/H", "m3/h"},
    {"cbm", "m3"},
    {"立方米", "m3"},
    {"MM", "mm"},
    {"CM", "cm"},
    {"Kg", "kg"},
    {"KG", "kg"},
    {"liter", "L"},
    {"litre", "L"},
    {"liters", "L"},
    {"litres", "L"},
    {"lps", "L/s"},
    {"lpm", "L/min"},
    {"LPS", "L/s"},
    {"LPM", "L/min"},
    {"hr", "h"},
    {"hrs", "h"},
    {"hour", "h"},
    {"hours", "h"},
    {"sec", "s"},
    {"secs", "s"},
    {"second", "s"},
    {"seconds", "s"},
    {"mins", "min"},
    {"minute", "min"},
    {"minutes", "min"},
    {"day", "d"},
    {"days", "d"},
    {"mps", "m/s"},
    {"kmh", "km/h"},
    {"US/cm", "uS/cm"},
    {"uS/CM", "uS/cm"},
    {"%VWC", "%"},
    {"% VWC", "%"},
    {"%vwc", "%"},
    {"VWC", "%"},
    {"vwc", "%"},
    {"%vol", "%"},
    {"vol%", "%"},
    {"percent", "%"},
    {"RH", "%RH"},
    {"%rh", "%RH"},
    {"%Rh", "%RH"},
    {"% RH", "%RH"},
    {"RH%", "%RH"},
    {"kw", "kW"},
    {"KW", "kW"},
    {"Kw", "kW"},
    {"kwh", "kWh"},
    {"KWh", "kWh"},
    {"KWH", "kWh"},
    {"kWH", "kWh"},
    {"v", "V"},
    {"volt", "V"},
    {"volts", "V"},
    {"mv", "mV"},
    {"kv", "kV"},
    {"w", "W"},
    {"watt", "W"},
    {"watts", "W"},
    {"amp", "A"},
    {"amps", "A"},
    {"hz", "Hz"},
    {"HZ", "Hz"},
    {"lux", "lx"},
    {"Lux", "lx"},
    {"LUX", "lx"},
    {"PPM", "ppm"},
};

/* Right, of something that a farm hardly measures. */
static const struct {
	const char *text, *is, *likely;
} doubtful[] = {
    {"C", "the coulomb", "degrees Celsius write Cel"},
    {"F", "the farad", "degrees Fahrenheit write [degF]"},
    {"uS", "a conductance", "conductivity write uS/cm"},
    {"mS", "a conductance", "conductivity write mS/cm"},
    {"us/cm", "microseconds per cm", "conductivity write uS/cm"},
    {"ms/cm", "milliseconds per cm", "conductivity write mS/cm"},
    {"ma", "a thousandth of a year", "milliamperes write mA"},
    {"m3/H", "per henry", "per hour write m3/h"},
    {"PH", "the petahenry", "acidity write [pH]"},
    {"ph", "the phot", "acidity write [pH]"},
};

/* What is written for signs; how many bytes of text it is for, or 0. */
static size_t
sign(const char *text, const char **right)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t n = strlen(signs[i].wrong);
		if (strncmp(text, signs[i].wrong, n) == 0) {
			*right = signs[i].right;
			return n;
		}
	}
	return 0;
}

/* Signs replaced, and m^3 as m3; 10^3 is UCUM's own. `text` is short. */
static void
in_ascii(const char *text, char out[4 * UNIT_MAX])
{
	const char *right = NULL;
	size_t used = 0, n;

	for (const char *p = text; *p; p += n) {
		bool power = *p == '^' && p > text &&
			     isalpha((unsigned char)p[-1]) &&
			     isdigit((unsigned char)p[1]);
		n = sign(p, &right);
		if (n > 0) {
			memcpy(out + used, right, strlen(right));
			used += strlen(right);
			continue;
		}
		n = 1;
		if (!power)
			out[used++] = *p;
	}
	out[used] = '\0';
}

/* `n` bytes as they should be, behind out; they are short. */
static void
add_part(char *out, const char *part, size_t n)
{
	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++)
		if (strlen(slips[i].wrong) == n &&
		    memcmp(slips[i].wrong, part, n) == 0) {
			part = slips[i].right;
			n = strlen(part);
			break;
		}
	(void)strncat(out, part, n);
}

static void
remedy(const char *text, char out[8 * UNIT_MAX])
{
	char ascii[4 * UNIT_MAX] = "";
	const char *p = ascii;

	in_ascii(text, ascii);
	out[0] = '\0';
	add_part(out, ascii, strlen(ascii));
	if (strcmp(out, ascii) != 0)
		return;
	out[0] = '\0';
	for (;;) {
		size_t n = strcspn(p, "/");
		add_part(out, p, n);
		if (!p[n])
			return;
		add_part(out, "/", 1);
		p += n + 1;
	}
}

enum unit_text
unit_text_judge(const char *text, char *why, size_t size)
{
	char right[8 * UNIT_MAX];
	const char *quote;

	if (strlen(text) > UNIT_MAX)
		return UNIT_FINE; /* no slip is as long */
	for (size_t i = 0; i < sizeof(doubtful) / sizeof(doubtful[0]); i++)
		if (strcmp(text, doubtful[i].text) == 0) {
			(void)snprintf(why, size, "the unit `%s` is %s; for %s",
			    text, doubtful[i].is, doubtful[i].likely);
			return UNIT_DOUBTFUL;
		}
	remedy(text, right);
	if (strcmp(text, right) == 0)
		return UNIT_FINE;
	quote = strchr("%[", right[0]) ? "\"" : ""; /* YAML's own signs */
	(void)snprintf(why, size,
	    "`%s` is no unit of UCUM or RFC 8428; write %s%s%s", text, quote,
	    right, quote);
	return UNIT_SLIP;
}

bool
unit_text_read(struct ctx *x, const struct node *n, const char **out)
{
	char why[200 + 9 * UNIT_MAX];

	if (!read_text(x, n, "unit", out))
		return false;
	switch (unit_text_judge(*out, why, sizeof(why))) {
	case UNIT_SLIP:
		complain(x->c, n->at, "%s", why);
		return false;
	case UNIT_DOUBTFUL:
		complain_softly(x->c, n->at, "%s", why);
		return true;
	case UNIT_FINE:
	default:
		return true;
	}
}
