/* The shape of a request first, then what it would write. */
#include "probe_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lane.h"
#include "layout.h"
#include "run.h"

enum { UNITS_END = 247 }; /* of those a device may have as its own */

struct call {
	const struct lane *lane;
	const struct msg_probe *m;
	char *why;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static bool
refuse(const struct call *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(x->why, x->size, fmt, ap);
	va_end(ap);
	return false;
}

/* ---- which lane ---- */

static bool
leads_to(const struct run *r, const struct lane *l, const char *host)
{
	char name[300];

	if (l->registration != NULL && strcmp(l->registration, host) == 0)
		return true;
	return strcmp(
		   layout_name(r->line, l->devs[0]->conf, name, sizeof(name)),
		   host) == 0;
}

/* The line's own connection; the only one, where each device has its own. */
static struct lane *
own_lane(struct run *r)
{
	for (size_t i = 0; i < r->nlanes; i++) {
		const struct device *d = r->lanes[i].devs[0]->conf;

		if (d->host == NULL && d->registration == NULL)
			return &r->lanes[i];
	}
	return r->nlanes == 1 ? &r->lanes[0] : NULL;
}

struct lane *
probe_lane(struct run *r, const struct msg_probe *m, char *why, size_t size)
{
	struct lane *own = own_lane(r);

	if (m->host[0] == '\0') {
		if (own == NULL)
			(void)snprintf(why, size,
			    "each device of the line has a connection of its "
			    "own: say which, as host:port");
		return own;
	}
	for (size_t i = 0; i < r->nlanes; i++)
		if (leads_to(r, &r->lanes[i], m->host))
			return &r->lanes[i];
	(void)snprintf(why, size,
	    "no connection of the line leads to %.100s; name the host and port "
	    "of one of its devices",
	    m->host);
	return NULL;
}

/* ---- units ---- */

bool
probe_known(const struct lane *l, uint8_t unit)
{
	for (size_t i = 0; i < l->ndevs; i++)
		if (l->devs[i]->conf->unit == unit)
			return true;
	return false;
}

static bool
is_tcp(const struct lane *l)
{
	return l->run->line->transport == TRANSPORT_TCP;
}

bool
probe_universal(const struct lane *l, uint8_t unit)
{
	if (is_tcp(l) || probe_known(l, unit))
		return false;
	if (unit == 0 || unit > UNITS_END)
		return true;
	for (size_t i = 0; i < l->ndevs; i++)
		if (l->devs[i]->conf->type->commission.universal == unit)
			return true;
	return false;
}

/* Whether the device takes what is written to that unit for its own. Servers
 * on TCP often look at no unit: all of one connection is then theirs, unless
 * the unit is another device's. */
static bool
hears(const struct lane *l, const struct device *d, uint8_t unit)
{
	return d->unit == unit || (is_tcp(l) && !probe_known(l, unit));
}

/* ---- what it writes ---- */

static bool
is_coil(const struct msg_probe *m)
{
	return m->function == FC_WRITE_COIL || m->function == FC_WRITE_COILS;
}

static bool
touches(const struct msg_probe *m, enum reg_table table, uint32_t addr,
    uint32_t count)
{
	return table == (is_coil(m) ? TABLE_COIL : TABLE_HOLDING) &&
	       m->addr < addr + count && addr < (uint32_t)m->addr + m->count;
}

static bool
touches_output(const struct msg_probe *m, const struct point_type *t)
{
	const struct output_timer *timer = &t->timer;

	if (t->kind != KIND_OUTPUT)
		return false;
	return touches(m, t->table, t->addr, t->count > 0 ? t->count : 1) ||
	       (t->pulse_ms > 0 && touches(m, t->table, t->close_addr, 1)) ||
	       (timer->nwords > 0 &&
		   touches(m, timer->table, timer->addr, timer->nwords));
}

/* With another unit or speed the gateway would not find it any more, nor close
 * what it has open. */
static bool
moves(const struct msg_probe *m, const struct device_type *t)
{
	const struct commissioning *c = &t->commission;
	const struct choice_register *r[] = {&c->unit, &c->baud, &c->parity};

	for (size_t i = 0; i < sizeof(r) / sizeof(r[0]); i++)
		if (r[i]->present && touches(m, TABLE_HOLDING, r[i]->addr, 1))
			return true;
	return false;
}

/* What it was set to at the start, it is to stay. */
static bool
is_set_up(const struct msg_probe *m, const struct device_type *t)
{
	for (size_t i = 0; i < t->nsetup; i++)
		if (touches(m, t->setup[i].table, t->setup[i].addr, 1))
			return true;
	return false;
}

static bool
may_write_to(const struct call *x, const struct device *d)
{
	const struct device_type *t = d->type;
	const struct msg_probe *m = x->m;

	if (t->plugin)
		return refuse(x,
		    "unit %u is %s, and only its plugin %s knows "
		    "what may be written to it",
		    m->unit, d->path, t->name);
	for (size_t i = 0; i < t->npoints; i++)
		if (touches_output(m, &t->points[i]))
			return refuse(x,
			    "that is the output %s/%s; use gatewayctl write",
			    d->path, t->points[i].name);
	for (size_t i = 0; i < t->nnever; i++)
		if (touches(m, t->never[i].table, t->never[i].addr,
			t->never[i].count))
			return refuse(x,
			    "register %u of %s is never to be "
			    "written: %.120s",
			    t->never[i].addr, d->path, t->never[i].why);
	if (d->unit == m->unit && moves(m, t))
		return refuse(x,
		    "that would give %s another unit, speed or parity, and the "
		    "gateway would lose it; take it out of the site first",
		    d->path);
	if (d->unit == m->unit && is_set_up(m, t))
		return refuse(x,
		    "that register is set up by the profile of %s; change it "
		    "there",
		    d->path);
	if (t->watchdog.present &&
	    touches(m, TABLE_HOLDING, t->watchdog.addr, 1))
		return refuse(x,
		    "that is the watchdog of %s, which closes its outputs when "
		    "the gateway is gone",
		    d->path);
	return true;
}

static bool
may_write(const struct call *x)
{
	const struct lane *l = x->lane;
	uint8_t unit = x->m->unit;

	if (unit == 0 && !probe_known(l, unit))
		return refuse(x, "unit 0 is every device of the line: nothing "
				 "is written to all at once");
	if (probe_universal(l, unit) && l->run->line->ndevices > 0)
		for (size_t i = 0; i < l->ndevs; i++)
			if (l->devs[i]->conf->type->commission.universal ==
			    unit)
				return refuse(x,
				    "to unit %u %s would listen, too; write to "
				    "the device's own unit",
				    unit, l->devs[i]->conf->path);
	for (size_t i = 0; i < l->ndevs; i++)
		if (hears(l, l->devs[i]->conf, unit) &&
		    !may_write_to(x, l->devs[i]->conf))
			return false;
	return true;
}

/* ---- its shape ---- */

static bool
right_shape(const struct call *x)
{
	const struct msg_probe *m = x->m;
	const bool reads =
	    m->function >= FC_READ_COILS && m->function <= FC_READ_INPUT;
	const bool one = m->function == FC_WRITE_COIL ||
			 m->function == FC_WRITE_HOLDING ||
			 m->function == FC_MASK_WRITE;
	const bool many =
	    m->function == FC_WRITE_COILS || m->function == FC_WRITE_HOLDINGS;
	unsigned words = m->function == FC_MASK_WRITE ? 2 : m->count;

	if (!reads && !one && !many)
		return refuse(x, "function %u is none of 1 to 6, 15, 16 and 22",
		    m->function);
	if (m->count < 1 || m->count > PROBE_WORDS || (one && m->count != 1) ||
	    (uint32_t)m->addr + m->count > 0x10000)
		return refuse(x,
		    "%u registers from %u on cannot be asked for "
		    "at once",
		    m->count, m->addr);
	if (m->nwords != (reads ? 0 : words))
		return refuse(
		    x, "%u values for %u registers", m->nwords, m->count);
	if (m->timeout_ms < 20 || m->timeout_ms > DEADLINE_MAX_MS)
		return refuse(
		    x, "a timeout is 20 ms to 5 s, not %u ms", m->timeout_ms);
	return true;
}

static bool
right_settings(const struct call *x)
{
	const struct msg_probe *m = x->m;
	const struct line *line = x->lane->run->line;

	if (m->baud == 0)
		return true;
	if (line->transport != TRANSPORT_RTU)
		return refuse(x, "the line is no serial one: baud and parity "
				 "are its converter's to set");
	if (m->parity > PARITY_ODD || m->stop_bits < 1 || m->stop_bits > 2)
		return refuse(x, "parity %u, %u stop bits: no such settings",
		    m->parity, m->stop_bits);
	return true;
}

bool
probe_allowed(
    const struct lane *l, const struct msg_probe *m, char *why, size_t size)
{
	const struct call x = {l, m, why, size};

	if (!right_shape(&x) || !right_settings(&x))
		return false;
	return m->function <= FC_READ_INPUT || may_write(&x);
}
