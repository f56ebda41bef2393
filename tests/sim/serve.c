/*
 * The slave. It checks as the application protocol's state diagrams do:
 * function (01), quantity, byte count and value (03), addresses (02), and then
 * acts. Field faults are laid over the finished answer.
 */
#include "serve.h"

#include <string.h>

#include "about.h"
#include "field.h"
#include "machine.h"
#include "truth.h"

enum { ILLEGAL_FUNCTION = 1, ILLEGAL_ADDRESS, ILLEGAL_VALUE };
enum {
	READ_COILS = 1,
	READ_DISCRETE,
	READ_HOLDING,
	READ_INPUT,
	WRITE_COIL,
	WRITE_REGISTER,
	WRITE_COILS = 0x0F,
	WRITE_REGISTERS = 0x10
};
enum { COILS_WRITE_MAX = 1968, REGISTERS_WRITE_MAX = 123 };
/* Waveshare's relay boards: FC05 to these closes again, or opens again, by
 * itself after value x 100 ms; 0x00FF is all relays, value 0x5500 toggles. */
enum { FLASH_ON = 0x0200, FLASH_OFF = 0x0400, ALL_RELAYS = 0xFF };
enum { COIL_ON = 0xFF00, COIL_OFF = 0, COIL_TOGGLE = 0x5500 };
static const int64_t FLASH_NS = 100000000;

static size_t
refuse(uint8_t function, uint8_t code, uint8_t *out)
{
	out[0] = function | 0x80;
	out[1] = code;
	return 2;
}

static enum reg_table
read_table(uint8_t function)
{
	switch (function) {
	case READ_COILS:
		return TABLE_COIL;
	case READ_DISCRETE:
		return TABLE_DISCRETE;
	case READ_HOLDING:
		return TABLE_HOLDING;
	default:
		return TABLE_INPUT;
	}
}

static bool
is_read(uint8_t function)
{
	return function >= READ_COILS && function <= READ_INPUT;
}

static size_t
do_read(const struct sim_device *d, const uint8_t *pdu, size_t n, uint8_t *out)
{
	bool bits = pdu[0] <= READ_DISCRETE;
	unsigned max = bits ? d->coils_per_read : d->registers_per_read;
	enum reg_table table = read_table(pdu[0]);
	unsigned addr, count;
	size_t bytes;

	if (n != 5)
		return refuse(pdu[0], ILLEGAL_VALUE, out);
	addr = get16(pdu + 1);
	count = get16(pdu + 3);
	if (count == 0 || count > max)
		return refuse(pdu[0], ILLEGAL_VALUE, out);
	if (!bank_has(d->bank, table, addr, count))
		return refuse(pdu[0], ILLEGAL_ADDRESS, out);
	bytes = bits ? (count + 7) / 8 : 2 * count;
	out[0] = pdu[0];
	out[1] = (uint8_t)bytes;
	memset(out + 2, 0, bytes);
	for (unsigned i = 0; i < count; i++) {
		unsigned w = bank_get(d->bank, table, addr + i);
		if (bits)
			out[2 + i / 8] |= (uint8_t)((w & 1) << i % 8);
		else
			set16(out + 2 + 2 * (size_t)i, w);
	}
	return 2 + bytes;
}

static void
set_coil(struct sim_device *d, unsigned addr, bool on)
{
	bank_write(d->bank, TABLE_COIL, addr, on);
	if (addr < TIMED_MAX)
		d->timed_at[addr] = 0;
}

static bool
flash(struct sim_device *d, unsigned addr, unsigned value, int64_t now)
{
	unsigned base = addr >= FLASH_OFF ? FLASH_OFF : FLASH_ON;
	unsigned coil = addr - base;

	if (addr < FLASH_ON || coil >= TIMED_MAX ||
	    !bank_writable(d->bank, TABLE_COIL, coil, 1))
		return false;
	set_coil(d, coil, base == FLASH_ON);
	d->timed_at[coil] = now + value * FLASH_NS;
	d->timed_to[coil] = base != FLASH_ON;
	return true;
}

