/* The first row whose key is known where the word stands is the answer. */
#include "elsewhere.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "complain.h"

struct row {
	const char *theirs, *ours;
	const char *also; /* ours too, where it is known */
	const char *how;  /* what follows the key: a value, or when */
};

static const struct row rows[] = {
    {"address", "holding", "input", NULL},
    {"register", "holding", "input", NULL},
    {"reg", "holding", "input", NULL},
    {"slave", "unit", NULL, NULL},
    {"slave_id", "unit", NULL, NULL},
    {"slaveid", "unit", NULL, NULL},
    {"address", "unit", NULL, NULL},
    {"id", "unit", NULL, NULL},
    {"interval", "every", NULL, NULL},
    {"period", "every", NULL, NULL},
    {"poll", "every", NULL, NULL},
    {"baudrate", "baud", NULL, NULL},
    {"baud_rate", "baud", NULL, NULL},
    {"stopbits", "stop_bits", NULL, NULL},
    {"profile", "type", NULL, NULL},
    {"model", "type", NULL, NULL},
    {"device", "port", NULL, NULL},
    {"tty", "port", NULL, NULL},
    {"url", "broker", NULL, NULL},
    {"server", "broker", NULL, NULL},
    {"user", "username", NULL, NULL},
    {"password", "password_file", NULL, NULL},
    {"ca", "ca_file", NULL, NULL},
    {"cafile", "ca_file", NULL, NULL},
    {"factor", "scale", NULL, NULL},
    {"multiplier", "scale", NULL, NULL},
    {"gain", "scale", NULL, NULL},
    {"divisor", "scale", NULL, ": 0.1` to divide by ten"},
    {"divider", "scale", NULL, ": 0.1` to divide by ten"},
    {"decimals", "scale", NULL, ": 0.01` for two decimals"},
    {"decimal_places", "scale", NULL, ": 0.01` for two decimals"},
    {"min", "range", NULL, ": [lowest, highest]`"},
    {"max", "range", NULL, ": [lowest, highest]`"},
    {"minimum", "range", NULL, ": [lowest, highest]`"},
    {"maximum", "range", NULL, ": [lowest, highest]`"},
    {"limits", "range", NULL, ": [lowest, highest]`"},
    {"bit", "mask", NULL, ": 0x04` for bit 2"},
    {"datatype", "type", NULL, NULL},
    {"data_type", "type", NULL, NULL},
    {"byte_order", "order", NULL, NULL},
    {"word_order", "order", NULL, NULL},
    {"endian", "order", NULL, NULL},
    {"endianness", "order", NULL, NULL},
    {"max_run", "max_on", NULL, NULL},
    {"ip", "host", NULL, NULL},
    {"hostname", "host", NULL, NULL},
    {"bind", "listen", NULL, NULL},
    {"regcode", "registration", NULL, NULL},
    {"fc", "function", NULL, NULL},
    {"function_code", "function", NULL, NULL},
    {"on_value", "on", NULL, NULL},
    {"off_value", "off", NULL, NULL},
    {"init", "setup", NULL, NULL},
    {"expression", "formula", NULL, NULL},
    {"calc", "formula", NULL, NULL},
    {"inherits", "extends", NULL, NULL},
    {"parent", "extends", NULL, NULL},
    {"lookup", "table", NULL, NULL},
    {"firmware", "variant", NULL, NULL},
};

static bool
listed(const char *word, const char *const *keys)
{
	for (; *keys; keys++)
		if (strcmp(word, *keys) == 0)
			return true;
	return false;
}

static const char *
say(const struct row *r, const char *const *keys, char *out, size_t size)
{
	if (r->also && listed(r->also, keys))
		(void)snprintf(out, size, "`%s` or `%s`", r->ours, r->also);
	else
		(void)snprintf(
		    out, size, "`%s%s", r->ours, r->how ? r->how : "`");
	return out;
}

const char *
elsewhere_exactly(
    const char *word, const char *const *keys, char *out, size_t size)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(word, rows[i].theirs) == 0 &&
		    listed(rows[i].ours, keys))
			return say(&rows[i], keys, out, size);
	return NULL;
}

const char *
elsewhere_nearly(
    const char *word, const char *const *keys, char *out, size_t size)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const theirs[] = {rows[i].theirs, NULL};
		if (listed(rows[i].ours, keys) && nearest(word, theirs))
			return say(&rows[i], keys, out, size);
	}
	return NULL;
}
