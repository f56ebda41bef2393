/* See about.h. */
#include "about.h"

#include <stddef.h>

#include "field.h"
#include "site.h"

static const struct {
	uint32_t baud;
	speed_t speed;
} speeds[] = {{1200, B1200}, {1800, B1800}, {2400, B2400}, {4800, B4800},
    {9600, B9600}, {19200, B19200}, {38400, B38400}, {57600, B57600},
    {115200, B115200}, {230400, B230400}, {460800, B460800}, {921600, B921600}};

enum { NSPEEDS = sizeof(speeds) / sizeof(speeds[0]) };

speed_t
about_speed(uint32_t baud)
{
	for (size_t i = 0; i < NSPEEDS; i++)
		if (speeds[i].baud == baud)
			return speeds[i].speed;
	return B0;
}

uint32_t
about_baud(speed_t speed)
{
	for (size_t i = 0; i < NSPEEDS; i++)
		if (speeds[i].speed == speed)
			return speeds[i].baud;
	return 0;
}

static void
add_register(
    struct sim_device *d, enum reg_table table, unsigned addr, uint16_t word)
{
	if (!bank_has(d->bank, table, addr, 1))
		bank_set(d->bank, table, addr, word);
}

static void
put_setting(
    struct sim_device *d, const struct choice_register *c, uint32_t means)
{
	if (!c->present || bank_has(d->bank, TABLE_HOLDING, c->addr, 1))
		return;
	bank_set(d->bank, TABLE_HOLDING, c->addr, (uint16_t)means);
	for (size_t i = 0; i < c->nwords; i++)
		if (c->words[i].means == means)
			bank_set(
			    d->bank, TABLE_HOLDING, c->addr, c->words[i].word);
	bank_allow_write(d->bank, TABLE_HOLDING, c->addr);
}

void
about_build(struct sim_device *d)
{
	const struct device_type *t = d->map;
	const struct commissioning *c = &t->commission;

	put_setting(d, &c->unit, d->unit);
	put_setting(d, &c->baud, d->line->conf->baud);
	put_setting(d, &c->parity, d->line->conf->parity);
	if (c->has_save) {
		add_register(d, TABLE_HOLDING, c->save_addr, 0);
		bank_allow_write(d->bank, TABLE_HOLDING, c->save_addr);
	}
	for (size_t i = 0; i < t->nidentity; i++)
		if (!t->identity[i].lacks)
			add_register(d, t->identity[i].table,
			    t->identity[i].addr, t->identity[i].least);
}

static bool
is_among(unsigned addr, unsigned count, unsigned what)
{
	return what >= addr && what < addr + count;
}

void
about_wrote(struct sim_device *d, unsigned addr, unsigned count)
{
	const struct commissioning *c;
	unsigned last;

	if (d->map == NULL)
		return; /* a bank and nothing else */
	c = &d->map->commission;
	last = c->has_save ? c->save_addr : c->unit.addr;
	if (c->unit.present && is_among(addr, count, last))
		d->unit = bank_get(d->bank, TABLE_HOLDING, c->unit.addr);
}

bool
about_listens(const struct sim_device *d, unsigned unit)
{
	return d->unit == unit || (d->map->commission.universal == unit &&
				      d->map->commission.universal != 0);
}

bool
about_hears(const struct sim_device *d, const struct termios *t)
{
	speed_t own = about_speed(d->baud != 0 ? d->baud : d->line->conf->baud);
	bool parity = (t->c_iflag & INPCK) != 0; /* a pty drops PARENB */
	bool odd = (t->c_cflag & PARODD) != 0;

	if (own != B0 && cfgetospeed(t) != own)
		return false;
	return d->baud == 0 ||
	       (parity == (d->parity != PARITY_NONE) &&
		   (!parity || odd == (d->parity == PARITY_ODD)));
}

bool
about_heard(const struct sim_line *l, const struct termios *t)
{
	for (size_t i = 0; i < l->ndevices; i++)
		if (about_hears(&l->devices[i], t))
			return true;
	return false;
}

bool
about_mixed(const struct sim_line *l)
{
	for (size_t i = 0; i < l->ndevices; i++)
		if (l->devices[i].baud != 0)
			return true;
	return false;
}

int64_t
about_char_ns(const struct termios *t)
{
	uint32_t baud = about_baud(cfgetospeed(t));
	int bits =
	    10 + ((t->c_iflag & INPCK) != 0) + ((t->c_cflag & CSTOPB) != 0);

	return (int64_t)bits * 1000000000 / (baud != 0 ? baud : 9600);
}
