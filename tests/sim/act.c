/* What statements do, and the answers to questions. */
#include "act.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "field.h"
#include "nature.h"
#include "role.h"
#include "statement.h"
#include "tcpline.h"
#include "wire.h"

static int64_t
until(int64_t now, int64_t ns)
{
	return ns ? now + ns : 0;
}

static bool
each_device(const struct statement *s, int64_t now,
    bool (*what)(struct sim_device *, const struct statement *, int64_t))
{
	bool ok = true;

	if (s->device != NULL)
		return what(s->device, s, now);
	for (size_t i = 0; i < s->line->ndevices; i++)
		ok = what(&s->line->devices[i], s, now) && ok;
	return ok;
}

static bool
add_fault(struct sim_device *d, const struct statement *s, int64_t now)
{
	struct fault f = s->fault;

	f.until = until(now, f.until);
	return faults_add(&d->faults, &f);
}

static bool
make_normal(struct sim_device *d, const struct statement *s, int64_t now)
{
	(void)s;
	(void)now;
	faults_clear(&d->faults);
	return true;
}

static void
pin_value(const struct statement *s, int64_t now)
{
	struct num before;

	point_read(s->device, s->point, &before);
	if (s->point->drive != DRIVE_PINNED)
		s->point->from = num_double(&before);
	point_store(s->device, s->point, &s->value);
	point_pin(s->device, s->point, true);
	s->point->until = until(now, s->ns);
}

static void
start_ramp(const struct statement *s, int64_t now)
{
	struct num v;

	point_read(s->device, s->point, &v);
	point_pin(s->device, s->point, true);
	s->point->drive = DRIVE_RAMP;
	s->point->from = s->has_from ? s->from : num_double(&v);
	s->point->to = s->to;
	s->point->since = now;
	s->point->until = now + s->ns;
	v = num_real(s->point->from);
	point_store(s->device, s->point, &v);
}

static void
start_steps(const struct statement *s, int64_t now)
{
	point_pin(s->device, s->point, true);
	s->point->drive = s->ns ? DRIVE_STEP : DRIVE_READ;
	s->point->by = s->by;
	s->point->step_ns = s->ns;
	s->point->since = now;
}

static void
set_registers(const struct statement *s)
{
	struct bank *b = s->device->bank;

	for (size_t i = 0; i < s->nwords; i++) {
		uint32_t addr = s->addr + (uint32_t)i;
		bank_set(b, s->table, addr, s->words[i]);
		bank_pin(b, s->table, addr, true);
	}
	/* Nature leaves alone what now lies under a script's words. */
	for (size_t k = 0; k < s->device->npoints; k++) {
		struct sim_point *p = &s->device->points[k];
		if (p->type->table == s->table &&
		    p->type->addr < s->addr + s->nwords &&
		    p->type->addr + p->type->count > s->addr) {
			point_pin(s->device, p, true);
		}
	}
}

static void
dig_hole(const struct statement *s)
{
	for (int t = 0; t < 4; t++)
		if (s->any_table || (enum reg_table)t == s->table)
			bank_remove(
			    s->device->bank, (enum reg_table)t, s->addr);
}

static void
release(const struct statement *s)
{
	struct sim_device *d = s->device;

	if (s->point != NULL)
		point_pin(d, s->point, false);
	else
		bank_unpin_all(d->bank);
	for (size_t k = 0; s->point == NULL && k < d->npoints; k++)
		point_pin(d, &d->points[k], false);
}

static void
lay_pipe(const struct statement *s)
{
	struct sim_device *d = s->device;

	for (size_t k = 0; k < d->npoints; k++) {
		struct sim_point *p = &d->points[k];
		if (p->role != ROLE_MOISTURE || (s->point && s->point != p))
			continue;
		p->valve_device = s->valve_device;
		p->valve_addr = s->valve ? s->valve->type->addr : 0;
	}
}

static void
set_strict(struct farm *f, const struct statement *s)
{
	for (size_t i = 0; i < f->nlines; i++)
		if (s->line == NULL || s->line == &f->lines[i])
			f->lines[i].strict = s->on;
}

/* Appends; what does not fit is cut off, and shows. */
static void __attribute__((format(printf, 2, 3)))
say(char *answer, const char *fmt, ...)
{
	size_t n = strlen(answer);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(answer + n, SCRIPT_ANSWER_MAX - n, fmt, ap);
	va_end(ap);
}

static void
say_value(const struct statement *s, char *answer)
{
	char text[NUM_PRINT_MAX];
	struct num v;

	answer[0] = '\0';
	if (s->point != NULL) {
		point_read(s->device, s->point, &v);
		num_print(&v, text);
		say(answer, "%s", text);
		return;
	}
	for (uint32_t i = 0; i < s->number; i++)
		say(answer, "%s%u", i ? " " : "",
		    bank_get(s->device->bank, s->table, s->addr + i));
}

static void
say_coils(const struct sim_device *d, char *answer)
{
	answer[0] = '\0';
	for (uint32_t a = 0; bank_has(d->bank, TABLE_COIL, a, 1); a++)
		say(answer, "%s%u", a ? " " : "",
		    bank_get(d->bank, TABLE_COIL, a));
}

