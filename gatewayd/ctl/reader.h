/*
 * A device read by its type, whole, as often as one likes: its points as they
 * are, those of formulas with them. What the type counts or doubts over time
 * begins with the first read.
 */
#ifndef READER_H
#define READER_H

#include <stddef.h>
#include <stdint.h>

#include "decode.h"
#include "site.h"

struct probing;
struct reader;

enum { READER_WORDS = 32 }; /* a text's 31 registers */

struct read_point {
	bool known;       /* it has a reading */
	struct decoded d; /* while known */
	uint8_t detail;   /* exception code */
	uint8_t nwords;   /* as they came; 0: not read */
	uint16_t words[READER_WORDS];
};

/* NULL: no memory. `host`: of a device with its own connection, else NULL. */
struct reader *reader_new(
    const struct device *borrow, uint8_t unit, const char *borrow_host);
struct reader *reader_free(struct reader *take);

/* Reads everything anew. CTL_DONE: it answered, be it with refusals;
 * CTL_NO_DEVICE: it did not; CTL_REFUSED: not asked. `why` then says more. */
int reader_read(struct reader *r, struct probing *p, char *why, size_t size);
/* By the type's points. */
const struct read_point *reader_points(const struct reader *r);

#endif
