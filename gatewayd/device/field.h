/*
 * Where the bits of a point stand in its registers: byte order, mask and shift,
 * the same for both directions. Pure. `words` are the point's type->count
 * registers in host order, or one coil as 0 or 1; not for strings.
 */
#ifndef FIELD_H
#define FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "device_type.h"

/* How wide its number is: 8, 16, 32 or 64. */
unsigned field_width(const struct point_type *t);
uint64_t low_bits(unsigned n);

/* Which bits of that number are the point's own; all but with a mask or a
 * shift. And whether they are all bits of its registers, too. */
uint64_t field_own(const struct point_type *t);
bool field_whole(const struct point_type *t);

/* Whether the top bit of the field is a sign. A masked field has none. */
bool field_signed(const struct point_type *t);

/* The number as its order says, then masked and shifted. */
uint64_t field_get(const struct point_type *t, const uint16_t *words);

/* The bits as words on the wire; bits are those of the number, not shifted. */
void field_put(const struct point_type *t, uint64_t bits, uint16_t *words);

/* On or off, by the profile's words for it if it has any. */
bool field_on(const struct point_type *t, const uint16_t *words);

#endif
