/* Writes through NULL in decode(), and has an output that nobody can close
 * then. tests/good/crasher.c is what it should have been. */
#include "crasher.h"

static int *volatile nowhere;

static int
decode(void *state, uint32_t span, const uint16_t *words, int count,
    struct gw_sample *out, int cap)
{
	(void)state, (void)span, (void)words, (void)count;
	(void)out, (void)cap;
	*nowhere = 1;
	return 0;
}

CRASHER_TYPE(decode);