static bool
relay_board(struct sim_device *d, unsigned addr, unsigned value, int64_t now)
{
	unsigned from = addr == ALL_RELAYS ? 0 : addr;
	unsigned to = addr == ALL_RELAYS ? TIMED_MAX : addr + 1;

	if (flash(d, addr, value, now))
		return true;
	if (addr != ALL_RELAYS && value != COIL_TOGGLE)
		return false;
	for (unsigned a = from; a < to; a++) {
		if (!bank_writable(d->bank, TABLE_COIL, a, 1))
			continue;
		set_coil(d, a,
		    value == COIL_TOGGLE ? !bank_get(d->bank, TABLE_COIL, a)
					 : value == COIL_ON);
	}
	return true;
}

static size_t
do_write_one(struct sim_device *d, const uint8_t *pdu, size_t n, int64_t now,
    uint8_t *out)
{
	bool coil = pdu[0] == WRITE_COIL;
	unsigned addr, value;

	if (n != 5)
		return refuse(pdu[0], ILLEGAL_VALUE, out);
	addr = get16(pdu + 1);
	value = get16(pdu + 3);
	memcpy(out, pdu, 5);
	if (coil && d->has_timers && relay_board(d, addr, value, now))
		return 5;
	if (coil && machine_times(d, addr, value, now))
		return 5;
	if (coil && value != COIL_ON && value != COIL_OFF)
		return refuse(pdu[0], ILLEGAL_VALUE, out);
	if (!bank_writable(d->bank, coil ? TABLE_COIL : TABLE_HOLDING, addr, 1))
		return refuse(pdu[0], ILLEGAL_ADDRESS, out);
	if (coil)
		set_coil(d, addr, value == COIL_ON);
	else
		bank_write(d->bank, TABLE_HOLDING, addr, (uint16_t)value);
	machine_wrote(d, coil ? TABLE_COIL : TABLE_HOLDING, addr, 1, now);
	if (!coil)
		about_wrote(d, addr, 1);
	return 5;
}

static size_t
do_write_many(struct sim_device *d, const uint8_t *pdu, size_t n, int64_t now,
    uint8_t *out)
{
	bool coils = pdu[0] == WRITE_COILS;
	enum reg_table table = coils ? TABLE_COIL : TABLE_HOLDING;
	unsigned max = coils ? COILS_WRITE_MAX : REGISTERS_WRITE_MAX;
	unsigned addr, count, bytes;

	if (n < 6)
		return refuse(pdu[0], ILLEGAL_VALUE, out);
	addr = get16(pdu + 1);
	count = get16(pdu + 3);
	bytes = coils ? (count + 7) / 8 : 2 * count;
	if (count == 0 || count > max || pdu[5] != bytes || n != 6 + bytes)
		return refuse(pdu[0], ILLEGAL_VALUE, out);
	if (!bank_writable(d->bank, table, addr, count))
		return refuse(pdu[0], ILLEGAL_ADDRESS, out);
	for (unsigned i = 0; i < count; i++) {
		if (coils)
			set_coil(d, addr + i, pdu[6 + i / 8] >> i % 8 & 1);
		else
			bank_write(d->bank, table, addr + i,
			    get16(pdu + 6 + 2 * (size_t)i));
	}
	machine_wrote(d, table, addr, count, now);
	if (!coils)
		about_wrote(d, addr, count);
	memcpy(out, pdu, 5);
	return 5;
}

static size_t
act(struct sim_device *d, const uint8_t *pdu, size_t n, int64_t now,
    uint8_t *out)
{
	size_t len;

	switch (pdu[0]) {
	case READ_COILS:
	case READ_DISCRETE:
	case READ_HOLDING:
	case READ_INPUT:
		return do_read(d, pdu, n, out);
	case WRITE_COIL:
	case WRITE_REGISTER:
		len = do_write_one(d, pdu, n, now, out);
		break;
	case WRITE_COILS:
	case WRITE_REGISTERS:
		len = do_write_many(d, pdu, n, now, out);
		break;
	default:
		return refuse(pdu[0], ILLEGAL_FUNCTION, out);
	}
	d->stats.writes += !(out[0] & 0x80);
	return len;
}

