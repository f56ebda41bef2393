/*
 * A device's registers as its profile draws them, and what its answers have
 * taught about them: inside of the plan, shared by plan.c (which reads are
 * cheapest), plan_map.c (the drawing), plan_memory.c (the learning) and
 * plan_reason.c (the conclusions).
 *
 * A table is cut into stretches: registers which the same points cover, or
 * which none covers (a gap). All that may forbid a read is a wall: some
 * neighbouring stretches that no read may hold together. A gap that may not be
 * bridged is a wall of one stretch, two stretches that only come apart are a
 * wall of two, a point that the device does not have is a wall of its own
 * length. Walls boil down to one number for each point, `reach`: how far to the
 * left a read that ends with this point may begin.
 */
#ifndef PLAN_MAP_H
#define PLAN_MAP_H

#include "plan.h"

enum { TABLES = TABLE_DISCRETE + 1, LONG_MAX = 8 };

/* A read that was refused, for a reason not known at once. */
struct refusal {
	uint32_t first, last; /* stretches */
	uint32_t count;       /* registers, or coils; 0: no refusal */
	bool left, right;     /* what lies beside its cut has been answered */
};

enum cut {
	CUT_NONE,
	CUT_TRIAL, /* a refused read was divided here, to find out why */
	CUT_PROVED /* everything beside it has been read: it is to blame */
};

struct stretch {
	uint32_t from, to; /* registers [from, to) */
	bool covered;      /* by a point that is not away; else it is a gap */
	bool joined;       /* a point covers this stretch and the next */
	bool shut;         /* a gap that the profile forbids to bridge */
	bool good;         /* the device has answered with it */
	enum cut cut;      /* of a gap: through it; else: behind this stretch */
	struct refusal why;   /* unless CUT_NONE */
	struct refusal whole; /* the shortest that ends here and has no cut: to
				 hold all of it is forbidden */
	uint32_t lost;  /* of the shortest missing point that ends here: the
			   stretch behind its first; 0: none */
	uint32_t floor; /* first stretch of the longest read ending here */
};

enum presence { PRESENT, MISSING, FORGIVEN };

struct spot { /* a point that is read; sorted: longest first from each addr */
	uint32_t addr, end;   /* registers [addr, end) */
	uint32_t first, last; /* stretches */
	uint32_t reach;       /* address */
	uint16_t point;
	bool tied;  /* to what is read before it: see map_table() */
	bool alone; /* no read may hold it and anything else */
	bool wall;  /* it was refused alone, so whatever holds it would be */
	enum presence presence;
};

struct table {
	struct spot *spots;
	struct stretch *stretches;
	size_t nspots, nstretches;
	size_t naway; /* spots that are not PRESENT */
	bool bits;
	uint32_t most;   /* a read may have, by the profile */
	uint32_t limit;  /* ... and by what the device refused */
	uint32_t proven; /* ... and the device has taken for certain */
	struct refusal too_long[LONG_MAX]; /* what lowered the limit */
	size_t ntoo_long;
};

/* Inputs of one formula that stand next to each other are tied together: halves
 * of a total that were read apart would not be of one moment.
 * spots and stretches: room for all points, and for twice as many; `edges` for
 * twice as many is scratch. How many spots were taken. */
size_t map_table(struct table *t, enum reg_table which, const struct device *d,
    struct spot *spots, struct stretch *stretches, uint32_t *edges);

/* The register behind the point's last. */
uint32_t map_end(const struct point_type *p);

/* Whether stretch k stands for a place where a read from stretch `first` to
 * `last` can be divided: a gap, or the edge of two covered stretches. */
bool map_divides(
    const struct table *t, uint32_t k, uint32_t first, uint32_t last);

/* The stretch that holds the register: the last one before it if none does. */
uint32_t map_find(const struct table *t, uint32_t addr);

/* After a point has gone or come back. */
void map_cover(struct table *t);

/* Walls to reach: after every change of what is known. */
void map_reach(struct table *t);

/* plan_memory.c; single: it asked for one point, or for several of the same
 * registers. */
void memory_accepted(struct table *t, const struct read *r);
void memory_refused(
    struct table *t, const struct read *r, uint8_t code, bool single);
void memory_forgive(struct table *t);

/* plan_reason.c */
bool reason_is_long(const struct table *t, const struct refusal *w);
bool reason_holds(const struct refusal *outer, const struct refusal *inner);
/* The middle one of the gaps in doubt, never answered nor cut; UINT32_MAX:
 * there is none. */
uint32_t reason_middle_gap(const struct table *t, const struct refusal *w);
void reason_too_long(struct table *t, struct refusal w);
/* Where no cut would do. */
void reason_forbid(struct table *t, const struct refusal *w);
/* All that follows from what has just been learned, and new reach. */
void reason_conclude(struct table *t);

#endif
