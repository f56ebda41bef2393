/*
 * The running gateway is asked first: a port it has must not be fought over. A
 * line's name that it does not know, or that nobody is there to know, is looked
 * up in the site file.
 */
#include "probing_find.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "cmd.h"
#include "jdoc.h"
#include "site.h"
#include "sitefile.h"

static const char usual_site[] = "/etc/gatewayd/site.yaml";

static int
refuse(const char *cmd, const char *what, const char *name, const char *next)
{
	(void)fprintf(stderr, "gatewayctl %s: %s%s%s\n", cmd, what, name, next);
	return CTL_REFUSED;
}

static void
keep(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text);
}

/* ---- the running gateway's lines ---- */

static bool
same_port(const char *a, const char *b)
{
	char real_a[PATH_MAX], real_b[PATH_MAX];

	if (strcmp(a, b) == 0)
		return true;
	return realpath(a, real_a) != NULL && realpath(b, real_b) != NULL &&
	       strcmp(real_a, real_b) == 0;
}

static bool
is_it(const struct probing_to *to, const struct json_t *line)
{
	const char *port = jdoc_text(line, "port", "");
	bool serial = strcmp(jdoc_text(line, "transport", ""), "rtu") == 0;

	if (to->line != NULL)
		return strcmp(jdoc_text(line, "name", ""), to->line) == 0;
	if (to->port != NULL)
		return serial && same_port(port, to->port);
	return to->host != NULL && !serial && strcmp(port, to->host) == 0;
}

static uint8_t
parity_of(const char *word)
{
	return strcmp(word, "even") == 0  ? PARITY_EVEN
	       : strcmp(word, "odd") == 0 ? PARITY_ODD
					  : PARITY_NONE;
}

static void
take_shared(struct found *out, const struct json_t *line)
{
	out->shared = true;
	keep(out->line, sizeof(out->line), jdoc_text(line, "name", ""));
	keep(out->address, sizeof(out->address), jdoc_text(line, "port", ""));
	if (strcmp(jdoc_text(line, "transport", ""), "rtu") != 0)
		return;
	keep(out->port, sizeof(out->port), jdoc_text(line, "port", ""));
	out->to.port = out->port;
	out->to.baud = (uint32_t)jdoc_int(line, "baud", 9600);
	out->to.parity = parity_of(jdoc_text(line, "parity", "none"));
	out->to.stop_bits = (uint8_t)jdoc_int(line, "stop_bits", 1);
}

/* Whether the gateway runs; *config: its site file, when it says so. */
static bool
ask_gateway(
    struct found *out, const struct probing_to *to, char *config, size_t size)
{
	struct jdoc *j = NULL;
	const struct json_t *lines;

	if (ask_core_quietly("status", &j) != CTL_DONE)
		return false;
	keep(config, size, jdoc_text(jdoc_root(j), "config", ""));
	lines = jdoc_get(jdoc_root(j), "lines");
	for (size_t i = 0; i < jdoc_count(lines) && !out->shared; i++)
		if (is_it(to, jdoc_at(lines, i)))
			take_shared(out, jdoc_at(lines, i));
	(void)jdoc_free(j);
	return true;
}

/* ---- a site file's lines ---- */

static int
take_line(struct found *out, const char *cmd, const struct line *l,
    const struct probing_to *to)
{
	keep(out->line, sizeof(out->line), l->name);
	out->to = (struct own_line_to){.tcp_port = l->tcp_port,
	    .baud = l->baud,
	    .parity = (uint8_t)l->parity,
	    .stop_bits = l->stop_bits,
	    .rtu_over_tcp = l->transport == TRANSPORT_RTU_OVER_TCP,
	    .echo = l->echo,
	    .rs485 = l->rs485};
	if (l->port != NULL) {
		keep(out->port, sizeof(out->port), l->port);
		out->to.port = out->port;
		return CTL_DONE;
	}
	if (l->listen != NULL)
		return refuse(cmd, "the converters of line ", l->name,
		    " dial in, and only a running gateway has them; start it");
	if (to->host != NULL)
		return CTL_DONE;
	if (l->host == NULL)
		return refuse(cmd, "each device of line ", l->name,
		    " has a connection of its own; say which with --host");
	keep(out->own_host, sizeof(out->own_host), l->host);
	out->to.host = out->own_host;
	return CTL_DONE;
}

static int
look_up(struct found *out, const char *cmd, const struct probing_to *to,
    const char *file)
{
	struct sitefile s = {0};
	const struct line *l = NULL;
	int r = sitefile_open(&s, cmd, file);

	for (size_t i = 0; r == CTL_DONE && i < s.site->nlines; i++)
		if (strcmp(s.site->lines[i].name, to->line) == 0)
			l = &s.site->lines[i];
	if (r == CTL_DONE && l == NULL) {
		(void)fprintf(stderr,
		    "gatewayctl %s: %s has no line %s; it has", cmd, file,
		    to->line);
		for (size_t i = 0; i < s.site->nlines; i++)
			(void)fprintf(stderr, "%s %s", i > 0 ? "," : "",
			    s.site->lines[i].name);
		(void)fputc('\n', stderr);
		r = CTL_REFUSED;
	} else if (r == CTL_DONE) {
		r = take_line(out, cmd, l, to);
	}
	sitefile_close(&s);
	return r;
}

