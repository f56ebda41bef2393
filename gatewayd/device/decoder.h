/*
 * Points that are decoded over and over: what their profile says of each,
 * worked out once. The readings are those of decode_point(), to the last bit;
 * what is out of the ordinary goes there.
 */
#ifndef DECODER_H
#define DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode.h"

enum decoder_way {
	DECODER_IN_FULL, /* by decode_point() */
	DECODER_SWITCH,  /* on when it is not zero */
	DECODER_WHOLE,   /* a number between bounds */
	DECODER_SCALED,  /* (number * mul + add) / div, the number in bounds */
	DECODER_FLOAT,
	DECODER_BCD /* a number in decimal digits */
};

struct decoder { /* one line of the processor's cache */
	const struct point *point;
	uint8_t way;       /* enum decoder_way */
	uint8_t high, low; /* words of the halves, if it has two; else low */
	bool two;
	bool part; /* a mask, a shift or no-data codes come first */
	uint8_t shift;
	uint16_t addr;
	uint32_t mask;
	uint32_t sign; /* its bit, behind the shift; 0: none */
	union {
		struct {
			int64_t least, most;
		};
		struct { /* of a float */
			double min, max;
		};
	};
	int64_t mul, add;
	double div;
};

/* Keeps the point. */
void decoder_init(struct decoder *d, const struct point *borrow);

/* The n points, by their indexes in `all`, of a read whose words begin with
 * address `addr`; as decode_point(), one after the other into out. */
void decoder_read(const struct decoder *all, const uint16_t *points, size_t n,
    const uint16_t *words, uint16_t addr, struct decoded *out);

#endif