static void
say_device(const struct sim_device *d, char *answer)
{
	const struct device_stats *c = &d->stats;

	say(answer,
	    "\"%s\": {\"requests\": %" PRIu64 ", \"replies\": %" PRIu64
	    ", \"exceptions\": %" PRIu64 ", \"writes\": %" PRIu64
	    ", \"silenced\": %" PRIu64 "}",
	    d->path, c->requests, c->replies, c->exceptions, c->writes,
	    c->silenced);
}

static void
say_stats(const struct farm *f, char *answer)
{
	answer[0] = '\0';
	say(answer, "{\"devices\": {");
	for (size_t l = 0, n = 0; l < f->nlines; l++)
		for (size_t i = 0; i < f->lines[l].ndevices; i++) {
			say(answer, "%s", n++ ? ", " : "");
			say_device(&f->lines[l].devices[i], answer);
		}
	say(answer, "}, \"lines\": {");
	for (size_t l = 0; l < f->nlines; l++) {
		const struct line_stats *c = &f->lines[l].stats;
		say(answer,
		    "%s\"%s\": {\"frames\": %" PRIu64 ", \"bad_crc\": %" PRIu64
		    ", \"silence_broken\": %" PRIu64
		    ", \"collisions\": %" PRIu64 ", \"wrong_speed\": %" PRIu64
		    ", \"foreign\": %" PRIu64 ", \"connections\": %" PRIu64
		    ", \"late_us\": %" PRId64 ", \"late_max_us\": %" PRId64 "}",
		    l ? ", " : "", f->lines[l].name, c->frames, c->bad_crc,
		    c->silence_broken, c->collisions, c->wrong_speed,
		    c->foreign, c->connections,
		    c->late_ns / 1000 / (int64_t)(c->answers + !c->answers),
		    c->late_max_ns / 1000);
	}
	say(answer, "}}");
}

static bool
act_on_line(const struct statement *s, int64_t now, char *answer)
{
	int r = 0;

	switch (s->verb) {
	case DO_GONE:
		wire_gone(s->line, until(now, s->ns));
		break;
	case DO_BACK:
		r = wire_back(s->line);
		break;
	case DO_RESET:
		tcp_line_drop(s->line);
		break;
	case DO_ECHO:
		s->line->echo = s->on;
		break;
	case DO_NOISE:
		wire_noise(s->line, s->fault.bytes, s->fault.nbytes, now);
		break;
	default: /* DO_GREET */
		(void)snprintf(s->line->greeting, sizeof(s->line->greeting),
		    "%.63s", s->value.text);
		break;
	}
	if (r < 0)
		(void)snprintf(answer, SCRIPT_ANSWER_MAX,
		    "line %s does not come back: %s; try again", s->line->name,
		    strerror(-r));
	return r == 0;
}

static bool
act_on_values(struct farm *f, const struct statement *s, int64_t now)
{
	switch (s->verb) {
	case DO_VALUE:
		pin_value(s, now);
		return true;
	case DO_RAMP:
		start_ramp(s, now);
		return true;
	case DO_STEP:
		start_steps(s, now);
		return true;
	case DO_RELEASE:
		release(s);
		return true;
	case DO_REGISTER:
		set_registers(s);
		return true;
	case DO_HOLE:
		dig_hole(s);
		return true;
	case DO_WET:
		lay_pipe(s);
		return true;
	case DO_RAIN:
		nature_rain(f, s->to, until(now, s->ns));
		return true;
	default:
		return false;
	}
}

static bool
act_on_devices(
    struct farm *f, const struct statement *s, int64_t now, char *answer)
{
	switch (s->verb) {
	case DO_FAULT:
		if (each_device(s, now, add_fault))
			break;
		answer[0] = '\0';
		say(answer, "too many faults at once; say NORMAL");
		return false;
	case DO_NORMAL:
		(void)each_device(s, now, make_normal);
		break;
	case DO_TURNAROUND:
		s->device->turnaround_ns = s->ns;
		break;
	case DO_SPEED:
		s->device->baud = s->number;
		s->device->parity = (uint8_t)s->addr;
		break;
	case DO_UNIT:
		s->device->unit = s->number;
		break;
	case DO_STRICT:
		set_strict(f, s);
		break;
	default:
		break;
	}
	return true;
}

bool
act(struct farm *f, const struct statement *s, int64_t now,
    char answer[SCRIPT_ANSWER_MAX])
{
	answer[0] = '\0';
	say(answer, "ok");
	switch (s->verb) {
	case ASK_GET:
		say_value(s, answer);
		return true;
	case ASK_STATS:
		say_stats(f, answer);
		return true;
	case ASK_COILS:
		say_coils(s->device, answer);
		return true;
	case DO_GONE:
	case DO_BACK:
	case DO_RESET:
	case DO_ECHO:
	case DO_NOISE:
	case DO_GREET:
		return act_on_line(s, now, answer);
	default:
		return act_on_values(f, s, now) ||
		       act_on_devices(f, s, now, answer);
	}
}
