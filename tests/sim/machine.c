/* Outputs and what they move. */
#include "machine.h"

#include "field.h"

static const int64_t MS = 1000000;
/* A plunger moves in less time than the pulse that a profile gives it. */
enum { PULSE_PERCENT = 80 };

struct span { /* what was written */
	enum reg_table table;
	unsigned addr, count;
};

static bool
covers(struct span s, enum reg_table table, unsigned from, unsigned n)
{
	return s.table == table && s.addr <= from &&
	       s.addr + s.count >= from + n;
}

static void
writable(struct sim_device *d, enum reg_table table, unsigned addr)
{
	if (!bank_has(d->bank, table, addr, 1))
		bank_set(d->bank, table, addr, 0);
	bank_allow_write(d->bank, table, addr);
}

static struct sim_point *
shown_by(struct sim_device *d, const struct point_type *t)
{
	return t->kind == KIND_OUTPUT && t->confirm >= 0
		   ? &d->points[t->confirm]
		   : NULL;
}

void
machine_build(struct sim_device *d)
{
	for (size_t i = 0; i < d->npoints; i++) {
		const struct point_type *t = d->points[i].type;
		struct sim_point *shown = shown_by(d, t);

		for (unsigned w = 0; w < t->timer.nwords; w++)
			writable(d, t->timer.table, t->timer.addr + w);
		if (t->pulse_ms > 0)
			writable(d, t->table, t->close_addr);
		if (shown != NULL)
			shown->drive = DRIVE_MASTER;
	}
}

/* A word that is none of those that mean on. */
static uint16_t
off_word(const struct point_type *t)
{
	uint16_t word = 0;

	for (unsigned i = 0; i < t->non_words; i++)
		if (t->on_words[i] == word) {
			word++;
			i = 0;
		}
	return word;
}

/* Unless a script holds it. */
static void
show(struct sim_device *d, const struct point_type *output, bool on)
{
	const struct sim_point *p = shown_by(d, output);
	uint16_t words[4] = {0};
	struct num v = {.kind = NUM_INT, .i = on};

	if (p == NULL || p->type->count > 4)
		return;
	for (unsigned i = 0; i < p->type->count; i++)
		words[i] = bank_get(d->bank, p->type->table, p->type->addr + i);
	if (p->type->non_words > 0)
		words[0] = on ? p->type->on_words[0] : off_word(p->type);
	else
		encode_words(p->type, &v, words);
	for (unsigned i = 0; i < p->type->count; i++)
		bank_write(
		    d->bank, p->type->table, p->type->addr + i, words[i]);
}

static void
put(struct sim_device *d, struct sim_point *p, bool on)
{
	const struct point_type *t = p->type;
	uint16_t word = on;

	if (t->has_words)
		word = on ? t->on_word : t->off_word;
	bank_write(d->bank, t->table, t->addr, word);
	show(d, t, on);
}

static void
start_timer(
    struct sim_device *d, struct sim_point *p, unsigned steps, int64_t now)
{
	put(d, p, true);
	p->off_at = now + (int64_t)steps * p->type->timer.step_ms * MS;
}

bool
machine_times(struct sim_device *d, unsigned coil, unsigned value, int64_t now)
{
	for (size_t i = 0; i < d->npoints; i++) {
		const struct output_timer *t = &d->points[i].type->timer;

		if (t->nwords == 0 || t->table != TABLE_COIL || t->addr != coil)
			continue;
		start_timer(d, &d->points[i], value, now);
		return true;
	}
	return false;
}

/* A coil of a latching valve: it has moved when the current has flown for long
 * enough, and that has ended. */
static void
pulse(struct sim_device *d, struct sim_point *p, bool opens, int64_t now)
{
	const struct point_type *t = p->type;
	unsigned addr = opens ? t->addr : t->close_addr;
	int64_t *since = &p->driven_at[opens];
	int64_t least = (int64_t)t->pulse_ms * PULSE_PERCENT / 100 * MS;

	if (bank_get(d->bank, t->table, addr) != 0) {
		*since = *since == 0 ? now : *since;
		return;
	}
	if (*since != 0 && now - *since >= least)
		show(d, t, opens);
	*since = 0;
}

static bool
starts_timer(const struct output_timer *t, struct span s)
{
	return t->nwords > 0 && t->table == TABLE_HOLDING &&
	       covers(s, t->table, t->addr, t->nwords);
}

static void
wrote(struct sim_device *d, struct sim_point *p, struct span s, int64_t now)
{
	const struct point_type *t = p->type;
	bool own = covers(s, t->table, t->addr, t->count);
	uint16_t word = bank_get(d->bank, t->table, t->addr);

	if (t->kind != KIND_OUTPUT)
		return;
	if (starts_timer(&t->timer, s)) {
		start_timer(d, p,
		    bank_get(d->bank, TABLE_HOLDING,
			t->timer.addr + t->timer.time_at),
		    now);
	} else if (t->pulse_ms > 0) {
		if (own)
			pulse(d, p, true, now);
		if (covers(s, t->table, t->close_addr, 1))
			pulse(d, p, false, now);
	} else if (own) {
		p->off_at = 0;
		show(d, t, t->has_words ? word == t->on_word : word != 0);
	}
}

void
machine_wrote(struct sim_device *d, enum reg_table table, unsigned addr,
    unsigned count, int64_t now)
{
	struct span s = {table, addr, count};

	for (size_t i = 0; i < d->npoints; i++)
		wrote(d, &d->points[i], s, now);
}

int64_t
machine_tick(struct sim_device *d, int64_t now)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < d->npoints; i++) {
		struct sim_point *p = &d->points[i];

		if (p->off_at == 0)
			continue;
		if (p->off_at <= now) {
			p->off_at = 0;
			put(d, p, false);
		} else if (p->off_at < next) {
			next = p->off_at;
		}
	}
	return next;
}
