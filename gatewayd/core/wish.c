/* The point first, then what is to be done with it, then how long. */
#include "wish.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

struct call {
	const struct site *site;
	const struct msg_wish *wish;
	struct meaning *out;
	char *why;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static int
refuse(const struct call *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(x->why, x->size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

const char *
wish_time(uint32_t ms, char *out, size_t size)
{
	static const struct {
		uint32_t ms;
		const char *name;
	} unit[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"},
	    {1000, "s"}, {1, "ms"}};
	size_t i = 0;

	while (ms % unit[i].ms != 0)
		i++;
	(void)snprintf(out, size, "%u%s", ms / unit[i].ms, unit[i].name);
	return out;
}

/* A text from outside goes into events and logs: one line, no control. */
static void
clean(char *out, size_t size, const char *s)
{
	(void)snprintf(out, size, "%s", s);
	for (; *out != '\0'; out++)
		if ((unsigned char)*out < 0x20 || *out == 0x7f)
			*out = '?';
}

/* The wish in words, as far as they can be had without its point. */
static void
say_what(const struct call *x, enum command_action action)
{
	const struct msg_wish *w = x->wish;
	char *out = x->out->what, value[VALUE_TEXT_MAX], time[24], length[32];
	size_t size = sizeof(x->out->what);

	clean(value, sizeof(value), w->value);
	length[0] = '\0';
	if (w->for_ms > 0)
		(void)snprintf(length, sizeof(length), " for %s",
		    wish_time(w->for_ms, time, sizeof(time)));
	if (action == COMMAND_OPEN)
		(void)snprintf(out, size, "open%s", length);
	else if (action == COMMAND_CLOSE)
		(void)snprintf(out, size, "close%s", length);
	else if (action == COMMAND_SET)
		(void)snprintf(out, size, "set to %s%s", value, length);
	else
		(void)snprintf(out, size, "write %s%s", value, length);
}

static const struct point_type *
find_in(const struct device *d, const char *subject, uint32_t *series)
{
	size_t n = strlen(d->path);

	if (strncmp(subject, d->path, n) != 0 || subject[n] != '/')
		return NULL;
	for (size_t i = 0; i < d->type->npoints; i++)
		if (strcmp(subject + n + 1, d->type->points[i].name) == 0) {
			*series = d->series + (uint32_t)i;
			return &d->type->points[i];
		}
	return NULL;
}

static const struct point_type *
find(const struct call *x)
{
	for (size_t i = 0; i < x->site->nlines; i++) {
		const struct line *l = &x->site->lines[i];
		for (size_t k = 0; k < l->ndevices; k++) {
			const struct point_type *p = find_in(&l->devices[k],
			    x->wish->subject, &x->out->command.series);
			x->out->line = i;
			if (p != NULL)
				return p;
		}
	}
	return NULL;
}

/* Only what can be written is worth suggesting. */
static int
unknown(const struct call *x)
{
	struct nearest near;

	nearest_init(&near, x->out->subject);
	for (size_t i = 0; i < x->site->nlines; i++)
		for (size_t k = 0; k < x->site->lines[i].ndevices; k++) {
			const struct device *d = &x->site->lines[i].devices[k];
			for (size_t p = 0; p < d->type->npoints; p++) {
				char name[NEAREST_NAME_MAX];
				if (!d->type->points[p].writable)
					continue;
				(void)snprintf(name, sizeof(name), "%s/%s",
				    d->path, d->type->points[p].name);
				nearest_offer(&near, name);
			}
		}
	if (near.n > 0)
		return refuse(x, "there is no such point; did you mean %.200s?",
		    near.name[0]);
	return refuse(
	    x, "there is no such point; `gatewayctl points` lists them");
}

/* Digits with a sign, a dot and an exponent; strtod alone takes "inf" and
 * hexadecimals too. */
static bool
is_number(const char *s, double *value)
{
	char *end;

	if (*s == '\0' || s[strspn(s, "+-0123456789.eE")] != '\0')
		return false;
	*value = strtod(s, &end);
	return *end == '\0' && end != s && isfinite(*value);
}

/* What the setting's words and bounds make of the value. */
static int
read_value(const struct call *x, const struct point_type *p, double *value)
{
	const char *s = x->wish->value;

	for (size_t i = 0; i < p->nchoices; i++)
		if (strcmp(s, p->choices[i].name) == 0) {
			*value = (double)p->choices[i].value;
			return 0;
		}
	if (p->type == REG_BOOL && p->nchoices == 0 &&
	    (strcmp(s, "on") == 0 || strcmp(s, "off") == 0)) {
		*value = strcmp(s, "on") == 0;
		return 0;
	}
	if (!is_number(s, value)) {
		if (p->nchoices > 0)
			return refuse(x,
			    "it takes a number or a word such as "
			    "%.60s",
			    p->choices[0].name);
		return refuse(x, "it takes a number%s",
		    p->type == REG_BOOL ? ", on or off" : "");
	}
	if (p->has_range && (*value < p->min || *value > p->max))
		return refuse(x, "it is to be from %.15g to %.15g%s%s", p->min,
		    p->max, p->unit != NULL ? " " : "",
		    p->unit != NULL ? p->unit : "");
	return 0;
}

static int
read_setting(const struct call *x, const struct point_type *p)
{
	x->out->command.action = COMMAND_SET;
	say_what(x, COMMAND_SET);
	if (x->wish->action != 0 && x->wish->action != COMMAND_SET)
		return refuse(x, "it is no output: set it to a value");
	if (p->text)
		return refuse(x, "it is a text, which cannot be written");
	if (x->wish->for_ms > 0)
		return refuse(
		    x, "only outputs are opened for a time; a setting stays");
	return read_value(x, p, &x->out->command.value);
}

/* Never simply on: for a time, and no longer than the device's type says. */
static int
read_time(const struct call *x, const struct point_type *p)
{
	char time[24];

	if (x->wish->for_ms == 0)
		return refuse(x, "for how long? an output is opened for a "
				 "time and closes by itself, such as 10min");
	if (x->wish->for_ms > p->max_on_ms)
		return refuse(x, "it may be open for %s at most (max_on)",
		    wish_time(p->max_on_ms, time, sizeof(time)));
	x->out->command.for_ms = x->wish->for_ms;
	return 0;
}

static int
read_output(const struct call *x, const struct point_type *p)
{
	enum command_action action = x->wish->action;

	if (action == 0 && strcmp(x->wish->value, "on") == 0)
		action = COMMAND_OPEN;
	else if (action == 0 && strcmp(x->wish->value, "off") == 0)
		action = COMMAND_CLOSE;
	if (action != COMMAND_OPEN && action != COMMAND_CLOSE)
		return refuse(x, "it is an output: on or off");
	say_what(x, action);
	x->out->command.action = action;
	x->out->command.value = action == COMMAND_OPEN;
	if (action == COMMAND_OPEN)
		return read_time(x, p);
	if (x->wish->for_ms > 0)
		return refuse(x, "only opening takes a time");
	return 0;
}

int
wish_read(const struct site *s, const struct msg_wish *w, struct meaning *out,
    char *why, size_t size)
{
	const struct call x = {s, w, out, why, size};
	const struct point_type *p;

	memset(out, 0, sizeof(*out));
	clean(out->subject, sizeof(out->subject), w->subject);
	say_what(&x, w->action);
	p = find(&x);
	if (p == NULL)
		return unknown(&x);
	if (!p->writable)
		return refuse(&x, "it can only be read");
	return p->kind == KIND_OUTPUT ? read_output(&x, p)
				      : read_setting(&x, p);
}