/* More or less data than was asked for, in a frame that agrees with itself. */
static size_t
resize(struct answer *a, int by)
{
	int bytes = a->pdu[1] + by;

	if (bytes < 0)
		bytes = 0;
	if (bytes > 250)
		bytes = 250;
	for (int i = a->pdu[1]; i < bytes; i++)
		a->pdu[2 + i] = (uint8_t)(i & 1 ? 5 : 0);
	a->pdu[1] = (uint8_t)bytes;
	return 2 + (size_t)bytes;
}

static void
lay_over(struct answer *a, const struct strike *s)
{
	bool bits = a->pdu[0] <= READ_DISCRETE;
	int size = bits ? 1 : 2;

	if (is_read(a->pdu[0]) && s->by[FAULT_EXTRA])
		a->n = resize(a, size * (int)s->by[FAULT_EXTRA]->number);
	if (is_read(a->pdu[0]) && s->by[FAULT_SHORT])
		a->n = resize(a, -size * (int)s->by[FAULT_SHORT]->number);
	if (s->by[FAULT_FUNCTION])
		a->pdu[0] = (uint8_t)s->by[FAULT_FUNCTION]->number;
}

static void
after_read(struct sim_device *d, const uint8_t *pdu, bool told)
{
	enum reg_table table = read_table(pdu[0]);
	unsigned addr = get16(pdu + 1), count = get16(pdu + 3);

	for (size_t i = 0; i < d->npoints; i++) {
		struct sim_point *p = &d->points[i];
		struct num v;
		/* What is made of others is the gateway's to work out. */
		if (p->type->formula != NULL || p->type->table != table ||
		    p->type->addr < addr ||
		    p->type->addr + p->type->count > addr + count)
			continue;
		if (told)
			truth_write(d, p);
		if (p->drive != DRIVE_READ)
			continue;
		point_read(d, p, &v);
		if (v.kind == NUM_INT)
			v.i += (int64_t)p->by;
		else
			v = num_real(num_double(&v) + p->by);
		point_store(d, p, &v);
	}
}

bool
serve(struct sim_device *d, const uint8_t *pdu, size_t n, bool broadcast,
    int64_t now, struct answer *a, struct strike *s)
{
	d->stats.requests++;
	faults_strike(&d->faults, now, s);
	if (s->by[FAULT_SILENT] || n == 0 || (broadcast && is_read(pdu[0]))) {
		d->stats.silenced++;
		return false;
	}
	(void)serve_timers(d, now);
	a->n = s->by[FAULT_EXCEPTION]
		   ? refuse(pdu[0], (uint8_t)s->by[FAULT_EXCEPTION]->number,
			 a->pdu)
		   : act(d, pdu, n, now, a->pdu);
	if (a->pdu[0] & 0x80)
		d->stats.exceptions++;
	else if (is_read(pdu[0]))
		after_read(d, pdu, strike_is_harmless(s));
	if (broadcast || s->by[FAULT_LOST]) {
		d->stats.silenced++;
		return false;
	}
	lay_over(a, s);
	d->stats.replies++;
	return true;
}

int64_t
serve_timers(struct sim_device *d, int64_t now)
{
	int64_t next = machine_tick(d, now);

	for (unsigned i = 0; d->has_timers && i < TIMED_MAX; i++) {
		if (d->timed_at[i] == 0)
			continue;
		if (d->timed_at[i] <= now)
			set_coil(d, i, d->timed_to[i]);
		else if (d->timed_at[i] < next)
			next = d->timed_at[i];
	}
	return next;
}
