/*
 * commission: the registers by which a device gets its unit, speed and parity.
 */
#include <string.h>

#include "profile_part.h"

enum { WORDS = 32 };

/* `values` of baud or parity: what it means, and the word that is written. */
static void
read_values(struct ctx *x, const struct node *n, const char *what,
    const char *const *means, struct choice_register *r)
{
	struct choice_word *list;
	int64_t v = 0;

	if (!read_map(x, n, "values", NULL))
		return;
	if (n->n < 1 || n->n > WORDS) {
		complain(
		    x->c, n->at, "values has %zu; write 1 to %d", n->n, WORDS);
		return;
	}
	list = arena_array(x->mem, n->n, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next) {
		struct choice_word *w = &list[r->nwords];
		struct node key = *k;
		unsigned word = 0;
		key.kind = NODE_SCALAR;
		key.text = k->key;
		key.at = k->key_at;
		if (means) {
			if (!read_word(x, &key, what, means, &word))
				continue;
			v = word;
		} else if (!read_whole(x, &key, what, 300, 1000000, &v)) {
			continue;
		}
		w->means = (uint32_t)v;
		if (read_whole(x, k, "its word", 0, UINT16_MAX, &v)) {
			w->word = (uint16_t)v;
			r->nwords++;
		}
	}
	r->words = list;
}

static void
read_units(struct ctx *x, const struct node *n, struct choice_register *r)
{
	int64_t least = 1, most = 247;
	const char *const must = "unit's range must be [lowest, highest] "
				 "within 1 to 255";

	if (n && !read_list(x, n, "range"))
		return;
	if (n && n->n != 2) {
		complain(x->c, n->at, "%s", must);
		return;
	}
	if (n && (!read_whole(x, n->first, "a unit", 1, 255, &least) ||
		     !read_whole(x, n->first->next, "a unit", 1, 255, &most)))
		return;
	if (least > most) {
		complain(x->c, n->at, "%s", must);
		return;
	}
	r->least = (uint16_t)least;
	r->most = (uint16_t)most;
}

/* unit, baud or parity: `means` are the words of parity. */
static void
read_choice(struct ctx *x, const struct node *n, const char *const *means,
    struct choice_register *out)
{
	static const char *const unit_keys[] = {
	    "holding", "function", "range", NULL};
	static const char *const keys[] = {
	    "holding", "function", "values", NULL};
	bool unit = strcmp(n->key, "unit") == 0;
	struct choice_register r = {.present = true, .function = 6};
	const struct node *k, *values;
	int64_t v = 6;

	if (!read_map(x, n, n->key, unit ? unit_keys : keys))
		return;
	if (!(k = read_need(x, n, n->key, "holding")) ||
	    !read_address(x, k, TABLE_HOLDING, &r.addr))
		return;
	if ((k = node_get(n, "function")) &&
	    read_whole(x, k, "function", 0, 127, &v) && v != 6 && v != 16)
		complain(x->c, k->at,
		    "function is %s; a register is written with 6 or 16",
		    k->text);
	r.function = (uint8_t)v;
	if (unit)
		read_units(x, node_get(n, "range"), &r);
	else if ((values = read_need(x, n, n->key, "values")))
		read_values(x, values, n->key, means, &r);
	*out = r;
}

static void
read_save(struct ctx *x, const struct node *n, struct commissioning *c)
{
	static const char *const keys[] = {"holding", "value", NULL};
	const struct node *holding, *value;
	int64_t v = 0;

	if (!read_map(x, n, "save", keys))
		return;
	holding = read_need(x, n, "save", "holding");
	value = read_need(x, n, "save", "value");
	c->has_save = holding && value &&
		      read_address(x, holding, TABLE_HOLDING, &c->save_addr) &&
		      read_whole(x, value, "value", 0, UINT16_MAX, &v);
	c->save_word = (uint16_t)v;
}

void
profile_commission_read(
    struct ctx *x, const struct node *root, struct device_type *t)
{
	static const char *const keys[] = {
	    "universal", "unit", "baud", "parity", "save", "then", NULL};
	const struct node *n = node_get(root, "commission"), *k;
	struct commissioning *c = &t->commission;
	int64_t v = 0;

	if (!n || !read_map(x, n, "commission", keys))
		return;
	if ((k = node_get(n, "universal")) &&
	    read_whole(x, k, "universal", 0, 255, &v))
		c->universal = (uint8_t)v;
	if (k && !c->universal && v == 0)
		complain(x->c, k->at,
		    "universal is %s, which is for all units at once and has "
		    "no answer; write the unit that it answers to",
		    node_shown(k));
	if ((k = node_get(n, "unit")))
		read_choice(x, k, NULL, &c->unit);
	if ((k = node_get(n, "baud")))
		read_choice(x, k, NULL, &c->baud);
	if ((k = node_get(n, "parity")))
		read_choice(x, k, parity_words, &c->parity);
	if ((k = node_get(n, "save")))
		read_save(x, k, c);
	if ((k = node_get(n, "then")))
		(void)read_text(x, k, "then", &c->then);
}
