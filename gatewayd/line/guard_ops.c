/* Lists of operations that come out of a plugin, checked. */
#include <stdbool.h>

#include "guard.h"
#include "op.h"
#include "reply.h"

enum { PAUSE_MAX_MS = 1000, MINOR_RAW = 1, MINOR_FLAGS = 2 };

/* A list in hand: what it is for, and where to say what is wrong with it. */
struct check {
	const struct gw_op *ops;
	int n;
	enum guard_list list;
	bool raw;   /* its plugin may send raw requests and odd coil values */
	bool flags; /* and set flags */
	char *why;
	size_t size;
};

/* Functions that have ops, and 22, which changes registers as well. */
static bool
has_op(unsigned function)
{
	return (function >= FC_READ_COILS && function <= FC_WRITE_HOLDING) ||
	       function == FC_WRITE_COILS || function == FC_WRITE_HOLDINGS ||
	       function == FC_MASK_WRITE;
}

/* Standard functions that change things: diagnostics (which can silence a unit
 * or clear its counters), write file record, read/write registers. */
static bool
changes(unsigned function)
{
	return function == 8 || function == 21 || function == 23;
}

static int
check_raw(const struct check *c, int i)
{
	const struct gw_op *op = &c->ops[i];
	unsigned least = op->op == GW_RAW_READ ? 1 : 0;

	if (op->table < 1 || op->table > 127 || has_op(op->table))
		return guard_refuse(c->why, c->size,
		    "op %d sends the function %u raw; 1 to 127, and none that "
		    "has an op",
		    i, op->table);
	if (op->op == GW_RAW_READ && changes(op->table))
		return guard_refuse(c->why, c->size,
		    "op %d reads with the function %u, which changes things", i,
		    op->table);
	if (op->op == GW_RAW_WRITE && c->list == GUARD_PLAN)
		return guard_refuse(
		    c->why, c->size, "op %d writes where it may not", i);
	if (op->addr > GW_WORDS_MAX)
		return guard_refuse(c->why, c->size,
		    "op %d sends %u bytes; at most %d", i, op->addr,
		    GW_WORDS_MAX);
	if (op->count < least || op->count > GW_BYTES_MAX)
		return guard_refuse(c->why, c->size,
		    "op %d wants %u bytes; %u to %d", i, op->count, least,
		    GW_BYTES_MAX);
	for (unsigned k = 0; k < op->addr; k++)
		if (op->words[k] > 0xFF)
			return guard_refuse(c->why, c->size,
			    "op %d sends %u as a byte", i, op->words[k]);
	return 0;
}

static int
check_coils(const struct check *c, int i)
{
	const struct gw_op *op = &c->ops[i];

	if (op->count == 1 && c->raw)
		return 0;
	for (unsigned k = 0; k < op->count; k++)
		if (op->words[k] > 1)
			return guard_refuse(c->why, c->size,
			    "op %d writes %u to a coil", i, op->words[k]);
	return 0;
}

static int
check_table(const struct check *c, int i)
{
	const struct gw_op *op = &c->ops[i];
	bool bits = op->table == GW_COIL || op->table == GW_DISCRETE;
	bool write = op->op == GW_WRITE;
	unsigned most = write  ? GW_WORDS_MAX
			: bits ? READ_COILS_MAX
			       : READ_WORDS_MAX;

	if (op->table > GW_DISCRETE)
		return guard_refuse(c->why, c->size,
		    "op %d names the unknown table %u", i, op->table);
	if (write && (c->list == GUARD_PLAN || op->table == GW_INPUT ||
			 op->table == GW_DISCRETE))
		return guard_refuse(
		    c->why, c->size, "op %d writes where it may not", i);
	if (op->count < 1 || op->count > most)
		return guard_refuse(c->why, c->size,
		    "op %d takes %u %s; 1 to %u", i, op->count,
		    bits ? "coils" : "registers", most);
	if (op->addr + op->count > 65536)
		return guard_refuse(
		    c->why, c->size, "op %d runs past address 65535", i);
	return write && bits ? check_coils(c, i) : 0;
}

static int
check_op(const struct check *c, int i)
{
	const struct gw_op *op = &c->ops[i];

	if (op->flags &&
	    (!c->flags || op->op != GW_WRITE || op->flags != GW_WRITE_ONLY))
		return guard_refuse(c->why, c->size,
		    "op %d has the flags %u, which it may not", i, op->flags);
	switch (op->op) {
	case GW_READ:
	case GW_WRITE:
		return check_table(c, i);
	case GW_PAUSE:
		if (op->count <= PAUSE_MAX_MS)
			return 0;
		return guard_refuse(c->why, c->size,
		    "op %d pauses %u ms; at most %d", i, op->count,
		    PAUSE_MAX_MS);
	case GW_RAW_READ:
	case GW_RAW_WRITE:
		if (c->raw)
			return check_raw(c, i);
		break;
	default:
		break;
	}
	return guard_refuse(
	    c->why, c->size, "op %d is of the unknown kind %u", i, op->op);
}

/* Nothing is done that cannot be seen to be done. */
static int
check_confirmed(const struct check *c)
{
	bool writes = false;
	int unseen = -1;

	for (int i = 0; i < c->n; i++) {
		const struct gw_op *op = &c->ops[i];

		writes = writes || op_writes(op);
		if (op_reads(op))
			unseen = -1;
		else if (op_writes(op) &&
			 (c->list == GUARD_ENCODE || !op_plain(op)))
			unseen = i;
	}
	if (c->list == GUARD_ENCODE && !writes)
		return guard_refuse(c->why, c->size, "it writes nothing");
	if (unseen >= 0)
		return guard_refuse(c->why, c->size,
		    "no read behind op %d confirms what it writes", unseen);
	if (c->n > 0 && c->ops[c->n - 1].op == GW_PAUSE)
		return guard_refuse(c->why, c->size,
		    "op %d pauses, and nothing follows", c->n - 1);
	return 0;
}

int
guard_ops(const struct gw_op *ops, int n, int cap, enum guard_list list,
    unsigned minor, char *why, size_t size)
{
	struct check c = {
	    ops, n, list, minor >= MINOR_RAW, minor >= MINOR_FLAGS, why, size};
	int r = 0;

	if (n > cap)
		return guard_refuse(
		    why, size, "it says it filled %d of %d", n, cap);
	if (n < 0)
		return guard_refuse(why, size, "it returned %d", n);
	for (int i = 0; r == 0 && i < n; i++)
		r = check_op(&c, i);
	return r != 0 || list == GUARD_PLAN ? r : check_confirmed(&c);
}
