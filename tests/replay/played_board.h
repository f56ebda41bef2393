/*
 * A board of two relays (coils 0 and 1) with timers: a time in tenths of a
 * second written to coil 16 or 17 switches its relay on for so long.
 */
#ifndef PLAYED_BOARD_H
#define PLAYED_BOARD_H

#include "played_commands.h"

enum { TIMER = 16, LONGEST = 60 * SECOND };

#define TIMED(NAME, ADDR)                                                      \
	{                                                                      \
		.name = NAME, .kind = KIND_OUTPUT, .writable = true,           \
		.table = TABLE_COIL, .addr = ADDR, .count = 1,                 \
		.type = REG_BOOL, .order = {0, 1}, .mul = 1, .div = 1,         \
		.confirm = -1, .max_on_ms = 60 * MINUTE, .timer = {            \
			.table = TABLE_COIL,                                   \
			.addr = TIMER + (ADDR),                                \
			.nwords = 1,                                           \
			.step_ms = 100,                                        \
			.longest_ms = LONGEST                                  \
		}                                                              \
	}

static const struct point_type timed_points[] = {
    TIMED("relay_1", 0),
    TIMED("relay_2", 1),
};

static const struct device_type timed = {.name = "timed",
    .registers_per_read = 125,
    .coils_per_read = 2000,
    .points = timed_points,
    .npoints = 2};

/* The board. */
static struct {
	int64_t off_at[2]; /* 0: its timer does not run */
	uint8_t refuses;   /* exception for its timers */
	unsigned armed;    /* so often */
	int64_t for_ms;    /* the latest */
} board;

static inline void
board_lives(struct unit *u)
{
	for (int i = 0; i < 2; i++) {
		if (board.off_at[i] == 0 || field.now < board.off_at[i])
			continue;
		u->coils[i] = false;
		board.off_at[i] = 0;
	}
}

static inline uint8_t
board_acts(struct unit *u, const struct request *q)
{
	if (q->function != FC_WRITE_COIL)
		return 0;
	if (q->addr < 2) {
		board.off_at[q->addr] = 0;
		return 0;
	}
	if (board.refuses != 0)
		return board.refuses;
	assert_true(q->as_is);
	board.armed++;
	board.for_ms = q->words[0] * 100;
	board.off_at[q->addr - TIMER] = field.now + board.for_ms;
	u->coils[q->addr - TIMER] = true;
	return 0;
}

static inline void
power_cut(struct unit *u)
{
	memset(u->coils, 0, sizeof(u->coils));
	board.off_at[0] = board.off_at[1] = 0;
}

/* That unit is one. */
static inline void
board_begin(struct unit *u)
{
	memset(&board, 0, sizeof(board));
	u->lives = board_lives;
	u->acts = board_acts;
}

#endif
