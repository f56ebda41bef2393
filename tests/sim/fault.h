/*
 * What can go wrong with a device's answers. A fault lasts until a time, a
 * number of answers, or for good; several at once add up. Each answer asks
 * once what befalls it (faults_strike) and gets one description.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAULTS_MAX = 16, FAULT_BYTES_MAX = 48 };

enum fault_kind {
	FAULT_SILENT, /* hears nothing, does nothing */
	FAULT_LOST,   /* does it, but the answer gets lost */
	FAULT_LATE,   /* ns, or anything from ns to ns_to */
	FAULT_CRC,
	FAULT_UNIT,      /* answers as unit `number` */
	FAULT_FUNCTION,  /* answers as function `number` */
	FAULT_EXCEPTION, /* number */
	FAULT_HALF,      /* the first half of the frame */
	FAULT_DRIBBLE,   /* a byte every ns */
	FAULT_PAUSE,     /* ns after `number` bytes */
	FAULT_STRAY,     /* bytes before the frame */
	FAULT_TRAIL,     /* bytes after it */
	FAULT_EXTRA,     /* `number` registers (8 coils) more than asked */
	FAULT_SHORT,     /* fewer */
	FAULT_TID,
	FAULT_PROTOCOL,
	FAULT_LENGTH,
	FAULT_DROP, /* the connection is reset instead */
	FAULT_KINDS
};

struct fault {
	enum fault_kind kind;
	int64_t until;  /* ns; 0: no end */
	int64_t left;   /* answers; -1: no end */
	uint32_t every; /* strikes each n-th answer; 1: each */
	uint32_t seen;
	int64_t ns, ns_to; /* ns_to 0: always ns */
	uint32_t number;
	uint8_t bytes[FAULT_BYTES_MAX];
	size_t nbytes;
};

struct faults {
	struct fault list[FAULTS_MAX];
	size_t n;
	uint64_t rng; /* any number but 0 */
};

/* By kind: what strikes this answer; NULL: not that. */
struct strike {
	const struct fault *by[FAULT_KINDS];
	struct fault copies[FAULT_KINDS];
};

/* Replaces one of the same kind. False when there are too many. */
bool faults_add(struct faults *f, const struct fault *fault);
void faults_clear(struct faults *f);
void faults_strike(struct faults *f, int64_t now, struct strike *out);
/* The answer reaches the master whole and means what the registers held. */
bool strike_is_harmless(const struct strike *s);

#endif
