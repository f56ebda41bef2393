/* Tables to functions; raw requests to bytes. */
#include "op.h"

#include <string.h>

bool
op_reads(const struct gw_op *op)
{
	return op->op == GW_READ || op->op == GW_RAW_READ;
}

bool
op_writes(const struct gw_op *op)
{
	return op->op == GW_WRITE || op->op == GW_RAW_WRITE;
}

/* One coil that is told neither on nor off, but a value of its maker's own. */
static bool
odd_coil(const struct gw_op *op)
{
	return op->op == GW_WRITE && op->table == GW_COIL && op->count == 1 &&
	       op->words[0] > 1;
}

bool
op_plain(const struct gw_op *op)
{
	return op->op == GW_WRITE && !odd_coil(op) &&
	       !(op->flags & GW_WRITE_ONLY);
}

struct request
op_read_back(const struct gw_op *op, uint8_t unit)
{
	static const uint8_t functions[] = {[GW_HOLDING] = FC_READ_HOLDING,
	    [GW_INPUT] = FC_READ_INPUT,
	    [GW_COIL] = FC_READ_COILS,
	    [GW_DISCRETE] = FC_READ_DISCRETE};

	return (struct request){.unit = unit,
	    .function = functions[op->table & 3],
	    .addr = op->addr,
	    .count = op->count};
}

static struct request
write_request(const struct gw_op *op, uint8_t unit)
{
	bool one = op->count == 1;
	uint8_t coil = one ? FC_WRITE_COIL : FC_WRITE_COILS;
	uint8_t holding = one ? FC_WRITE_HOLDING : FC_WRITE_HOLDINGS;

	return (struct request){.unit = unit,
	    .function = op->table == GW_COIL ? coil : holding,
	    .addr = op->addr,
	    .count = op->count,
	    .words = op->words,
	    .as_is = odd_coil(op)};
}

static struct request
raw_request(const struct gw_op *op, uint8_t unit, uint8_t *bytes)
{
	uint8_t n = op->addr < GW_WORDS_MAX ? (uint8_t)op->addr : GW_WORDS_MAX;

	for (uint8_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)op->words[i];
	return (struct request){.unit = unit,
	    .function = op->table,
	    .raw = bytes,
	    .nraw = n,
	    .nraw_answer = (uint8_t)op->count};
}

bool
op_request(
    const struct gw_op *op, uint8_t unit, uint8_t *bytes, struct request *out)
{
	switch (op->op) {
	case GW_READ:
		*out = op_read_back(op, unit);
		return true;
	case GW_WRITE:
		*out = write_request(op, unit);
		return true;
	case GW_RAW_READ:
	case GW_RAW_WRITE:
		*out = raw_request(op, unit, bytes);
		return true;
	default:
		return false;
	}
}

bool
op_echoed(const struct gw_op *op, const uint16_t *words)
{
	return op->op == GW_RAW_READ && op->addr == op->count &&
	       memcmp(op->words, words, op->count * sizeof(*words)) == 0;
}