/* "192.0.2.9:502", "[2001:db8::9]:502", "plc.local". */
static int
take_host(struct found *out, const char *cmd, const char *text)
{
	const char *colon = strrchr(text, ':');
	const char *close = strrchr(text, ']');
	size_t n = strlen(text);
	unsigned long port = 502;
	char *end;

	if (text[0] == '[' && close == NULL)
		return refuse(cmd, "what is this host: ", text, "");
	if (colon != NULL &&
	    (close == NULL ? strchr(text, ':') == colon : colon == close + 1)) {
		port = strtoul(colon + 1, &end, 10);
		if (*end != '\0' || port < 1 || port > 65535)
			return refuse(
			    cmd, "what is this port: ", colon + 1, "");
		n = (size_t)(colon - text);
	}
	if (text[0] == '[') {
		text++;
		n = (size_t)(close - text);
	}
	if (n == 0 || n >= sizeof(out->own_host))
		return refuse(cmd, "what is this host: ", text, "");
	(void)snprintf(
	    out->own_host, sizeof(out->own_host), "%.*s", (int)n, text);
	out->to.host = out->own_host;
	out->to.tcp_port = (uint16_t)port;
	return CTL_DONE;
}

/* A bare port has no settings of its own: those of the type's factory. */
static void
factory_settings(struct own_line_to *own, const struct probing_to *to)
{
	if (to->line != NULL || to->factory_baud == 0)
		return;
	own->baud = to->factory_baud;
	own->parity = to->factory_parity;
	if (!to->parity_said || to->parity == to->factory_parity)
		own->stop_bits = to->factory_stop_bits;
}

/* What the person said goes before what the line or the type has. */
static int
own_settings(struct found *out, const char *cmd, const struct probing_to *to)
{
	struct own_line_to *own = &out->to;

	if (to->port != NULL) {
		keep(out->port, sizeof(out->port), to->port);
		own->port = out->port;
		own->host = NULL;
	}
	factory_settings(own, to);
	if (to->baud != 0)
		own->baud = to->baud;
	if (own->baud == 0)
		own->baud = 9600;
	if (to->parity_said)
		own->parity = to->parity;
	if (to->stop_bits != 0)
		own->stop_bits = to->stop_bits;
	if (own->stop_bits == 0)
		own->stop_bits = 1;
	own->echo = own->echo || to->echo;
	own->rs485 = own->rs485 || to->rs485;
	own->rtu_over_tcp = own->rtu_over_tcp || to->rtu_over_tcp;
	return to->host != NULL && own->port == NULL
		   ? take_host(out, cmd, to->host)
		   : CTL_DONE;
}

static int
unreadable(const char *cmd, const char *file)
{
	(void)fprintf(stderr,
	    "gatewayctl %s: %s: %s; name the site's file with --site, or the "
	    "line with --port or --host\n",
	    cmd, file, strerror(errno));
	return CTL_REFUSED;
}

/* Nobody is there to know the name. */
static int
no_gateway(const char *cmd, const char *line)
{
	(void)fprintf(stderr,
	    "gatewayctl %s: no gateway answers in %s, and there is no %s that "
	    "has the line %s; name its site file with --site, or its port with "
	    "--port\n",
	    cmd, ctl_run_dir(), usual_site, line);
	return CTL_NO_GATEWAY;
}

int
probing_find(struct found *out, const char *cmd, const struct probing_to *to)
{
	char config[FOUND_TEXT] = "";
	const char *file = to->site;
	bool runs;
	int r = CTL_DONE;

	memset(out, 0, sizeof(*out));
	if (to->line == NULL && to->port == NULL && to->host == NULL)
		return ctl_usage(
		    cmd, "which line? a LINE, --port or --host", NULL);
	runs = ask_gateway(out, to, config, sizeof(config));
	if (out->shared) {
		if (to->line != NULL && to->host != NULL)
			keep(out->host, sizeof(out->host), to->host);
		return CTL_DONE;
	}
	if (to->line != NULL) {
		if (file == NULL)
			file = runs && config[0] != '\0' ? config : usual_site;
		if (!runs && to->site == NULL && access(file, F_OK) == -1)
			return no_gateway(cmd, to->line);
		if (access(file, R_OK) == -1)
			return unreadable(cmd, file);
		r = look_up(out, cmd, to, file);
	}
	return r == CTL_DONE ? own_settings(out, cmd, to) : r;
}
