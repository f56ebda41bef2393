/* A line's characters in time. */
#include "pace.h"

enum { FAST_BAUD = 19200, FAST_SILENCE_US = 1750 };

/* Start bit, eight of data, parity, one or two stop bits. */
static int64_t
char_bits(const struct line *l)
{
	return 10 + (l->parity != PARITY_NONE) + (l->stop_bits == 2);
}

static int64_t
bits_us(const struct line *l, int64_t bits)
{
	return (bits * 1000000 + l->baud - 1) / l->baud;
}

int64_t
pace_wire_us(const struct line *l, size_t chars)
{
	if (l->transport == TRANSPORT_TCP || l->baud == 0)
		return 0;
	return bits_us(l, (int64_t)chars * char_bits(l));
}

/* MODBUS over Serial Line V1.02, 2.5.1.1: three and a half characters, 1.75 ms
 * above 19200 baud. A converter behind a connection keeps it by itself. */
int64_t
pace_silence_us(const struct line *l, uint32_t rest_ms)
{
	int64_t rest = (int64_t)rest_ms * 1000, us = 0;

	if (l->transport == TRANSPORT_RTU && l->baud > 0)
		us = l->baud > FAST_BAUD
			 ? FAST_SILENCE_US
			 : (bits_us(l, 7 * char_bits(l)) + 1) / 2;
	return us > rest ? us : rest;
}
