/* Frames from a program that has gone mad: refused, or they encode again to
 * the very same bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct msg m;
	uint8_t again[MSG_MAX];
	ssize_t n;

	if (msg_decode(data, size, &m) != 0)
		return 0;
	n = msg_encode(&m, again, sizeof(again));
	if (n != (ssize_t)size || memcmp(again, data, size) != 0)
		abort();
	return 0;
}
