/*
 * never: registers that nobody may write, whoever asks. What the profile itself
 * would write must not be one of them.
 */
#include <stdio.h>

#include "profile_part.h"

enum { NEVERS = 64 };

static bool
read_never(struct ctx *x, const struct node *n, struct never_write *w)
{
	static const char *const keys[] = {
	    "holding", "coil", "count", "why", NULL};
	const struct node *holding, *coil, *why, *k;
	int64_t count = 1;

	if (!read_map(x, n, "never", keys))
		return false;
	holding = node_get(n, "holding");
	coil = node_get(n, "coil");
	why = read_need(x, n, "never", "why");
	if (!holding == !coil) {
		complain(x->c, n->at,
		    "what is never written is holding registers or coils; "
		    "write {holding: 58, count: 2, why: they clear totals}");
		return false;
	}
	w->table = coil ? TABLE_COIL : TABLE_HOLDING;
	if (!read_address(x, coil ? coil : holding, w->table, &w->addr) ||
	    ((k = node_get(n, "count")) &&
		!read_whole(x, k, "count", 1, 65536 - w->addr, &count)))
		return false;
	w->count = (uint16_t)(count > UINT16_MAX ? UINT16_MAX : count);
	return why && read_text(x, why, "why", &w->why);
}

/* One place that the profile would write. */
static void
check_place(struct ctx *x, const struct node *n, const struct never_write *w,
    enum reg_table table, uint32_t addr, uint32_t count, const char *who)
{
	if (table == w->table && addr < (uint32_t)w->addr + w->count &&
	    w->addr < addr + count)
		complain(x->c, n->at,
		    "%s writes %s %u, which is never to be written; take one "
		    "of the two out",
		    who, table == TABLE_COIL ? "coil" : "holding", addr);
}

static void
check_points(struct ctx *x, const struct node *n, const struct never_write *w,
    const struct device_type *t)
{
	char who[80];

	for (size_t i = 0; i < t->npoints; i++) {
		const struct point_type *p = &t->points[i];
		if (!p->writable)
			continue;
		(void)snprintf(who, sizeof(who), "the point `%s`", p->name);
		check_place(x, n, w, p->table, p->addr, p->count, who);
		if (p->pulse_ms)
			check_place(x, n, w, p->table, p->close_addr, 1, who);
		if (p->timer.nwords)
			check_place(x, n, w, p->timer.table, p->timer.addr,
			    p->timer.nwords, who);
	}
}

static void
check_registers(struct ctx *x, const struct node *n,
    const struct never_write *w, const struct device_type *t)
{
	const struct commissioning *c = &t->commission;
	const struct choice_register *r[] = {&c->unit, &c->baud, &c->parity};

	for (size_t i = 0; i < t->nsetup; i++)
		check_place(
		    x, n, w, t->setup[i].table, t->setup[i].addr, 1, "setup");
	if (t->watchdog.present)
		check_place(x, n, w, TABLE_HOLDING, t->watchdog.addr, 1,
		    "the watchdog");
	for (size_t i = 0; i < sizeof(r) / sizeof(r[0]); i++)
		if (r[i]->present)
			check_place(x, n, w, TABLE_HOLDING, r[i]->addr, 1,
			    "commission");
	if (c->has_save)
		check_place(
		    x, n, w, TABLE_HOLDING, c->save_addr, 1, "commission");
}

void
profile_never_read(
    struct ctx *x, const struct node *root, struct device_type *t)
{
	const struct node *n = node_get(root, "never");
	struct never_write *list;

	if (!n || !read_list(x, n, "never"))
		return;
	if (n->n > NEVERS) {
		complain(x->c, n->at, "never has %zu entries; write at most %d",
		    n->n, NEVERS);
		return;
	}
	list = arena_array(x->mem, n->n + 1, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next)
		if (read_never(x, k, &list[t->nnever])) {
			check_points(x, k, &list[t->nnever], t);
			check_registers(x, k, &list[t->nnever], t);
			t->nnever++;
		}
	t->never = list;
}
