/*
 * How a point is written, if it may be: settings, outputs with their safe
 * state, and what devices need that do not keep to the usual functions. What
 * is told here is a mistake that would otherwise show at a valve.
 */
#include <stdio.h>
#include <string.h>

#include "profile_point.h"

/* What is written must be there to write to, and one word: it is read back to
 * see whether it took. */
static void
check_writable(struct ctx *x, const struct node *n, const struct point_type *t)
{
	if (t->writable &&
	    (t->table == TABLE_INPUT || t->table == TABLE_DISCRETE))
		complain(x->c, n->key_at,
		    "`%s` is to be written, but stands "
		    "in a table that can only be read; name a coil or holding "
		    "register",
		    n->key);
	else if (t->writable && t->text)
		complain(x->c, n->key_at,
		    "`%s` is a text, which cannot be written; add writable: "
		    "false",
		    n->key);
	else if (t->kind == KIND_OUTPUT && t->count > 1)
		complain(x->c, n->key_at,
		    "the output `%s` takes %u registers; "
		    "an output is one coil or one register",
		    n->key, t->count);
}

static void
read_output(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *safe = node_get(n, "safe");
	const struct node *on = node_get(n, "max_on");
	uint64_t ms = 0;

	if (t->kind != KIND_OUTPUT) {
		if (safe || on)
			complain(x->c, (safe ? safe : on)->key_at,
			    "`%s` is for "
			    "outputs; add `kind: output` or leave it out",
			    (safe ? safe : on)->key);
		return;
	}
	t->writable = true;
	if (safe)
		(void)read_bool(x, safe, "safe", &t->safe);
	if (!on)
		complain(x->c, n->key_at,
		    "the output `%s` lacks `max_on`; add "
		    "the longest time it may stay on, such as max_on: 4h",
		    n->key);
	else if (read_duration(x, on, "max_on", 1000, 7 * 86400000ull, &ms))
		t->max_on_ms = (uint32_t)ms;
}

/* What is never read has no value to judge, and no period. */
static void
read_write_only(struct ctx *x, const struct node *n, struct point_type *t)
{
	static const char *const reading[] = {"no_data", "every"};
	const struct node *k = node_get(n, "write_only");

	if (!k || !read_bool(x, k, "write_only", &t->write_only) ||
	    !t->write_only)
		return;
	if (!t->writable)
		complain(x->c, k->key_at,
		    "`%s` cannot be written, so it cannot be written only; add "
		    "kind: setting or kind: output, or leave it out",
		    n->key);
	for (size_t i = 0; i < sizeof(reading) / sizeof(reading[0]); i++)
		if ((k = node_get(n, reading[i])))
			complain(x->c, k->key_at,
			    "`%s` means nothing for a point that is never "
			    "read; leave it out",
			    k->key);
}

static bool
function_suits(const struct point_type *t, int64_t function)
{
	if (t->table == TABLE_COIL)
		return function == 5 || function == 15;
	if (t->count > 1)
		return function == 16;
	return function == 6 || function == 16 || function == 22;
}

static void
read_function(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *k = node_get(n, "function");
	int64_t v = 0;

	if (!k || !read_whole(x, k, "function", INT64_MIN, INT64_MAX, &v))
		return;
	if (!t->writable)
		complain(x->c, k->key_at,
		    "`function` is what a point is written with, and `%s` "
		    "cannot be written; leave it out",
		    n->key);
	else if (!function_suits(t, v))
		complain(x->c, k->at, "function is %s; %s", k->text,
		    t->table == TABLE_COIL ? "a coil is written with 5 or 15"
		    : t->count > 1 ? "several registers are written with 16"
				   : "a register is written with 6, 16 or 22");
	else if (v == 22 && !t->mask)
		complain(x->c, k->at,
		    "function 22 sets the bits of a mask and leaves the "
		    "others; add `mask`");
	else
		t->function = (uint8_t)v;
}

