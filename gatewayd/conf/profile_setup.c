/*
 * setup and watchdog: registers that the device needs set before it works as
 * its profile says. They are written whenever it returns, without anybody's
 * command, so that none of them may be an output.
 */
#include <stdio.h>

#include "profile_part.h"

enum { SETUPS = 32 };

static bool
read_value(struct ctx *x, const struct node *n, struct setup *s)
{
	bool on = false;
	int64_t v = 0;

	if (s->table == TABLE_COIL) {
		if (!read_bool(x, n, "the value of a coil", &on))
			return false;
		v = on;
	} else if (!read_whole(x, n, "value", INT16_MIN, UINT16_MAX, &v)) {
		return false;
	}
	s->value = (uint16_t)v; /* below zero: its two's complement */
	return true;
}

static bool
read_setup(struct ctx *x, const struct node *n, struct setup *s)
{
	static const char *const keys[] = {"holding", "coil", "value", NULL};
	const struct node *holding, *coil, *value;

	if (!read_map(x, n, "a setup register", keys))
		return false;
	holding = node_get(n, "holding");
	coil = node_get(n, "coil");
	value = read_need(x, n, "the setup register", "value");
	if (!holding == !coil) {
		complain(x->c, n->at,
		    "a setup register is one holding register or one coil; "
		    "write {holding: 2, value: 5} or {coil: 1, value: on}");
		return false;
	}
	s->table = coil ? TABLE_COIL : TABLE_HOLDING;
	return read_address(x, coil ? coil : holding, s->table, &s->addr) &&
	       value && read_value(x, value, s);
}

/* By its own register, its timer's, or where it is closed. */
static bool
switches(const struct point_type *p, const struct setup *s)
{
	const struct output_timer *timer = &p->timer;

	if (p->kind != KIND_OUTPUT)
		return false;
	if (p->table == s->table &&
	    (p->addr == s->addr || (p->pulse_ms && p->close_addr == s->addr)))
		return true;
	return timer->nwords && timer->table == s->table &&
	       s->addr >= timer->addr && s->addr - timer->addr < timer->nwords;
}

static void
check_outputs(struct ctx *x, const struct node *n, const char *what,
    const struct setup *s, const struct device_type *t)
{
	for (size_t i = 0; i < t->npoints; i++)
		if (switches(&t->points[i], s))
			complain(x->c, n->at,
			    "%s would switch the output `%s` without a "
			    "command and without end; leave it out",
			    what, t->points[i].name);
}

static void
read_setups(struct ctx *x, const struct node *n, struct device_type *t)
{
	struct setup *list;

	if (!read_list(x, n, "setup"))
		return;
	if (n->n > SETUPS) {
		complain(x->c, n->at,
		    "setup has %zu registers; it must have at most %d", n->n,
		    SETUPS);
		return;
	}
	list = arena_array(x->mem, n->n + 1, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next)
		if (read_setup(x, k, &list[t->nsetup])) {
			check_outputs(x, k, "setup", &list[t->nsetup], t);
			t->nsetup++;
		}
	t->setup = list;
}

/* The register is written like one of setup's: so not by both. */
static void
check_watchdog(struct ctx *x, const struct node *n, const struct device_type *t)
{
	struct setup s = {TABLE_HOLDING, t->watchdog.addr, 0};

	check_outputs(x, n, "the watchdog", &s, t);
	for (size_t i = 0; i < t->nsetup; i++)
		if (t->setup[i].table == TABLE_HOLDING &&
		    t->setup[i].addr == s.addr)
			complain(x->c, n->at,
			    "the watchdog's register %u is in setup, too; "
			    "leave it out there",
			    s.addr);
}

static void
read_watchdog(struct ctx *x, const struct node *n, struct device_type *t)
{
	static const char *const keys[] = {"holding", "step", "time", NULL};
	const struct node *holding, *step, *time;
	struct watchdog w = {.present = true};
	uint64_t step_ms = 0, ms = 0;

	if (!read_map(x, n, "a watchdog", keys))
		return;
	holding = read_need(x, n, "the watchdog", "holding");
	step = read_need(x, n, "the watchdog", "step");
	time = read_need(x, n, "the watchdog", "time");
	if (!holding || !step || !time ||
	    !read_address(x, holding, TABLE_HOLDING, &w.addr) ||
	    !read_duration(x, step, "step", 1, 3600000, &step_ms) ||
	    !read_duration(x, time, "time", 100, 86400000, &ms))
		return;
	if (ms % step_ms)
		complain(x->c, time->at,
		    "time is %s, which is no whole number of steps of %s",
		    time->text, step->text);
	else if (ms / step_ms > UINT16_MAX)
		complain(x->c, time->at,
		    "time is %s, which is %llu steps of %s; a register holds "
		    "at most 65535",
		    time->text, (unsigned long long)(ms / step_ms), step->text);
	w.step_ms = (uint32_t)step_ms;
	w.time_ms = (uint32_t)ms;
	t->watchdog = w;
	check_watchdog(x, n, t);
}

void
profile_setup_read(
    struct ctx *x, const struct node *root, struct device_type *t)
{
	const struct node *n = node_get(root, "setup");

	if (n)
		read_setups(x, n, t);
	if ((n = node_get(root, "watchdog")))
		read_watchdog(x, n, t);
}
