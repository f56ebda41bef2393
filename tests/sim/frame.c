/* CRC and lengths. Table-free: a few hundred bytes a second need no table. */
#include "frame.h"

uint16_t
frame_crc(const uint8_t *bytes, size_t n)
{
	unsigned crc = 0xFFFF;

	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xA001u : crc >> 1;
	}
	return (uint16_t)crc;
}

size_t
frame_seal(uint8_t *bytes, size_t n)
{
	uint16_t crc = frame_crc(bytes, n);

	bytes[n] = (uint8_t)(crc & 0xFF);
	bytes[n + 1] = (uint8_t)(crc >> 8);
	return n + 2;
}

bool
frame_crc_ok(const uint8_t *bytes, size_t n)
{
	return n >= 4 && frame_crc(bytes, n) == 0;
}

int
frame_request_length(const uint8_t *bytes, size_t n)
{
	if (n < 2)
		return 0;
	if (bytes[1] >= 1 && bytes[1] <= 6)
		return 8;
	if (bytes[1] == 0x0F || bytes[1] == 0x10)
		return n < 7 ? 0 : 9 + bytes[6];
	return -1;
}

uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

void
set16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}
