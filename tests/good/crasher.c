/* tests/bad/crasher.c, mended. */
#include "../bad/crasher.h"

CRASHER_TYPE(bad_decode);
