/*
 * A drive: told to run by 1 in register 20, to stop by 5, and neither can be
 * read back; register 21 says what it does: 1 or 2, running, after a while. A
 * relay (coil 0) is beside it.
 */
#ifndef PLAYED_DRIVE_H
#define PLAYED_DRIVE_H

#include "played_commands.h"

enum { TOLD = 20, DOES = 21, GOES = 1, RESTS = 3 }; /* registers, words */

static const struct point_type drive_points[] = {
    {.name = "run",
	.kind = KIND_OUTPUT,
	.writable = true,
	.write_only = true,
	.table = TABLE_HOLDING,
	.addr = TOLD,
	.count = 1,
	.type = REG_BOOL,
	.order = {0, 1},
	.mul = 1,
	.div = 1,
	.has_words = true,
	.on_word = 1,
	.off_word = 5,
	.confirm = 1,
	.settle_ms = 5 * SECOND,
	.max_on_ms = 20 * MINUTE},
    {.name = "running",
	.kind = KIND_STATE,
	.table = TABLE_HOLDING,
	.addr = DOES,
	.count = 1,
	.type = REG_BOOL,
	.order = {0, 1},
	.mul = 1,
	.div = 1,
	.confirm = -1,
	.non_words = 2,
	.on_words = {1, 2}},
    RELAY("valve", 0),
};

static const struct device_type drive_type = {.name = "drive",
    .registers_per_read = 125,
    .coils_per_read = 2000,
    .points = drive_points,
    .npoints = 3};

/* The drive: how long it takes, and whether it does it at all. */
static struct {
	uint32_t takes_ms;
	bool stuck;
	int64_t at; /* of what it is on its way to; 0: it is not */
	uint16_t to;
} drive;

static inline void
drive_lives(struct unit *u)
{
	if (drive.at == 0 || field.now < drive.at || drive.stuck)
		return;
	u->regs[DOES] = drive.to;
	drive.at = 0;
}

static inline uint8_t
drive_acts(struct unit *u, const struct request *q)
{
	if (q->function != FC_WRITE_HOLDING || q->addr != TOLD)
		return 0;
	drive.to = q->words[0] == 1 ? GOES : RESTS;
	drive.at = field.now + drive.takes_ms;
	drive_lives(u);
	return 0;
}

/* That unit is one. */
static inline void
drive_begin(struct unit *u, uint32_t takes_ms)
{
	memset(&drive, 0, sizeof(drive));
	drive.takes_ms = takes_ms;
	u->lives = drive_lives;
	u->acts = drive_acts;
	u->regs[DOES] = RESTS;
}

#endif
