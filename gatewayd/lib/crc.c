/* See crc.h. */
#include "crc.h"

uint16_t
crc16(const uint8_t *bytes, size_t n)
{
	unsigned crc = 0xFFFF;

	while (n--) {
		crc ^= *bytes++;
		for (int i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
	}
	return (uint16_t)crc;
}