/* A state that is on at some words of its register: 1 running, 2 starting. */
static void
read_on_words(struct ctx *x, const struct node *n, const struct node *on,
    struct point_type *t)
{
	const struct node *k = on->kind == NODE_LIST ? on->first : on;
	size_t words = on->kind == NODE_LIST ? on->n : 1;
	int64_t v = 0;

	if (t->type != REG_BOOL || t->table == TABLE_COIL ||
	    t->table == TABLE_DISCRETE) {
		complain(x->c, on->key_at,
		    "`on` says which words of a register mean on; write type: "
		    "bool and holding or input, or leave it out");
		return;
	}
	if (t->mask || t->shift)
		complain(x->c, on->key_at,
		    "`on` compares the whole register; leave it out, or mask "
		    "and shift");
	if (words < 1 || words > ON_WORDS_MAX) {
		complain(x->c, on->at,
		    "`%s` has %zu words for on; write 1 to %d", n->key, words,
		    ON_WORDS_MAX);
		return;
	}
	for (size_t i = 0; i < words; i++, k = k->next)
		if (read_whole(x, k, "on", 0, UINT16_MAX, &v))
			t->on_words[t->non_words++] = (uint16_t)v;
}

/* Words of a device's own for on and off. They are sent as they stand, so that
 * only functions that send whole words will do. */
static void
read_words(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *on = node_get(n, "on"), *off = node_get(n, "off");
	const struct node *one = on ? on : off;
	int64_t on_word = 0, off_word = 0;

	if (!one)
		return;
	if (t->kind == KIND_STATE && on && !off) {
		read_on_words(x, n, on, t);
		return;
	}
	if (t->kind != KIND_OUTPUT) {
		complain(x->c, one->key_at,
		    "`%s` is for outputs; add `kind: output` or leave it out",
		    one->key);
		return;
	}
	if (!on || !off) {
		complain(x->c, one->key_at,
		    "`%s` stands without `%s`; write both words", one->key,
		    on ? "off" : "on");
		return;
	}
	bool right = read_whole(x, on, "on", 0, UINT16_MAX, &on_word);
	if (!read_whole(x, off, "off", 0, UINT16_MAX, &off_word) || !right)
		return;
	if (on_word == off_word) {
		complain(x->c, off->at,
		    "on and off are both %s; they must differ", off->text);
	} else if (t->function == 15 || t->function == 22) {
		complain(x->c, node_get(n, "function")->at,
		    "function %u sends single bits, while on and off are whole "
		    "words; leave it out",
		    t->function);
	} else {
		t->has_words = true;
		t->on_word = (uint16_t)on_word;
		t->off_word = (uint16_t)off_word;
	}
}

/* Bytes and bit fields: the register has other bits, too. */
static bool
is_part(const struct point_type *t)
{
	uint64_t all =
	    t->count >= 4 ? UINT64_MAX : (UINT64_C(1) << (16 * t->count)) - 1;

	return t->type == REG_INT8 || t->type == REG_UINT8 || t->shift ||
	       (t->mask && t->mask != all);
}

/* A part is put into what the register holds, which is read before, unless the
 * device does so itself: function 22, the usual one for fields of one register
 * (Modbus Application Protocol V1.1b3, 6.16). */
static void
check_part(struct ctx *x, const struct node *n, const struct point_type *t)
{
	bool by_device = t->count == 1 && (t->mask || t->shift) &&
			 (!t->function || t->function == 22);

	if (t->write_only && t->writable && !t->has_words &&
	    t->table == TABLE_HOLDING && is_part(t) && !by_device)
		complain(x->c, n->key_at,
		    "`%s` is a part of a register that is never read, so that "
		    "its other bits would be lost; add a mask and function: "
		    "22, or take the whole register",
		    n->key);
}

void
point_write_read(struct ctx *x, const struct node *n, struct point_type *t)
{
	const struct node *k = node_get(n, "writable");

	t->writable = t->kind == KIND_SETTING;
	if (k)
		(void)read_bool(x, k, "writable", &t->writable);
	read_output(x, n, t);
	check_writable(x, n, t);
	read_write_only(x, n, t);
	read_function(x, n, t);
	read_words(x, n, t);
	check_part(x, n, t);
}
