/* Bits in registers. */
#include "field.h"

static bool
one_bit(const struct point_type *t)
{
	return t->table == TABLE_COIL || t->table == TABLE_DISCRETE;
}

static unsigned
bytes_of(const struct point_type *t)
{
	return t->count >= 4 ? 8 : 2u * t->count;
}

unsigned
field_width(const struct point_type *t)
{
	if (t->type == REG_INT8 || t->type == REG_UINT8)
		return 8;
	return bytes_of(t) * 8;
}

uint64_t
low_bits(unsigned n)
{
	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

uint64_t
field_own(const struct point_type *t)
{
	uint64_t own = low_bits(field_width(t));

	if (t->mask)
		own &= t->mask;
	return own & ~low_bits(t->shift);
}

bool
field_whole(const struct point_type *t)
{
	return field_own(t) == low_bits(bytes_of(t) * 8);
}

bool
field_signed(const struct point_type *t)
{
	switch (t->type) {
	case REG_INT8:
	case REG_INT16:
	case REG_INT32:
	case REG_INT64:
		return !t->mask && t->shift < field_width(t);
	default:
		return false;
	}
}

uint64_t
field_get(const struct point_type *t, const uint16_t *words)
{
	unsigned bytes = bytes_of(t);
	uint64_t raw = 0;

	if (one_bit(t))
		raw = words[0] != 0;
	for (unsigned i = 0; i < bytes && !one_bit(t); i++) {
		unsigned at = t->order[i] % bytes;
		raw = raw << 8 | (uint8_t)(words[at / 2] >> (at & 1 ? 0 : 8));
	}
	raw &= field_own(t);
	return t->shift < 64 ? raw >> t->shift : 0;
}

void
field_put(const struct point_type *t, uint64_t bits, uint16_t *words)
{
	unsigned bytes = bytes_of(t);

	for (unsigned i = 0; i < bytes / 2; i++)
		words[i] = 0;
	for (unsigned i = 0; i < bytes; i++) {
		unsigned at = t->order[i] % bytes;
		uint16_t byte = (uint8_t)(bits >> (8 * (bytes - 1 - i)));
		words[at / 2] |= (uint16_t)(at & 1 ? byte : byte << 8);
	}
}

/* Many a relay board takes one word as a command and reads back another as the
 * state: what is neither of the two words is on when it is not zero. */
bool
field_on(const struct point_type *t, const uint16_t *words)
{
	uint64_t field = field_get(t, words);
	bool any = field != 0;

	for (unsigned i = 0; i < t->non_words && i < ON_WORDS_MAX; i++)
		if (field == t->on_words[i])
			return true;
	if (t->non_words)
		return false;
	if (!t->has_words)
		return any;
	if (!t->mask && !t->shift) {
		if (words[0] == t->on_word)
			return true;
		if (words[0] == t->off_word)
			return false;
	}
	return any == (t->on_word != 0);
}
