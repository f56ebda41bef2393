/* See writable.h. */
#include "writable.h"

#include <stdio.h>
#include <string.h>

#include "words.h"

struct place {
	enum reg_table table;
	uint32_t addr, count;
};

static bool
meets(const struct place *p, enum reg_table table, uint32_t addr, uint32_t n)
{
	return p->table == table && addr < p->addr + p->count &&
	       p->addr < addr + n;
}

static bool
is_output(const struct point_type *t, const struct place *p)
{
	const struct output_timer *timer = &t->timer;

	if (t->kind != KIND_OUTPUT)
		return false;
	return meets(p, t->table, t->addr, t->count > 0 ? t->count : 1) ||
	       (t->pulse_ms > 0 && meets(p, t->table, t->close_addr, 1)) ||
	       (timer->nwords > 0 &&
		   meets(p, timer->table, timer->addr, timer->nwords));
}

/* Coils that the type has as settings may be switched by hand. */
static bool
is_setting(const struct device_type *t, const struct place *p)
{
	for (size_t i = 0; i < t->npoints; i++)
		if (t->points[i].kind == KIND_SETTING &&
		    meets(p, t->points[i].table, t->points[i].addr, 1))
			return true;
	return false;
}

static bool
judge(const struct device *d, const struct place *p, char *why, size_t size)
{
	const struct device_type *t = d->type;

	for (size_t i = 0; i < t->npoints; i++)
		if (is_output(&t->points[i], p)) {
			(void)snprintf(why, size,
			    "that is the output %s, which is opened for a time "
			    "and through the gateway: `gatewayctl write "
			    "%s/%s on --for 10min`, or `off`",
			    t->points[i].name,
			    strchr(d->path, '/') != NULL ? d->path
							 : "LINE/DEVICE",
			    t->points[i].name);
			return false;
		}
	for (size_t i = 0; i < t->nnever; i++)
		if (meets(p, t->never[i].table, t->never[i].addr,
			t->never[i].count)) {
			(void)snprintf(why, size,
			    "%s %u is never to be written: %s",
			    word_table(t->never[i].table), t->never[i].addr,
			    t->never[i].why != NULL ? t->never[i].why
						    : t->name);
			return false;
		}
	return true;
}

bool
writable(const struct device *device, enum reg_table table, uint16_t addr,
    uint16_t count, bool on, char *why, size_t size)
{
	struct place p = {table, addr, count};

	if (table != TABLE_HOLDING && table != TABLE_COIL) {
		(void)snprintf(why, size,
		    "only holding registers and coils can be written; %s %u "
		    "is read only",
		    word_table(table), addr);
		return false;
	}
	if (device != NULL && !judge(device, &p, why, size))
		return false;
	if (table == TABLE_COIL && on &&
	    (device == NULL || !is_setting(device->type, &p))) {
		(void)snprintf(why, size,
		    "a coil may be an output, and outputs are not switched on "
		    "by hand: nothing would switch them off again; write the "
		    "device into the site and use `gatewayctl write POINT on "
		    "--for 10min`");
		return false;
	}
	return true;
}
