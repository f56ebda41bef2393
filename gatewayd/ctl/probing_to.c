/* The options that say where to ask. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probing.h"
#include "site.h"
#include "when.h"

enum { TIMEOUT_MIN_MS = 20, TIMEOUT_MAX_MS = 5000 };

struct call {
	struct probing_to *to;
	char *why;
	size_t size;
};

static int
wrong(const struct call *x, const char *what, const char *value)
{
	(void)snprintf(x->why, x->size, "%s, not %.80s", what, value);
	return -EINVAL;
}

bool
probing_speed(unsigned long baud)
{
	static const unsigned long speeds[] = {1200, 2400, 4800, 9600, 19200,
	    38400, 57600, 115200, 230400, 460800};

	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speeds[i] == baud)
			return true;
	return false;
}

static int
take_baud(const struct call *x, const char *v)
{
	char *end;
	unsigned long n = strtoul(v, &end, 10);

	if (*v < '0' || *v > '9' || *end != '\0' || !probing_speed(n))
		return wrong(x,
		    "--baud takes 1200, 2400, 4800, 9600, 19200, 38400, 57600, "
		    "115200, 230400 or 460800",
		    v);
	x->to->baud = (uint32_t)n;
	return 1;
}

static int
take_parity(const struct call *x, const char *v)
{
	static const char *const words[] = {[PARITY_NONE] = "none",
	    [PARITY_EVEN] = "even",
	    [PARITY_ODD] = "odd"};

	for (uint8_t i = 0; i < 3; i++)
		if (strcmp(v, words[i]) == 0) {
			x->to->parity = i;
			x->to->parity_said = true;
			return 1;
		}
	return wrong(x, "--parity takes none, even or odd", v);
}

static int
take_stop_bits(const struct call *x, const char *v)
{
	if (strcmp(v, "1") != 0 && strcmp(v, "2") != 0)
		return wrong(x, "--stop-bits takes 1 or 2", v);
	x->to->stop_bits = (uint8_t)(v[0] - '0');
	return 1;
}

static int
take_timeout(const struct call *x, const char *v)
{
	int64_t ms = 0;

	if (!when_duration(v, &ms) || ms < TIMEOUT_MIN_MS ||
	    ms > TIMEOUT_MAX_MS)
		return wrong(x, "--timeout takes 20ms to 5s", v);
	x->to->timeout_ms = (uint32_t)ms;
	return 1;
}

static int
take_port(const struct call *x, const char *v)
{
	if (v[0] != '/')
		return wrong(x, "--port takes a path such as /dev/ttyUSB0", v);
	x->to->port = v;
	return 1;
}

static int
take_host(const struct call *x, const char *v)
{
	x->to->host = v;
	return 1;
}

static int
take_site(const struct call *x, const char *v)
{
	x->to->site = v;
	return 1;
}

static const struct {
	const char *name;
	int (*take)(const struct call *x, const char *value);
} options[] = {{"--port", take_port}, {"--host", take_host},
    {"--site", take_site}, {"--baud", take_baud}, {"--parity", take_parity},
    {"--stop-bits", take_stop_bits}, {"--timeout", take_timeout}};

static int
take_flag(struct probing_to *to, const char *arg)
{
	bool *flag = strcmp(arg, "--rtu-over-tcp") == 0 ? &to->rtu_over_tcp
		     : strcmp(arg, "--echo") == 0       ? &to->echo
		     : strcmp(arg, "--rs485") == 0      ? &to->rs485
							: NULL;

	if (flag != NULL)
		*flag = true;
	return flag != NULL;
}

int
probing_option(struct probing_to *to, int argc, char **argv, int *i, char *why,
    size_t size)
{
	const struct call x = {to, why, size};
	const char *arg = argv[*i];

	for (size_t o = 0; o < sizeof(options) / sizeof(options[0]); o++) {
		size_t n = strlen(options[o].name);

		if (strncmp(arg, options[o].name, n) != 0)
			continue;
		if (arg[n] == '=')
			return options[o].take(&x, arg + n + 1);
		if (arg[n] != '\0')
			continue;
		if (*i + 1 >= argc) {
			(void)snprintf(why, size, "%s needs a value", arg);
			return -EINVAL;
		}
		return options[o].take(&x, argv[++*i]);
	}
	return take_flag(to, arg);
}
