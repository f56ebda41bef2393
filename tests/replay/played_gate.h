/*
 * A latching gate: current in coil 0 opens it, in coil 1 it closes it, and
 * register 5 says how it stands. A relay (coil 2) is beside it.
 */
#ifndef PLAYED_GATE_H
#define PLAYED_GATE_H

#include "played_commands.h"

enum { PULSE_MS = 100, STANDS = 5 };

static const struct point_type gate_points[] = {
    {.name = "gate_1",
	.kind = KIND_OUTPUT,
	.writable = true,
	.table = TABLE_COIL,
	.addr = 0,
	.count = 1,
	.type = REG_BOOL,
	.order = {0, 1},
	.mul = 1,
	.div = 1,
	.confirm = 1,
	.pulse_ms = PULSE_MS,
	.close_addr = 1,
	.max_on_ms = 60 * MINUTE},
    {.name = "gate_1_open",
	.kind = KIND_STATE,
	.table = TABLE_HOLDING,
	.addr = STANDS,
	.count = 1,
	.type = REG_BOOL,
	.order = {0, 1},
	.mul = 1,
	.div = 1,
	.confirm = -1},
    RELAY("relay", 2),
};

static const struct device_type gate_type = {.name = "gate",
    .registers_per_read = 125,
    .coils_per_read = 2000,
    .points = gate_points,
    .npoints = 3};

static struct {
	int64_t since[2];   /* under current; 0: it is not */
	int64_t longest;    /* a coil was */
	bool both;          /* at once, ever */
	bool stuck;         /* the plunger */
	unsigned pulses[2]; /* that moved it, or should have */
} gate;

static inline uint8_t
gate_acts(struct unit *u, const struct request *q)
{
	int i = q->addr;
	int64_t lasted;

	if (q->function != FC_WRITE_COIL || i > 1)
		return 0;
	if (q->words[0] != 0) {
		gate.both = gate.both || gate.since[1 - i] != 0;
		if (gate.since[i] == 0)
			gate.since[i] = field.now;
		return 0;
	}
	if (gate.since[i] == 0)
		return 0;
	lasted = field.now - gate.since[i];
	gate.longest = lasted > gate.longest ? lasted : gate.longest;
	gate.since[i] = 0;
	gate.pulses[i]++;
	if (!gate.stuck && lasted >= PULSE_MS)
		u->regs[STANDS] = i == 0;
	return 0;
}

/* That unit is one; it is open, as somebody left it. */
static inline void
gate_begin(struct unit *u)
{
	memset(&gate, 0, sizeof(gate));
	u->acts = gate_acts;
	u->regs[STANDS] = 1;
}

#endif
