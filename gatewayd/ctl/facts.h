/*
 * What is known of one unit's registers: each was read with its value, or is
 * refused. Many profiles ask for the same, so it is asked once. Reads only.
 */
#ifndef FACTS_H
#define FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device_type.h"

struct facts;

/* How a unit is read: 0 with the words, FACT_REFUSED, FACT_SILENT, or -errno:
 * nobody can be asked any more. */
enum fact { FACT_KNOWN, FACT_REFUSED, FACT_SILENT };
struct fact_reader {
	int (*read)(void *arg, uint8_t function, uint16_t addr, uint16_t count,
	    uint16_t *words);
	void *arg;
	unsigned most; /* requests; beyond that nothing is known */
};

/* NULL: out of memory. */
struct facts *facts_new(struct fact_reader reader);
struct facts *facts_free(struct facts *take);

/* The registers or coils from `addr` on; words may be NULL. What is not known
 * is asked for: `count` of them in one request. FACT_SILENT also when no more
 * may be asked. */
int facts_get(struct facts *f, enum reg_table table, uint16_t addr,
    uint16_t count, uint16_t *words);

/* Requests made. */
unsigned facts_asked(const struct facts *f);
/* It could not ask all that it was to. */
bool facts_short(const struct facts *f);

#endif
