/*
 * The registers of one device: four tables of 65536 addresses, of which those
 * exist that were set. A pinned register acknowledges a write and keeps what
 * it had, like a relay whose contact has welded.
 */
#ifndef BANK_H
#define BANK_H

#include <stdbool.h>
#include <stdint.h>

#include "device_type.h"

struct bank;

struct bank *bank_new(void);
struct bank *bank_free(struct bank *take);

bool bank_has(
    const struct bank *b, enum reg_table table, uint32_t addr, uint32_t count);
uint16_t bank_get(const struct bank *b, enum reg_table table, uint32_t addr);
/* Creates the address where it is new. */
void bank_set(struct bank *b, enum reg_table table, uint32_t addr, uint16_t w);
void bank_remove(struct bank *b, enum reg_table table, uint32_t addr);

void bank_allow_write(struct bank *b, enum reg_table table, uint32_t addr);
bool bank_writable(
    const struct bank *b, enum reg_table table, uint32_t addr, uint32_t count);
void bank_pin(struct bank *b, enum reg_table table, uint32_t addr, bool pin);
void bank_unpin_all(struct bank *b);
/* What a master's write does. */
void bank_write(
    struct bank *b, enum reg_table table, uint32_t addr, uint16_t w);

#endif
